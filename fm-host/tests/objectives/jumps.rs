//! Average velocities and a teacher's pairs on Gaussians, whose flow is known in closed form.

use fm_host::data::Rows;
use fm_host::export;
use fm_host::model::AlignedBytes;
use fm_host::objective::reflow::Reflow;
use fm_host::objective::{MeanFlowSettings, Objective, Tangent, Teacher};
use fm_host::path::Path;
use fm_host::random::{Purpose, stream};
use fm_host::train::{RunDir, Schedule, TrainConfig};
use fm_host::truth::{Component, GaussianField, GaussianMixture, SingleGaussian};
use fm_nostd::solver::{Heun, Rk4, Solver};
use fm_nostd::{Condition, Conditional, Field, Guided, Model, Sampler, Velocity, grid};

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
    for tangent in [Tangent::Data, Tangent::Predicted] {
        let meanflow = MeanFlowSettings { tangent, ..MeanFlowSettings::default() };
        let settings = TrainConfig { meanflow, ..recipe(Objective::MeanFlow) };
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
        eprintln!("{tangent:?}: {all:.4}, worst over t <= r {worst:.4}");
        assert!(all < 0.1 && worst < 0.25, "{tangent:?}: {all}, worst {worst}");
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
    for objective in [Objective::Fm, Objective::Score, Objective::Ddpm] {
        let teacher = train(&data, steps(recipe(objective), 1000));
        let taught = |objective, count| {
            let teacher = Some(teacher.run.path().to_owned());
            let settings = TrainConfig { teacher, ..steps(recipe(objective), count) };
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
        eprintln!("{objective:?}: distilled {distilled:.4}, reflowed {straight:.4}");
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

/// Two classes on a line: N(1, 0.5^2) and N(-1, 0.5^2).
fn two_classes() -> GaussianMixture {
    let class = |mean: f64, k| Component::round(&[mean], 0.5).of_class(k);
    GaussianMixture::new(vec![class(1.0, 0), class(-1.0, 1)])
}

/// The displacements of the noise along the flow of class 0 of [`two_classes`], guided with this scale.
fn guided_by(scale: f32, noise: &Rows) -> Vec<Vec<f64>> {
    let law = two_classes();
    let gaussian = SingleGaussian { mean: vec![1.0], sd: vec![0.5] };
    let mut own = GaussianField { gaussian, path: Path::Linear };
    let mut field = |t: f32, x: &[f32], out: &mut [f32]| {
        own.velocity(t, x, out);
        let none = law.velocity(Path::Linear, t.into(), &wide(x))[0] as f32;
        out[0] = none + scale * (out[0] - none);
    };
    let mut whole_way = |eps: &[f32]| {
        let (mut x, mut solver) = ([eps[0]], Rk4::new([[0.0; 1]; 3]));
        for k in 0..64 {
            solver.step(&mut field, k as f32 / 64.0, (k + 1) as f32 / 64.0, &mut x);
        }
        vec![f64::from(x[0] - eps[0])]
    };
    noise.iter().map(&mut whole_way).collect()
}

#[test]
fn guidance_in_the_target_gives_the_guided_flow_in_one_step() {
    let data = two_classes().dataset("two", 50_000, true, &mut stream(8, Purpose::Train, 0));
    assert!(data.labels().is_some());
    let (noise, _) = standard(1).sample(500, &mut stream(9, Purpose::HeldOut, 0));
    let (plain, truth) = (guided_by(1.0, &noise), guided_by(2.0, &noise));
    // Two ways to a guidance scale of 2: only by the pair, and half by the network.
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

#[test]
fn a_guided_teacher_teaches_the_guided_flow() {
    let data = two_classes().dataset("two", 50_000, true, &mut stream(8, Purpose::Train, 0));
    let (noise, _) = standard(1).sample(500, &mut stream(9, Purpose::HeldOut, 0));
    let (plain, truth) = (guided_by(1.0, &noise), guided_by(2.0, &noise));
    let unguided = relative(&plain, &truth);
    let teacher = train(&data, TrainConfig { label_dropout: 0.2, ..recipe(Objective::Fm) });
    for (objective, dropout) in
        [(Objective::Distill, 0.0), (Objective::MeanFlow, 0.0), (Objective::MeanFlow, 0.2)]
    {
        let settings = TrainConfig {
            teacher: Some(teacher.run.path().to_owned()),
            teacher_guidance: 2.0,
            reflow: Reflow { pairs: 8192 },
            label_dropout: dropout,
            ..recipe(objective)
        };
        let student = train(&data, settings);
        let class: &[f32] = if dropout > 0.0 { &[1.0, 0.0, 0.0] } else { &[1.0, 0.0] };
        let found = jumps(&student, 0.0, 1.0, &noise, class);
        let error = relative(&found, &truth);
        let mean = |all: &[Vec<f64>]| all.iter().map(|x| x[0]).sum::<f64>() / all.len() as f64;
        let [found, guided, plain] = [&found, &truth, &plain].map(|all| mean(all));
        eprintln!("{objective:?} {dropout}: {error:.4}, unguided {unguided:.4}");
        eprintln!(
            "  the class's mean moves by {found:.3}, {guided:.3} guided, {plain:.3} unguided"
        );
        // The teacher's error is included.
        assert!(error < 0.1 && error < 0.5 * unguided, "{objective:?}: {error} {unguided}");
        let moved = (found - plain) / (guided - plain);
        assert!((moved - 1.0).abs() < 0.1, "{objective:?}: {found} for {guided}, from {plain}");
    }
}

#[test]
fn a_guided_teachers_pairs_are_what_guided_sampling_draws() {
    let data = two_classes().dataset("two", 2000, true, &mut stream(8, Purpose::Train, 0));
    for objective in [Objective::Fm, Objective::MeanFlow] {
        let settings = TrainConfig { label_dropout: 0.2, ..steps(recipe(objective), 300) };
        let Trained { run, config, network } = train(&data, settings);
        let state = RunDir::open(run.path()).and_then(|run| run.load()).expect("a run");
        let blob = export::blob(&config, &state.checkpoint.state.average, false).expect("a model");
        let blob = AlignedBytes::new(&blob);
        let model = Model::new(blob.bytes()).expect("its own bytes");
        let field = Field::new(&model, [[0.0; 32]; 2], []).expect("its sizes");
        let guided = Guided::new(field, 2.5, [0.0; 1]).expect("labels were dropped");
        let mut sampler = Sampler::new(&model, guided, Heun::new([[0.0; 1]; 2])).expect("room");
        let teacher = Teacher::new(&config.architecture, config.train.output(), 0.0, network);
        let (noise, classes) = two_classes().sample(200, &mut stream(9, Purpose::HeldOut, 0));
        let mut condition = Rows::new(3);
        for class in &classes {
            condition.push(&[0, 1, 2].map(|k| f32::from(u8::from(k == *class))));
        }
        let ends = teacher.guided(2.5).flow(&noise, &condition, &Rows::new(2)).expect("a CPU");
        let mut apart = 0;
        for ((eps, class), end) in noise.iter().zip(classes).zip(ends.iter()) {
            sampler.field.set_condition(Condition::Class(class as usize)).expect("a class");
            let mut x = [eps[0]];
            sampler.sample_from(grid::uniform(0.0, 32), &mut x);
            // Rounding of two networks over 64 evaluations, multiplied by the scale.
            assert!((end[0] - x[0]).abs() < 2e-4, "{objective:?}: {} and {}", end[0], x[0]);
            apart += usize::from((end[0] - eps[0]).abs() > 0.1);
        }
        assert!(apart > 100, "the flow moves {apart} of 200");
    }
}
