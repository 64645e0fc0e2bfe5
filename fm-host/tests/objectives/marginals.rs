//! `fm`, `score` and `ddpm` on a mixture: three predictions of one truth.

use fm_host::objective::{Objective, Predict};
use fm_host::path::{Path, Prediction};
use fm_host::random::{Purpose, stream};
use fm_host::train::TrainConfig;
use fm_host::truth::{Coefficients, Component, GaussianMixture};

use crate::trained::{Probe, Trained, probes, recipe, relative, train, wide};

fn law() -> GaussianMixture {
    GaussianMixture::new(vec![
        Component::round(&[2.0, 0.8], 0.6).weighing(2.0),
        Component::round(&[-1.6, 1.6], 0.6),
        Component::round(&[0.4, -2.0], 0.7),
    ])
}

/// The network's outputs as another prediction.
fn converted(trained: &Trained, probes: &[Probe], to: Prediction) -> Vec<Vec<f64>> {
    let (path, from) = (trained.config.train.path, trained.config.train.objective.prediction());
    let mut outputs = trained.outputs(probes);
    for (output, probe) in outputs.iter_mut().zip(probes) {
        for (value, &x) in output.iter_mut().zip(&probe.x) {
            *value = path.convert(probe.t, x, *value as f32, from, to).into();
        }
    }
    outputs
}

fn reaches_the_truth(path: Path) {
    let law = law();
    let data = law.dataset("mixture", 50_000, false, &mut stream(5, Purpose::Train, 0));
    let probes = probes(&law, path, 2000);
    let velocity: Vec<_> =
        probes.iter().map(|p| law.velocity(path, p.t.into(), &wide(&p.x))).collect();
    let noise: Vec<_> = probes
        .iter()
        .map(|p| {
            let sigma = Coefficients::at(path, p.t.into()).sigma;
            law.score(path, p.t.into(), &wide(&p.x)).iter().map(|score| -sigma * score).collect()
        })
        .collect();
    let mut found = Vec::new();
    for objective in [Objective::Fm, Objective::Score, Objective::Ddpm] {
        let trained = train(&data, TrainConfig { path, ..recipe(objective) });
        let velocities = converted(&trained, &probes, Prediction::Velocity);
        let noises = converted(&trained, &probes, Prediction::Noise);
        let errors = [relative(&velocities, &velocity), relative(&noises, &noise)];
        eprintln!("{path:?} {objective:?}: velocity, noise {errors:.4?}");
        assert!(errors.iter().all(|&error| error < STATED), "{objective:?} {errors:?}");
        found.push(velocities);
    }
    // And so they agree with one another.
    for (a, b) in [(0, 1), (1, 2), (0, 2)] {
        let apart = relative(&found[a], &found[b]);
        assert!(apart < 1.5 * STATED, "{a} and {b}: {apart}");
    }
}

/// The relative error of each, after the training that [`recipe`] states.
const STATED: f64 = 0.15;

#[test]
fn endpoints_say_the_marginal_velocity() {
    let law = law();
    let data = law.dataset("mixture", 50_000, false, &mut stream(5, Purpose::Train, 0));
    let probes = probes(&law, Path::Linear, 2000);
    let truth: Vec<_> =
        probes.iter().map(|p| law.velocity(Path::Linear, p.t.into(), &wide(&p.x))).collect();
    let error = |predict| {
        let trained = train(&data, TrainConfig { predict, ..recipe(Objective::Fm) });
        relative(&trained.outputs(&probes), &truth)
    };
    let (by_velocity, by_endpoint) = (error(Predict::Velocity), error(Predict::Endpoint));
    eprintln!("by velocities {by_velocity:.4}, by endpoints {by_endpoint:.4}");
    assert!(by_endpoint < STATED && by_endpoint < 1.5 * by_velocity, "{by_endpoint} {by_velocity}");
}

#[test]
fn three_objectives_reach_the_marginal_velocity_on_lines() {
    reaches_the_truth(Path::Linear);
}

#[test]
fn three_objectives_reach_the_marginal_velocity_on_the_circle() {
    reaches_the_truth(Path::Trig);
}
