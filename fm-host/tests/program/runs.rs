//! Runs that are interrupted and resumed.

use super::*;

#[test]
fn a_run_is_resumed_to_the_same_bits() {
    let d = directory();
    let base = format!("train moons --objective meanflow {SMALL} --checkpoint-every 20");
    good(&d, &format!("{base} --out whole"));
    good(&d, &format!("{base} --out cut"));
    // The state after a kill after step 40.
    let cut = d.path().join("cut");
    let newest = cut.join("checkpoint-0000000060.bin");
    fs::remove_file(&newest).expect("the last checkpoint");
    good(&d, "train --resume --out cut");
    assert_eq!(
        fs::read(d.path().join("whole/model.fm")).unwrap(),
        fs::read(cut.join("model.fm")).unwrap()
    );
    let error = bad(&d, "train --resume --out cut --batch 64");
    assert!(error.contains("`--batch` is 64"), "{error}");
    let error = bad(&d, &format!("{base} --out cut"));
    assert!(error.contains("--resume") && error.contains("--force"), "{error}");
    assert!(bad(&d, "train --resume --out nowhere").contains("not a run"));
}

/// Weights of a flow-matching run, which the resumed run no longer needs.
#[test]
fn a_run_that_started_from_another_is_resumed_without_it() {
    let d = directory();
    good(&d, &format!("train moons --objective fm {SMALL} --out fm"));
    let base = format!("train moons --objective mle {SMALL} --checkpoint-every 20");
    good(&d, &format!("{base} --from fm --out whole"));
    good(&d, &format!("{base} --from fm --seed 0 --seeds 2 --out set"));
    good(&d, &format!("{base} --out fresh"));
    let model = |run: &str| fs::read(d.path().join(run).join("model.fm")).expect("a model");
    assert_ne!(model("whole"), model("fresh"));
    assert_eq!(model("whole"), model("set/seed-0"));
    assert_ne!(model("whole"), model("set/seed-1"));
    let whole = model("whole");
    fs::remove_dir_all(d.path().join("fm")).expect("a run");
    for run in ["whole", "set/seed-0"] {
        // The state after a kill after step 40.
        let newest = d.path().join(run).join("checkpoint-0000000060.bin");
        fs::remove_file(newest).expect("the last checkpoint");
    }
    good(&d, "train --resume --out whole");
    good(&d, "train --resume --seeds 2 --out set");
    assert_eq!([&whole, &whole], [&model("whole"), &model("set/seed-0")]);
    let error = bad(&d, "train --resume --out whole --from fm");
    assert!(error.contains("--from") && error.contains("omit this option"), "{error}");
    let error = bad(&d, &format!("{base} --from whole --out whole --force"));
    assert!(error.contains("another directory"), "{error}");
    let error = bad(&d, &format!("{base} --from fm --out next"));
    assert!(error.contains("--from") && error.contains("fm"), "{error}");
    assert!(!d.path().join("next").exists());
}

/// What maximum likelihood cannot train is refused before anything is written.
#[test]
fn maximum_likelihood_refuses_what_it_cannot_train() {
    let d = directory();
    table(&d);
    let numbers: Vec<String> = (0..9).map(|j| format!("c{j}")).collect();
    let row = |i: u32| (0..9).map(move |j| f64::from(i * (j + 3)).sin().to_string());
    let rows = (0..60).map(|i| row(i).collect::<Vec<_>>().join(",") + "\n");
    let text = format!("{}\n{}", numbers.join(","), rows.collect::<String>());
    fs::write(d.path().join("wide.csv"), text).expect("writable");
    for (line, option, way) in [
        ("wide.csv", "--objective", "--columns"),
        ("table.csv --columns x,c --transform plain", "table.csv", "`c` (7 values"),
        ("moons --activation relu", "--activation", "`silu`, `gelu` or `tanh`"),
        ("moons --coupling ot", "--coupling", "omit"),
        ("moons --path trig", "--path", "linear"),
    ] {
        let error = bad(&d, &format!("train {line} --objective mle {SMALL} --out run"));
        assert!(error.contains(option) && error.contains(way), "{line}: {error}");
        assert!(!d.path().join("run").exists(), "{line}");
    }
    let line = format!("train moons --objective fm --likelihood-steps 4 {SMALL} --out run");
    assert!(bad(&d, &line).contains("needs `--objective mle`"));
}

/// Each member of a set is bit for bit as if trained alone, even if the set was interrupted.
#[test]
fn a_set_of_seeds_is_its_members() {
    let d = directory();
    let base = format!("train moons --objective meanflow {SMALL} --checkpoint-every 20");
    good(&d, &format!("{base} --seed 5 --seeds 3 --out set"));
    let model = |run: &str| fs::read(d.path().join(run).join("model.fm")).expect("a model");
    for seed in 5..8 {
        good(&d, &format!("{base} --seed {seed} --out alone-{seed}"));
        assert_eq!(model(&format!("set/seed-{seed}")), model(&format!("alone-{seed}")));
    }
    assert_ne!(model("set/seed-5"), model("set/seed-6"));
    // The state after a kill: one member in the middle, one not started.
    let whole = [5, 6, 7].map(|seed| model(&format!("set/seed-{seed}")));
    let newest = d.path().join("set/seed-6/checkpoint-0000000060.bin");
    fs::remove_file(newest).expect("the last checkpoint");
    fs::remove_file(d.path().join("set/seed-6/model.fm")).expect("a model");
    fs::remove_dir_all(d.path().join("set/seed-7")).expect("a run");
    good(&d, "train --resume --seeds 3 --out set");
    assert_eq!(whole, [5, 6, 7].map(|seed| model(&format!("set/seed-{seed}"))));
    let error = bad(&d, &format!("{base} --seed 5 --seeds 3 --out set"));
    assert!(error.contains("--resume") && error.contains("--force"), "{error}");
    assert!(bad(&d, "train --resume --seeds 3 --out alone-5").contains("--seeds"));
}

/// Ctrl-C in the middle: the program ends properly, with a model and a checkpoint to resume from.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_a_run_to_go_on_from() {
    let d = directory();
    let run = d.path().join("run");
    let line = "train moons --objective fm --out run --hidden 16,16 --batch 32 --rows 600 \
                --steps 4000000 --log-every 10";
    let mut child = listening()
        .arg(env!("CARGO_BIN_EXE_fm"))
        .current_dir(d.path())
        .args(words(line))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let logged = || fs::read_to_string(run.join("log.jsonl")).is_ok_and(|log| log.contains('\n'));
    while !logged() {
        assert!(child.try_wait().expect("a status").is_none(), "it ended before it was asked to");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.expect("kill").success());
    let output = child.wait_with_output().expect("its end");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stopped = output.status.code() == Some(130) && stderr.contains("--resume --out run");
    assert!(stopped, "{stderr}");
    assert!(run.join("model.fm").exists());
    let step = |directory: &Path| -> u64 {
        let text = fs::read_to_string(directory.join("log.jsonl")).expect("a log");
        json(text.lines().last().expect("a row"))["step"].as_u64().expect("a number")
    };
    assert!(step(&run) < 4_000_000);
    let error = bad(&d, "train --resume --out run --steps 5000");
    assert!(error.contains("--steps: must be at least 4000000"), "{error}");
}

/// The note is printed if and only if samples are nearer to training rows than held-out rows are, for each
/// member of a set.
#[test]
fn a_model_that_memorises_is_told_of() {
    const NOTE: &str = "are nearer to training rows than held-out rows are (median distance ";
    let d = directory();
    let train = |line: &str| {
        let line = format!("train moons --objective fm --lr 0.01 --batch 128 --json {line}");
        let output = fm(&d).args(words(&line)).output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (json(&text(output.stdout)), text(output.stderr))
    };
    let (said, stderr) = train("--rows 30 --steps 8000 --out few");
    let nearest = &said["nearest"];
    assert_eq!(nearest["memorised"], true, "{said}");
    let median = |name: &str| format!("{:.3}", nearest[name].as_f64().expect("a number"));
    let numbers = format!("{NOTE}{} and {}", median("samples"), median("held_out"));
    assert!(stderr.contains(&numbers) && stderr.contains("use fewer --steps"), "{stderr}");
    let (said, stderr) = train("--rows 30 --steps 8000 --seeds 2 --out set");
    assert_eq!(stderr.matches(NOTE).count(), 2, "{stderr}");
    for run in said["runs"].as_array().expect("two runs") {
        assert_eq!(run["nearest"]["memorised"], true, "{said}");
    }
    let (said, stderr) = train("--rows 20000 --steps 400 --out many");
    assert_eq!(said["nearest"]["memorised"], false, "{said}");
    assert!(!stderr.contains("note:"), "{stderr}");
}

/// Rows of a file without structure: whatever is learnt of them late is learnt by heart.
#[test]
fn held_out_rows_choose_the_weights_of_a_small_table() {
    let d = directory();
    let text = |i: u64| format!("{},{}\n", (i * i * 7919) % 1013, (i * i * 104_729) % 997);
    let rows = format!("x,y\n{}", (1..=60).map(text).collect::<String>());
    fs::write(d.path().join("few.csv"), rows).expect("writable");
    let train = |line: &str| {
        let line = format!("train few.csv --objective fm --lr 0.01 --steps 3000 --json {line}");
        let output = fm(&d).args(words(&line)).output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (json(&text(output.stdout)), text(output.stderr))
    };
    let (said, stderr) = train("--out chosen");
    let step = said["selected"].as_u64().expect("a step");
    let note = format!("note: chosen has the weights of step {step} of 3000, which held-out rows");
    assert!(step < 3000 && stderr.contains(&note), "{said} {stderr}");
    let (said, stderr) = train("--out last --keep-last");
    assert!(said["selected"].is_null() && !stderr.contains("has the weights of step"), "{stderr}");
    // What is exported and what is evaluated are the model's weights.
    let model = |run: &str| fs::read(d.path().join(run).join("model.fm")).expect("a model");
    good(&d, "export chosen --out again.fm");
    assert_eq!(model("chosen"), fs::read(d.path().join("again.fm")).expect("a model"));
    assert_ne!(model("chosen"), model("last"));
}

/// After seconds, a note says that a training will take days, and why: here the network has one input per
/// class.
#[test]
fn a_training_of_days_is_told_of_at_once() {
    use std::io::{BufRead, BufReader};
    let d = directory();
    let classes = (0..4000).map(|i| format!("{},{},k{}\n", i % 7, i % 11, i / 2));
    let text = format!("x,y,kind\n{}", classes.collect::<String>());
    fs::write(d.path().join("kinds.csv"), text).expect("writable");
    let line = "train kinds.csv --class kind --objective fm --out run --steps 4000000000 \
                --max-classes 2000";
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_fm"))
        .current_dir(d.path())
        .args(words(line))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let stderr = BufReader::new(child.stderr.take().expect("piped"));
    let lines = stderr.lines().map(|line| line.expect("UTF-8"));
    let note = lines.into_iter().find(|line| line.starts_with("note:"));
    child.kill().expect("it still runs");
    child.wait().expect("its end");
    let note = note.expect("a note before the end");
    for part in ["training will take", "2,000 classes", "4,000,000,000 now", "--batch"] {
        assert!(note.contains(part), "{part}: {note}");
    }
}
