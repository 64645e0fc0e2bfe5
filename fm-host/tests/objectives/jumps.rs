//! Average velocities and a teacher's pairs on Gaussians, whose flow is known in closed form.

use fm_host::data::{ConditionData, Rows};
use fm_host::objective::reflow::Reflow;
use fm_host::objective::{MeanFlowSettings, Objective, Predict, Tangent};
use fm_host::path::Path;
use fm_host::random::{Purpose, stream};
use fm_host::train::{Schedule, TrainConfig};
use fm_host::truth::{Component, GaussianField, GaussianMixture, SingleGaussian};
use fm_nostd::solver::{Rk4, Solver};

use crate::trained::{Trained, recipe, relative, train, wide};

fn gaussian() -> SingleGaussian {
    SingleGaussian { mean: vec![0.8, -0.5], sd: vec![0.5, 1.3] }
}

/// The network's average velocity over `[t, r]` at every row of `x`.
fn jumps(trained: &Trained, t: f32, r: f32, x: &Rows, condition: &[f32]) -> Vec<Vec<f64>> {
    let mut input = Rows::new(trained.config.architecture.inputs());
    for x in x.iter() {
        input.push(&[&[t, r - t], condition, x].concat());
    }
    trained.velocities_at(&input)
}

/// The same recipe with another number of steps.
fn steps(config: TrainConfig, steps: u64) -> TrainConfig {
    TrainConfig { schedule: Schedule { steps, ..config.schedule }, ..config }
}

#[test]
fn the_average_velocity_is_reached_between_all_times() {
    let law = gaussian();
    let mut rng = stream(8, Purpose::Train, 0);
    let data = law.mixture().dataset("gaussian", 50_000, false, &mut rng);
    for (tangent, predict) in [
        (Tangent::Data, Predict::Velocity),
        (Tangent::Predicted, Predict::Velocity),
        (Tangent::Data, Predict::Endpoint),
        (Tangent::Predicted, Predict::Endpoint),
    ] {
        let meanflow = MeanFlowSettings { tangent, ..MeanFlowSettings::default() };
        let settings = TrainConfig { meanflow, predict, ..recipe(Objective::MeanFlow) };
        let trained = train(&data, settings);
        let (noise, _) = standard(2).sample(200, &mut stream(9, Purpose::HeldOut, 0));
        let (mut found, mut expected, mut worst) = (Vec::new(), Vec::new(), 0.0_f64);
        for (t, r) in (0..=10).flat_map(|i| (i..=10).map(move |j| (i, j))) {
            let (t, r) = (t as f32 / 10.0, r as f32 / 10.0);
            let mut x = Rows::new(2);
            for eps in noise.iter() {
                let at = law.flow(Path::Linear, 0.0, t.into(), &wide(eps));
                x.push(&[at[0] as f32, at[1] as f32]);
            }
            let truth: Vec<_> = x
                .iter()
                .map(|x| law.average_velocity(Path::Linear, t.into(), r.into(), &wide(x)))
                .collect();
            let jumps = jumps(&trained, t, r, &x, &[]);
            // The root mean squares of the fields are from 0.6 to 1.9.
            worst = worst.max(relative(&jumps, &truth));
            found.extend(jumps);
            expected.extend(truth);
        }
        let all = relative(&found, &expected);
        eprintln!("{tangent:?} {predict:?}: {all:.4}, worst over t <= r {worst:.4}");
        assert!(all < 0.1 && worst < 0.25, "{tangent:?} {predict:?}: {all}, worst {worst}");
    }
}

fn standard(dim: usize) -> GaussianMixture {
    GaussianMixture::new(vec![Component::round(&vec![0.0; dim], 1.0)])
}

#[test]
fn a_teachers_pairs_lead_where_its_flow_does() {
    let law = gaussian();
    let mut rng = stream(8, Purpose::Train, 0);
    let data = law.mixture().dataset("gaussian", 50_000, false, &mut rng);
    let (noise, _) = standard(2).sample(500, &mut stream(9, Purpose::HeldOut, 0));
    let truth: Vec<_> =
        noise.iter().map(|eps| law.average_velocity(Path::Linear, 0.0, 1.0, &wide(eps))).collect();
    let mut measured = Vec::new();
    for (objective, predict) in [
        (Objective::Fm, Predict::Velocity),
        (Objective::Fm, Predict::Endpoint),
        (Objective::Score, Predict::Velocity),
        (Objective::Ddpm, Predict::Velocity),
    ] {
        let teacher = train(&data, TrainConfig { predict, ..steps(recipe(objective), 1000) });
        let taught = |objective, count| {
            let teacher = Some(teacher.run.path().to_owned());
            let settings = TrainConfig { teacher, predict, ..steps(recipe(objective), count) };
            train(&data, TrainConfig { reflow: Reflow { pairs: 8192 }, ..settings })
        };
        let distilled =
            relative(&jumps(&taught(Objective::Distill, 500), 0.0, 1.0, &noise, &[]), &truth);
        // The paths of a flow's pairs do not cross, so after reflow the first velocity leads to the endpoint
        // in one Euler step.
        let reflowed = taught(Objective::Reflow, 800);
        let mut input = Rows::new(3);
        for eps in noise.iter() {
            input.push(&[0.0, eps[0], eps[1]]);
        }
        let straight = relative(&reflowed.velocities_at(&input), &truth);
        eprintln!("{objective:?} {predict:?}: distilled {distilled:.4}, reflowed {straight:.4}");
        measured.push((objective, distilled, straight));
    }
    for (objective, distilled, straight) in measured {
        // The teacher's error is included; the error of a score or noise is divided by `t` in the first
        // steps.
        let stated = if objective == Objective::Fm { 0.1 } else { 0.25 };
        assert!(distilled < stated, "{objective:?}: {distilled}");
        assert!(straight < stated, "{objective:?}: {straight}");
    }
}

#[test]
fn guidance_in_the_target_gives_the_guided_flow_in_one_step() {
    // Two classes on a line: N(1, 0.5^2) and N(-1, 0.5^2).
    let class = |mean: f64, k| Component::round(&[mean], 0.5).of_class(k);
    let law = GaussianMixture::new(vec![class(1.0, 0), class(-1.0, 1)]);
    let data = law.dataset("two", 50_000, true, &mut stream(8, Purpose::Train, 0));
    assert!(matches!(data.condition, ConditionData::Classes { .. }));
    let (noise, _) = standard(1).sample(500, &mut stream(9, Purpose::HeldOut, 0));
    let mut own = GaussianField {
        gaussian: SingleGaussian { mean: vec![1.0], sd: vec![0.5] },
        path: Path::Linear,
    };
    let mut guided_by = |scale: f32| -> Vec<Vec<f64>> {
        let law = law.clone();
        let mut field = |t: f32, x: &[f32], out: &mut [f32]| {
            fm_nostd::Velocity::velocity(&mut own, t, x, out);
            let none = law.velocity(Path::Linear, t.into(), &wide(x))[0] as f32;
            out[0] = none + scale * (out[0] - none);
        };
        let whole_way = |eps: &[f32]| {
            let (mut x, mut solver) = ([eps[0]], Rk4::new([[0.0; 1]; 3]));
            for k in 0..64 {
                solver.step(&mut field, k as f32 / 64.0, (k + 1) as f32 / 64.0, &mut x);
            }
            vec![f64::from(x[0] - eps[0])]
        };
        noise.iter().map(whole_way).collect()
    };
    let plain = guided_by(1.0);
    // Two ways to a guidance scale of 2: only by the pair, and half by the network.
    let truth = guided_by(2.0);
    for (omega, kappa) in [(2.0, 0.0), (1.0, 0.5)] {
        let meanflow = MeanFlowSettings { omega, kappa, ..MeanFlowSettings::default() };
        let settings = TrainConfig { label_dropout: 0.2, meanflow, ..recipe(Objective::MeanFlow) };
        let trained = train(&data, settings);
        let found = jumps(&trained, 0.0, 1.0, &noise, &[1.0, 0.0, 0.0]);
        let (error, unguided) = (relative(&found, &truth), relative(&plain, &truth));
        eprintln!("omega {omega} kappa {kappa}: {error:.4}, unguided {unguided:.4}");
        assert!(error < 0.1 && error < 0.5 * unguided, "{omega} {kappa}: {error} {unguided}");
    }
}
