//! The `fm` program as a user meets it: the whole way on a small scale, and what it says when
//! something is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

fn fm(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fm"));
    command.current_dir(directory.path());
    command
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Runs a command line that must succeed; gives its stdout.
fn good(directory: &TempDir, line: &str) -> String {
    let output = fm(directory).args(words(line)).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "fm {line}\n{stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs a command line that must fail with a message, not a panic; gives the message.
fn bad(directory: &TempDir, line: &str) -> String {
    let output = fm(directory).args(words(line)).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "fm {line} succeeded");
    assert!(!stderr.contains("panicked"), "fm {line}\n{stderr}");
    assert!(output.stdout.is_empty(), "fm {line} failed, but wrote on stdout");
    stderr
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON object and nothing else")
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

/// A small labelled table with two columns of data and two of condition.
fn table(directory: &TempDir) {
    let mut text = String::from("x,y,c,d,label\n");
    for i in 0..200 {
        let (a, class) = (f64::from(i) * 0.7, i % 3);
        let (x, y) = (a.sin() + 4.0 * f64::from(class), a.cos());
        text += &format!("{x},{y},{},{},k{class}\n", f64::from(i % 7), a.sin());
    }
    fs::write(directory.path().join("table.csv"), text).expect("writable");
}

const SMALL: &str = "--batch 32 --steps 60 --hidden 16,16 --ot-pool 600 --ot-batch 50 --rows 600";

fn floats(path: &Path) -> Vec<Vec<f32>> {
    let mut reader = csv::Reader::from_path(path).expect("readable");
    let row =
        |record: csv::StringRecord| record.iter().take(2).map(|x| x.parse().unwrap()).collect();
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

#[test]
fn the_whole_way_on_a_built_in_set() {
    let d = directory();
    let said = good(&d, &format!("train moons --objective meanflow --out run {SMALL} --json"));
    let summary = json(&said);
    assert_eq!((&summary["finished"], &summary["step"]), (&true.into(), &60.into()));
    let run = d.path().join("run");
    for file in ["config.json", "log.jsonl", "model.fm", "plots/samples.png", "plots/loss.png"] {
        assert!(run.join(file).exists(), "{file}");
    }
    // A run directory and its exported blob are one model, and draw the same samples.
    good(&d, "export run --out model.fm");
    assert_eq!(
        fs::read(run.join("model.fm")).unwrap(),
        fs::read(d.path().join("model.fm")).unwrap()
    );
    good(&d, "sample run --count 50 --seed 9 --out a.csv");
    good(&d, "sample model.fm --count 20 --seed 9 --out b.csv");
    let (a, b) = (floats(&d.path().join("a.csv")), floats(&d.path().join("b.csv")));
    assert_eq!((a.len(), &a[..20]), (50, &b[..]));
    good(&d, "sample run --count 300 --out a.npy");
    good(&d, "sample run --count 300 --steps 4 --solver heun --out a.png");
    let inspected = json(&good(&d, "inspect model.fm --json"));
    assert_eq!(inspected["rust_type"], "OneStep<2, 0, 16>");
    assert_eq!(inspected["parameters"], (4 * 16 + 16) + (16 * 16 + 16) + (16 * 2 + 2));
    assert_eq!(
        inspected["flash_bytes"].as_u64(),
        Some(fs::metadata(d.path().join("model.fm")).unwrap().len())
    );
    good(&d, "export run --out model.safetensors");
    assert!(bad(&d, "export run --out model.onnx").contains(".safetensors"));
    assert!(bad(&d, "export run --out model").contains(".fm"));
}

#[test]
fn figures_come_beside_their_floors() {
    let d = directory();
    good(&d, &format!("train 8gaussians --objective fm --out run {SMALL}"));
    let said = json(&good(&d, "eval run --steps 2 --solver midpoint --json"));
    let row = &said["rows"][0];
    assert_eq!((&row["steps"], &row["nfe"]), (&2.into(), &4.into()));
    for metric in ["w2", "sw2", "energy", "inside", "nn"] {
        for key in [metric.to_owned(), format!("{metric}_floor"), format!("{metric}_ceiling")] {
            assert!(row[&key].is_f64(), "{key}: {row}");
        }
    }
    // A network of 60 steps is no match for real data.
    assert!(row["w2"].as_f64() > row["w2_floor"].as_f64());
    assert!(bad(&d, "eval run/model.fm").contains("--data"));
    assert!(bad(&d, "sample run --solver meanflow --out a.csv").contains("--objective meanflow"));
    assert!(bad(&d, "sample run --class 1 --out a.csv").contains("takes no condition"));
    assert!(bad(&d, "sample run --guidance 2 --out a.csv").contains("--label-dropout"));
    assert!(bad(&d, "sample run --steps 0 --out a.csv").contains("--steps"));
    assert!(bad(&d, "sample run --out a.jpg").contains(".png"));
    assert!(bad(&d, "sample nowhere.fm --out a.csv").contains("fm train"));
    fs::write(d.path().join("noise.fm"), [7; 100]).unwrap();
    assert!(bad(&d, "inspect noise.fm").contains("not a .fm model"));
}

#[test]
fn classes_and_vectors_condition_and_guide() {
    let d = directory();
    table(&d);
    let base = format!("train table.csv --columns x,y --objective fm --label-dropout 0.2 {SMALL}");
    good(&d, &format!("{base} --class label --out classes"));
    good(&d, "sample classes --class k2 --count 30 --steps 8 --guidance 1.5 --out a.csv");
    let text = fs::read_to_string(d.path().join("a.csv")).unwrap();
    assert!(text.starts_with("x,y,label\n") && text.lines().skip(1).all(|l| l.ends_with(",k2")));
    good(&d, "sample classes --count 30 --out b.csv");
    let text = fs::read_to_string(d.path().join("b.csv")).unwrap();
    assert!(text.lines().nth(2).unwrap().ends_with(",k1"), "classes take turns");
    let error = bad(&d, "sample classes --class k9 --out a.csv");
    assert!(error.contains("k0, k1, k2"), "{error}");
    good(&d, &format!("{base} --condition c,d --out vector"));
    good(&d, "sample vector --condition 3,-0.5 --count 30 --steps 8 --out c.csv");
    assert!(bad(&d, "sample vector --condition 3 --out a.csv").contains("2 numbers"));
    let error = bad(&d, &format!("{base} --condition c --coupling ot --out x"));
    assert!(error.contains("--coupling") && error.contains("independent"), "{error}");
}

#[test]
fn a_run_is_resumed_to_the_same_bits() {
    let d = directory();
    let base = format!("train moons --objective meanflow {SMALL} --checkpoint-every 20");
    good(&d, &format!("{base} --out whole"));
    good(&d, &format!("{base} --out cut"));
    // As a kill after step 40 leaves it.
    let cut = d.path().join("cut");
    let newest = cut.join("checkpoint-0000000060.bin");
    fs::remove_file(&newest).expect("the last checkpoint");
    good(&d, "train --resume --out cut");
    assert_eq!(
        fs::read(d.path().join("whole/model.fm")).unwrap(),
        fs::read(cut.join("model.fm")).unwrap()
    );
    let error = bad(&d, "train --resume --out cut --batch 64");
    assert!(error.contains("`train.batch` is 64"), "{error}");
    let error = bad(&d, &format!("{base} --out cut"));
    assert!(error.contains("--resume") && error.contains("--force"), "{error}");
    assert!(bad(&d, "train --resume --out nowhere").contains("not a run"));
}

/// Ctrl-C in the middle: the program ends well, with a model and a checkpoint to go on from.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_a_run_to_go_on_from() {
    let d = directory();
    let run = d.path().join("run");
    let line = "train moons --objective fm --out run --hidden 16,16 --batch 32 --rows 600 \
                --steps 4000000 --log-every 10";
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_fm"))
        .current_dir(d.path())
        .args(words(line))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    while !run.join("log.jsonl").exists() {
        assert!(child.try_wait().expect("a status").is_none(), "it ended before it was asked to");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.expect("kill").success());
    let output = child.wait_with_output().expect("its end");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.contains("--resume --out run"), "{stderr}");
    assert!(run.join("model.fm").exists());
    let step = |directory: &Path| -> u64 {
        let text = fs::read_to_string(directory.join("log.jsonl")).expect("a log");
        json(text.lines().last().expect("a row"))["step"].as_u64().expect("a number")
    };
    assert!(step(&run) < 4_000_000);
    let error = bad(&d, "train --resume --out run --steps 5000");
    assert!(error.contains("`train.steps` is 5000"), "{error}");
}

#[test]
fn distillation_learns_from_a_run() {
    let d = directory();
    good(&d, &format!("train moons --objective fm --out teacher {SMALL}"));
    let student = "train moons --objective meanflow --teacher teacher --coupling independent";
    good(&d, &format!("{student} --out student {SMALL}"));
    let error =
        bad(&d, &format!("train spirals --objective meanflow --teacher teacher --out x {SMALL}"));
    assert!(error.contains("--teacher"), "{error}");
}

/// Every fault in a table that the README promises a clear error for.
#[test]
fn bad_tables_are_named_by_row_and_column() {
    let d = directory();
    let write = |name: &str, text: &str| {
        let path: PathBuf = d.path().join(name);
        fs::write(path, text).expect("writable");
    };
    write("text.csv", "x,y\n1,2\n3,four\n5,6\n");
    write("nan.csv", "x,y\n1,2\nNaN,4\n5,6\n");
    write("empty.csv", "");
    write("header.csv", "x,y\n");
    write("one.csv", "x,y\n1,2\n");
    write("ragged.csv", "x,y\n1,2\n3\n");
    let cases = [
        ("missing.csv", "", ["missing.csv", "No such file"]),
        ("text.csv", "--columns x,z", ["`z`", "`x`, `y`"]),
        ("text.csv", "--columns x,y", ["row 3, column `y`", "four"]),
        ("nan.csv", "", ["row 3, column `x`", "NaN"]),
        ("empty.csv", "", ["empty.csv", "empty"]),
        ("header.csv", "", ["header.csv", "row"]),
        ("one.csv", "", ["one.csv", "one row"]),
        ("ragged.csv", "", ["row 3", "ragged.csv"]),
        ("nowhere", "", ["nowhere", "checkerboard"]),
    ];
    for (file, options, expected) in cases {
        let error = bad(&d, &format!("train {file} {options} --objective fm --out run {SMALL}"));
        for part in expected {
            assert!(error.contains(part), "{file} {options}: {error}");
        }
    }
    assert!(!d.path().join("run").exists(), "nothing is written for bad data");
}

#[test]
fn classes_with_gaps_are_handled() {
    let d = directory();
    let row = |i: usize| format!("{},{},{}\n", i, i * i % 17, [2, 5, 11][i % 3]);
    let text: String = std::iter::once("x,y,label\n".to_owned()).chain((0..90).map(row)).collect();
    fs::write(d.path().join("gaps.csv"), text).expect("writable");
    good(&d, &format!("train gaps.csv --class label --objective meanflow --out run {SMALL}"));
    good(&d, "sample run --class 11 --count 5 --out a.csv");
    let text = fs::read_to_string(d.path().join("a.csv")).unwrap();
    assert!(text.lines().skip(1).all(|line| line.ends_with(",11")), "{text}");
}

#[test]
fn options_are_refused_by_name() {
    let d = directory();
    for (options, named) in [
        ("--hidden 16,8", "--hidden"),
        ("--batch 1", "--batch"),
        ("--lr 0", "--lr"),
        ("--label-dropout 0.1", "--label-dropout"),
        ("--path trig", "--path"),
        ("--device cuda", "--features cuda"),
    ] {
        let error = bad(&d, &format!("train moons --objective meanflow --out run {options}"));
        assert!(error.contains(named), "{options}: {error}");
    }
    assert!(bad(&d, "train moons --out run").contains("--objective"));
    assert!(bad(&d, "train --objective fm --out run").contains("built-in set"));
}

#[test]
fn likelihoods_count_rows_of_the_file() {
    let d = directory();
    // Blank lines count as rows of the file; the values never repeat.
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
fn noise_belongs_to_built_in_sets() {
    let d = directory();
    let spread = |line: &str| {
        let said = json(&good(&d, &format!("data {line} --rows 20000 --json")));
        said["max"][0].as_f64().unwrap() - said["min"][0].as_f64().unwrap()
    };
    assert!(spread("moons --noise 0.3") > spread("moons") + 0.5);
    assert_eq!(spread("moons --noise 0.05"), spread("moons"));
    assert!(bad(&d, "data checkerboard --noise 0.1").contains("no noise"));
    table(&d);
    assert!(bad(&d, "data table.csv --noise 0.1").contains("--noise"));
}

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
    good(&d, "sample run --count 50 --steps 8 --solver sde --out sde.csv");
    assert!(!same("euler.csv", "sde.csv"));
    good(&d, "sample run --count 50 --steps 8 --temperature 0 --out cold.csv");
    let cold = floats(&d.path().join("cold.csv"));
    assert!(cold.iter().all(|row| *row == cold[0]), "no noise, one sample");
    let said = json(&good(&d, "eval run --solver dopri5 --json"));
    assert!(said["rows"][0]["nfe"].as_f64().unwrap() > 6.0 && said["rows"][0]["steps"].is_null());
    for (line, named) in [
        ("--eta 1", "--solver sde"),
        ("--tolerance 1e-3", "--solver dopri5"),
        ("--solver dopri5 --steps 4", "--tolerance"),
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
    assert_eq!((contrast("delta.fm"), contrast("back.fm")), (0.5.into(), Value::Null));
    let samples = |line: &str| {
        good(&d, &format!("sample {line} --count 40 --steps 8 --out samples.csv"));
        floats(&d.path().join("samples.csv"))
    };
    // Halves and doubles are exact, so the model that comes back is the one that went.
    let plain = samples("run");
    assert_eq!(samples("back.fm"), plain);
    assert_ne!(samples("delta.fm"), plain);
    assert_eq!(samples("delta.fm --contrast undo"), plain);
    // Guidance undoes the contrast first, unless it is told to be naive.
    let guided = samples("run --guidance 2");
    assert_eq!(samples("delta.fm --guidance 2"), guided);
    assert_ne!(samples("delta.fm --guidance 2 --contrast keep"), guided);
    assert_eq!(samples("delta.fm --solver sde"), samples("run --solver sde"));
    assert!(bad(&d, "sample delta.fm --solver sde --contrast keep --out a.csv").contains("undo"));
    for (line, named) in [
        ("run --delta-fm 1", "no least value"),
        ("run --delta-fm -0.1", "from 0"),
        ("delta.fm --delta-fm 0.1", "--inverse"),
        ("delta.fm --delta-fm 0.1 --inverse", "0.5"),
        ("run --delta-fm 0.1 --inverse", "contrast 0"),
    ] {
        let error = bad(&d, &format!("convert {line} --out x.fm"));
        assert!(error.contains(named), "{line}: {error}");
    }
    assert!(bad(&d, "convert run --delta-fm 0.1 --out x.rs").contains(".fm"));
    good(&d, &format!("train moons --objective meanflow --out jump {SMALL}"));
    assert!(bad(&d, "convert jump --delta-fm 0.1 --out x.fm").contains("velocities"));
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

    // A condition vector stands behind the data, each row beside its own: c is i % 7, d is sin(0.7 i).
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
