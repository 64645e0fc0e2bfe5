//! The solvers' options, and adding and removing the contrast.

use super::*;

#[test]
fn solvers_have_their_options() {
    let d = directory();
    good(&d, &format!("train moons --objective fm --out run {SMALL}"));
    good(&d, "sample run --count 50 --steps 64 --solver rk4 --out rk4.csv");
    let said = json(&good(
        &d,
        "sample run --count 50 --solver dopri5 --tolerance 1e-5 --out d.csv --json",
    ));
    assert!(said["steps"].is_null() && said["nfe"].as_f64().unwrap() >= 7.0, "{said}");
    let (rk4, dopri5) = (floats(&d.path().join("rk4.csv")), floats(&d.path().join("d.csv")));
    for (a, b) in rk4.iter().flatten().zip(dopri5.iter().flatten()) {
        assert!((a - b).abs() < 1e-3, "{a} {b}");
    }
    good(&d, "sample run --count 50 --steps 8 --out euler.csv");
    good(&d, "sample run --count 50 --steps 8 --solver sde --eta 0 --out sde.csv");
    let same = |a: &str, b: &str| {
        fs::read(d.path().join(a)).unwrap() == fs::read(d.path().join(b)).unwrap()
    };
    assert!(same("euler.csv", "sde.csv"), "no noise is Euler");
    good(
        &d,
        "sample run --count 50 --times 0,0.125,0.25,0.375,0.5,0.625,0.75,0.875,1 --out times.csv",
    );
    assert!(same("euler.csv", "times.csv"), "the times of eight equal steps");
    let said = json(&good(&d, "sample run --count 50 --times 0,0.2,1 --out times.csv --json"));
    assert_eq!((said["steps"].as_u64(), said["nfe"].as_f64()), (Some(2), Some(2.0)));
    good(&d, "sample run --count 50 --steps 2 --out two.csv");
    assert!(!same("two.csv", "times.csv"));
    let said = json(&good(&d, "eval run --times 0,0.2,1 --json"));
    assert_eq!((said["rows"][0]["steps"].as_u64(), said["rows"][1].as_object()), (Some(2), None));
    good(&d, "sample run --count 50 --steps 8 --solver sde --out sde.csv");
    assert!(!same("euler.csv", "sde.csv"));
    good(&d, "sample run --count 50 --steps 8 --solver sde --sde-noise sigma --out default.csv");
    assert!(same("default.csv", "sde.csv"));
    for schedule in ["constant", "decreasing", "sine", "reverse"] {
        let options =
            format!("--count 50 --steps 8 --solver sde --sde-noise {schedule} --out s.csv");
        good(&d, &format!("sample run {options}"));
        assert!(!same("s.csv", "sde.csv"), "{schedule}");
        // Too much noise for so few steps, but finite: no step removes more noise than there is.
        good(&d, &format!("sample run --eta 1e20 {options}"));
        good(&d, &format!("sample run --eta 0 {options}"));
        assert!(same("s.csv", "euler.csv"), "{schedule}");
    }
    good(&d, "sample run --count 50 --steps 8 --temperature 0 --out cold.csv");
    let cold = floats(&d.path().join("cold.csv"));
    assert!(cold.iter().all(|row| *row == cold[0]), "no noise, one sample");
    let said = json(&good(&d, "eval run --solver dopri5 --json"));
    assert!(said["rows"][0]["nfe"].as_f64().unwrap() > 6.0 && said["rows"][0]["steps"].is_null());
    for (line, named) in [
        ("--eta 1", "--solver sde"),
        ("--sde-noise sine", "--solver sde"),
        ("--solver sde --sde-noise cosine", "reverse"),
        ("--tolerance 1e-3", "--solver dopri5"),
        ("--solver dopri5 --steps 4", "--tolerance"),
        ("--solver dopri5 --times 0,1", "--tolerance"),
        ("--times 0,0.5,0.5,1", "--times"),
        ("--times 0,nan,1", "--times"),
        ("--times 0.1,1", "start at 0"),
        ("--times 0,0.9", "end at 1"),
        ("--times 1", "--times"),
        ("--solver dopri5 --tolerance 1e-9", "--tolerance"),
        ("--solver sde --eta -1", "--eta"),
        ("--temperature -1", "--temperature"),
    ] {
        let error = bad(&d, &format!("sample run --out a.csv {line}"));
        assert!(error.contains(named), "{line}: {error}");
    }
    good(&d, &format!("train moons --objective fm --coupling ot --out ot {SMALL}"));
    let error = bad(&d, "sample ot --solver sde --out a.csv");
    assert!(error.contains("independent"), "{error}");
}

#[test]
fn a_contrast_goes_on_and_off_again() {
    let d = directory();
    good(
        &d,
        &format!("train moons --class label --label-dropout 0.2 --objective fm --out run {SMALL}"),
    );
    good(&d, "convert run --delta-fm 0.5 --out delta.fm");
    good(&d, "convert delta.fm --delta-fm 0.5 --inverse --out back.fm");
    let contrast =
        |model: &str| json(&good(&d, &format!("inspect {model} --json")))["contrast"].clone();
    assert_eq!(contrast("delta.fm"), serde_json::json!({ "everywhere": 0.5 }));
    assert_eq!(contrast("back.fm"), "none");
    let samples = |line: &str| {
        good(&d, &format!("sample {line} --count 40 --steps 8 --out samples.csv"));
        floats(&d.path().join("samples.csv"))
    };
    // Halving and doubling are exact, so the model after both conversions is the original.
    let plain = samples("run");
    assert_eq!(samples("back.fm"), plain);
    assert_ne!(samples("delta.fm"), plain);
    assert_eq!(samples("delta.fm --contrast undo"), plain);
    // Guidance undoes the contrast first, except with `--contrast keep`.
    let guided = samples("run --guidance 2");
    assert_eq!(samples("delta.fm --guidance 2"), guided);
    assert_ne!(samples("delta.fm --guidance 2 --contrast keep"), guided);
    assert_eq!(samples("delta.fm --solver sde"), samples("run --solver sde"));
    assert!(bad(&d, "sample delta.fm --solver sde --contrast keep --out a.csv").contains("undo"));
    for (line, named) in [
        ("run --delta-fm 1", "no minimum"),
        ("run --delta-fm -0.1", "at least 0"),
        ("delta.fm --delta-fm 0.1", "--inverse"),
        ("delta.fm --delta-fm 0.1 --inverse", "0.5"),
        ("run --delta-fm 0.1 --inverse", "no contrast"),
    ] {
        let error = bad(&d, &format!("convert {line} --out x.fm"));
        assert!(error.contains(named), "{line}: {error}");
    }
    assert!(bad(&d, "convert run --delta-fm 0.1 --out x.rs").contains(".fm"));
    good(&d, &format!("train moons --objective meanflow --out jump {SMALL}"));
    assert!(bad(&d, "convert jump --delta-fm 0.1 --out x.fm").contains("velocities"));
}

/// More samples than the threads hold at a time: they are in order, and the first are those of a smaller file.
#[test]
fn many_samples_are_streamed_in_order() {
    let d = directory();
    table(&d);
    let named = fs::read_to_string(d.path().join("table.csv")).unwrap();
    fs::write(d.path().join("table.csv"), named.replace(",k1", ",\"k,1\"")).unwrap();
    let base = format!("train table.csv --columns x,y --objective meanflow --out run {SMALL}");
    good(&d, &format!("{base} --class label"));
    good(&d, "sample run --count 5000 --seed 3 --out few.csv");
    good(&d, "sample run --count 300001 --seed 3 --out many.csv");
    good(&d, "sample run --count 300001 --seed 3 --out many.npy");
    let text = |name: &str| fs::read_to_string(d.path().join(name)).unwrap();
    let (few, many) = (text("few.csv"), text("many.csv"));
    assert!(many.starts_with(&few), "the first samples do not depend on their number");
    assert_eq!(many.lines().count(), 1 + 300_001);
    assert_eq!(many.lines().next(), Some("x,y,label"));
    assert!(many.lines().any(|line| line.ends_with(",\"k,1\"")), "a name is quoted");
    let values = floats(&d.path().join("many.csv"));
    let bytes = fs::read(d.path().join("many.npy")).unwrap();
    let (header, numbers) = bytes.split_at(bytes.len() - 300_001 * 3 * 4);
    assert_eq!(header.len() % 64, 0);
    assert!(String::from_utf8_lossy(header).contains("(300001, 3)"));
    let rows = numbers.as_chunks::<12>().0;
    let number = |row: &[u8; 12], d: usize| f32::from_ne_bytes(*row.as_chunks().0.get(d).unwrap());
    let same = values
        .iter()
        .zip(rows)
        .all(|(a, row)| (0..2).all(|d| a[d].to_bits() == number(row, d).to_bits()));
    assert!(same, "the text gives the same bits back");
    let classes = many.lines().skip(1).zip(rows).all(|(line, row)| {
        let names = [",\"k,1\"", ",k0", ",k2"];
        line.ends_with(names[number(row, 2) as usize])
    });
    assert!(classes, "an array holds the numbers of the classes");
    good(&d, "sample run --count 0 --out none.csv");
    assert_eq!(text("none.csv"), "x,y,label\n");
    assert!(bad(&d, "sample run --out a.txt").contains(".npy"));
    for out in ["a.csv", "a.npy", "a.png"] {
        let line = format!("sample run --count 18446744073709551615 --out {out}");
        assert!(bad(&d, &line).contains("--count"), "{line}");
    }
}
