//! Tests of the training loop with a small, quick learner whose results are known.

use super::*;
use crate::net::State;
use crate::objective::Objective;
use crate::train::fixtures::{self, LinearLearner};

struct RunResult {
    state: State,
    step: u64,
    outcome: Result<Outcome>,
}

/// Runs until the end, or until the log row at `stop_at`, from the newest checkpoint or from the start.
fn train_until(run: &RunDir, config: &RunConfig, stop_at: u64) -> RunResult {
    let (state, step) = match run.load() {
        Ok(loaded) => (loaded.checkpoint.state, loaded.checkpoint.step),
        Err(_) => (State::fresh(&config.architecture, config.train.seed), 0),
    };
    run.rewind(step).expect("writable");
    let learner = Box::new(LinearLearner::new(&config.architecture, state));
    let pairs = fixtures::pairs(config);
    let mut trainer =
        Trainer::new(config.clone(), pairs, learner, None, (step, 0.0)).expect("a thread");
    let stop = AtomicBool::new(false);
    let outcome = trainer.run(run, &stop, &mut |progress| {
        if let Progress::Row(row) = progress {
            stop.store(row.step >= stop_at, Ordering::Relaxed);
        }
    });
    let state = trainer.checkpoint().expect("a state").state;
    RunResult { state, step: trainer.steps_done(), outcome }
}

fn new_run(config: &RunConfig) -> (tempfile::TempDir, RunDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let run = RunDir::create(&dir.path().join("run"), false).expect("a new run");
    run.write_config(config).expect("writable");
    (dir, run)
}

fn small(objective: Objective) -> RunConfig {
    let mut config = fixtures::config(objective, 60);
    config.train.log_every = 10;
    config.train.checkpoint_every = 25;
    config
}

#[test]
fn a_resumed_run_ends_in_the_same_bits() {
    for objective in [Objective::Fm, Objective::MeanFlow] {
        let config = small(objective);
        let (_keep, whole) = new_run(&config);
        let straight = train_until(&whole, &config, u64::MAX);
        assert_eq!(straight.outcome.expect("done"), Outcome::Finished);

        let (_keep, parts) = new_run(&config);
        let first = train_until(&parts, &config, 30);
        assert_eq!((first.outcome.expect("stopped"), first.step), (Outcome::Stopped, 30));
        let second = train_until(&parts, &config, u64::MAX);
        assert_eq!((second.outcome.expect("done"), second.step), (Outcome::Finished, 60));

        assert_eq!(straight.state.step, second.state.step);
        assert_eq!(straight.state.parameters, second.state.parameters);
        assert_eq!(straight.state.average, second.state.average);
        assert_eq!(straight.state.first_moment, second.state.first_moment);
        let losses = |run: &RunDir| -> Vec<(u64, f64)> {
            run.log().expect("readable").iter().map(|row| (row.step, row.loss)).collect()
        };
        assert_eq!(losses(&whole), losses(&parts));
    }
}

#[test]
fn a_crash_goes_back_to_the_checkpoint_and_ends_in_the_same_bits() {
    let config = small(Objective::Fm);
    let (_keep, whole) = new_run(&config);
    let straight = train_until(&whole, &config, u64::MAX);

    let (_keep, crashed) = new_run(&config);
    train_until(&crashed, &config, 30);
    // As if the process had died right after step 30's log row: the checkpoint of step 25 is the newest.
    crashed.rewind(25).expect("writable");
    let row = whole.log().expect("readable")[2].clone();
    crashed.append_log(&row).expect("writable");
    let after = train_until(&crashed, &config, u64::MAX);
    assert_eq!(straight.state.parameters, after.state.parameters);
    let steps: Vec<u64> = crashed.log().expect("readable").iter().map(|row| row.step).collect();
    assert_eq!(steps, [10, 20, 30, 40, 50, 60]);
}

#[test]
fn it_learns_the_mean_velocity() {
    let mut config = fixtures::config(Objective::Fm, 2000);
    config.train.schedule.lr = 0.05;
    config.train.checkpoint_every = 10_000;
    let (_keep, run) = new_run(&config);
    let state = train_until(&run, &config, u64::MAX).state;
    // Standardised data, independent noise: a fit of x1 - x0 to x_t, averaged over times, has the slope
    // E[(2t - 1)] / E[t^2 + (1 - t)^2] = 0. The weight of t stays at 0 too.
    let largest = state.average.iter().fold(0.0_f32, |a, w| a.max(w.abs()));
    // Noise of the last steps: learning rate * gradient noise; 0.1 is many times that.
    assert!(largest < 0.1, "{largest}");
    let rows = run.log().expect("readable");
    // The error is the variance of x1 - x0: 2 in each of 2 dimensions.
    let late = rows[rows.len() / 2..].iter().map(|row| row.loss).sum::<f64>()
        / (rows.len() - rows.len() / 2) as f64;
    assert!((late - 4.0).abs() < 0.2, "{late}");
}

#[test]
fn divergence_stops_names_a_way_out_and_keeps_the_checkpoint() {
    let mut config = small(Objective::Fm);
    // The stand-in is plain descent: a learning rate far above 2 / curvature diverges.
    //
    config.train.schedule.lr = 50.0;
    config.train.schedule.warmup = 30;
    config.train.checkpoint_every = 1;
    let (_keep, run) = new_run(&config);
    let result = train_until(&run, &config, u64::MAX);
    let error = result.outcome.expect_err("it must explode");
    let ErrorKind::Diverged { step, problem } = error.kind() else {
        panic!("another error: {error}");
    };
    assert!(problem.contains("--lr") && problem.contains("50"), "{problem}");
    let kept = run.load().expect("the step before").checkpoint;
    assert_eq!(kept.step, step - 1);
    assert!(kept.is_finite());
}

#[test]
fn every_step_is_told_and_every_row_behind_its_step() {
    let config = small(Objective::Fm);
    let (_dir, run) = new_run(&config);
    let state = State::fresh(&config.architecture, 0);
    let learner = Box::new(LinearLearner::new(&config.architecture, state));
    let pairs = fixtures::pairs(&config);
    let mut trainer =
        Trainer::new(config.clone(), pairs, learner, None, (0, 0.0)).expect("a thread");
    let (mut steps, mut rows) = (Vec::new(), Vec::new());
    let mut tell = |progress: Progress| match progress {
        Progress::Step(step) => steps.push(step),
        Progress::Row(row) => {
            assert_eq!(steps.last(), Some(&row.step));
            rows.push(row.step);
        }
    };
    trainer.run(&run, &AtomicBool::new(false), &mut tell).expect("it trains");
    assert!(steps.into_iter().eq(1..=config.train.schedule.steps));
    let log = run.log().expect("readable");
    assert!(rows.into_iter().eq(log.iter().map(|row| row.step)));
}
