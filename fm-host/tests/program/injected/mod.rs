//! A full disk, a broken disk and a kill at every write, sync and rename of a command's own files. The command
//! ends with a message or at once, never with a panic; complete files stay complete, and a resumed run is bit
//! for bit as an undisturbed one.
//!
//! strace makes the calls fail. They are counted in a first run of the command. The network is very small and
//! computes on one thread, so that every run makes the same calls.

mod strace;
mod walk;

use super::*;
use walk::{Scene, fast_directory};

const TRAIN: &str = "train table.csv --columns x,y --objective meanflow --hidden 4,4 --batch 8 \
                     --ot-pool 40 --ot-batch 20 --log-every 1 --checkpoint-every 2 --clamp --out run";

/// A directory with a table of forty rows.
fn with_table() -> TempDir {
    let d = fast_directory();
    let row = |i: i32| format!("{},{}\n", (f64::from(i) * 0.7).sin(), (f64::from(i) * 1.3).cos());
    let text: String = std::iter::once("x,y\n".to_owned()).chain((0..40).map(row)).collect();
    fs::write(d.path().join("table.csv"), text).expect("writable");
    d
}

/// A directory with a finished run.
fn with_run() -> TempDir {
    let d = with_table();
    good(&d, &format!("{TRAIN} --steps 4"));
    d
}

#[test]
fn a_training_bears_faults() {
    let resume = Some("train --resume --out run");
    Scene { before: &with_table(), line: &format!("{TRAIN} --steps 4"), resume }.walk();
}

#[test]
fn a_resumed_training_bears_faults() {
    let d = with_run();
    // The state after a kill after the third step; the model is an older one.
    fs::remove_file(d.path().join("run/checkpoint-0000000004.bin")).expect("there");
    fs::write(d.path().join("run/model.fm"), "the user's").expect("writable");
    Scene { before: &d, line: "train --resume --out run", resume: None }.walk();
}

#[test]
fn a_training_that_is_given_more_steps_bears_faults() {
    let line = "train --resume --out run --steps 6";
    Scene { before: &with_run(), line, resume: None }.walk();
}

#[test]
fn samples_bear_faults() {
    let d = with_run();
    for file in ["a.csv", "a.npy", "a.png"] {
        fs::write(d.path().join(file), "samples of another day").expect("writable");
        let line = format!("sample run --count 40000 --out {file}");
        Scene { before: &d, line: &line, resume: None }.walk();
    }
}

#[test]
fn exports_bear_faults() {
    let d = with_run();
    for file in ["model.fm", "model.rs", "model.h", "model.safetensors", "q8.fm --dtype q8"] {
        fs::write(d.path().join(words(file)[0]), "a model of another day").expect("writable");
        Scene { before: &d, line: &format!("export run --out {file}"), resume: None }.walk();
    }
}

const FRONT: &str = "front table.csv --columns x,y --objectives fm --widths 4 --layers 1 --quick \
                     --draws 1 --out front";

#[test]
fn a_front_bears_faults() {
    Scene { before: &with_table(), line: FRONT, resume: None }.walk();
}

/// Here, other threads than the training thread write files too.
#[test]
fn a_front_of_a_trained_run_bears_faults() {
    let d = with_table();
    good(&d, FRONT);
    fs::remove_dir_all(d.path().join("front/measured")).expect("there");
    Scene { before: &d, line: FRONT, resume: None }.walk();
}
