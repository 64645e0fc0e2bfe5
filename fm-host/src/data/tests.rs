//! Tests of loading built-in sets, files, and the shipped digits.

use super::*;

fn said(source: &DataSpec) -> String {
    load(source).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
}

/// The digits that the repository ships.
fn digits() -> DataSpec {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/digits.csv.gz");
    DataSpec { class: Some("label".into()), ..DataSpec::new(path) }
}

#[test]
fn built_in_sets_are_drawn_by_seed_and_evaluated_on_the_same_rows() {
    let source = DataSpec { rows: 500, ..DataSpec::new("moons") };
    let split = load(&source).unwrap();
    assert_eq!((split.train.len(), split.held_out.len()), (500, 4096));
    assert_eq!(split.train.columns, ["x", "y"]);
    assert_eq!(split.train.condition, ConditionData::default());
    assert_eq!(split.train.law(), Some(Builtin::Moons));
    let other = load(&DataSpec { seed: 1, ..source.clone() }).unwrap();
    assert_ne!(other.train, split.train);
    assert_eq!(other.held_out, split.held_out);
    // Also if the training seed equals the held-out seed.
    let same = load(&DataSpec { seed: 0, rows: 4096, ..source }).unwrap();
    assert_ne!(same.train.values, same.held_out.values);
}

#[test]
fn built_in_sets_have_classes_and_conditions() {
    let labelled =
        DataSpec { class: Some("label".into()), rows: 64, ..DataSpec::new("8gaussians") };
    let split = load(&labelled).unwrap();
    assert_eq!((split.train.values.dim(), split.train.labels().unwrap().len()), (2, 64));
    assert_eq!(split.held_out.class_names().len(), 8);
    let y_given_x = DataSpec { condition: vec!["x".into()], rows: 64, ..DataSpec::new("moons") };
    let both = DataSpec { class: Some("label".into()), ..y_given_x.clone() };
    let ConditionData { classes, vector } = load(&both).unwrap().train.condition;
    assert_eq!(classes.expect("classes").labels.len(), 64);
    assert_eq!(vector.expect("a vector").columns, ["x"]);
    let split = load(&y_given_x).unwrap();
    assert_eq!((split.train.columns.as_slice(), split.train.law()), (&["y".to_owned()][..], None));
    let missing = DataSpec { class: Some("arm".into()), ..DataSpec::new("spirals") };
    assert!(said(&missing).contains("`x`, `y`, `label`"), "{}", said(&missing));
}

#[test]
fn the_digits_are_split_as_scikit_learn_splits_them() {
    let split = load(&digits()).unwrap();
    assert_eq!((split.train.len(), split.held_out.len()), (1437, 360));
    assert_eq!(split.train.values.dim(), 64);
    let counts = |part: &Dataset| {
        let labels = part.labels().unwrap();
        (0..10).map(|k| labels.iter().filter(|&&l| l == k).count()).collect::<Vec<_>>()
    };
    // scikit-learn's `train_test_split(test_size=0.2, stratify=y)` holds out 35 to 37 of each digit.
    assert!(counts(&split.held_out).iter().all(|n| (34..=37).contains(n)));
    assert_eq!(counts(&split.train).iter().sum::<usize>(), 1437);
}

#[test]
fn the_digits_scale_is_the_protocols() {
    let train = load(&digits()).unwrap().train.values;
    let fit = Standardisation::fit(&train);
    let n = train.len() as f64;
    for d in 0..64 {
        let mean = train.iter().map(|row| f64::from(row[d])).sum::<f64>() / n;
        let var = train.iter().map(|row| (f64::from(row[d]) - mean).powi(2)).sum::<f64>() / n;
        // The reference protocol has max(std, 1) for grey levels from 0 to 16.
        assert!((f64::from(fit.std[d]) - var.sqrt().max(1.0)).abs() < 1e-5, "p{d}: {}", fit.std[d]);
    }
}

#[test]
fn what_is_no_data_is_refused_with_a_way_out() {
    let unknown = said(&DataSpec::new("mons"));
    assert!(
        unknown.contains("did you mean `moons`?") && unknown.contains("swiss-roll"),
        "{unknown}"
    );
    let missing = said(&DataSpec::new("no/such.csv"));
    assert!(missing.contains("cannot read no/such.csv"), "{missing}");
    let rows = said(&DataSpec { rows: 1, ..DataSpec::new("moons") });
    assert!(rows.contains("--rows"), "{rows}");
    for share in [0.0, 1.0, -0.5, f64::NAN] {
        let holdout = said(&DataSpec { holdout: share, ..digits() });
        assert!(holdout.contains("--holdout"), "{holdout}");
    }
}

#[test]
fn too_little_to_hold_out_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("few.csv");
    let mut source = DataSpec::new(path.to_string_lossy());
    std::fs::write(&path, "a,k\n1,x\n").unwrap();
    assert!(said(&source).contains("only one row"));
    std::fs::write(&path, "a,k\n1,x\n2,y\n").unwrap();
    source.exclude = vec!["k".into()];
    assert_eq!(load(&source).unwrap().held_out.len(), 1);
    (source.exclude, source.class) = (Vec::new(), Some("k".into()));
    assert!(said(&source).contains("column `k`") && said(&source).contains("--condition"));
}

/// The digest tells whether a run's file has changed: its numbers, or the names that they stand for.
#[test]
fn a_digest_is_of_numbers_and_names() {
    let table = |text: &str| read_table(&DataSpec::new("some.csv"), text.as_bytes()).unwrap();
    let digest = |text: &str| table(text).digest();
    let text = "k,d,a\nx,2026-01-01,1\ny,2026-01-02,2\nx,2026-01-03,3\n";
    assert_eq!(digest(text), digest(&text.replace(',', ";")));
    for (old, new) in [("y", "z"), ("2026", "2025"), (",3", ",4")] {
        assert_ne!(digest(text), digest(&text.replace(old, new)), "{old} -> {new}");
    }
    // Python's `zlib.crc32(struct.pack("<4f", 1, 2, 3, 4.5))`: numbers alone have no names.
    assert_eq!(digest("a,b\n1,2\n3,4.5\n"), 0xc165_0605);
}

#[test]
fn groups_are_held_out_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.csv");
    let row = |i: usize| format!("user {},{},{}\n", i % 10, i % 10, i * 37 % 101);
    std::fs::write(&path, format!("user,u,a\n{}", (0..200).map(row).collect::<String>())).unwrap();
    let source = DataSpec { group: Some("user".into()), ..DataSpec::new(path.to_string_lossy()) };
    let split = load(&source).unwrap();
    assert_eq!((split.train.len(), split.held_out.len()), (160, 40));
    assert_eq!(split.train.columns, ["u", "a"]);
    for row in split.held_out.values.iter() {
        assert!(split.train.values.iter().all(|other| other[0] != row[0]));
    }
    assert!(
        said(&DataSpec { group: Some("a".into()), ..DataSpec::new("moons") }).contains("--group")
    );
    std::fs::write(&path, "user,a\nu,1\nu,3\nu,2\n").unwrap();
    assert!(said(&source).contains("column `user`") && said(&source).contains("two groups"));
}
