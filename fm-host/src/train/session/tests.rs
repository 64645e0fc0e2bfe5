//! Tests of whole runs with the real network on the CPU.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;

use super::*;
use crate::data::Dataset;
use crate::net::HiddenLayers;
use crate::objective::Objective;
use crate::train::{Outcome, Progress, TrainConfig, fixtures};

const ROWS: usize = 200;

fn config(train: TrainConfig, data: &Dataset) -> RunConfig {
    RunConfig::new(train, fixtures::source(), data).expect("valid")
}

/// MeanFlow on pairs by optimal transport, within classes, with label dropout: all features together.
fn everything() -> (RunConfig, Dataset) {
    let data = fixtures::classes(ROWS);
    let train = TrainConfig {
        coupling: Coupling::Ot,
        transport: fixtures::transport(32, 256),
        label_dropout: 0.1,
        checkpoint_every: 15,
        ..fixtures::train_config(Objective::MeanFlow, 40)
    };
    (config(train, &data), data)
}

fn open(out: &Path, config: &RunConfig, data: &Dataset, start: Start) -> Result<Session> {
    let never = AtomicBool::new(false);
    let device = DeviceChoice::Cpu;
    Session::open(&Job { out, config, rows: data.into(), device, start, stop: &never })
}

/// Continues until the log row at `stop_at`, or until the end.
fn go_on(session: &mut Session, stop_at: u64) -> Outcome {
    let stop = AtomicBool::new(false);
    let Session { run, trainer, .. } = session;
    let mut progress = |progress: Progress| {
        if let Progress::Row(row) = progress {
            stop.store(row.step >= stop_at, Ordering::Relaxed);
        }
    };
    trainer.run(run, &stop, &mut progress).expect("it trains")
}

fn finish(out: &Path, config: &RunConfig, data: &Dataset, start: Start) -> State {
    let mut session = open(out, config, data, start).expect("it opens");
    assert_eq!(go_on(&mut session, u64::MAX), Outcome::Finished);
    session.run.load().expect("saved").checkpoint.state
}

#[test]
fn a_resumed_run_has_the_bits_of_an_uninterrupted_one() {
    let (config, data) = everything();
    let dir = tempfile::tempdir().expect("a directory");
    let straight = finish(&dir.path().join("straight"), &config, &data, Start::New);

    let out = dir.path().join("parts");
    let mut first = open(&out, &config, &data, Start::New).expect("it opens");
    assert_eq!(go_on(&mut first, 20), Outcome::Stopped);
    assert_eq!(first.trainer.steps_done(), 20);
    drop(first);
    let resumed = finish(&out, &config, &data, Start::Resume);

    assert_eq!(straight.step, resumed.step);
    assert_eq!(straight.parameters, resumed.parameters);
    assert_eq!(straight.average, resumed.average);
    assert_eq!(straight.first_moment, resumed.first_moment);
    assert_eq!(straight.second_moment, resumed.second_moment);
    // Training had an effect.
    assert_ne!(straight.parameters, State::fresh(&config.architecture, 0).parameters);
}

#[test]
fn a_damaged_checkpoint_costs_steps_but_no_bits() {
    let (config, data) = everything();
    let dir = tempfile::tempdir().expect("a directory");
    let straight = finish(dir.path(), &config, &data, Start::New);
    let newest = dir.path().join("checkpoint-0000000040.bin");
    std::fs::write(&newest, b"FMCKPT04 and then nothing").expect("writable");
    let mut session = open(dir.path(), &config, &data, Start::Resume).expect("falls back");
    assert_eq!((session.trainer.steps_done(), session.notices.len()), (30, 2));
    assert!(session.notices[1].contains("was moved to"), "{:?}", session.notices);
    go_on(&mut session, u64::MAX);
    let again = session.run.load().expect("saved").checkpoint.state;
    assert_eq!(straight.parameters, again.parameters);
    let steps: Vec<u64> = session.run.log().expect("readable").iter().map(|r| r.step).collect();
    assert_eq!(steps, [10, 20, 30, 40]);
}

#[test]
fn a_run_in_the_way_and_another_configuration_are_refused() {
    let (config, data) = everything();
    let dir = tempfile::tempdir().expect("a directory");
    let refused = |result: Result<Session>| result.map(|_| ()).expect_err("refused").to_string();
    assert!(refused(open(dir.path(), &config, &data, Start::Resume)).contains("not a run"));
    open(dir.path(), &config, &data, Start::New).expect("empty");
    assert!(refused(open(dir.path(), &config, &data, Start::New)).contains("--resume"));
    let mut other = config.clone();
    other.train.schedule.lr = 0.5;
    let error = refused(open(dir.path(), &other, &data, Start::Resume));
    assert!(error.contains("`--lr`"), "{error}");
    // Refusing changed nothing: the checkpoint from before the first step is there.
    let session = open(dir.path(), &config, &data, Start::Resume).expect("as before");
    assert_eq!(session.trainer.steps_done(), 0);
    drop(session);
    open(dir.path(), &other, &data, Start::Force).expect("replaced");
}

/// A run killed while it made its pairs has a configuration, but no checkpoint.
#[test]
fn a_run_without_a_checkpoint_starts_over() {
    let (config, data) = everything();
    let dir = tempfile::tempdir().expect("a directory");
    let straight = finish(&dir.path().join("straight"), &config, &data, Start::New);
    let out = dir.path().join("cut");
    RunDir::create(&out, false).and_then(|run| run.write_config(&config)).expect("writable");
    let mut other = config.clone();
    other.train.schedule.lr = 0.5;
    let error = open(&out, &other, &data, Start::Resume).map(|_| ()).expect_err("another");
    assert!(error.to_string().contains("`--lr`"), "{error}");
    let error = RunDir::open(&out).and_then(|run| run.load()).map(|_| ()).expect_err("no model");
    assert!(error.to_string().contains("--resume"), "{error}");
    let resumed = finish(&out, &config, &data, Start::Resume);
    assert_eq!(straight.parameters, resumed.parameters);
}

/// Checks that the number of threads changes no bit, for all objectives and couplings.
#[test]
fn the_number_of_threads_changes_no_bit() {
    let dir = tempfile::tempdir().expect("a directory");
    let (plain, classes) = (fixtures::plain(ROWS), fixtures::classes(ROWS));
    let teacher = dir.path().join("teacher");
    let fm = config(fixtures::train_config(Objective::Fm, 10), &plain);
    finish(&teacher, &fm, &plain, Start::New);
    for objective in Objective::value_variants() {
        for coupling in [(Coupling::Independent, 0), (Coupling::Ot, 0), (Coupling::Ot, 300)] {
            let velocity = !objective.facts().prediction.needs_path();
            let taught = objective.takes_pairs();
            let pairs = velocity && !taught && !objective.facts().likelihood;
            if coupling.0 == Coupling::Ot && !pairs {
                continue;
            }
            let train = TrainConfig {
                coupling: coupling.0,
                transport: fixtures::transport(50, coupling.1),
                // More than two tiles of the network's rows, with a remainder.
                batch: 150,
                teacher: taught.then(|| teacher.clone()),
                reflow: reflow::Reflow { pairs: 300 },
                label_dropout: if taught { 0.0 } else { 0.1 },
                ..fixtures::train_config(*objective, 12)
            };
            let data = if taught { &plain } else { &classes };
            let config = config(train, data);
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let out = dir.path().join(format!("{}-{coupling:?}-{threads}", objective.name()));
                pool.expect("threads").install(|| finish(&out, &config, data, Start::New))
            };
            let one = on(1);
            for threads in [2, 3, 7] {
                let more = on(threads);
                assert_eq!(one.parameters, more.parameters, "{objective:?} {coupling:?} {threads}");
                assert_eq!(one.average, more.average);
            }
        }
    }
}

#[test]
fn a_run_does_not_replace_its_own_teacher() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = fixtures::plain(ROWS);
    let teacher = config(fixtures::train_config(Objective::Fm, 20), &data);
    let before = finish(dir.path(), &teacher, &data, Start::New);
    let train = fixtures::train_config(Objective::MeanFlow, 20);
    let taught = config(TrainConfig { teacher: Some(dir.path().to_owned()), ..train }, &data);
    let error = open(dir.path(), &taught, &data, Start::Force).map(|_| ()).expect_err("its own");
    assert!(error.to_string().starts_with("--out: "), "{error}");
    let kept = RunDir::open(dir.path()).and_then(|run| run.load()).expect("as before");
    assert_eq!(kept.checkpoint.state.parameters, before.parameters);
}

#[test]
fn a_student_learns_from_a_teacher_and_refuses_a_changed_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let (teacher_out, out) = (dir.path().join("teacher"), dir.path().join("student"));
    let data = fixtures::plain(ROWS);
    let teacher = config(fixtures::train_config(Objective::Fm, 20), &data);
    finish(&teacher_out, &teacher, &data, Start::New);

    let train = fixtures::train_config(Objective::MeanFlow, 20);
    let alone = config(train.clone(), &data);
    let taught = config(TrainConfig { teacher: Some(teacher_out.clone()), ..train }, &data);
    let by_itself = finish(&dir.path().join("alone"), &alone, &data, Start::New);
    let by_teacher = finish(&out, &taught, &data, Start::New);
    assert_ne!(by_itself.parameters, by_teacher.parameters);

    let mut more = teacher.clone();
    more.train.seed = 1;
    finish(&teacher_out, &more, &data, Start::Force);
    let error = open(&out, &taught, &data, Start::Resume).map(|_| ()).expect_err("changed");
    assert!(error.to_string().contains("the teacher has changed"), "{error}");
}

#[test]
fn flow_matching_learns_the_marginal_velocity_of_a_gaussian() {
    let data = fixtures::plain(20_000);
    let mut train = fixtures::train_config(Objective::Fm, 1000);
    (train.layers, train.batch, train.schedule.warmup) = (HiddenLayers::new(32, 2), 256, 50);
    let config = config(train, &data);
    let dir = tempfile::tempdir().expect("a directory");
    let mut state = finish(dir.path(), &config, &data, Start::New);
    state.parameters.clone_from(&state.average);
    let network =
        net::learner(&config.architecture, state, DeviceChoice::Cpu).expect("there is a CPU");
    let mut input = crate::data::Rows::new(3);
    for t in [0.1, 0.5, 0.9] {
        for x in [-1.0, 0.0, 1.0] {
            input.push(&[t, x, -0.5 * x]);
        }
    }
    // Independent standard normals on the linear path: E[x1 - x0 | x_t] = (2t - 1) / S^2 x_t with
    // S^2 = t^2 + (1 - t)^2: the Gaussian's flow S_r / S_t x_t, differentiated in r at r = t.
    for (row, v) in input.iter().zip(network.evaluate(&input).expect("it evaluates").iter()) {
        let t = row[0];
        let slope = (2.0 * t - 1.0) / (t * t + (1.0 - t) * (1.0 - t));
        for (v, x) in v.iter().zip(&row[1..]) {
            // A short training of a small network: within 0.1, for velocities up to 1.
            assert!((v - slope * x).abs() < 0.1, "t = {t}: {v} for {}", slope * x);
        }
    }
}
