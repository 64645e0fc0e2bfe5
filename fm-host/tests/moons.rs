//! Compares a trained model's likelihood on the moons with the exact one, computed by quadrature.

use std::sync::atomic::AtomicBool;

use fm_host::data::{self, DataSpec, Rows};
use fm_host::likelihood::{Settings, log_densities};
use fm_host::model::StoredModel;
use fm_host::net::DeviceChoice;
use fm_host::objective::Objective;
use fm_host::sample::Conditions;
use fm_host::train::{DataShape, Job, RunConfig, Session, Start, TrainConfig};
use fm_host::truth::Moons;
use rayon::prelude::*;

/// The standard deviation of the moons' noise in this test.
const SPREAD: f64 = 0.1;
/// The number of held-out points.
const COUNT: usize = 10_000;

/// The exact `-ln p(x)`.
fn surprise(x: &[f32]) -> f64 {
    -Moons { spread: SPREAD }.log_density(&[x[0].into(), x[1].into()])
}

fn mean_surprise(rows: &Rows) -> f64 {
    let all: Vec<f64> = (0..rows.len()).into_par_iter().map(|i| surprise(rows.row(i))).collect();
    all.iter().sum::<f64>() / all.len() as f64
}

/// The entropy of the distribution by the midpoint rule, over a box that excludes 1e-9 of the mass, with a
/// fifth of `SPREAD` between points.
fn entropy() -> f64 {
    const SIDE: f64 = SPREAD / 5.0;
    let row = |j: i32| -> f64 {
        let y = -1.2 + SIDE * (f64::from(j) + 0.5);
        let points =
            (0..220).map(|i| surprise(&[(-1.7 + SIDE * (f64::from(i) + 0.5)) as f32, y as f32]));
        points.filter(|surprise| surprise.is_finite()).map(|s| s * (-s).exp()).sum()
    };
    let rows: Vec<f64> = (0..145).into_par_iter().map(row).collect();
    rows.iter().sum::<f64>() * SIDE * SIDE
}

#[test]
fn a_trained_model_is_as_surprised_as_the_law() {
    let source = DataSpec { noise: Some(SPREAD as f32), ..DataSpec::new("moons") };
    let split = data::load(&source).expect("a built-in set");
    let train = TrainConfig::defaults(Objective::Fm, DataShape::of(&split.train));
    let config = RunConfig::new(train, source.clone(), &split.train).expect("valid");
    let folder = tempfile::tempdir().expect("a folder");
    let out = &folder.path().join("run");
    let (rows, device, start) = ((&split.train).into(), DeviceChoice::Cpu, Start::New);
    let stop = &AtomicBool::new(false);
    let job = Job { out, config: &config, rows, device, start, stop };
    let mut session = Session::open(&job).expect("it opens");
    session.trainer.run(&session.run, stop, &mut |_| ()).expect("it trains");
    let stored = StoredModel::load(out).expect("a model");

    let held_out = |seed, rows| {
        let fresh = DataSpec { seed, rows, ..source.clone() };
        data::load(&fresh).expect("a built-in set").train.values
    };
    let points = held_out(1, COUNT);
    let found = log_densities(&stored.view(), &points, &Conditions::NONE, &Settings::default());
    let found = found.expect("a velocity field has a density");
    let nll = -found.iter().copied().map(f64::from).sum::<f64>() / COUNT as f64;
    let (entropy, own) = (entropy(), mean_surprise(&points));
    eprintln!("model {nll:.4}, law on the same points {own:.4}, entropy {entropy:.4}");
    // -ln p has a standard deviation of 0.76 over the points.
    assert!((own - entropy).abs() < 4.0 * 0.76 / (COUNT as f64).sqrt(), "{own} for {entropy}");
    assert!((nll - entropy).abs() < 0.02, "{nll} for {entropy}");
    // On the same points no density beats the exact one by more than chance, and this one is close.
    assert!((-0.002..0.02).contains(&(nll - own)), "{nll} for {own}");
}
