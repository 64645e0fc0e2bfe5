//! Models with known columns, on rows of which some cells are missing: `fm train --masked` and what follows it.

use fm_host::data::Standardisation;

use super::*;

/// Writes `gaps.csv`: `b` is `a` plus a little, `c` is noise, `kind` a text; some cells of each are missing.
fn gaps(directory: &TempDir) {
    let mut text = "a,b,c,kind\n".to_owned();
    let mut state = 1u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    for i in 0..1500 {
        let a = 10.0 * random();
        let values = [a, a + 0.3 * random(), random()].map(|x| format!("{x:.4}"));
        let cells = values.map(|x| if random() < 0.2 { String::new() } else { x });
        text += &format!("{},{},{},{}\n", cells[0], cells[1], cells[2], ["x", "y", ""][i % 3]);
    }
    fs::write(directory.path().join("gaps.csv"), text).expect("writable");
}

const SMALL: &str = "--hidden 32,32 --batch 256 --steps 1500 --checkpoint-every 1000";
const COLUMNS: &str = "--columns a,b,c";

#[test]
fn a_masked_model_is_trained_on_rows_with_gaps_and_uses_what_is_known() {
    let d = directory();
    gaps(&d);
    let error = bad(&d, &format!("train gaps.csv {COLUMNS} --objective fm --out no {SMALL}"));
    assert!(error.contains("--masked") && error.contains("--drop-missing"), "{error}");
    let line = format!("train gaps.csv {COLUMNS} --objective fm --masked --out fm {SMALL}");
    let output = fm(&d).args(words(&line)).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.matches("missing at random").count() == 1, "{said}");

    let student = format!("train gaps.csv {COLUMNS} --objective distill --teacher fm {SMALL}");
    good(&d, &format!("{student} --masked --reflow-pairs 20000 --out one"));
    for run in ["fm", "one"] {
        let said = json(&good(&d, &format!("eval {run} --json")));
        let known = &said["known"];
        assert_eq!(known["steps"], if run == "fm" { 128 } else { 1 });
        let figure = |of: &str, name: &str| known[of][name].as_f64().expect("a number");
        let [model, marginals] = ["model", "marginals"].map(|of| figure(of, "crps"));
        // The noise `c` cannot be predicted, and nothing is known of some rows; `a` and `b` tell each other.
        assert!(model < 0.85 * marginals, "{run}: {model} {marginals}");
        assert!((figure("model", "inside_90") - 0.9).abs() < 0.1, "{known}");
        // About half of the 300 held-out rows have no gap.
        let held_out = said["held_out"].as_u64().expect("a number");
        assert!((110..200).contains(&held_out), "{held_out}");
    }
    let words = good(&d, "eval one --steps 1");
    assert!(
        words.contains("Known columns: some cells of 29")
            || words.contains("Known columns: some cells of 300"),
        "{words}"
    );
    good(&d, "impute one gaps.csv --out whole.csv");
    assert!(good(&d, "loglik fm --count 50").contains("held-out rows"));
    good(&d, "export one --dtype q8 --out one8.fm");
    good(&d, "eval one8.fm --data gaps.csv");
    good(&d, "train --resume --out fm --steps 1600");
}

#[test]
fn rows_with_gaps_are_described_as_a_training_reads_them() {
    let d = directory();
    gaps(&d);
    let refused = json(&good(&d, "data gaps.csv --json"));
    assert!(refused["refusal"].as_str().is_some_and(|why| why.contains("--masked")), "{refused}");
    let said = json(&good(&d, "data gaps.csv --masked --held-out held-out.csv --json"));
    assert_eq!((&said["rows"], &said["held_out"]), (&1200.into(), &300.into()));
    assert_eq!((&said["refusal"], &said["described"][3]["missing"]), (&Value::Null, &500.into()));
    good(&d, "train gaps.csv --masked --objective fm --steps 1 --hidden 8 --out run");
    let config = json(&fs::read_to_string(d.path().join("run/config.json")).expect("a run"));
    let standard = |facts: &Value| -> Standardisation {
        serde_json::from_value(facts["standardisation"].clone()).expect("a standardisation")
    };
    assert_eq!(standard(&said), standard(&config["facts"]));
    let rows = fs::read_to_string(d.path().join("held-out.csv")).expect("the rows");
    let gaps = rows.lines().filter(|line| line.ends_with(",NaN")).count();
    assert!((50..150).contains(&gaps), "a third of 300 texts is missing: {gaps}");
    let again = json(&good(&d, "data held-out.csv --masked --json"));
    assert_eq!(again["described"][3]["missing"], gaps);
}

#[test]
fn a_known_prefix_is_always_given() {
    let d = directory();
    gaps(&d);
    let line = format!("train gaps.csv {COLUMNS} --known-prefix 1 --objective meanflow");
    good(&d, &format!("{line} --out run {SMALL}"));
    let said = json(&good(&d, "eval run --steps 1 --json"));
    let figure = |of: &str| said["known"][of]["crps"].as_f64().expect("a number");
    assert!(figure("model") < 0.85 * figure("marginals"), "{said}");
    // Its samples are the held-out rows' first column with the others drawn, so this column is exact, but for
    // values beyond the training rows' range.
    let columns = said["rows"][0]["columns"].as_array().expect("columns");
    let ks = |column: usize| columns[column]["ks"].as_f64().expect("a number");
    assert!(ks(0) < 0.02 && ks(2) > 0.02, "{said}");
    // The other columns are not known, and a known value beyond the training rows stands for their end.
    let error = bad(&d, "sample run --count 5 --out s.csv");
    assert!(error.contains("just these must be known: `a`"), "{error}");
    let drawn = |known: &str| {
        let told = told(&d, &format!("sample run --count 5 --out s.csv --known a={known}"));
        let text = fs::read_to_string(d.path().join("s.csv")).expect("samples");
        (text.replace(&format!("\n{known},"), "\n"), told)
    };
    let (beyond, note) = drawn("250");
    let (_, end) = note
        .split_once("250 is beyond the training rows; the other columns are drawn as for ")
        .expect("a note");
    assert_eq!(beyond, drawn(end.lines().next().expect("a number")).0);
    // An export measures the same samples.
    let exported = json(&good(&d, "export run --dtype q8 --out run.fm --json"));
    assert_eq!(exported["loss"]["figures"][0]["name"], "w2", "{exported}");
    assert_eq!(exported["loss"]["figures"][0]["f32"], said["rows"][0]["w2"], "{exported}");
    let error =
        bad(&d, &format!("train gaps.csv {COLUMNS} --known-prefix 3 --objective fm --out no"));
    assert!(error.starts_with("fm: --known-prefix: must be from 1 to 2"), "{error}");
}

#[test]
fn what_cannot_have_known_columns_is_refused_with_the_reason() {
    let d = directory();
    gaps(&d);
    for objective in ["score", "ddpm", "mle", "delta-fm"] {
        let line = format!("train gaps.csv {COLUMNS} --masked --objective {objective} --out no");
        let error = bad(&d, &line);
        assert!(error.starts_with("fm: --masked: ") && error.contains("use `fm`"), "{error}");
    }
    let line = format!("train gaps.csv {COLUMNS} --masked --objective meanflow --out no");
    let error = bad(&d, &format!("{line} --coupling ot"));
    assert!(error.starts_with("fm: --coupling: ") && error.contains("ties"), "{error}");
    let error = bad(&d, "train moons --masked --objective fm --out no --source 8gaussians");
    assert!(error.starts_with("fm: --masked: ") && error.contains("source"), "{error}");
    let error = bad(&d, "train moons --columns x --masked --objective fm --out no");
    assert!(error.starts_with("fm: --masked: "), "{error}");
    const FEW: &str = "moons --rows 200 --steps 5 --objective";
    for (mine, theirs) in [("--masked", ""), ("", "--masked"), ("--masked", "--known-prefix 1")] {
        good(&d, &format!("train {FEW} fm {theirs} --out teacher --force"));
        for objective in ["distill", "reflow", "meanflow"] {
            let line = format!("train {FEW} {objective} {mine} --teacher teacher --out no");
            let error = bad(&d, &line);
            assert!(error.starts_with("fm: --teacher: "), "{error}");
            assert!(error.contains("--masked") || error.contains("--known-prefix"), "{error}");
        }
    }
    fs::write(d.path().join("class.csv"), "a,b,k\n1,2,x\n2,3,\n4,5,y\n1,1,x\n2,2,y\n")
        .expect("writable");
    let error = bad(&d, "train class.csv --class k --masked --objective fm --out no");
    assert!(error.contains("row 3, column `k`"), "{error}");
}
