//! Figures and their floors, likelihoods, and held-out rows.

use super::*;

#[test]
fn figures_come_beside_their_floors() {
    let d = directory();
    good(&d, &format!("train 8gaussians --objective fm --out run {SMALL}"));
    let said = json(&good(&d, "eval run --steps 2 --solver midpoint --json"));
    let row = &said["rows"][0];
    assert_eq!((&row["steps"], &row["nfe"]), (&2.into(), &4.into()));
    let figures = ["w2", "sw2", "energy", "inside", "below_density", "cell_share_worst", "nn"];
    let figures = [&figures[..], &["c2st", "ks_worst", "spread_worst", "out_of_range"]].concat();
    for metric in figures {
        for key in [metric.to_owned(), format!("{metric}_floor"), format!("{metric}_ceiling")] {
            assert!(row[&key].is_f64(), "{key}: {row}");
        }
    }
    assert!(row["c2st_standard_error"].is_f64());
    let columns = row["columns"].as_array().unwrap();
    assert_eq!([&columns[0]["column"], &columns[1]["column"]], ["x", "y"]);
    for key in ["ks", "ks_floor", "ks_floor_spread", "out_of_range"] {
        assert!(columns.iter().all(|column| column[key].is_f64()), "{key}: {row}");
    }
    assert_eq!(row["classes"][0]["class"], "all rows");
    // A network after 60 steps is worse than real data.
    assert!(row["w2"].as_f64() > row["w2_floor"].as_f64());
    assert!(bad(&d, "eval run/model.fm").contains("--data"));
    assert!(bad(&d, "sample run --solver meanflow --out a.csv").contains("--objective meanflow"));
    assert!(bad(&d, "sample run --class 1 --out a.csv").contains("has no condition"));
    assert!(bad(&d, "sample run --guidance 2 --out a.csv").contains("--label-dropout"));
    assert!(bad(&d, "sample run --steps 0 --out a.csv").contains("--steps"));
    assert!(bad(&d, "sample run --out a.jpg").contains(".png"));
    assert!(bad(&d, "sample nowhere.fm --out a.csv").contains("fm train"));
    fs::write(d.path().join("noise.fm"), [7; 100]).unwrap();
    assert!(bad(&d, "inspect noise.fm").contains("not a .fm model"));
}

#[test]
fn the_default_print_says_what_is_worst_first() {
    let d = directory();
    table(&d);
    let line =
        "train table.csv --columns x,y,c --class label --objective fm --transform plain --out run";
    good(&d, &format!("{line} {SMALL}"));
    let said = good(&d, "eval run --steps 1,4");
    assert!(said.starts_with("compared with 40 of 40 held-out rows of table.csv;"), "{said}");
    assert!(said.contains("160 training rows, with the same classes"), "{said}");
    let (steps, worst) = said.split_once("worst first").expect("a list");
    assert!(steps.contains("| 1 step ") && steps.contains("| 4 steps "), "{said}");
    let lines: Vec<Vec<&str>> =
        worst.lines().skip(2).map(|line| line.split('|').map(str::trim).collect()).collect();
    let spreads = lines.iter().filter(|cells| cells.len() > 4).map(|cells| cells[4]);
    let spreads: Vec<f64> =
        spreads.map(|cell| cell.trim_start_matches("> ").parse().expect("a number")).collect();
    assert!(spreads.len() > 8 && spreads.is_sorted_by(|a, b| a >= b), "{said}");
    // The column c is i % 7, and a network does not generate exact integers.
    let off = lines.iter().find(|cells| cells.get(1) == Some(&"off_lattice")).expect("a lattice");
    assert!(off[5] == "far off" && off[6].contains("`c`"), "{said}");
    for figure in ["energy_worst", "spread_worst", "c2st", "ks_worst", "accuracy"] {
        assert!(worst.contains(figure), "{figure}: {said}");
    }
    let json = json(&good(&d, "eval run --steps 1 --json"));
    assert_eq!(
        (&json["samples"], &json["held_out"], &json["train"]),
        (&40.into(), &40.into(), &160.into())
    );
    let classes = json["rows"][0]["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 3);
    for key in ["energy", "energy_floor", "energy_floor_spread", "spread", "spread_floor"] {
        assert!(classes.iter().all(|class| class[key].is_f64()), "{key}: {json}");
    }
}

#[test]
fn another_file_is_another_file() {
    let d = directory();
    table(&d);
    good(
        &d,
        &format!("train table.csv --columns x,y --class label --objective fm --out run {SMALL}"),
    );
    fs::copy(d.path().join("table.csv"), d.path().join("other.csv")).unwrap();
    let rows =
        |line: &str| json(&good(&d, &format!("loglik {line} --steps 4 --json")))["rows"].clone();
    // The run's own file by another path is still its own file. A copy counts as other data, and a .fm file
    // does not contain the path of its data.
    assert_eq!(rows("run"), 40);
    assert_eq!(rows("run --data ./table.csv"), 40);
    assert_eq!(rows("run --data table.csv --all"), 200);
    assert_eq!(rows("run --data other.csv"), 200);
    assert_eq!(rows("run/model.fm --data table.csv --columns x,y --class label"), 200);
    let own = good(&d, "loglik run --steps 4");
    assert!(own.starts_with("40 held-out rows of table.csv"), "{own}");
    let other = good(&d, "loglik run --steps 4 --data other.csv");
    assert!(other.starts_with("200 rows of other.csv"), "{other}");
    let said = good(&d, "eval run --steps 1 --data other.csv");
    assert!(
        said.contains("160 remaining rows") && said.contains("not known to be the rows"),
        "{said}"
    );
}

#[test]
fn large_files_are_evaluated_on_a_share() {
    let d = directory();
    let row = |i: i32| format!("{},{}\n", (f64::from(i) * 0.7).sin(), (f64::from(i) * 0.31).cos());
    let text: String = std::iter::once("x,y\n".to_owned()).chain((0..30_000).map(row)).collect();
    fs::write(d.path().join("long.csv"), text).expect("writable");
    good(&d, &format!("train long.csv --objective meanflow --out run {SMALL}"));
    let said = good(&d, "eval run --steps 1");
    assert!(said.starts_with("compared with 4,096 of 6,000 held-out rows of long.csv"), "{said}");
    let said = json(&good(&d, "export run --dtype q8 --out run.fm --json"));
    assert_eq!((&said["loss"]["samples"], &said["loss"]["held_out"]), (&4096.into(), &6000.into()));
}

#[test]
fn likelihoods_count_rows_of_the_file() {
    let d = directory();
    // Blank lines count as rows of the file, and the values do not repeat.
    let row = |i: i32| format!("{},{}\n", (f64::from(i) * 0.7).sin(), (f64::from(i) * 0.31).cos());
    let text: String = std::iter::once("x,y\n\n".to_owned()).chain((0..100).map(row)).collect();
    fs::write(d.path().join("curve.csv"), text).expect("writable");
    good(&d, &format!("train curve.csv --objective fm --out run {SMALL}"));
    let said = json(&good(&d, "loglik run --steps 16 --out rows.csv --json"));
    assert_eq!((&said["rows"], &said["divergence"]), (&20.into(), &"exact".into()));
    let (nll, each) =
        (said["nll_nats"].as_f64().unwrap(), said["nll_nats_per_dim"].as_f64().unwrap());
    let bits = said["bits_per_dim"].as_f64().unwrap();
    assert!((nll - 2.0 * each).abs() < 1e-12 && (each - bits * 2f64.ln()).abs() < 1e-12);
    let rows = floats(&d.path().join("rows.csv"));
    let mean = rows.iter().map(|row| f64::from(row[1])).sum::<f64>() / 20.0;
    assert!(rows.len() == 20 && (mean + nll).abs() < 1e-5, "{mean} {nll}");
    assert!(rows.iter().all(|row| (3.0..=102.0).contains(&row[0])), "{rows:?}");
    let all = json(&good(&d, "loglik run --steps 16 --all --out all.csv --json"));
    assert_eq!(all["rows"], 100);
    let all = floats(&d.path().join("all.csv"));
    assert!(rows.iter().all(|row| all.contains(row)), "a row's figure is its own");
    let line = "loglik run --steps 16 --divergence hutchinson --probes 64 --json";
    let estimate = json(&good(&d, line))["nll_nats"].as_f64().unwrap();
    // 64 directions over 20 rows.
    assert!((estimate - nll).abs() < 0.1, "{estimate} {nll}");
    assert!(good(&d, "loglik run --steps 4").contains("nats"));
    table(&d);
    let discrete = bad(&d, "loglik run --data table.csv --columns c,y");
    assert!(discrete.contains("`c` (7 values") && !discrete.contains("`y`"), "{discrete}");
    assert!(bad(&d, "loglik run --probes 2").contains("--divergence hutchinson"));
    assert!(bad(&d, "loglik run/model.fm").contains("--data"));
}

#[test]
fn what_is_held_out_can_be_had() {
    let d = directory();
    table(&d);
    good(&d, "data table.csv --columns x,y --class label --held-out classes.csv");
    let text = fs::read_to_string(d.path().join("classes.csv")).unwrap();
    let all = fs::read_to_string(d.path().join("table.csv")).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!((rows[0], rows.len()), ("x,y,label", 1 + 40));
    let classes = all.lines().filter(|row| row.ends_with("k1")).count() / 5;
    assert!(rows.iter().filter(|row| row.ends_with("k1")).count().abs_diff(classes) <= 1);

    // The condition vector follows the data in each row: c is i % 7, d is sin(0.7 i).
    good(&d, "data table.csv --columns x,y --condition c,d --held-out vectors.csv");
    let text = fs::read_to_string(d.path().join("vectors.csv")).unwrap();
    let mut rows = text.lines().map(|row| row.split(',').collect::<Vec<_>>());
    assert_eq!(rows.next(), Some(vec!["x", "y", "c", "d"]));
    let number = |cell: &str| cell.parse::<f32>().unwrap();
    let originals: Vec<[f32; 4]> = all
        .lines()
        .skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            [0, 1, 2, 3].map(|i| number(cells[i]))
        })
        .collect();
    assert_eq!(rows.clone().count(), 40);
    assert!(rows.all(|row| originals.contains(&[0, 1, 2, 3].map(|i| number(row[i])))));
    let said = bad(&d, "data moons --held-out rows.txt");
    assert!(said.contains(".csv") && said.contains(".npy"), "{said}");
}

#[test]
fn other_data_goes_by_the_names_of_its_columns() {
    let d = directory();
    let row = |i: i32| [f64::from(i) * 0.7, 20.0 + (f64::from(i) * 0.31).cos()];
    let table = |names: &str, flip: bool| {
        let line = |i| {
            let [a, b] = row(i);
            if flip { format!("{b},{a}\n") } else { format!("{a},{b}\n") }
        };
        format!("{names}\n") + &(0..100).map(line).collect::<String>()
    };
    fs::write(d.path().join("xy.csv"), table("x,y", false)).expect("writable");
    fs::copy(d.path().join("xy.csv"), d.path().join("copy.csv")).expect("writable");
    fs::write(d.path().join("yx.csv"), table("y,x", true)).expect("writable");
    fs::write(d.path().join("ab.csv"), table("a,b", false)).expect("writable");
    good(&d, &format!("train xy.csv --objective fm --out run {SMALL}"));
    good(&d, "export run --out m.fm");
    let nll = |line: &str| {
        json(&good(&d, &format!("loglik {line} --steps 4 --json")))["nll_nats"].clone()
    };
    for model in ["run", "m.fm"] {
        assert_eq!(
            nll(&format!("{model} --data yx.csv")),
            nll(&format!("{model} --data copy.csv"))
        );
        assert!(bad(&d, &format!("loglik {model} --data ab.csv")).contains("`x`"));
        nll(&format!("{model} --data ab.csv --columns a,b"));
    }
    // Another split would hold out rows that the run was trained on.
    for option in ["--data-seed 3", "--holdout 0.5"] {
        for verb in ["loglik", "eval"] {
            let error = bad(&d, &format!("{verb} run {option}"));
            assert!(error.contains("trained on"), "{error}");
        }
    }
    assert!(bad(&d, "loglik run --count 0").contains("--count"));
}

#[test]
fn real_data_has_a_choice_of_rows_however_many_are_held_out() {
    let d = directory();
    table(&d);
    for share in ["0.5", "0.8"] {
        let line =
            format!("train table.csv --columns x,y --holdout {share} --objective fm --force");
        good(&d, &format!("{line} --out run {SMALL}"));
        let said = json(&good(&d, "eval run --steps 1 --json"));
        let samples = said["samples"].as_u64().expect("a number");
        assert!(2 * samples <= said["train"].as_u64().expect("a number"), "{said}");
        assert!(said["rows"][0]["w2_floor_spread"].as_f64() > Some(0.0), "{said}");
    }
}

#[test]
fn numbers_that_single_precision_cannot_tell_apart_are_refused() {
    let d = directory();
    let rows: String = (0..100).map(|i| format!("{},{}\n", 1_700_000_000 + i, i % 7)).collect();
    fs::write(d.path().join("times.csv"), format!("t,y\n{rows}")).expect("writable");
    for line in ["data times.csv", "train times.csv --objective fm --out run"] {
        let error = bad(&d, line);
        assert!(error.contains("`t`") && error.contains("subtract 1700000000"), "{error}");
    }
    good(&d, "data times.csv --columns y");
}
