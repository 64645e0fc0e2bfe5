//! Signals, exit codes and a closed terminal.

use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// A training of hours, of which a test runs about a second.
const LONG: &str = "train moons --objective fm --hidden 16,16 --batch 32 --rows 600 --steps 50000000 \
                    --log-every 10";

/// Starts a shell in which `$FM` is the program; its messages go to `said.txt`.
fn shell(d: &TempDir, script: &str) -> Child {
    let said = fs::File::create(d.path().join("said.txt")).expect("writable");
    listening()
        .current_dir(d.path())
        .args(["sh", "-c", script])
        .env("FM", env!("CARGO_BIN_EXE_fm"))
        .stdin(Stdio::null())
        .stderr(Stdio::from(said))
        .spawn()
        .expect("a shell")
}

fn said(d: &TempDir) -> String {
    fs::read_to_string(d.path().join("said.txt")).expect("text")
}

/// Waits until a condition holds, at most a minute, which is enough for any machine.
fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    let sent =
        std::process::Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.expect("kill").success());
}

fn ended(mut child: Child) -> ExitStatus {
    let mut status = None;
    wait_for("the program ends", || {
        status = child.try_wait().expect("a child");
        status.is_some()
    });
    status.expect("it ended")
}

/// Whether the log of a run has a row.
fn begun(d: &TempDir, run: &str) -> bool {
    fs::metadata(d.path().join(run).join("log.jsonl")).is_ok_and(|log| log.len() > 0)
}

#[test]
fn a_stopped_training_tells_the_shell_which_signal_it_was() {
    let d = directory();
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let child = shell(&d, &format!("exec \"$FM\" {LONG} --json --out {name} >{name}.json"));
        wait_for("the training begins", || begun(&d, name));
        signal(&child, name);
        assert_eq!(ended(child).code(), Some(code), "{}", said(&d));
        assert!(said(&d).contains(&format!("fm train --resume --out {name}")), "{}", said(&d));
        assert!(d.path().join(name).join("model.fm").exists());
        let summary = fs::read_to_string(d.path().join(format!("{name}.json")));
        let summary = json(&summary.expect("a summary"));
        // Memorisation is only tested at the end, because the user who stops does not want more work.
        assert_eq!((&summary["finished"], &summary["nearest"]), (&false.into(), &Value::Null));
    }
    // Every use of an unfinished model prints a note, and the failure stops `fm train && fm export`.
    for line in ["sample INT --count 2 --out s.csv", "export INT --out m.fm", "inspect INT"] {
        let output = fm(&d).args(words(line)).output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains("of 50000000"), "fm {line}: {said}");
    }
}

#[test]
fn a_hangup_that_nohup_ignores_ends_nothing() {
    let d = directory();
    let short = "train moons --objective fm --hidden 16,16 --batch 32 --rows 600 --steps 20000 \
                 --log-every 10 --out run";
    let child = shell(&d, &format!("trap '' HUP; exec \"$FM\" {short}"));
    wait_for("the training begins", || begun(&d, "run"));
    signal(&child, "HUP");
    assert!(ended(child).success(), "{}", said(&d));
    good(&d, "inspect run");
}

#[test]
fn a_signal_is_heard_while_pairs_are_made() {
    let d = directory();
    // Making a quarter of a million pairs in large blocks takes long.
    let line = "train checkerboard --objective meanflow --steps 10 --ot-pool 1000000 --out run";
    let child = shell(&d, &format!("exec \"$FM\" {line}"));
    wait_for("the run is there", || d.path().join("run/config.json").exists());
    signal(&child, "INT");
    assert_eq!(ended(child).code(), Some(130), "{}", said(&d));
    assert!(said(&d).contains("--resume"), "{}", said(&d));
    assert!(!d.path().join("run/model.fm").exists(), "no pair was trained on");
}

#[test]
fn a_terminal_that_takes_no_more_stops_no_training() {
    let d = directory();
    let child = shell(
        &d,
        &format!("exec \"$FM\" train moons --objective fm --out run {SMALL} 2>/dev/full"),
    );
    assert!(ended(child).success());
    let child =
        shell(&d, "\"$FM\" sample run --count 3 --out s.csv 2>&- && \"$FM\" inspect run | true");
    assert!(ended(child).success(), "{}", said(&d));
    assert_eq!(floats(&d.path().join("s.csv")).len(), 3);
    let child = shell(&d, "exec \"$FM\" inspect run >/dev/full");
    assert_eq!(ended(child).code(), Some(1), "a result that is lost is a failure");
    assert!(said(&d).contains("stdout"), "{}", said(&d));
}

#[test]
fn a_run_can_be_given_more_steps() {
    let d = directory();
    good(&d, &format!("train moons --objective fm --out run {SMALL}"));
    let said = json(&good(&d, "train --resume --out run --steps 90 --json"));
    assert_eq!((&said["finished"], &said["step"]), (&true.into(), &90.into()));
    let again = json(&good(&d, "train --resume --out run --json"));
    assert_eq!(again["step"], 90, "the run knows its new length");
    let fewer = bad(&d, "train --resume --out run --steps 50");
    assert!(fewer.contains("--steps: must be at least 90"), "{fewer}");
}
