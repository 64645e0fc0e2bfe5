//! The commands in the pages of `examples/known` run as they are written, with a few training steps.

/// Its `main` is only for the example.
#[allow(dead_code)]
#[path = "../examples/known/main.rs"]
mod known;

use std::fs;
use std::path::Path;

use clap::Parser;
use fm_host::cli::Cli;

/// Steps of a short training, and the pairs that its teacher makes.
const STEPS: &str = "20";
const PAIRS: [&str; 2] = ["--reflow-pairs", "256"];
/// The program that draws the pictures.
const PROGRAM: [&str; 5] = ["run", "--release", "--example", "known", "--"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The command lines of a page.
fn commands(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("examples/known").join(page)).expect("a page");
    let blocks =
        text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    let lines = blocks.flat_map(|block| {
        block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines.filter(|line| !line.trim().is_empty()).collect()
}

/// The words of a command line that reads the repository's files and writes below `runs`.
fn words(line: &str, runs: &Path) -> Vec<String> {
    let place = |word: &str| match word.split_once('/') {
        Some(("examples", _)) => root().join(word).display().to_string(),
        Some(("runs", rest)) => runs.join(rest).display().to_string(),
        _ => word.to_owned(),
    };
    line.split_whitespace().map(place).collect()
}

/// A training with fewer steps and pairs.
fn shortened(mut words: Vec<String>) -> Vec<String> {
    if words[1] == "train" {
        if let Some(at) = words.iter().position(|word| word == "--steps") {
            words.drain(at..at + 2);
        }
        words.extend(["--steps".to_owned(), STEPS.to_owned()]);
        if words.iter().any(|word| word == "distill") {
            words.extend(PAIRS.map(str::to_owned));
        }
    }
    words
}

/// Runs the commands of a page; returns what the program of the pictures prints.
fn run(page: &str, runs: &Path) -> String {
    let mut told = String::new();
    for line in commands(page) {
        let words = shortened(words(&line, runs));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.split_first() {
            Some((&"fm", _)) => Cli::try_parse_from(&words)
                .unwrap_or_else(|error| panic!("{page}: {line}\n{error}"))
                .run()
                .unwrap_or_else(|error| panic!("{page}: {line}\n{error}")),
            Some((&"cargo", rest)) if rest.starts_with(&PROGRAM) => {
                told += &known::run(&rest[PROGRAM.len()..])
                    .unwrap_or_else(|error| panic!("{page}: {line}\n{error}"));
            }
            _ => panic!("{page}: `{line}` is neither a command of `fm` nor the example"),
        }
    }
    told
}

/// The first column of a table.
fn names(table: &str) -> Vec<&str> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(" | ").next()).collect()
}

#[test]
fn the_table_is_drawn_and_filled() {
    let runs = tempfile::tempdir().expect("a folder");
    let told = run("table.md", runs.path());
    assert!(told.contains("| species | Gentoo 100.0 % | Gentoo 100.0 % |"), "{told}");
    assert!(told.contains("| sex | female 100.0 % | female 100.0 % |"), "{told}");
    // The mean of the 58 rows in the file, whatever the model is.
    assert!(told.contains("| body_mass_g | 4679.7 ± 281.6 |"), "{told}");
    let read = |file: &str| fs::read_to_string(runs.path().join(file)).expect("a file");
    let imputed = read("imputed.csv");
    assert!(!imputed.contains("NA") && imputed.lines().count() == 1 + 99 * 344);
    assert!(read("spread.csv").lines().any(|line| line.starts_with("273,body_mass_g,")));
    let given = read("gentoo.csv");
    assert!(
        given.lines().skip(1).all(|row| row.starts_with("Gentoo,") && row.ends_with(",female"))
    );
    assert!(runs.path().join("penguins.png").is_file());
}

#[test]
fn the_series_is_forecast() {
    let runs = tempfile::tempdir().expect("a folder");
    let told = run("ecg.md", runs.path());
    let forecasts = ["forecast", "one step", "linear regression", "last value"];
    assert_eq!(names(&told), forecasts, "{told}");
    // These do not depend on the training.
    assert!(told.contains("| linear regression | 0.3928 | 92.3 % | 1.391 |"), "{told}");
    assert!(told.contains("| last value | 0.5203 | 89.7 % | 1.790 |"), "{told}");
    assert!(runs.path().join("ecg.png").is_file());
}

#[test]
fn the_digits_are_completed() {
    let runs = tempfile::tempdir().expect("a folder");
    let told = run("digits.md", runs.path());
    let forecasts = ["forecast", "one step", "linear regression", "mean of each pixel"];
    assert_eq!(names(&told), forecasts, "{told}");
    assert!(told.contains("| linear regression | 3.6174 | 92.5 % | 9.866 |"), "{told}");
    assert!(runs.path().join("halves.png").is_file());
}

#[test]
fn a_wrong_argument_is_refused() {
    let error = |arguments: &[&str]| known::run(arguments).expect_err("no example").to_string();
    assert!(error(&["ecg"]).contains("name `table`, `ecg` or `digits`"));
    assert!(
        error(&["ecg", "examples/firmware/models/moons.fm", "a.png"]).contains("run directory")
    );
}
