//! Maximum likelihood on Gaussians, whose density is known.

use std::path::Path;

use fm_host::data::{ClassData, ConditionData, Dataset, Rows, VectorData};
use fm_host::likelihood::{Settings, Trace, log_densities};
use fm_host::model::StoredModel;
use fm_host::net::{self, DeviceChoice, HiddenLayers, Regression, Solve, State, Update, Weighting};
use fm_host::objective::{LikelihoodSettings, Objective};
use fm_host::random::{Purpose, fill_normal, stream};
use fm_host::sample::Conditions;
use fm_host::train::{DataFacts, RunConfig, Schedule, TrainConfig};

use crate::trained::{finished, recipe};

/// `n` rows of `(c + s_0 a, 2 + s_1 (0.6 a + 0.8 b))` for normal `a` and `b`, with `s = (0.5, 3)`, and the
/// condition `c` of each row.
fn rows(n: usize, seed: u64, condition: impl Fn(usize) -> f32) -> (Rows, Vec<f32>) {
    let mut values = vec![0.0; 2 * n];
    fill_normal(&mut stream(seed, Purpose::Train, 0), &mut values);
    let conditions: Vec<f32> = (0..n).map(condition).collect();
    for (row, c) in values.chunks_exact_mut(2).zip(&conditions) {
        let (a, b) = (row[0], row[1]);
        (row[0], row[1]) = (c + 0.5 * a, 2.0 + 3.0 * (0.6 * a + 0.8 * b));
    }
    (Rows::from_vec(2, values), conditions)
}

/// The exact log density of a row given its condition.
fn exact(row: &[f32], c: f32) -> f64 {
    let a = f64::from(row[0] - c) / 0.5;
    let b = ((f64::from(row[1]) - 2.0) / 3.0 - 0.6 * a) / 0.8;
    // The volume is 0.5 * 3 * 0.8.
    -0.5 * (a * a + b * b) - (2.0 * std::f64::consts::PI).ln() - 1.2_f64.ln()
}

/// A kind of condition, with its value in each row.
type Kind = (&'static str, fn(usize) -> f32);

/// The three kinds of condition.
fn kinds() -> [Kind; 3] {
    [
        ("none", |_| 1.0),
        ("classes", |i| (i % 3) as f32),
        ("vector", |i| ((i * 37) % 101) as f32 / 50.0),
    ]
}

fn dataset(kind: &str, n: usize, seed: u64, condition: fn(usize) -> f32) -> Dataset {
    let (values, conditions) = rows(n, seed, condition);
    let condition = match kind {
        "classes" => ConditionData::from(ClassData {
            column: "kind".to_owned(),
            names: ["0", "1", "2"].map(str::to_owned).to_vec(),
            labels: conditions.iter().map(|&c| c as u32).collect(),
        }),
        "vector" => ConditionData::from(VectorData {
            columns: vec!["c".to_owned()],
            values: Rows::from_vec(1, conditions),
        }),
        _ => ConditionData::default(),
    };
    let columns = vec!["x".to_owned(), "y".to_owned()];
    Dataset::new("gaussian", columns, values, condition)
}

fn settings(likelihood: LikelihoodSettings, steps: u64) -> TrainConfig {
    TrainConfig {
        layers: HiddenLayers::new(16, 2),
        batch: 128,
        schedule: Schedule { warmup: 50, ema: 0.99, ..Schedule::new(steps, 0.02) },
        likelihood,
        ..recipe(Objective::Mle)
    }
}

/// Trains, and returns the model with its configuration and averaged weights.
fn trained(train: TrainConfig, data: &Dataset) -> (StoredModel, RunConfig, Vec<f32>) {
    let config = RunConfig::new(train, fm_host::data::DataSpec::new("law"), data).expect("valid");
    let (_run, state) = finished(&config, data);
    let blob = fm_host::export::blob(&config, &state.average, false).expect("a valid model");
    let stored = StoredModel::new(&blob, Some(config.clone()), Path::new("law"));
    (stored.expect("a model"), config, state.average)
}

#[test]
fn a_gaussian_is_learnt_under_every_condition() {
    // Enough for a field that is nearly linear.
    let plain = LikelihoodSettings { steps: 4, ..LikelihoodSettings::default() };
    let estimated = LikelihoodSettings { divergence: Trace::Hutchinson, ..plain };
    let penalised = LikelihoodSettings { kinetic: 0.01, jacobian: 0.01, ..plain };
    for ((kind, condition), likelihood) in kinds().into_iter().zip([plain, estimated, penalised]) {
        let data = dataset(kind, 20_000, 1, condition);
        let (stored, ..) = trained(settings(likelihood, 600), &data);
        let held_out = dataset(kind, 5000, 2, condition);
        let conditions = Conditions::like(&held_out);
        let found =
            log_densities(&stored.view(), &held_out.values, &conditions, &Settings::default());
        let found = found.expect("a velocity");
        let (_, values) = rows(5000, 2, condition);
        let gaps = found.iter().zip(held_out.values.iter()).zip(values);
        let gap =
            gaps.map(|((found, row), c)| exact(row, c) - f64::from(*found)).sum::<f64>() / 5000.0;
        eprintln!("{kind}: {gap:.4} nats");
        // No density beats the exact one by more than chance. A standard deviation that is off by a tenth, or
        // a mean that is off by a tenth of one, costs 0.01 or 0.005.
        assert!((-0.002..0.01).contains(&gap), "{kind}: {gap} nats less likely");
    }
}

/// The trainer's loss is the likelihood that `fm-nostd` computes in as many steps, and that of many steps to
/// the error of RK4.
#[test]
fn the_loss_is_the_models_likelihood() {
    for (kind, condition) in kinds() {
        let data = dataset(kind, 2000, 3, condition);
        let likelihood = LikelihoodSettings { steps: 4, ..LikelihoodSettings::default() };
        let (stored, config, weights) = trained(settings(likelihood, 150), &data);
        let examples = DataFacts::of(&data).examples(&data, false);
        let mut input = Rows::new(config.architecture.inputs());
        for (i, x) in examples.x1().iter().enumerate() {
            input.push(&[&[1.0], examples.condition().row(i), x].concat());
        }
        let n = input.len();
        let nothing = Rows::from_vec(2, vec![0.0; 2 * n]);
        let solve = |steps| Solve { steps, kinetic: 0.0, jacobian: 0.0 };
        let loss = |steps: u32| {
            let plain = Regression::plain(input.clone(), nothing.clone(), Weighting::default());
            let regression = Regression { solve: Some(solve(steps)), ..plain };
            let fresh = State::fresh(&config.architecture, 0);
            let state = State { parameters: weights.clone(), ..fresh };
            let learner = net::learner(&config.architecture, state, DeviceChoice::Cpu);
            let still = Update { rate: 0.0, clip: 1.0, ema: 0.0 };
            f64::from(learner.expect("a CPU").step(&regression, &still).expect("a CPU").raw)
        };
        let model = |steps: u32| {
            let settings = Settings { steps, ..Settings::default() };
            let conditions = Conditions::like(&data);
            let found = log_densities(&stored.view(), &data.values, &conditions, &settings);
            let logs = found.expect("a velocity");
            let scale: f64 =
                config.facts.standardisation.std.iter().map(|s| f64::from(*s).ln()).sum();
            -logs.iter().map(|&log| f64::from(log)).sum::<f64>() / n as f64 - scale
        };
        for steps in [1, 2, 4, 16] {
            let (loss, model) = (loss(steps), model(steps));
            // Other roundings of about 3 nats.
            assert!((loss - model).abs() < 1e-5, "{kind}, {steps} steps: {loss} for {model}");
        }
        let errors = [2, 4, 8].map(|steps| (loss(steps) - model(128)).abs());
        // An error of order 4 falls to a sixteenth with every halving of the steps; here it may already be the
        // rounding of 3 nats.
        for pair in errors.windows(2) {
            assert!(pair[1] < pair[0] / 6.0 + 2e-6, "{kind}: {errors:?}");
        }
    }
}
