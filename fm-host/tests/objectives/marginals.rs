//! `fm`, `score` and `ddpm` on a mixture: their three predictions imply the same velocity and noise.

use fm_host::objective::Objective;
use fm_host::path::Path;
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

/// The velocities and the noise that follow from the network's outputs.
fn implied(trained: &Trained, probes: &[Probe]) -> [Vec<Vec<f64>>; 2] {
    let velocities = trained.velocities(probes);
    let mut noises = velocities.clone();
    for (noise, probe) in noises.iter_mut().zip(probes) {
        let at = trained.config.train.path.at(probe.t);
        for (value, &x) in noise.iter_mut().zip(&probe.x) {
            *value = at.noise(x, *value as f32).into();
        }
    }
    [velocities, noises]
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
        let [velocities, noises] = implied(&trained, &probes);
        let errors = [relative(&velocities, &velocity), relative(&noises, &noise)];
        eprintln!("{path:?} {objective:?}: velocity, noise {errors:.4?}");
        assert!(errors.iter().all(|&error| error < STATED), "{objective:?} {errors:?}");
        found.push(velocities);
    }
    // So the three agree with each other.
    for (a, b) in [(0, 1), (1, 2), (0, 2)] {
        let apart = relative(&found[a], &found[b]);
        assert!(apart < 1.5 * STATED, "{a} and {b}: {apart}");
    }
}

/// The relative error of each, after training with [`recipe`].
const STATED: f64 = 0.15;

#[test]
fn three_objectives_reach_the_marginal_velocity_on_lines() {
    reaches_the_truth(Path::Linear);
}

#[test]
fn three_objectives_reach_the_marginal_velocity_on_the_circle() {
    reaches_the_truth(Path::Trigonometric);
}
