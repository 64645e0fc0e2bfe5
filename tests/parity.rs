//! The trained network compared with the flashed network: dfdx's numbers and the blob's.
//!
//! Two programs compute the same formula from the same parameters: the host's learner in batches, with
//! fused multiply-adds and its own order of sums, and the device's kernels with one rounding per
//! operation, in the order of the numbers contract. So their results are close, but not the same bits.

mod common;

use common::{Placed, wobble};
use fm_host::coupling::Coupling;
use fm_host::data::{ClassData, ConditionData, DataSpec, Dataset, Rows, VectorData};
use fm_host::export;
use fm_host::net::{DeviceChoice, HiddenLayers, State, learner};
use fm_host::objective::Objective;
use fm_host::sample::SampleCondition;
use fm_host::train::{DataShape, RunConfig, TrainConfig};
use fm_nostd::{Activation, AverageField, AverageVelocity, Field, Model, Velocity};

const DIM: usize = 3;
/// Data rows, and evaluations compared: more than a tile of the learner's kernels, and uneven.
const ROWS: usize = 131;

fn table(columns: usize, salt: usize) -> Rows {
    let value = |i| 3.0 * wobble(i + 1000 * salt) + 0.5;
    Rows::from_vec(columns, (0..ROWS * columns).map(value).collect())
}

fn dataset(condition: ConditionData) -> Dataset {
    let columns = (0..DIM).map(|d| format!("c{d}")).collect();
    Dataset::new("table", columns, table(DIM, 1), condition)
}

fn classes() -> ConditionData {
    let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let labels = (0..ROWS as u32).map(|i| i % 4).collect();
    ClassData { column: "kind".to_owned(), names, labels }.into()
}

fn vector() -> ConditionData {
    let columns = ["p", "q"].map(str::to_owned).to_vec();
    VectorData { columns, values: table(2, 2) }.into()
}

fn both() -> ConditionData {
    ConditionData { vector: vector().vector, ..classes() }
}

fn config(
    objective: Objective,
    activation: Activation,
    dropout: bool,
    data: &Dataset,
) -> RunConfig {
    let train = TrainConfig {
        coupling: Coupling::Independent,
        layers: HiddenLayers { activation, ..HiddenLayers::new(37, 3) },
        label_dropout: if dropout { 0.1 } else { 0.0 },
        ..TrainConfig::defaults(objective, DataShape::of(data))
    };
    RunConfig::new(train, DataSpec::new("table.csv"), data).expect("valid")
}

/// Parameters as training leaves them: weights of He's size, biases that are not zero.
fn state(config: &RunConfig) -> State {
    let mut state = State::fresh(&config.architecture, 5);
    for (l, layer) in config.architecture.layers().into_iter().enumerate() {
        for (i, bias) in state.parameters[layer.bias].iter_mut().enumerate() {
            *bias = 0.5 * wobble(i + 100 * l);
        }
        // The output layer starts at a tenth of its size; after training it is as large as the others.
        if l == config.architecture.layers {
            state.parameters[layer.weights].iter_mut().for_each(|weight| *weight *= 10.0);
        }
    }
    if let Some(gains) = config.architecture.gains() {
        let all = state.parameters[gains.weights.start..].iter_mut().enumerate();
        all.for_each(|(i, gain)| *gain = wobble(i + 5000));
    }
    state
}

/// The condition of evaluation `i`, and the learner's inputs for it.
fn asked<'d>(config: &RunConfig, data: &'d Dataset, i: usize) -> (SampleCondition<'d>, Vec<f32>) {
    let mut inputs = vec![0.0; config.architecture.condition];
    if config.has_none_row() && i.is_multiple_of(3) {
        inputs[config.architecture.condition - 1] = 1.0;
        return (SampleCondition { class: None, vector: None }, inputs);
    }
    let class = data.labels().map(|labels| labels[i] as usize);
    if let Some(class) = class {
        inputs[class] = 1.0;
    }
    let vector = data.condition.vector.as_ref().map(|vector| vector.values.row(i));
    if let (Some(vector), Some(facts)) = (vector, &config.facts.condition.vector) {
        let standard = facts.standardisation.apply(&Rows::from_vec(2, vector.to_vec()));
        let first = config.facts.condition.classes();
        inputs[first..first + 2].copy_from_slice(standard.as_slice());
    }
    (SampleCondition { class, vector }, inputs)
}

/// A time and a later time for evaluation `i`.
fn times(i: usize) -> [f32; 2] {
    let t = 0.5 + 0.5 * wobble(i + 7);
    [t, t + (1.0 - t) * (0.5 + 0.5 * wobble(i + 77))]
}

/// The learner's outputs. Shape: `[ROWS, DIM]`.
fn trained(config: &RunConfig, state: State, data: &Dataset, x: &Rows) -> Rows {
    let mut input = Rows::new(config.architecture.inputs());
    for i in 0..ROWS {
        let [t, r] = times(i);
        let mut row = vec![t];
        if config.architecture.average {
            row.push(r - t);
        }
        row.extend(asked(config, data, i).1);
        row.extend_from_slice(x.row(i));
        input.push(&row);
    }
    let learner = learner(&config.architecture, state, DeviceChoice::Cpu).expect("a processor");
    let mut out = learner.evaluate(&input).expect("it computes");
    config.train.output().to_velocities(&(&config.architecture).into(), &input, &mut out);
    out
}

/// The blob's outputs. Shape: `[ROWS, DIM]`.
fn flashed(config: &RunConfig, parameters: &[f32], data: &Dataset, x: &Rows) -> Rows {
    let blob = Placed::new(&export::blob(config, parameters, false).expect("it can be said"));
    let model = Model::new(blob.bytes()).expect("a valid blob");
    let hidden = || vec![0.0; config.architecture.hidden];
    let field = || Field::new(&model, [hidden(), hidden()], vec![0.0; 2]).expect("it fits");
    let mut out = Rows::from_vec(DIM, vec![0.0; ROWS * DIM]);
    for i in 0..ROWS {
        let ([t, r], (condition, _)) = (times(i), asked(config, data, i));
        if config.architecture.average {
            let mut field = AverageField::new(field()).expect("an average");
            condition.set(&model, &mut field).expect("known");
            field.average_velocity(t, r, x.row(i), out.row_mut(i));
        } else {
            let mut field = field();
            condition.set(&model, &mut field).expect("known");
            field.velocity(t, x.row(i), out.row_mut(i));
        }
    }
    out
}

/// The largest difference, as a share of the largest output.
fn difference(a: &Rows, b: &Rows) -> f32 {
    let largest = a.as_slice().iter().fold(0.0f32, |most, x| most.max(x.abs()));
    assert!(largest > 0.5, "outputs are too small to compare: {largest}");
    let apart = |most: f32, (a, b): (&f32, &f32)| most.max((a - b).abs());
    a.as_slice().iter().zip(b.as_slice()).fold(0.0, apart) / largest
}

#[test]
fn the_flashed_network_is_the_trained_one() {
    let x = table(DIM, 3);
    for kind in [Objective::Fm, Objective::MeanFlow, Objective::Ddpm] {
        for activation in Activation::ALL {
            for (condition, dropout) in [
                (ConditionData::default(), false),
                (classes(), false),
                (classes(), true),
                (vector(), false),
                (vector(), true),
                (both(), false),
                (both(), true),
            ] {
                let data = dataset(condition);
                let config = config(kind, activation, dropout, &data);
                let state = state(&config);
                let blob = flashed(&config, &state.parameters, &data, &x);
                let found = difference(&trained(&config, state, &data, &x), &blob);
                // Sums of 40 terms rounded in another order, through four layers: about 2^-24 each,
                // 6e-8, and the square root of 160 of them together. The bound is ten times that.
                let case = (kind, activation, dropout, &config.facts.condition);
                assert!(found < 1e-5, "{case:?}: {found}");
            }
        }
    }
}
