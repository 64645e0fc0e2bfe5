//! Columns of every kind, from a file to samples: transforms are chosen, shown, wished for and inverted.

use super::*;

const TRAIN: &str = "--objective meanflow --batch 32 --steps 30 --hidden 8,8";

/// Whole numbers, texts, amounts with many zeros, and a skewed measurement.
fn mixed(d: &TempDir) {
    let mut text = String::from("visits,colour,gain,weight\n");
    for i in 0..400_u32 {
        let wave = f64::from(i * 37 % 400) / 400.0;
        let z = (wave - 0.5) * 4.0;
        let gain = if i % 3 > 0 { 0.0 } else { 10.0 * (z + f64::from(i % 7)).exp() };
        let colour = ["red", "green", "blue"][(i * i % 11 % 3) as usize];
        text += &format!("{},{colour},{gain},{}\n", (20.0 + 12.0 * z).round(), (1.5 * z).exp());
    }
    fs::write(d.path().join("mixed.csv"), text).expect("writable");
}

fn transform<'j>(said: &'j Value, name: &str) -> &'j Value {
    let all = said["described"].as_array().expect("columns");
    &all.iter().find(|column| column["name"] == name).expect("the column")["transform"]
}

#[test]
fn samples_have_the_values_that_the_file_can_have() {
    let d = directory();
    mixed(&d);
    let said = json(&good(&d, "data mixed.csv --json"));
    for (name, form) in [("colour", "values"), ("gain", "quantiles"), ("visits", "quantiles")] {
        assert_eq!(transform(&said, name), form, "{said}");
    }
    let said = json(&good(&d, "data mixed.csv --transform plain,weight=log --json"));
    assert_eq!(
        (transform(&said, "weight"), transform(&said, "gain")),
        (&"log".into(), &"plain".into())
    );
    assert!(good(&d, "data mixed.csv").contains("3 categories"));
}

#[test]
fn a_model_of_columns_is_one_on_the_device_too() {
    let d = directory();
    mixed(&d);
    good(&d, &format!("train mixed.csv --transform weight=log --out run {TRAIN}"));
    good(&d, "sample run --count 300 --out a.csv");
    let mut samples = csv::Reader::from_path(d.path().join("a.csv")).expect("samples");
    let mut zeros = 0;
    for sample in samples.records() {
        let sample = sample.expect("a row");
        let number = |i: usize| sample[i].parse::<f32>().expect("a number");
        assert_eq!(number(0).fract(), 0.0, "{sample:?}");
        assert!((-4.0..=44.0).contains(&number(0)), "{sample:?}");
        assert!(["red", "green", "blue"].contains(&&sample[1]), "{sample:?}");
        assert!(number(2) >= 0.0 && number(3) > 0.0, "{sample:?}");
        zeros += u32::from(number(2) == 0.0);
    }
    // Two thirds of the rows are 0, and an untrained network draws from the marginals.
    assert!((100..290).contains(&zeros), "{zeros}");
    // The file alone has the transforms and the names.
    good(&d, "export run --out m.fm");
    good(&d, "sample m.fm --count 300 --out b.csv");
    let read = |name: &str| fs::read_to_string(d.path().join(name)).expect("text");
    assert_eq!(read("a.csv"), read("b.csv"));
    let said = good(&d, "inspect m.fm");
    for part in ["colour: 3 categories: blue, green, red", "multiples of 1", "weight: log"] {
        assert!(said.contains(part), "{said}");
    }
    good(&d, "export m.fm --out m.h");
    let header = read("m.h");
    for line in ["#define M_COLUMN_GAIN 2", "#define M_COLOUR_GREEN 1"] {
        assert!(header.lines().any(|found| found == line), "{line}: {header:.2000}");
    }
    good(&d, "export m.fm --out m.rs");
    assert!(read("m.rs").contains("pub const N_GREEN: usize = 1;"));
    // Rows with ties have a bound, and rows of another file may lack categories but not add any.
    let said = json(&good(&d, "loglik run --json --steps 4 --spreads 2"));
    assert!(said["nll_bound_nats"].is_f64() && said["nll_nats"].is_null(), "{said}");
    assert!(said["measure"].as_str().expect("words").contains("ties"), "{said}");
    assert!(good(&d, "loglik run --steps 4 --spreads 2").contains("at most"));
    fs::write(d.path().join("few.csv"), "visits,colour,gain,weight\n3,red,0,1.5\n4,blue,2,2.5\n")
        .expect("writable");
    good(&d, "loglik m.fm --data few.csv --steps 4 --spreads 2");
    fs::write(d.path().join("new.csv"), "visits,colour,gain,weight\n3,pink,0,1.5\n4,red,2,2.5\n")
        .expect("writable");
    let error = bad(&d, "loglik m.fm --data new.csv --steps 4 --spreads 2");
    assert!(error.contains("`pink`") && error.contains("blue, green, red"), "{error}");
    good(&d, "eval run --steps 1");
    good(&d, "eval m.fm --data mixed.csv --steps 1");
}

#[test]
fn wishes_are_checked() {
    let d = directory();
    mixed(&d);
    let line = |wish: &str| format!("train mixed.csv --transform {wish} --out run {TRAIN}");
    for (wish, parts) in [
        ("wieght=log", ["`wieght`", "did you mean `weight`"]),
        ("colour=log", ["`colour`", "categories"]),
        ("gain=log", ["`gain`", "no logarithm"]),
        ("weight=cube", ["`cube`", "quantiles"]),
    ] {
        let error = bad(&d, &line(wish));
        assert!(parts.iter().all(|part| error.contains(part)), "{wish}: {error}");
        assert!(!d.path().join("run").exists());
    }
    good(&d, &line("plain"));
    let said = json(&good(&d, "inspect run --json"));
    let transforms = said["transforms"].as_array().expect("a list");
    assert_eq!(transforms[0], "plain");
    assert!(transforms[1].as_str().expect("words").contains("3 categories"), "{said}");
}

/// A run with transforms resumes to the same bits as without an interruption.
#[test]
fn a_run_of_columns_resumes() {
    let d = directory();
    mixed(&d);
    good(&d, &format!("train mixed.csv --out whole {TRAIN}"));
    good(&d, &format!("train mixed.csv --checkpoint-every 10 --out part {TRAIN}"));
    fs::remove_file(d.path().join("part/checkpoint-0000000030.bin")).expect("the last one");
    fs::remove_file(d.path().join("part/model.fm")).expect("a model");
    good(&d, "train --resume --out part");
    let model = |run: &str| fs::read(d.path().join(run).join("model.fm")).expect("a model");
    assert!(model("whole") == model("part"));
}
