//! Tests of the `fm` program from a user's view: small trainings from data to samples, and the messages for
//! errors.

mod animating;
mod by_hand;
mod columns;
mod conditions;
mod disks;
mod eight_bits;
mod evaluating;
mod exporting;
mod faults;
mod files;
mod firmware;
#[cfg(unix)]
mod forbidden;
mod fronts;
mod hostile;
mod imputing;
#[cfg(target_os = "linux")]
mod injected;
mod kills;
mod known;
mod masked;
mod moved;
mod plotting;
mod recovery;
mod rows;
mod runs;
mod sampling;
mod scoring;
mod signals;
mod sources;
mod svg;
mod table;
mod writing;

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

/// A command that starts a program with default signal handlers, even if this test ignores signals, as in
/// the background of a script.
fn listening() -> std::process::Command {
    let mut command = std::process::Command::new("env");
    command.arg("--default-signal=INT,TERM,HUP");
    command
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Runs a command line that must succeed; returns its stdout.
fn good(directory: &TempDir, line: &str) -> String {
    let output = fm(directory).args(words(line)).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "fm {line}\n{stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs a command line that must succeed; returns what it says on stderr.
fn told(directory: &TempDir, line: &str) -> String {
    told_and(directory, line).1
}

/// Runs a command line that must succeed; returns what it prints, and what it says on stderr.
fn told_and(directory: &TempDir, line: &str) -> (String, String) {
    let output = fm(directory).args(words(line)).output().expect("the program starts");
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    assert!(output.status.success(), "fm {line}\n{stderr}");
    (stdout, stderr)
}

/// Runs a command line that must fail with a message, not a panic; returns the message.
fn bad(directory: &TempDir, line: &str) -> String {
    let output = fm(directory).args(words(line)).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "fm {line} succeeded");
    assert!(!stderr.contains("panicked"), "fm {line}\n{stderr}");
    assert!(output.stdout.is_empty(), "fm {line} failed, but wrote to stdout");
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
    // A run directory and its exported blob are the same model, and draw the same samples.
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
    // Three layers, and gains from two times.
    assert_eq!(
        inspected["parameters"],
        (4 * 16 + 16) + (16 * 16 + 16) + (16 * 2 + 2) + (2 + 1) * 2
    );
    assert_eq!(
        inspected["flash_bytes"].as_u64(),
        Some(fs::metadata(d.path().join("model.fm")).unwrap().len())
    );
    good(&d, "export run --out model.safetensors");
    assert!(bad(&d, "export run --out model.onnx").contains(".safetensors"));
    assert!(bad(&d, "export run --out model").contains(".fm"));
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
    let error = bad(&d, "sample classes --class k9 --out a.csv");
    assert!(error.contains("k0, k1, k2"), "{error}");
    good(&d, &format!("{base} --condition c,d --out vector"));
    good(&d, "sample vector --condition 3,-0.5 --count 30 --steps 8 --out c.csv");
    let text = fs::read_to_string(d.path().join("c.csv")).unwrap();
    assert!(
        text.starts_with("x,y,c,d\n") && text.lines().skip(1).all(|l| l.ends_with(",3.0,-0.5"))
    );
    assert!(bad(&d, "sample vector --condition 3 --out a.csv").contains("2 numbers"));
    let error = bad(&d, &format!("{base} --condition c --coupling ot --out x"));
    assert!(error.contains("--coupling") && error.contains("independent"), "{error}");
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
