//! `delta-fm` on a mixture with classes: its field is flow matching's field under an affine map (the loss is
//! from Stoica et al., 2025, arXiv:2506.05350).

use fm_host::model::StoredModel;
use fm_host::net::HiddenLayers;
use fm_host::objective::{ContrastSettings, Negatives, Objective};
use fm_host::path::Path;
use fm_host::random::{Purpose, stream};
use fm_host::train::{Schedule, TrainConfig};
use fm_host::truth::{Coefficients, Component, GaussianMixture};
use fm_nostd::{Condition, Conditional, Field, Guided, Model, Velocity};

use crate::trained::{Probe, probes, recipe, relative, train, trained_blob, wide};

const LAMBDA: f64 = 0.5;

/// Three classes of two Gaussians about (0.5, 0.5): neither the mean nor that of any class is zero.
fn law() -> GaussianMixture {
    let of = |class, mean: [f64; 2]| Component::round(&mean, 0.35).of_class(class);
    GaussianMixture::new(vec![
        of(0, [2.0, 1.0]).weighing(2.0),
        of(0, [1.0, -0.6]).weighing(2.0),
        of(1, [-1.6, 1.6]),
        of(1, [0.2, 2.0]),
        of(2, [-1.4, -0.8]),
        of(2, [0.6, -1.6]),
    ])
}

/// Two hidden layers of 32 and 1,500 steps of 256 rows, without clipping, which would slow down learning the
/// larger field. The network is too small for the distribution, so the error is dominated by the network, not
/// by the noise of the targets, which negatives increase.
fn settings(objective: Objective) -> TrainConfig {
    let recipe = recipe(objective);
    let schedule = Schedule { lr: 0.01, clip: 1e3, ..recipe.schedule };
    TrainConfig { layers: HiddenLayers::new(32, 2), schedule, ..recipe }
}

/// A contrast with these negatives.
fn contrasted(negatives: Negatives) -> ContrastSettings {
    ContrastSettings { lambda: LAMBDA, negatives, ..ContrastSettings::default() }
}

/// The mean velocity of the negatives: `alpha'(t)` times their mean.
fn negatives(law: &GaussianMixture, path: Path, kind: Negatives, probe: &Probe) -> Vec<f64> {
    let d_alpha = Coefficients::at(path, probe.t.into()).d_alpha;
    let (own, share) = (law.of_class(probe.class).mean(), law.class_share(probe.class));
    let of = |(mu, own): (&f64, &f64)| match kind {
        Negatives::Any => d_alpha * mu,
        Negatives::OtherClass => d_alpha * (mu - share * own) / (1.0 - share),
    };
    law.mean().iter().zip(&own).map(of).collect()
}

fn reaches_the_image(path: Path, kind: Negatives) {
    let law = law();
    let data = law.dataset("classes", 50_000, true, &mut stream(6, Purpose::Train, 0));
    let probes = probes(&law, path, 2000);
    let truth: Vec<_> = probes
        .iter()
        .map(|p| law.of_class(p.class).velocity(path, p.t.into(), &wide(&p.x)))
        .collect();
    let plain = train(&data, TrainConfig { path, ..settings(Objective::Fm) });
    let own = relative(&plain.velocities(&probes), &truth);
    let means: Vec<_> = probes.iter().map(|p| negatives(&law, path, kind, p)).collect();
    let map = |of: &[Vec<f64>], value: fn(f64, f64) -> f64| -> Vec<Vec<f64>> {
        let rows = of.iter().zip(&means);
        rows.map(|(v, m)| v.iter().zip(m).map(|(&v, &m)| value(v, m)).collect()).collect()
    };
    let image = map(&truth, |v, m| (v - LAMBDA * m) / (1.0 - LAMBDA));
    // The plain field differs strongly, so the map is visible.
    assert!(relative(&truth, &image) > 0.3);
    for closed in [true, false] {
        let contrasted = TrainConfig {
            path,
            contrast: ContrastSettings { closed, ..contrasted(kind) },
            ..settings(Objective::DeltaFm)
        };
        let outputs = train(&data, contrasted).velocities(&probes);
        let there = relative(&outputs, &image);
        // With the contrast undone, it is flow matching's field.
        let back = relative(&map(&outputs, |v, m| (1.0 - LAMBDA) * v + LAMBDA * m), &truth);
        eprintln!("{path:?} {kind:?} closed {closed}: {there:.4}, undone {back:.4}, fm {own:.4}");
        assert!(there < 1.3 * own, "{kind:?} closed {closed}: {there} for {own}");
        assert!(back < 1.3 * own, "{kind:?} closed {closed}: {back} for {own}");
    }
}

#[test]
fn any_negatives_give_the_affine_map_on_lines() {
    reaches_the_image(Path::Linear, Negatives::Any);
}

#[test]
fn negatives_of_another_class_give_the_affine_map_on_lines() {
    reaches_the_image(Path::Linear, Negatives::OtherClass);
}

#[test]
fn any_negatives_give_the_affine_map_on_the_circle() {
    reaches_the_image(Path::Trigonometric, Negatives::Any);
}

#[test]
fn negatives_of_another_class_give_the_affine_map_on_the_circle() {
    reaches_the_image(Path::Trigonometric, Negatives::OtherClass);
}

/// Two classes, standardised together: twice as many rows at 0.63 as at -1.26, of equal standard deviation.
fn two_classes() -> GaussianMixture {
    let sd = 0.2f64.sqrt();
    GaussianMixture::new(vec![
        Component::round(&[0.4f64.sqrt()], sd).weighing(2.0).of_class(0),
        Component::round(&[-1.6f64.sqrt()], sd).of_class(1),
    ])
}

/// The blob's field at every probe, guided with scale 2, with its contrast undone or kept.
fn guided(model: &Model<'_>, probes: &[Probe], undo: bool) -> Vec<Vec<f64>> {
    let hidden = || vec![0.0; model.network().shape().hidden];
    let field = Field::new(model, [hidden(), hidden()], Vec::new()).expect("buffers of its sizes");
    let field = if undo { field.without_contrast().expect("an affine map") } else { field };
    let mut guided = Guided::new(field, 2.0, [0.0]).expect("labels were dropped");
    let at = |probe: &Probe| {
        let mut out = [0.0];
        guided.set_condition(Condition::Class(probe.class as usize)).expect("a class");
        guided.velocity(probe.t, &probe.x, &mut out);
        wide(&out)
    };
    probes.iter().map(at).collect()
}

/// With dropped labels, only rows with a condition are contrasted, and guidance undoes the contrast of exactly
/// those.
#[test]
fn guidance_of_a_contrasted_model_is_that_of_the_plain_law() {
    let law = two_classes();
    let data = law.dataset("classes", 50_000, true, &mut stream(6, Purpose::Train, 0));
    let probes = probes(&law, Path::Linear, 2000);
    let truth: Vec<_> = probes
        .iter()
        .map(|probe| {
            let at =
                |law: &GaussianMixture| law.velocity(Path::Linear, probe.t.into(), &wide(&probe.x));
            let (of_class, of_all) = (at(&law.of_class(probe.class))[0], at(&law)[0]);
            vec![of_all + 2.0 * (of_class - of_all)]
        })
        .collect();
    let blob = |train: TrainConfig| {
        let train = TrainConfig { label_dropout: 0.3, ..train };
        StoredModel::new(&trained_blob(&data, train), None, "law".as_ref()).expect("a model")
    };
    let plain = blob(settings(Objective::Fm));
    let own = relative(&guided(&plain.view(), &probes, true), &truth);
    for negatives in [Negatives::Any, Negatives::OtherClass] {
        let contrast = contrasted(negatives);
        let stored = blob(TrainConfig { contrast, ..settings(Objective::DeltaFm) });
        let [undone, kept] =
            [true, false].map(|undo| relative(&guided(&stored.view(), &probes, undo), &truth));
        eprintln!("{negatives:?}: {undone:.4}, contrast kept {kept:.4}, fm {own:.4}");
        // Guidance also amplifies the negatives' noise in the targets.
        assert!(undone < 1.5 * own, "{negatives:?}: {undone} for {own}");
        assert!(kept > 0.3, "{negatives:?}: {kept}");
    }
}
