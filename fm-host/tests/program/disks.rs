//! Full disks, limits on file sizes and read-only file systems: no data is lost.
//!
//! The full disk is a real one, a `tmpfs` of a few kilobytes in a mount namespace. If the system does not
//! allow namespaces, that test prints so, and only the limit on file sizes is tested.

use std::process::Output;

use super::*;

const RUN: &str = "train moons --objective meanflow --hidden 16,16 --batch 32 --rows 600 \
                   --ot-pool 600 --ot-batch 50 --steps 60 --log-every 1 --checkpoint-every 10";

/// A script with `$FM` and `$RUN`, in the directory.
fn script(d: &TempDir, program: &[&str], text: &str) -> Output {
    std::process::Command::new(program[0])
        .args(&program[1..])
        .arg(text)
        .current_dir(d.path())
        .env("FM", env!("CARGO_BIN_EXE_fm"))
        .env("RUN", RUN)
        .output()
        .expect("a shell")
}

fn whole(d: &TempDir) -> Vec<u8> {
    good(d, &format!("{RUN} --out whole"));
    fs::read(d.path().join("whole/model.fm")).expect("a model")
}

/// Runs with a limit on file sizes, whose signal is ignored, so that a write fails with an error.
#[test]
fn a_file_that_may_not_grow_is_named_and_nothing_is_overwritten() {
    let d = directory();
    let whole = whole(&d);
    let size = fs::metadata(d.path().join("whole/checkpoint-0000000060.bin")).unwrap().len();
    let limited = |kilobytes: u64, command: &str| {
        // A POSIX shell counts blocks of 512 bytes.
        let blocks = 2 * kilobytes;
        let text = format!("trap '' XFSZ; ulimit -f {blocks}; exec $FM {command}");
        let output = script(&d, &["sh", "-c"], &text);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    };
    // The limit is too small for a checkpoint, but large enough for the configuration.
    let little = size / 1024 - 1;
    let (ended_well, said) = limited(little, &format!("{RUN} --out run"));
    assert!(!ended_well && !said.contains("panicked"), "{said}");
    assert!(said.contains("run/checkpoint-0000000000.bin: File too large"), "{said}");
    assert!(said.contains("free some space") && said.contains("--resume"), "{said}");

    // Some steps are done, then there is no space for the next checkpoint.
    good(&d, &format!("{RUN} --out run --force"));
    fs::remove_file(d.path().join("run/checkpoint-0000000060.bin")).expect("the newest");
    let kept = fs::read(d.path().join("run/checkpoint-0000000050.bin")).expect("the one before");
    let (ended_well, said) = limited(little, "train --resume --out run");
    assert!(!ended_well && said.contains("File too large"), "{said}");
    let now = fs::read(d.path().join("run/checkpoint-0000000050.bin")).expect("still there");
    assert_eq!(kept, now);
    let left = fs::read_dir(d.path().join("run")).expect("readable");
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| !name.starts_with(".fm-")), "the room is given back");

    // The log reaches the limit between two checkpoints.
    let (ended_well, said) = limited(size / 1024 + 1, &format!("{RUN} --out log"));
    assert!(!ended_well && said.contains("log/log.jsonl: File too large"), "{said}");

    for run in ["run", "log"] {
        good(&d, &format!("train --resume --out {run}"));
        assert!(fs::read(d.path().join(run).join("model.fm")).unwrap() == whole, "{run}");
    }

    // The previous samples stay.
    good(&d, "sample run --count 10 --out a.csv");
    let before = fs::read(d.path().join("a.csv")).expect("samples");
    for file in ["a.csv", "b.npy"] {
        let (ended_well, said) = limited(8, &format!("sample run --count 100000 --out {file}"));
        assert!(!ended_well && said.contains(&format!("{file}: File too large")), "{said}");
        let left = fs::read_dir(d.path()).expect("readable");
        let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(left.into_iter().all(|name| !name.starts_with(".fm-")), "the room is given back");
    }
    assert_eq!(fs::read(d.path().join("a.csv")).unwrap(), before);
    assert!(!d.path().join("b.npy").exists());
}

/// Runs a script as root in its own mount namespace; `None` if the system does not allow one.
fn apart(d: &TempDir, text: &str) -> Option<Output> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let shell = ["unshare", "--map-root-user", "--mount", "sh", "-c"];
    let check = std::process::Command::new(shell[0])
        .args(&shell[1..])
        .arg("mkdir -p full && mount -t tmpfs -o size=64k none full")
        .current_dir(d.path())
        .output();
    if !check.is_ok_and(|output| output.status.success()) {
        eprintln!("this system gives no mount namespace: the full disk was not tried");
        return None;
    }
    Some(script(d, &shell, text))
}

#[test]
fn a_disk_that_fills_costs_no_bit() {
    let d = directory();
    let whole = whole(&d);
    let mut met = Vec::new();
    // From no space at all to space for everything except the pictures.
    for room in [0, 4, 8, 12, 16, 20, 24, 28, 32, 40] {
        let text = format!(
            "mkdir -p full && mount -t tmpfs -o size=2M none full && cd full || exit 77
             head -c $((2048 * 1024 - {room} * 1024)) /dev/zero > filler 2> /dev/null
             $FM $RUN --out run 2> ../first.txt; echo $? > ../first.rc
             test -e run/config.json; echo $? > ../config.rc
             rm filler
             if test -e run/config.json; then $FM train --resume --out run 2> ../second.txt
             else $FM $RUN --out run 2> ../second.txt; fi || {{ cat ../second.txt >&2; exit 1; }}
             ls -A run > ../files.txt; $FM export run --out ../part.fm && cp run/model.fm .."
        );
        let Some(output) = apart(&d, &text) else { return };
        assert!(output.status.success(), "{room}: {}", String::from_utf8_lossy(&output.stderr));
        let read = |name: &str| fs::read_to_string(d.path().join(name)).expect(name);
        let said = read("first.txt");
        assert_ne!(read("first.rc").trim(), "0", "{room} kB were enough");
        assert!(
            said.contains("No space left on device") && said.contains("free some space"),
            "{said}"
        );
        assert!(!said.contains("panicked"), "{said}");
        let file = said.split("cannot write ").nth(1).or(said.split("cannot create ").nth(1));
        let file = file.and_then(|rest| rest.split(": ").next()).expect("the file is named");
        met.push(file.to_owned());
        assert!(!read("second.txt").contains("damaged"), "{}", read("second.txt"));
        assert!(!read("files.txt").contains(".fm-"), "{}", read("files.txt"));
        for model in ["part.fm", "model.fm"] {
            assert!(fs::read(d.path().join(model)).unwrap() == whole, "{room} kB, {model}");
        }
    }
    // The disk was full for every kind of file.
    for file in ["config.json", "checkpoint-", "log.jsonl", "plots/"] {
        assert!(met.iter().any(|met| met.contains(file)), "never full at {file}: {met:?}");
    }
}

#[test]
fn a_place_that_may_not_be_written_is_named() {
    let d = directory();
    let text = "mkdir -p full && mount -t tmpfs -o size=2M none full && cd full || exit 77
                $FM $RUN --out run 2> /dev/null || exit 1
                mount -o remount,ro . || exit 77
                $FM train --resume --out run; echo $?
                $FM $RUN --out run --force; echo $?
                $FM $RUN --out other; echo $?
                $FM sample run --count 10 --out a.csv; echo $?
                $FM export run --out ../read-only.fm; echo $?";
    let Some(output) = apart(&d, text) else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    let codes = String::from_utf8_lossy(&output.stdout);
    assert_eq!(codes.split_whitespace().collect::<Vec<_>>(), ["1", "1", "1", "1", "0"], "{said}");
    for file in ["run/lock", "other", "a.csv"] {
        let expected = format!("{file}: Read-only file system");
        assert!(said.contains(&expected), "{expected}: {said}");
    }
    assert!(said.contains("use another path"), "{said}");
}
