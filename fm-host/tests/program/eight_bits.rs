//! 8-bit models: exported, measured, and used like any other.

use super::*;

const DATA: &str = "table.csv --columns x,y --class label";

#[test]
fn eight_bits_lose_little_and_work_as_a_model() {
    let d = directory();
    table(&d);
    good(&d, &format!("train {DATA} --objective meanflow --out run {SMALL}"));
    good(&d, "export run --out f32.fm");
    let said = json(&good(&d, "export run --out q8.fm --dtype q8 --json"));
    assert_eq!((&said["dtype"], &said["out"]), (&"q8".into(), &"q8.fm".into()));
    let loss = &said["loss"];
    assert_eq!((&loss["solver"], &loss["steps"]), (&"meanflow".into(), &1.into()));
    let output = |name: &str| loss["output"][name].as_f64().expect("a number");
    // With a width of 16, classes and times: about 1 % each for 8-bit weights that compensate each other's
    // errors.
    assert!(output("rms") > 0.0 && output("rms") < 0.03 * output("size"), "{loss}");
    let figures = loss["figures"].as_array().expect("a list");
    let names: Vec<_> = figures.iter().map(|figure| figure["name"].as_str().unwrap()).collect();
    let worst = ["c2st", "ks_worst", "energy_worst", "spread_worst"];
    assert_eq!(names[..3], ["w2", "sw2", "energy"]);
    assert_eq!(names[3..], [&worst[..], &["out_of_range", "nn", "accuracy"]].concat());
    // The figures are equal to those of `fm eval` for the same draw.
    for (model, key) in [("f32.fm", "f32"), ("q8.fm", "q8")] {
        let said = json(&good(&d, &format!("eval {model} --data {DATA} --steps 1 --json")));
        for figure in figures {
            let name = figure["name"].as_str().unwrap();
            assert_eq!(said["rows"][0][name], figure[key], "{model} {name}");
        }
    }
    let inspected = json(&good(&d, "inspect q8.fm --json"));
    let length = |name: &str| fs::metadata(d.path().join(name)).unwrap().len();
    assert_eq!(
        (&inspected["dtype"], inspected["flash_bytes"].as_u64()),
        (&"q8".into(), Some(length("q8.fm")))
    );
    assert!(length("q8.fm") < length("f32.fm"));
    let samples = |model: &str| {
        good(&d, &format!("sample {model} --class 1 --count 40 --out samples.csv"));
        floats(&d.path().join("samples.csv"))
    };
    let (real, integer) = (samples("f32.fm"), samples("q8.fm"));
    assert_ne!(real, integer);
    // In the data's units, with standard deviations of about 3 and 1.
    let apart =
        real.concat().iter().zip(integer.concat()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 0.5, "{apart}");
    // A gain of two on the last layer's scales is exact.
    good(&d, &format!("train {DATA} --objective fm --out fm {SMALL}"));
    good(&d, "export fm --out fm.fm --dtype q8");
    good(&d, "convert fm.fm --delta-fm 0.5 --out delta.fm");
    assert_ne!(samples("delta.fm"), samples("fm.fm"));
    assert_eq!(samples("delta.fm --contrast undo"), samples("fm.fm"));
    let error = bad(&d, &format!("loglik fm.fm --data {DATA}"));
    assert!(error.contains("--dtype f32"), "{error}");
}

#[test]
fn eight_bits_are_refused_where_they_cannot_be() {
    let d = directory();
    table(&d);
    good(&d, &format!("train {DATA} --objective fm --out run {SMALL}"));
    let error = bad(&d, "export run --dtype q8 --out a.safetensors");
    assert!(error.contains("--dtype: ") && error.contains(".fm"), "{error}");
    assert!(bad(&d, "export run --dtype q4 --out a.fm").contains("f32, q8"));
    let text = fs::read_to_string(d.path().join("table.csv")).unwrap();
    fs::write(d.path().join("table.csv"), text.replace("4.", "5.")).unwrap();
    let error = bad(&d, "export run --dtype q8 --out a.fm");
    assert!(error.contains("table.csv") && error.contains("rows have changed"), "{error}");
    fs::remove_file(d.path().join("table.csv")).unwrap();
    assert!(bad(&d, "export run --dtype q8 --out a.fm").contains("table.csv"));
    assert!(!d.path().join("a.fm").exists());
    good(&d, "export run --out a.fm");
}
