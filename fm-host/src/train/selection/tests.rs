//! Tests of early stopping.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::coupling::Coupling;
use crate::data::Rows;
use crate::net::{DeviceChoice, HiddenLayers, State};
use crate::objective::Objective;
use crate::random::fill_normal;
use crate::train::{Job, RunDir, RunRows, Session, Start, TrainConfig, Trained, fixtures};

/// Normal rows without any structure, so that whatever a network learns of them is learnt by heart.
fn normal(seed: u64, rows: usize) -> Dataset {
    let mut values = vec![0.0; rows * 4];
    fill_normal(&mut stream(seed, Purpose::Train, 0), &mut values);
    let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    Dataset::new(
        "test.csv",
        names,
        Rows::from_vec(4, values),
        crate::data::ConditionData::default(),
    )
}

fn config(objective: Objective, keep_last: bool) -> RunConfig {
    let train = TrainConfig {
        keep_last,
        layers: HiddenLayers::new(32, 2),
        ..fixtures::train_config(objective, 600)
    };
    RunConfig::new(train, fixtures::source(), &normal(1, 20)).expect("valid")
}

fn train(config: &RunConfig, out: &std::path::Path, start: Start, stop_at: u64) -> Trained {
    let (data, held_out, stop) = (normal(1, 20), normal(2, 200), AtomicBool::new(false));
    let device = DeviceChoice::Cpu;
    let rows = RunRows { held_out: Some(&held_out), ..RunRows::from(&data) };
    let job = Job { out, config, rows, device, start, stop: &stop };
    let session = Session::open(&job).expect("a run");
    let mut steps = 0;
    let mut count = |_: crate::train::Progress| {
        steps += 1;
        stop.store(steps >= stop_at, std::sync::atomic::Ordering::Relaxed);
    };
    session.train(&stop, &mut count).expect("a training")
}

#[test]
fn the_last_step_and_ever_earlier_ones_are_due() {
    let due: Vec<u64> = (0..=1000).filter(|step| Selector::is_due(*step, 1000)).collect();
    assert_eq!(due.last(), Some(&1000));
    assert!(due.windows(2).all(|pair| pair[1] as f64 / (pair[0] as f64) < 1.5), "{due:?}");
    assert!(due[0] < 20, "{due:?}");
    assert!(Selector::is_due(1, 1));
}

#[test]
fn what_is_learnt_by_heart_is_not_selected() {
    for objective in [Objective::Fm, Objective::MeanFlow] {
        let config = config(objective, false);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("run");
        let trained = train(&config, &out, Start::New, u64::MAX);
        let step = trained.selected.expect("a choice");
        assert!(step < 300, "{objective:?}: {step}");
        let checkpoint = RunDir::open(&out).unwrap().load().unwrap().checkpoint;
        let selector = Selector::new(&config, Some(&normal(3, 200))).unwrap().unwrap();
        // Other rows than those that chose.
        let [chosen, last] = [checkpoint.weights(), &checkpoint.state.average]
            .map(|weights| selector.judge(None, 1, weights).loss);
        assert!(chosen < last, "{objective:?}: {chosen} against {last}");
    }
}

#[test]
fn the_last_weights_are_kept_on_request_and_while_training() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let kept = config(Objective::Fm, true);
    assert_eq!(train(&kept, &out, Start::New, u64::MAX).selected, None);
    let checkpoint = RunDir::open(&out).unwrap().load().unwrap().checkpoint;
    assert_eq!(checkpoint.weights(), checkpoint.state.average);

    let config = config(Objective::Fm, false);
    train(&config, &out, Start::Force, 500);
    let checkpoint = RunDir::open(&out).unwrap().load().unwrap().checkpoint;
    assert!(checkpoint.selected.is_some());
    assert_eq!(checkpoint.weights(), checkpoint.state.average);
}

#[test]
fn a_resumed_run_selects_the_same_weights() {
    let config = config(Objective::Fm, false);
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    train(&config, &whole, Start::New, u64::MAX);
    train(&config, &parts, Start::New, 400);
    train(&config, &parts, Start::Resume, u64::MAX);
    let [whole, parts] = [whole, parts].map(|out| RunDir::open(&out).unwrap().load().unwrap());
    assert_eq!(whole.checkpoint.selected, parts.checkpoint.selected);
    assert!(whole.checkpoint.selected.is_some());
}

#[test]
fn what_cannot_be_judged_keeps_its_last_weights() {
    let (rows, few) = (normal(2, 200), normal(2, LEAST_ROWS - 1));
    let fm = config(Objective::Fm, false);
    let judges =
        |config: &RunConfig, rows: Option<&Dataset>| Selector::new(config, rows).unwrap().is_some();
    assert!(judges(&fm, Some(&rows)));
    assert!(!judges(&fm, None));
    assert!(!judges(&fm, Some(&few)));
    assert!(!judges(&config(Objective::Mle, false), Some(&rows)));
    // Every row's target contains the network.
    let mut jumps = config(Objective::MeanFlow, false);
    jumps.train.meanflow.share = 1.0;
    assert!(!judges(&jumps, Some(&rows)));
}

#[test]
fn pairs_come_from_the_coupling_and_weights_that_are_not_finite_are_not_better() {
    let mut config = config(Objective::MeanFlow, false);
    config.train.coupling = Coupling::Ot;
    config.train.transport = fixtures::transport(64, 512);
    let selector = Selector::new(&config, Some(&normal(2, 200))).unwrap().unwrap();
    let weights = State::fresh(&config.architecture, 1).average;
    let first = selector.judge(None, 5, &weights);
    let broken = vec![f32::NAN; weights.len()];
    assert_eq!(selector.judge(Some(first.clone()), 6, &broken), first);
    // Equally good: the later ones.
    assert_eq!(selector.judge(Some(first), 7, &weights).step, 7);
}
