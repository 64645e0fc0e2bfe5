//! Runs that are used from another folder or moved, changed data, and another CPU.

use std::process::Output;

use super::*;

const TRAIN: &str = "train data/table.csv --columns x,y --class label --objective fm --batch 32 \
                     --steps 40 --hidden 8,8 --checkpoint-every 20";

/// Command lines that need the data of the run at `run`.
fn uses(run: &str) -> [String; 4] {
    [
        format!("export {run} --dtype q8 --out q8.fm"),
        format!("eval {run} --steps 1"),
        format!("loglik {run} --steps 2"),
        format!("train --resume --out {run}"),
    ]
}

/// A folder `one` with `data/table.csv` and `runs/a`, trained by relative paths.
fn trained() -> TempDir {
    let d = directory();
    let one = d.path().join("one");
    fs::create_dir_all(one.join("data")).expect("writable");
    table(&d);
    fs::rename(d.path().join("table.csv"), one.join("data/table.csv")).expect("ours");
    at(&d, "one", &format!("{TRAIN} --out runs/a"));
    d
}

/// Runs a command line in a folder of `d`; it must succeed.
fn at(d: &TempDir, folder: &str, line: &str) -> String {
    let output = output(d, folder, line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "fm {line}\n{said}");
    said
}

fn output(d: &TempDir, folder: &str, line: &str) -> Output {
    fm(d).current_dir(d.path().join(folder)).args(words(line)).output().expect("it starts")
}

#[test]
fn a_run_finds_its_data_from_any_folder() {
    let d = trained();
    for line in uses("one/runs/a") {
        at(&d, "", &line);
    }
    for line in uses("../runs/a") {
        at(&d, "one/data", &line);
    }
    // After moving run and data together, at least one path leads to the data.
    fs::rename(d.path().join("one"), d.path().join("two")).expect("ours");
    for line in uses("two/runs/a") {
        at(&d, "", &line);
    }
    // Resumed there, it stores the new path: moved without its data, it still finds the data.
    fs::rename(d.path().join("two/runs/a"), d.path().join("a")).expect("ours");
    for line in uses("a") {
        at(&d, "", &line);
    }
    fs::rename(d.path().join("two/data/table.csv"), d.path().join("t.csv")).expect("ours");
    for line in uses("a") {
        let error = bad(&d, &line);
        for part in ["table.csv: the run's data does not exist here", "--data FILE", "--resume"] {
            assert!(error.contains(part), "{line}: {error}");
        }
    }
    // Resumed with a file under another name, the run and its model keep the old name.
    let model = fs::read(d.path().join("a/model.fm")).expect("a model");
    fs::remove_file(d.path().join("a/checkpoint-0000000040.bin")).expect("there");
    at(&d, "", "train t.csv --resume --out a");
    assert!(fs::read(d.path().join("a/model.fm")).expect("a model") == model);
    for line in uses("a") {
        at(&d, "", &line);
    }
}

#[test]
fn a_file_that_changed_is_refused_by_name() {
    let d = trained();
    let path = d.path().join("one/data/table.csv");
    let text = fs::read_to_string(&path).expect("readable");
    let rows: Vec<&str> = text.lines().collect();
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        change(&mut rows);
        fs::write(&path, rows.join("\n")).expect("writable");
    };
    // Changes: one number in any row, the order of rows, another row.
    for row in 1..10 {
        changed(&|rows| {
            let (_, rest) = rows[row].split_once(',').expect("cells");
            rows[row] = format!("7.5,{rest}");
        });
        let error = bad(&d, "eval one/runs/a --steps 1");
        assert!(error.contains("table.csv: the rows have changed"), "row {row}: {error}");
    }
    changed(&|rows| rows.swap(1, 4));
    assert!(bad(&d, "eval one/runs/a --steps 1").contains("the rows have changed"));
    changed(&|rows| rows.push(rows[1].clone()));
    for line in uses("one/runs/a") {
        let error = bad(&d, &line);
        for part in ["data/table.csv: the rows have changed", "--data", "--out"] {
            assert!(error.contains(part), "{line}: {error}");
        }
    }
    // `--data` uses the changed file, and does not treat it as the run's own.
    let data = "--data one/data/table.csv";
    at(&d, "", &format!("export one/runs/a --dtype q8 --out q8.fm {data}"));
    let said = json(&good(&d, &format!("loglik one/runs/a --steps 2 {data} --json")));
    assert_eq!((&said["rows"], &said["held_out"]), (&201.into(), &false.into()));
    assert!(
        good(&d, &format!("eval one/runs/a --steps 1 {data}")).contains("not known to be the rows")
    );
    // An unused column may change.
    changed(&|rows| {
        for row in rows {
            *row = row.replacen(',', ",7,", 1).replace("x,7,y", "x,new,y");
        }
    });
    for line in uses("one/runs/a") {
        at(&d, "", &line);
    }
    fs::write(&path, text).expect("writable");
    good(&d, &format!("loglik one/runs/a --steps 2 {data}"));
    let error = bad(&d, "train moons --resume --out one/runs/a");
    assert!(error.contains("`DATA` is"), "{error}");
    let error = bad(&d, "export one/runs/a --data moons --out a.fm");
    assert!(error.contains("--data") && error.contains("q8"), "{error}");
    let error = bad(&d, "eval one/runs/a --columns x,c");
    assert!(error.contains("--columns: the run models other columns"), "{error}");
}

/// A run that was copied with its data uses the copied file, even if the original has changed.
#[test]
fn a_copy_goes_by_the_file_that_is_as_it_was() {
    let d = trained();
    copy(&d.path().join("one"), &d.path().join("two"));
    let first = d.path().join("one/data/table.csv");
    let text = fs::read_to_string(&first).expect("readable");
    fs::write(&first, text.replacen("\n0,", "\n7,", 1)).expect("writable");
    assert!(bad(&d, "eval one/runs/a --steps 1").contains("the rows have changed"));
    for line in uses("two/runs/a") {
        at(&d, "", &line);
    }
}

/// Copies a folder and its contents.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("writable");
    for entry in fs::read_dir(from).expect("readable") {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).expect("an entry");
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("writable");
        }
    }
}

/// The stored path does not contain the `..` of the typed path.
#[test]
fn folders_that_do_not_matter_may_go() {
    let d = trained();
    fs::create_dir(d.path().join("one/cwd")).expect("ours");
    at(&d, "one/cwd", &format!("{} --out ../runs/c", TRAIN.replace("data/", "../data/")));
    fs::remove_dir(d.path().join("one/cwd")).expect("empty");
    fs::rename(d.path().join("one/runs/c"), d.path().join("c")).expect("ours");
    at(&d, "", "eval c --steps 1");
}

#[test]
fn a_teacher_is_found_from_any_folder() {
    let d = trained();
    let student = TRAIN.replace("--objective fm", "--objective meanflow --teacher runs/a");
    at(&d, "one", &format!("{student} --out runs/b"));
    let model = fs::read(d.path().join("one/runs/b/model.fm")).expect("a model");
    let resume = |folder: &str, run: &str| {
        fs::remove_file(d.path().join(folder).join(run).join("checkpoint-0000000040.bin"))
            .expect("there");
        at(&d, folder, &format!("train --resume --out {run}"));
    };
    resume("", "one/runs/b");
    fs::rename(d.path().join("one"), d.path().join("two")).expect("ours");
    resume("two/runs", "b");
    assert!(fs::read(d.path().join("two/runs/b/model.fm")).expect("a model") == model);
}

/// With FMA and without, in QEMU, because this machine's CPU may have it or not.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn resuming_on_another_kind_of_cpu_is_said() {
    let d = directory();
    let cpu = |model: &str, line: &str| {
        let mut qemu = std::process::Command::new("qemu-x86_64");
        qemu.args(["-cpu", model, env!("CARGO_BIN_EXE_fm")]).current_dir(d.path());
        let started = qemu.args(words(line)).output();
        let output = started.expect("qemu-x86_64, which `cargo xtask test --install` installs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    };
    let run = "train moons --objective fm --batch 32 --steps 40 --hidden 8,8 --rows 100 \
               --checkpoint-every 20";
    let resume = "train --resume --steps 60 --out";
    for out in ["a", "b"] {
        cpu("Nehalem", &format!("{run} --out {out}"));
    }
    assert!(!cpu("Nehalem", &format!("{resume} a")).contains("note:"));
    let said = cpu("Haswell", &format!("{resume} b"));
    let note = "on `x86_64 cpu without FMA`, the next ones on `x86_64 cpu with FMA`";
    assert!(said.contains(note), "{said}");
    let weights = |run: &str| fs::read(d.path().join(run).join("model.fm")).expect("a model");
    assert!(weights("a") != weights("b"), "then there is nothing to say");
}
