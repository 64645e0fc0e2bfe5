//! Damaged files of a run: it can still be resumed and read, and no useful file is deleted.

use super::*;

const RUN: &str = "train moons --objective meanflow --hidden 16,16 --batch 32 --rows 600 --ot-pool 600 \
                   --ot-batch 50 --steps 60 --log-every 1 --checkpoint-every 20";

fn whole(d: &TempDir) -> Vec<u8> {
    good(d, &format!("{RUN} --out run"));
    fs::read(d.path().join("run/model.fm")).expect("a model")
}

/// Resumes the run; returns its messages.
fn resume(d: &TempDir) -> String {
    let output = fm(d).args(words("train --resume --out run")).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

fn logged(d: &TempDir) -> Vec<u64> {
    let text = fs::read(d.path().join("run/log.jsonl")).expect("a log");
    let text = String::from_utf8(text).expect("only whole rows");
    text.lines().map(|row| json(row)["step"].as_u64().expect("a step")).collect()
}

#[test]
fn damaged_lines_of_the_log_cost_those_lines() {
    let d = directory();
    let model = whole(&d);
    let path = d.path().join("run/log.jsonl");
    let text = fs::read(&path).expect("a log");
    let first = text.iter().position(|byte| *byte == b'\n').expect("lines") + 1;
    let second = first + text[first..].iter().position(|byte| *byte == b'\n').expect("lines");
    for (damage, lost) in [(&b"\xff"[..], vec![2]), (b"\0", vec![2]), (b"{", vec![2])] {
        let mut damaged = text.clone();
        damaged[first + 5..][..1].copy_from_slice(damage);
        fs::write(&path, &damaged).expect("writable");
        // The state after a kill after step 40.
        let _ = fs::remove_file(d.path().join("run/checkpoint-0000000060.bin"));
        let said = resume(&d);
        assert!(said.contains("note: run/log.jsonl: dropped 1 damaged line"), "{said}");
        assert!(logged(&d).into_iter().eq((1..=60).filter(|step| !lost.contains(step))));
        assert!(fs::read(d.path().join("run/model.fm")).unwrap() == model);
    }
    // A line break in the middle of a row.
    let mut damaged = text.clone();
    damaged[second - 9] = b'\n';
    fs::write(&path, &damaged).expect("writable");
    let said = resume(&d);
    assert!(said.contains("dropped 2 damaged lines"), "{said}");
    assert_eq!(logged(&d).len(), 59);
}

#[test]
fn a_lost_or_damaged_configuration_is_restored() {
    let d = directory();
    let model = whole(&d);
    let path = d.path().join("run/config.json");
    let before = fs::read(&path).expect("a configuration");
    let damages: [Option<&[u8]>; 4] = [None, Some(b""), Some(b"{\"train\": \xff"), Some(b"{}")];
    for damage in damages {
        let spoil = || match damage {
            None => fs::remove_file(&path).expect("there"),
            Some(damage) => fs::write(&path, damage).expect("writable"),
        };
        spoil();
        // Reading the run needs only its checkpoint.
        good(&d, "sample run --count 10 --out a.csv");
        good(&d, "export run --out a.fm");
        assert!(fs::read(d.path().join("a.fm")).unwrap() == model);
        good(&d, "inspect run");
        if damage.is_none() {
            good(&d, "loglik run --count 20 --steps 4");
            good(&d, "eval run --steps 1");
        }
        let error = bad(&d, &format!("{RUN} --out run"));
        assert!(error.contains("contains a run already"), "{error}");
        let _ = fs::remove_file(d.path().join("run/checkpoint-0000000060.bin"));
        let said = resume(&d);
        assert!(said.contains("config.json") && said.contains("restored"), "{said}");
        assert_eq!(fs::read(&path).expect("restored"), before);
        assert!(fs::read(d.path().join("run/model.fm")).unwrap() == model);
    }
    assert_eq!(fs::read(d.path().join("run/set-aside/config.json")).expect("kept"), b"");
    // If no checkpoint contains the settings either, the message must not suggest deleting anything.
    fs::remove_file(&path).expect("there");
    for step in [40, 60] {
        let path = d.path().join(format!("run/checkpoint-00000000{step}.bin"));
        fs::write(path, "FMCKPT04 and then nothing").expect("writable");
    }
    let error = bad(&d, "train --resume --out run");
    assert!(error.contains("restore config.json") && !error.contains("--force"), "{error}");
}

#[test]
fn a_run_without_checkpoints_says_that_it_starts_again() {
    let d = directory();
    let model = whole(&d);
    for step in [40, 60] {
        fs::remove_file(d.path().join(format!("run/checkpoint-00000000{step}.bin")))
            .expect("there");
    }
    let said = resume(&d);
    assert!(
        said.contains("note: there is no checkpoint: the training starts again from step 0"),
        "{said}"
    );
    assert!(fs::read(d.path().join("run/model.fm")).unwrap() == model);
    assert!(fs::read(d.path().join("run/set-aside/model.fm")).unwrap() == model);
    assert!(d.path().join("run/set-aside/log.jsonl").exists());
}

#[test]
fn a_checkpoint_of_another_run_is_refused_by_name() {
    let d = directory();
    whole(&d);
    let other = RUN.replace("--steps 60", "--steps 80 --lr 0.002");
    good(&d, &format!("{other} --out other"));
    let foreign = "run/checkpoint-0000000080.bin";
    fs::copy(d.path().join("other/checkpoint-0000000080.bin"), d.path().join(foreign)).unwrap();
    for line in ["train --resume --out run", "sample run --out a.csv", "export run --out a.fm"] {
        let error = bad(&d, line);
        for part in [foreign, "another run:", "`--lr` is 0.002, but 0.0", "move"] {
            assert!(error.contains(part), "{line}: {error}");
        }
    }
    // An older checkpoint would be removed during training.
    let older = d.path().join("run/checkpoint-0000000030.bin");
    fs::rename(d.path().join(foreign), &older).expect("ours");
    good(&d, "sample run --count 10 --out a.csv");
    assert!(bad(&d, "train --resume --out run").contains("checkpoint-0000000030.bin"));
    assert!(older.exists());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_no_checkpoint() {
    let d = directory();
    let model = whole(&d);
    let link = d.path().join("run/checkpoint-0000000099.bin");
    std::os::unix::fs::symlink("nowhere", &link).expect("links");
    good(&d, "export run --out a.fm");
    assert!(fs::read(d.path().join("a.fm")).unwrap() == model);
    for step in [40, 60] {
        fs::remove_file(d.path().join(format!("run/checkpoint-00000000{step}.bin")))
            .expect("there");
    }
    let error = bad(&d, "export run --out a.fm");
    assert!(error.contains("checkpoint-0000000099.bin: No such file"), "{error}");
    let said = resume(&d);
    assert!(said.contains("starts again from step 0"), "{said}");
    assert!(fs::read(d.path().join("run/model.fm")).unwrap() == model);
}

/// Files that exist in a directory before its first training are not overwritten.
#[test]
fn files_with_the_names_of_results_are_set_aside() {
    let d = directory();
    fs::create_dir(d.path().join("run")).expect("writable");
    for name in ["model.fm", "log.jsonl"] {
        fs::write(d.path().join("run").join(name), "the user's").expect("writable");
    }
    whole(&d);
    for name in ["model.fm", "log.jsonl"] {
        let kept = fs::read(d.path().join("run/set-aside").join(name)).expect("kept");
        assert_eq!(kept, b"the user's");
    }
}
