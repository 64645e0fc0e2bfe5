//! Files and folders without permission to read or write. Root has every permission, so if the tests run as
//! root, the program is run as the user `nobody`.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use super::*;

/// The id of the user `nobody`.
const NOBODY: u32 = 65_534;

/// A folder that every user can use, with the program in it.
fn open_to_all() -> TempDir {
    let d = directory();
    allow(d.path(), 0o777);
    fs::copy(env!("CARGO_BIN_EXE_fm"), d.path().join("fm")).expect("writable");
    d
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
}

/// Runs a command line as an ordinary user; returns whether it succeeded, and its messages.
fn ordinary(d: &TempDir, line: &str) -> (bool, String) {
    let mut command = std::process::Command::new(d.path().join("fm"));
    command.current_dir(d.path()).args(words(line));
    let root = fs::metadata(d.path()).map(|folder| std::os::unix::fs::MetadataExt::uid(&folder));
    if root.expect("ours") == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.success(), said)
}

fn good(d: &TempDir, line: &str) {
    let (success, said) = ordinary(d, line);
    assert!(success, "fm {line}\n{said}");
}

/// Runs a command line that must fail with a message that names the file and the way out.
fn refused(d: &TempDir, line: &str, file: &str) {
    let (success, said) = ordinary(d, line);
    assert!(!success, "fm {line} succeeded");
    for part in [file, "Permission denied", "change the permissions, or use another path"] {
        assert!(said.contains(part), "fm {line}\n{said}");
    }
}

#[test]
fn what_may_not_be_read_is_named() {
    let d = open_to_all();
    table(&d);
    let train = format!("train table.csv --class label --objective fm {SMALL}");
    good(&d, &format!("{train} --out run"));
    good(&d, "export run --out model.fm");
    let file = |name: &str| d.path().join(name);
    allow(&file("table.csv"), 0);
    refused(&d, &format!("{train} --out other"), "table.csv");
    refused(&d, "eval run --steps 1", "table.csv");
    allow(&file("table.csv"), 0o644);
    allow(&file("model.fm"), 0);
    refused(&d, "sample model.fm --out a.csv", "model.fm");
    for name in ["run/checkpoint-0000000060.bin", "run/config.json"] {
        allow(&file(name), 0);
        // Falling back to an older checkpoint would hide the problem, and lose the newer checkpoint.
        for line in ["sample run --out a.csv", "export run --out a.fm", "train --resume --out run"]
        {
            refused(&d, line, name);
        }
        allow(&file(name), 0o644);
    }
    good(&d, "train --resume --out run");
}

#[test]
fn where_may_not_be_written_nothing_is_lost() {
    let d = open_to_all();
    let train = format!("train moons --objective fm {SMALL}");
    good(&d, &format!("{train} --out run"));
    fs::create_dir(d.path().join("closed")).expect("ours");
    allow(&d.path().join("closed"), 0o555);
    for line in [
        format!("{train} --out closed/run"),
        "sample run --out closed/a.csv".to_owned(),
        "sample run --out closed/a.npy".to_owned(),
        "export run --out closed/a.fm".to_owned(),
        "front moons --quick --out closed/front".to_owned(),
    ] {
        refused(&d, &line, "closed/");
    }
    let run = d.path().join("run");
    let before = fs::read(run.join("checkpoint-0000000060.bin")).expect("a checkpoint");
    allow(&run, 0o555);
    refused(&d, "train --resume --steps 90 --out run", "run/");
    allow(&run, 0o777);
    assert!(fs::read(run.join("checkpoint-0000000060.bin")).expect("kept") == before);
    good(&d, "train --resume --steps 90 --out run");
}
