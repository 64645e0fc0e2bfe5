//! The conditions of samples: shares of classes, names that are stored in the model, conditions from a file.

use super::*;

/// 150 rows of class a, 40 of b and 10 of c.
fn uneven(d: &TempDir) {
    let mut text = String::from("x,y,c,kind\n");
    for i in 0..200 {
        let (a, kind) =
            (f64::from(i) * 0.7, ["a", "b", "c"][(i >= 150) as usize + (i >= 190) as usize]);
        text += &format!("{},{},{},{kind}\n", a.sin(), a.cos(), f64::from(i % 7) + 0.5);
    }
    fs::write(d.path().join("uneven.csv"), text).expect("writable");
}

fn kinds(d: &TempDir, file: &str) -> Vec<String> {
    let text = fs::read_to_string(d.path().join(file)).expect("text");
    text.lines().skip(1).map(|line| line.rsplit(',').next().expect("a cell").to_owned()).collect()
}

fn count(kinds: &[String], kind: &str) -> usize {
    kinds.iter().filter(|found| *found == kind).count()
}

#[test]
fn classes_come_in_the_proportions_of_the_training_rows() {
    let d = directory();
    uneven(&d);
    let base = "train uneven.csv --columns x,y --class kind --objective meanflow";
    good(&d, &format!("{base} --out run {SMALL}"));
    good(&d, "export run --out model.fm");
    // The .fm file contains the names and shares of the run.
    for model in ["run", "model.fm"] {
        let said = json(&good(&d, &format!("sample {model} --count 400 --out a.csv --json")));
        let kinds = kinds(&d, "a.csv");
        // Three quarters; a fifth of each class is held out, rounded.
        assert!(count(&kinds, "a").abs_diff(300) <= 3, "{}", count(&kinds, "a"));
        assert!(count(&kinds, "b").abs_diff(80) <= 3 && count(&kinds, "c").abs_diff(20) <= 3);
        assert_eq!(said["columns"], serde_json::json!(["x", "y", "kind"]));
        assert_eq!(said["classes"]["a"], count(&kinds, "a"));
    }
    good(&d, "sample model.fm --class all --count 30 --out all.csv");
    assert!(["a", "b", "c"].iter().all(|kind| count(&kinds(&d, "all.csv"), kind) == 10));
    good(&d, "sample model.fm --class b --count 3 --out b.csv");
    assert_eq!(kinds(&d, "b.csv"), ["b"; 3]);
    let error = bad(&d, "sample model.fm --class none --out x.csv");
    assert!(error.contains("condition"), "{error}");
    let error = bad(&d, "sample model.fm --class d --out x.csv");
    assert!(error.contains("a, b, c"), "{error}");
    let inspected = json(&good(&d, "inspect model.fm --json"));
    assert_eq!(inspected["columns"], serde_json::json!(["x", "y"]));
    assert_eq!(inspected["condition_names"], serde_json::json!(["a", "b", "c"]));
    // Without names a model still contains its shares.
    good(&d, "export run --no-names --out bare.fm");
    let bytes = |file: &str| fs::read(d.path().join(file)).expect("a model").len();
    assert!(bytes("bare.fm") < bytes("model.fm"));
    good(&d, "sample bare.fm --count 40 --out bare.csv");
    let text = fs::read_to_string(d.path().join("bare.csv")).expect("text");
    assert!(text.starts_with("x0,x1,class\n"), "{text:.40}");
    assert!(count(&kinds(&d, "bare.csv"), "0").abs_diff(30) <= 2);
}

#[test]
fn a_file_says_what_each_sample_is_asked_to_be() {
    let d = directory();
    uneven(&d);
    let base = "train uneven.csv --columns x,y --objective meanflow";
    good(&d, &format!("{base} --class kind --out classes {SMALL}"));
    good(&d, &format!("{base} --condition c --out vectors {SMALL}"));
    let file = |text: &str| fs::write(d.path().join("conditions.csv"), text).expect("writable");
    file("kind\nc\nb\n\"a\"\n");
    good(&d, "sample classes --conditions conditions.csv --out a.csv");
    assert_eq!(kinds(&d, "a.csv"), ["c", "b", "a"]);
    file("kind\nc\nz\n");
    let error = bad(&d, "sample classes --conditions conditions.csv --out a.csv");
    assert!(error.contains("row 3") && error.contains("`z`"), "{error}");
    file("other,c\n1,2.5\n9,-4\n");
    good(&d, "sample vectors --conditions conditions.csv --count 3 --out v.csv");
    assert_eq!(kinds(&d, "v.csv"), ["2.5", "-4.0", "2.5"]);
    file("other\n1\n");
    let error = bad(&d, "sample vectors --conditions conditions.csv --out v.csv");
    assert!(error.contains("`c`"), "{error}");
    assert!(bad(&d, "sample vectors --conditions none.csv --out v.csv").contains("none.csv"));

    // A missing vector must not silently become the mean.
    let error = bad(&d, "sample vectors --out v.csv");
    assert!(error.contains("--condition") && error.contains("mean"), "{error}");
    good(&d, "sample vectors --condition mean --count 2 --out v.csv");
    let mean: f32 = kinds(&d, "v.csv")[0].parse().expect("a number");
    assert!((3.0..4.0).contains(&mean), "{mean}");
    assert!(bad(&d, "sample vectors --condition x --out v.csv").contains("`x` is not a number"));
    assert!(bad(&d, "sample classes --condition mean --out v.csv").contains("on a class"));
    good(&d, "sample vectors --condition 1.5 --count 4 --out v.npy");
    let bytes = fs::read(d.path().join("v.npy")).expect("an array");
    assert!(String::from_utf8_lossy(&bytes).contains("(4, 3)"), "the condition stands behind");
}

#[test]
fn classes_whose_names_are_numbers_go_by_name() {
    let d = directory();
    let row =
        |i: i32| format!("{},{},{}\n", f64::from(i % 11) * 0.3, f64::from(i * i % 17), i % 3 + 1);
    let text: String = std::iter::once("x,y,k\n".to_owned()).chain((0..200).map(row)).collect();
    fs::write(d.path().join("numbers.csv"), text).expect("writable");
    good(&d, &format!("train numbers.csv --class k --objective meanflow --out run {SMALL}"));
    good(&d, "sample run --class 3 --count 2 --out s.csv");
    assert_eq!(kinds(&d, "s.csv"), ["3", "3"]);
    assert!(bad(&d, "sample run --class 0 --count 2 --out s.csv").contains("1, 2, 3"));
    let file = |text: &str| fs::write(d.path().join("conditions.csv"), text).expect("writable");
    file("k\n3\n0\n");
    let error = bad(&d, "sample run --conditions conditions.csv --out s.csv");
    assert!(error.contains("row 3") && error.contains("1, 2, 3"), "{error}");
    file("k,note\n3,a,b\n");
    assert!(bad(&d, "sample run --conditions conditions.csv --out s.csv").contains("cells"));
}

#[test]
fn guidance_needs_something_to_lead_to() {
    let d = directory();
    uneven(&d);
    let base = "train uneven.csv --columns x,y --objective fm --label-dropout 0.2";
    good(&d, &format!("{base} --class kind --out classes {SMALL}"));
    good(&d, &format!("{base} --condition c --out vectors {SMALL}"));
    let short = "--steps 2 --count 3 --out s.csv";
    good(&d, &format!("sample classes --class none {short}"));
    good(&d, &format!("sample vectors --condition none {short}"));
    assert!(bad(&d, &format!("sample vectors {short}")).contains("`none`"));
    for line in ["classes --class none", "vectors --condition none"] {
        let error = bad(&d, &format!("sample {line} --guidance 2 {short}"));
        assert!(error.contains("--guidance"), "{error}");
    }
    let error = bad(&d, "sample classes --temperature 3e38 --count 50 --out s.csv");
    assert!(error.contains("not finite") && error.contains("--temperature"), "{error}");
}

/// A class and a vector together, from the data to every kind of output.
#[test]
fn a_class_and_a_vector_go_together() {
    let d = directory();
    uneven(&d);
    let base = "train uneven.csv --columns x,y --class kind --condition c";
    good(&d, &format!("{base} --objective meanflow --label-dropout 0.2 --out run {SMALL}"));
    good(&d, &format!("{base} --objective fm --coupling c2ot --out plain {SMALL}"));
    let said = json(&good(&d, "data uneven.csv --columns x,y --class kind --condition c --json"));
    assert_eq!(said["condition"]["classes"]["column"], "kind");
    assert_eq!(said["condition"]["vector"]["columns"], serde_json::json!(["c"]));
    let said = json(&good(&d, "sample run --condition 2.5 --count 40 --out a.csv --json"));
    assert_eq!(said["columns"], serde_json::json!(["x", "y", "kind", "c"]));
    let text = |file: &str| fs::read_to_string(d.path().join(file)).expect("text");
    let ends = |file: &str| -> Vec<String> {
        let end = |line: &str| line.splitn(3, ',').last().expect("a condition").to_owned();
        text(file).lines().skip(1).map(end).collect()
    };
    // The vector is given, and classes come in their shares.
    let drawn = ends("a.csv");
    assert!(drawn.iter().all(|end| end.ends_with(",2.5")), "{drawn:?}");
    assert!(drawn.iter().filter(|end| *end == "a,2.5").count().abs_diff(30) <= 2, "{drawn:?}");
    good(&d, "sample run --class b --condition mean --count 2 --out b.csv");
    assert!(ends("b.csv").iter().all(|end| end.starts_with("b,3.")), "{:?}", ends("b.csv"));
    fs::write(d.path().join("conditions.csv"), "c,kind\n1.5,c\n-4,a\n").expect("writable");
    good(&d, "sample plain --conditions conditions.csv --count 3 --out f.csv");
    assert_eq!(ends("f.csv"), ["c,1.5", "a,-4.0", "c,1.5"]);
    good(
        &d,
        "sample run --class all --condition 1 --solver euler --guidance 2 --count 6 --out g.csv",
    );
    // `none` with either option leaves out all of the condition.
    good(&d, "sample run --class none --count 5 --out none.csv");
    good(&d, "sample run --condition none --count 5 --out other.csv");
    good(&d, "sample run --class none --condition none --count 5 --out both.csv");
    assert!(text("none.csv").starts_with("x,y\n"));
    assert_eq!(text("none.csv"), text("other.csv"));
    assert_eq!(text("none.csv"), text("both.csv"));
    // A sample depends on both parts.
    let points = |line: &str| {
        good(&d, &format!("sample run {line} --count 20 --out points.csv"));
        floats(&d.path().join("points.csv"))
    };
    let both = points("--class c --condition 6.5");
    assert_ne!(both, points("--class a --condition 6.5"));
    assert_ne!(both, points("--class c --condition 0.5"));

    good(&d, "export run --out model.fm");
    let inspected = json(&good(&d, "inspect model.fm --json"));
    assert_eq!(inspected["condition_names"], serde_json::json!(["a", "b", "c", "c"]));
    assert_eq!((&inspected["classes"], &inspected["condition"]), (&3.into(), &1.into()));
    assert!(good(&d, "inspect model.fm").contains("one of 3 classes and 1 number"));
    good(&d, "sample model.fm --class c --condition 6.5 --count 20 --out again.csv");
    assert_eq!(floats(&d.path().join("again.csv")), both);
    let eval = json(&good(&d, "eval model.fm --data uneven.csv --steps 1 --json"));
    let figures = eval["rows"][0].to_string();
    assert!(figures.contains("joint_energy") && figures.contains("accuracy"), "{figures}");
    good(&d, "loglik plain --steps 4");
    for out in ["m.h", "m.rs", "m.safetensors", "bare.fm --no-names", "q8.fm --dtype q8"] {
        good(&d, &format!("export run --out {out}"));
    }
    let header = text("m.h");
    assert!(header.contains("M_CLASSES 3") && header.contains("M_CONDITION 1"), "{header:.900}");
    good(&d, "sample q8.fm --class b --condition 1.5 --count 3 --out q.csv");
    good(&d, "sample bare.fm --class 2 --condition 1.5 --count 2 --out bare.csv");
    assert!(text("bare.csv").starts_with("x0,x1,class,c0\n"), "{:.40}", text("bare.csv"));

    for (line, parts) in [
        ("sample run --class b", ["--condition", "mean"]),
        ("sample run", ["--condition", "1 number (c); add it"]),
        ("sample plain --class none", ["--class", "requires a condition"]),
        ("sample run --class none --condition 1", ["--class", "omit the other"]),
        ("sample run --class b --condition none", ["--condition", "omit the other"]),
        ("sample run --class z --condition 1", ["--class", "a, b, c"]),
        ("sample run --class b --condition 1,2", ["--condition", "1 number:"]),
        ("sample run --class b --conditions conditions.csv", ["--class", "--conditions"]),
        ("sample run --class none --solver euler --guidance 2", ["--guidance", "condition"]),
    ] {
        let error = bad(&d, &format!("{line} --count 3 --out x.csv"));
        assert!(parts.iter().all(|part| error.contains(part)), "{line}: {error}");
    }
    for (options, parts) in [
        ("--objective fm --coupling ot", ["--coupling", "c2ot"]),
        ("--objective fm --condition kind", ["--condition", "twice"]),
    ] {
        let line = "train uneven.csv --columns x,y --class kind --condition c";
        let line =
            if options.contains("--condition") { "train uneven.csv --class kind" } else { line };
        let error = bad(&d, &format!("{line} {options} --out x {SMALL}"));
        assert!(parts.iter().all(|part| error.contains(part)), "{options}: {error}");
    }
}
