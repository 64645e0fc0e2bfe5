//! Models between two data sets: training, sampling, scoring, export, and what is refused.

use super::*;

/// Readings of one sensor, and of another in other units: `y = 10 x + 3` in the first column, for two kinds.
fn sensors(d: &TempDir) {
    let (mut cheap, mut good) = (String::from("kind,raw,drift\n"), String::from("u,v,kind\n"));
    for i in 0..2000 {
        // Both kinds cover the same readings of the cheap sensor.
        let kind = i % 2;
        let at = |salt: u64| {
            let mut hash = (4 * i + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            (hash >> 40) as f64 / f64::from(1 << 24)
        };
        cheap += &format!("k{kind},{},{}\n", at(1), at(2));
        let sign = if kind == 0 { 1.0 } else { -1.0 };
        good += &format!("{},{},k{kind}\n", sign * (10.0 * at(3) + 3.0), at(4));
    }
    fs::write(d.path().join("cheap.csv"), cheap).expect("writable");
    fs::write(d.path().join("good.csv"), good).expect("writable");
}

const TRAIN: &str = "train good.csv --columns u,v --class kind --source cheap.csv \
                     --source-columns raw,drift --objective meanflow";

#[test]
fn a_reading_is_moved_to_the_other_scale_within_its_kind() {
    let d = directory();
    sensors(&d);
    good(&d, &format!("{TRAIN} --out run --steps 3000 --batch 128 --hidden 32,32"));
    fs::write(d.path().join("new.csv"), "raw,drift,kind\n0.25,0.5,k0\n0.75,0.5,k0\n0.25,0.5,k1\n")
        .expect("writable");
    good(&d, "export run --out model.fm");
    good(&d, "sample run --source new.csv --out a.csv");
    let moved = floats(&d.path().join("a.csv"));
    assert_eq!(moved.len(), 3);
    // Kind 1 is moved to negative numbers; transport keeps the order of readings, so it is reversed there.
    for (row, wanted) in moved.iter().zip([5.5, 10.5, -10.5]) {
        // A tenth of the range: 2,000 rows and a short training.
        assert!((row[0] - wanted).abs() < 1.0, "{moved:?}");
    }
    let text = fs::read_to_string(d.path().join("a.csv")).expect("text");
    assert!(text.starts_with("u,v,kind\n") && text.lines().nth(3).unwrap().ends_with(",k1"));
    // The file needs the columns' names, and gives the same bits.
    let error = bad(&d, "sample model.fm --source new.csv --out b.csv");
    assert!(error.contains("no column `u`"), "{error}");
    good(&d, "sample model.fm --source new.csv --source-columns raw,drift --out b.csv");
    assert_eq!(fs::read_to_string(d.path().join("b.csv")).expect("text"), text);
    // Another kind, and starts that repeat.
    good(&d, "sample run --source new.csv --class k0 --count 5 --out c.csv");
    let again = floats(&d.path().join("c.csv"));
    assert_eq!((again.len(), &again[0], &again[0]), (5, &moved[0], &again[3]));
    assert!(again[2][0] > 3.0, "{again:?}");
    // A file's class is used unless another is named, whatever else is conditioned on.
    let error = bad(&d, "sample run --source new.csv --condition 1 --out x.csv");
    assert!(error.starts_with("fm: --condition: "), "{error}");
    // By default, the held-out rows of the source.
    let said = json(&good(&d, "sample run --out held.csv --json"));
    assert_eq!((&said["count"], &said["nfe"]), (&400.into(), &1.0.into()));
    let inspected = json(&good(&d, "inspect model.fm --json"));
    assert_eq!(inspected["source"], true);
    // Scores, 8-bit weights and a resumed run use the source too.
    let scored = json(&good(&d, "eval run --json"));
    let first = &scored["rows"][0];
    assert!(first["sw2"].as_f64() < Some(0.2), "{first}");
    good(&d, "eval model.fm --data good.csv --source cheap.csv --source-columns raw,drift --json");
    let lost = json(&good(&d, "export run --dtype q8 --out q8.fm --json"));
    assert!(lost["loss"]["output"]["rms"].as_f64() < Some(0.05), "{lost}");
    good(&d, "sample q8.fm --source new.csv --source-columns raw,drift --out q8.csv");
    for (a, b) in floats(&d.path().join("q8.csv")).iter().zip(&moved) {
        assert!((a[0] - b[0]).abs() < 0.3, "{a:?} {b:?}");
    }
    good(&d, "train --resume --out run --steps 3100");
    // Rows that are a source's no longer.
    let mut table = fs::read_to_string(d.path().join("cheap.csv")).expect("text");
    table.push_str("k0,0.5,0.5\n");
    fs::write(d.path().join("cheap.csv"), table).expect("writable");
    for line in ["train --resume --out run --steps 3200", "eval run", "sample run --out x.csv"] {
        let error = bad(&d, line);
        assert!(error.contains("cheap.csv") && error.contains("changed"), "{line}: {error}");
    }
}

/// Both parts of a condition belong to the row, and each can be replaced alone.
#[test]
fn parts_of_a_condition_that_are_not_named_are_the_rows() {
    let d = directory();
    table(&d);
    let data = "table.csv --columns x,y --class label --condition c --source table.csv";
    good(&d, &format!("train {data} --objective fm --steps 20 --batch 16 --hidden 4,4 --out run"));
    let parts = |rest: &str| {
        good(&d, &format!("sample run --source table.csv {rest} --steps 2 --out s.csv"));
        let text = fs::read_to_string(d.path().join("s.csv")).expect("text");
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[2].to_owned(), cells[3].parse::<f32>().expect("a number"))
        };
        text.lines().skip(1).map(row).collect::<Vec<_>>()
    };
    let own = parts("");
    let class = |i: usize| format!("k{}", i % 3);
    assert!((0..200).all(|i| own[i] == (class(i), (i % 7) as f32)), "{own:?}");
    let named = parts("--condition 2.5");
    assert!((0..200).all(|i| named[i] == (class(i), 2.5)), "{named:?}");
    let named = parts("--class k1");
    assert!((0..200).all(|i| named[i] == ("k1".to_owned(), (i % 7) as f32)), "{named:?}");
}

/// Few rows to start at: no sample is drawn twice, and what cannot be compared is refused before a training.
#[test]
fn a_small_source_is_compared_with_as_many_rows() {
    let d = directory();
    table(&d);
    let rows: Vec<String> = (0..50).map(|i| format!("{i}.5,{}", (i * 7) % 50)).collect();
    fs::write(d.path().join("few.csv"), format!("x,y\n{}\n", rows.join("\n"))).expect("writable");
    let quick = "--objective fm --steps 20 --batch 16 --hidden 4,4";
    good(&d, &format!("train table.csv --columns x,y --source few.csv {quick} --out run"));
    let scored = json(&good(&d, "eval run --steps 2 --json"));
    assert_eq!((&scored["samples"], &scored["held_out"]), (&10.into(), &10.into()));
    let drawn = json(&good(&d, "plot run --picture samples --json --out p.svg"));
    assert_eq!(drawn["models"][0]["count"], 10);
    let all = fs::read_to_string(d.path().join("table.csv")).expect("text");
    let mut lines: Vec<&str> = all.lines().filter(|line| !line.ends_with("k2")).collect();
    lines.push("1,1,1,1,k2");
    fs::write(d.path().join("rare.csv"), lines.join("\n") + "\n").expect("writable");
    let line = "train table.csv --columns x,y --class label --source rare.csv";
    let error = bad(&d, &format!("{line} {quick} --out none"));
    assert!(error.contains("`k2`") && !d.path().join("none/model.fm").exists(), "{error}");
}

#[test]
fn a_run_that_is_killed_or_moved_keeps_its_source() {
    let d = directory();
    fs::create_dir_all(d.path().join("one")).expect("writable");
    sensors(&d);
    for file in ["cheap.csv", "good.csv"] {
        fs::rename(d.path().join(file), d.path().join("one").join(file)).expect("ours");
    }
    let line = TRAIN.replace("good.csv", "one/good.csv").replace("cheap.csv", "one/cheap.csv");
    good(
        &d,
        &format!("{line} --out one/run --steps 200 --batch 64 --hidden 8,8 --checkpoint-every 100"),
    );
    let bytes = |path: &str| fs::read(d.path().join(path)).expect("a file");
    let whole = bytes("one/run/model.fm");
    // As a kill leaves it, in another folder.
    fs::rename(d.path().join("one"), d.path().join("two")).expect("ours");
    fs::remove_file(d.path().join("two/run/checkpoint-0000000200.bin")).expect("there");
    good(&d, "train --resume --out two/run");
    assert!(bytes("two/run/model.fm") == whole, "the bits of an uninterrupted run");
    good(&d, "eval two/run --steps 1");
}

#[test]
fn sources_that_do_not_fit_are_refused_with_the_reason() {
    let d = directory();
    sensors(&d);
    table(&d);
    let quick = "--steps 20 --batch 16 --hidden 4,4 --out x";
    let refused = |line: &str| bad(&d, &format!("train {line} {quick}"));
    for (line, words) in [
        ("moons --source 8gaussians --objective score", "--source: `score` needs noise"),
        ("moons --source 8gaussians --objective ddpm", "--source: `ddpm` needs noise"),
        ("moons --source 8gaussians --objective delta-fm", "--source: `delta-fm` needs noise"),
        ("moons --source nowhere --objective fm", "neither a built-in set nor a file"),
        ("moons --source-columns x,y --objective fm", "--source"),
        ("table.csv --columns x,y,c --source moons --objective fm", "`--source-columns`"),
        ("table.csv --columns x,y --class label --source moons --objective fm", "label"),
        (
            "table.csv --columns x,y --class label --source cheap.csv --source-columns raw,drift \
             --objective fm",
            "label",
        ),
        (
            "table.csv --columns x,y --condition c,d --source table.csv --objective fm \
             --coupling independent",
            "--coupling: a source with a condition vector needs `c2ot`",
        ),
    ] {
        let error = refused(line);
        assert!(error.contains(words), "{line}: {error}");
    }
    // A class of the data without a row to start at.
    let all = fs::read_to_string(d.path().join("table.csv")).expect("text");
    let some: Vec<&str> = all.lines().filter(|line| !line.ends_with("k2")).collect();
    fs::write(d.path().join("some.csv"), some.join("\n") + "\n").expect("writable");
    let error = refused("table.csv --columns x,y --class label --source some.csv --objective fm");
    assert!(error.contains("no row of class `k2`"), "{error}");
    // Vectors meet by conditional transport, which is the default then.
    let base = "train table.csv --columns x,y --condition c,d --source table.csv --objective fm";
    good(&d, &format!("{base} {quick}"));
    good(&d, "eval x --steps 2");
    good(&d, "sample x --out s.csv");

    good(&d, "train moons --objective fm --steps 20 --batch 16 --hidden 4,4 --out plain");
    let error = bad(&d, "sample plain --source moons --out s.csv");
    assert!(error.contains("moves noise"), "{error}");
    good(&d, &format!("train moons --source 8gaussians --objective fm {quick}2"));
    good(&d, "export x2 --out x2.fm");
    let error = bad(&d, "sample x2.fm --out s.csv");
    assert!(error.contains("--source"), "{error}");
    let error = bad(&d, "sample x2 --temperature 0.5 --out s.csv");
    assert!(error.contains("--temperature"), "{error}");
    for teacher in ["plain", "x2"] {
        let other = if teacher == "plain" { "--source 8gaussians" } else { "" };
        let line = format!("moons {other} --objective reflow --teacher {teacher}");
        let error = refused(&line);
        assert!(error.contains("--teacher") && error.contains("source"), "{error}");
    }
}
