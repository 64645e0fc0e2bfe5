//! SIGKILL, again and again, and two programs at once: a run ends bit for bit as an undisturbed one.

use std::process::{Child, Stdio};
use std::time::Duration;

use fm_host::random::{Purpose, stream};
use fm_host::train::RunDir;
use rand::RngExt;

use super::*;

/// A training with everything that a resumed run must restore: pairs by optimal transport, moments, averages.
/// It writes many checkpoints, so that it progresses between two kills.
const RUN: &str = "train moons --objective meanflow --hidden 16,16 --batch 32 --rows 600 \
                   --ot-pool 600 --ot-batch 50 --clamp --log-every 1 --checkpoint-every 20";
const EVERY: u64 = 20;

/// Starts a program whose messages go to `said.txt`.
fn start(d: &TempDir, line: &str) -> Child {
    let said = fs::File::create(d.path().join("said.txt")).expect("writable");
    std::process::Command::new(env!("CARGO_BIN_EXE_fm"))
        .current_dir(d.path())
        .args(words(line))
        .stderr(Stdio::from(said))
        .spawn()
        .expect("the program starts")
}

/// Kills the program after some time; returns whether it was still running.
fn kill(mut child: Child, after: Duration) -> bool {
    std::thread::sleep(after);
    child.kill().expect("it is our child");
    let status = child.wait().expect("a status");
    assert!(status.success() || status.code().is_none(), "it failed by itself: {status}");
    status.code().is_none()
}

fn exported(d: &TempDir, run: &str) -> Vec<u8> {
    good(d, &format!("export {run} --out exported.fm"));
    fs::read(d.path().join("exported.fm")).expect("exported")
}

/// The steps in the log, and the step of the newest checkpoint.
fn progress(run: &Path) -> (Vec<u64>, Option<u64>) {
    let run = RunDir::open(run).expect("a run");
    let steps = run.log().expect("readable").iter().map(|row| row.step).collect();
    (steps, run.newest().expect("whole").map(|loaded| loaded.checkpoint.step))
}

#[test]
fn twenty_five_kills_change_no_bit() {
    let d = directory();
    let steps = 6000;
    good(&d, &format!("{RUN} --steps {steps} --out whole"));
    let whole = exported(&d, "whole");
    assert_eq!(whole, fs::read(d.path().join("whole/model.fm")).unwrap());

    let run = d.path().join("cut");
    let mut rng = stream(20261122, Purpose::Split, 0);
    let (mut moments, mut reached) = (Vec::new(), 0);
    while moments.len() < 25 {
        let line = match run.join("config.json").exists() {
            true => "train --resume --out cut".to_owned(),
            false => format!("{RUN} --steps {steps} --out cut"),
        };
        let after = Duration::from_micros(rng.random_range(0..200_000));
        if !kill(start(&d, &line), after) {
            // A fast machine has finished already: start from the beginning.
            good(&d, &format!("{RUN} --steps {steps} --out cut --force"));
            fs::remove_dir_all(&run).expect("ours");
            reached = 0;
            continue;
        }
        moments.push(after);
        let said = fs::read_to_string(d.path().join("said.txt")).expect("what it said");
        // A kill must not leave an incomplete checkpoint under a checkpoint's name.
        assert!(!said.contains("damaged"), "after {moments:?}: {said}");
        if run.join("config.json").exists() {
            let (log, checkpoint) = progress(&run);
            let checkpoint = checkpoint.unwrap_or(0);
            assert!(checkpoint >= reached, "{reached} to {checkpoint} after {moments:?}");
            let lost = log.last().map_or(0, |last| last.saturating_sub(checkpoint));
            assert!(lost <= EVERY, "{lost} steps lost after {moments:?}");
            reached = checkpoint;
        }
    }
    assert!(reached > 0, "no work moved on between {moments:?}");
    good(&d, "train --resume --out cut");
    assert!(exported(&d, "cut") == whole, "other bits after kills at {moments:?}");
    assert_eq!(fs::read(run.join("model.fm")).unwrap(), whole);
    let (log, _) = progress(&run);
    assert!(log.into_iter().eq(1..=steps), "a gap in the log after kills at {moments:?}");
}

/// Kills while the run starts: directory, configuration, pairs, first checkpoint.
#[test]
fn a_kill_at_the_start_leaves_a_run_or_nothing() {
    let d = directory();
    let line = |out: &str| format!("{RUN} --steps 40 --out {out}");
    good(&d, &line("whole"));
    let whole = exported(&d, "whole");
    let mut rng = stream(20261122, Purpose::Split, 1);
    let mut outcomes = [0; 2];
    for i in 0..20 {
        let (out, after) = (format!("run{i}"), rng.random_range(0..40_000));
        kill(start(&d, &line(&out)), Duration::from_micros(after));
        let config = d.path().join(&out).join("config.json");
        outcomes[usize::from(config.exists())] += 1;
        if config.exists() {
            good(&d, &format!("train --resume --out {out}"));
        } else {
            let error = bad(&d, &format!("train --resume --out {out}"));
            assert!(error.contains("create a run with `fm train`"), "after {after} us: {error}");
            good(&d, &line(&out));
        }
        assert!(exported(&d, &out) == whole, "other bits after a kill at {after} us");
    }
    println!("{} kills before the configuration, {} after it", outcomes[0], outcomes[1]);
}

#[test]
fn one_run_is_written_by_one_program() {
    let d = directory();
    let line = format!("{RUN} --steps 4000000 --checkpoint-every 1 --out run");
    let line = line.replace("--checkpoint-every 20 ", "");
    let child = start(&d, &line);
    let run = d.path().join("run");
    while !run.join("checkpoint-0000000003.bin").exists() && !run.join("log.jsonl").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    for second in ["train --resume --out run".to_owned(), line.clone(), format!("{line} --force")] {
        let error = bad(&d, &second);
        assert!(error.contains("another `fm train` is using this directory"), "{error}");
    }
    // Reading the run works, however fast checkpoints are replaced.
    for _ in 0..10 {
        exported(&d, "run");
    }
    assert!(kill(child, Duration::ZERO), "it still ran");
    // The lock ended with the process.
    let error = bad(&d, "train --resume --out run --steps 3000000");
    assert!(error.contains("--steps: must be at least 4000000"), "{error}");
}

/// First the newest checkpoint is damaged, then both.
#[test]
fn damaged_checkpoints_are_told() {
    let d = directory();
    let line = format!("{RUN} --steps 60 --out run");
    good(&d, &line);
    let whole = exported(&d, "run");
    let damage = |step: u64| {
        let path = d.path().join(format!("run/checkpoint-{step:010}.bin"));
        let mut bytes = fs::read(&path).expect("a checkpoint");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).expect("writable");
    };
    damage(60);
    let resumed = fm(&d).args(words("train --resume --out run")).output().expect("it starts");
    let said = String::from_utf8_lossy(&resumed.stderr);
    assert!(resumed.status.success(), "{said}");
    assert!(said.contains("note: run/checkpoint-0000000060.bin: damaged"), "{said}");
    assert!(exported(&d, "run") == whole);
    let aside = |step: u64| d.path().join(format!("run/set-aside/checkpoint-{step:010}.bin"));
    assert!(aside(60).exists(), "set aside");

    damage(60);
    damage(40);
    let model = fs::read(d.path().join("run/model.fm")).expect("a model");
    for line in ["export run --out x.fm", "sample run --out x.csv", "eval run", "inspect run"] {
        let error = bad(&d, line);
        for part in ["0000000060.bin: damaged", "0000000040.bin: damaged", "--resume"] {
            assert!(error.contains(part), "{line}: {error}");
        }
        assert!(!error.contains("--force"), "that would delete them: {error}");
    }
    let resumed = fm(&d).args(words("train --resume --out run")).output().expect("it starts");
    let said = String::from_utf8_lossy(&resumed.stderr);
    assert!(resumed.status.success(), "{said}");
    for part in ["0000000060.bin: damaged", "0000000040.bin: damaged", "again from step 0"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(exported(&d, "run") == whole);
    // Nothing was deleted: neither the damaged files nor the model of the first training.
    assert!(
        aside(40).exists() && d.path().join("run/set-aside/checkpoint-0000000060.bin.2").exists()
    );
    assert!(fs::read(d.path().join("run/set-aside/model.fm")).expect("kept") == model);
}

#[test]
fn what_changed_is_named_on_resume() {
    let d = directory();
    table(&d);
    let line = "train table.csv --columns x,y --objective fm --out run";
    good(&d, &format!("{line} {SMALL}"));
    let before = exported(&d, "run");
    for (option, field) in [
        ("--lr 0.1", "`--lr` is"),
        ("--hidden 8,8", "`--hidden` is"),
        ("--seed 1", "`--seed` is 1, but the run was started with 0"),
        ("--objective ddpm", "`--objective` is \"ddpm\""),
        ("--columns y,x", "`--columns` is"),
        ("--clamp", "`--clamp` is true"),
    ] {
        let error = bad(&d, &format!("train --resume --out run {option}"));
        assert!(error.contains(field) && error.contains("another `--out`"), "{option}: {error}");
    }
    // Two rows are swapped: every statistic is the same, but the batches would differ.
    let path = d.path().join("table.csv");
    let text = fs::read_to_string(&path).expect("readable");
    let mut rows: Vec<&str> = text.lines().collect();
    rows.swap(1, 2);
    fs::write(&path, rows.join("\n")).expect("writable");
    let error = bad(&d, "train --resume --out run");
    assert!(error.contains("table.csv: the rows have changed"), "{error}");
    fs::write(&path, text).expect("writable");
    good(&d, "train --resume --out run");
    assert_eq!(exported(&d, "run"), before);
}

#[test]
fn divergence_keeps_the_last_good_checkpoint_and_says_what_to_try() {
    let d = directory();
    // With a slow warm-up, the first steps are good.
    let line = "train moons --objective fm --lr 10 --warmup 1900 --steps 2000 --batch 32 \
                --rows 600 --hidden 16,16 --checkpoint-every 1 --out run";
    let error = bad(&d, line);
    for part in ["diverged at step", "lower `--lr` (now 10)", "last good checkpoint is kept"] {
        assert!(error.contains(part), "{error}");
    }
    let step = error.split("at step ").nth(1).and_then(|rest| rest.split(':').next());
    let step: u64 = step.and_then(|step| step.parse().ok()).expect("the step");
    let kept = RunDir::open(&d.path().join("run")).and_then(|run| run.load()).expect("whole");
    assert_eq!(kept.checkpoint.step, step - 1);
    assert!(kept.checkpoint.is_finite());
    exported(&d, "run");
    good(&d, "sample run --count 10 --steps 2 --out a.csv");
}

#[test]
fn sizes_that_no_machine_has_are_refused() {
    let d = directory();
    for (option, size) in [
        ("--hidden", "1000000000,1000000000"),
        ("--batch", "1000000000000000"),
        ("--ot-pool", "10000000000000000"),
    ] {
        let error = bad(&d, &format!("train moons --objective meanflow --out run {option} {size}"));
        assert!(error.contains(&format!("{option}: this needs")), "{error}");
    }
    assert!(!d.path().join("run").exists());
}
