//! Samples of small random models: every solver, from noise, from a source and with known parts, `f32` and 8-bit
//! weights, every kind of column, many shapes; and scores of some samples as rows.
//!
//! The host includes this file too and must compute the same bits.

use core::ops::Range;

use fm_nostd::blob::{Aligned, Conditioning, KnownInputs, Spec, emit};
use fm_nostd::net::{Shape, Weights, q8};
use fm_nostd::noise::philox;
use fm_nostd::path::Path;
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::{Euler, EulerMaruyama, Heun, Midpoint, NoiseSchedule, Rk4, Solver};
use fm_nostd::{
    Activation, AnomalyScore, AverageField, Column, Condition, ConditionMemory, Conditional, Draw,
    Field, Form, Known, KnownParts, KnownSampler, MeanFlow, Model, Sampler, grid,
};

/// The largest sizes, for the memory of the smallest board.
pub const DIM: usize = 7;
const HIDDEN: usize = 13;
const CLASSES: usize = 3;

/// The numbers of kinds of weights, activations and solvers, and of sizes for each.
const ORDINARY: u32 = 2 * 4 * 6 * 3;

/// The solver that adds noise.
const SDE: u32 = 4;

/// All of these again, with `f32` weights so large that sums overflow during sampling.
pub const OVERFLOWING: Range<u32> = ORDINARY..2 * ORDINARY;

/// Samples with known parts follow: every kind of weights, activation and solver, with gains and without.
pub const MASKED: Range<u32> = OVERFLOWING.end..OVERFLOWING.end + 2 * 2 * 4 * 6;

/// Scores of samples as rows follow, on both paths.
pub const SCORED: Range<u32> = MASKED.end..MASKED.end + 2 * 2 * 4 * 6;

/// The number of cases.
pub const CASES: u32 = SCORED.end;

/// The most numbers in a sample with known parts.
const KNOWN_DIM: usize = 3;

/// The inputs of the largest network: two times, the classes, a vector, "no condition", known parts and the sample.
const INPUTS: usize = 2 + CLASSES + 2 + 4 * KNOWN_DIM;

/// The memory for a condition and known parts: a vector of one number, and "no condition".
const MEMORY: usize = 2 + 3 * KNOWN_DIM;

/// A layer's integers, and a network's weights of either kind.
struct Room {
    /// No layer has more inputs than the first.
    weights: [[i8; INPUTS * HIDDEN]; 3],
    bias: [[i32; HIDDEN]; 3],
    multipliers: [[i16; HIDDEN]; 3],
    scale: [f32; DIM],
    floats: [f32; 640],
    words: [u32; 512],
}

/// The sample of a case, followed by zeros; `None` if a size does not fit, which does not happen.
pub fn sample(case: u32) -> Option<[f32; DIM]> {
    let mut room = Room {
        weights: [[0; _]; 3],
        bias: [[0; _]; 3],
        multipliers: [[0; _]; 3],
        scale: [0.0; _],
        floats: [0.0; _],
        words: [0; _],
    };
    let mut bytes = Aligned([0; 4096]);
    let (eight_bits, activation, solver) = (case % 2 == 1, case / 2 % 4, case / 8 % 6);
    let activation = Activation::from_code(activation as u8)?;
    let jumps = solver == 5;
    let [dim, hidden, layers, _] = philox([case, 0, 0, 0], [1, 0]);
    let (masked, scored) = (MASKED.contains(&case), SCORED.contains(&case));
    let dim = match masked {
        // At least one known number and one other.
        true => 2 + dim as usize % (KNOWN_DIM - 1),
        false => 1 + dim as usize % DIM,
    };
    let hidden = 1 + hidden as usize % HIDDEN;
    let statistics = [0.5; 2 * DIM];
    // Means and scales of a source after those of the data; the SDE needs noise.
    let source = !masked && !scored && solver != SDE && (case / 5).is_multiple_of(3);
    // Some models have a condition vector too.
    let vector = case as usize % 5 % 2;
    let widths = [hidden as u16; 2];
    let mut columns = [0; 20 * DIM];
    let mut spec = Spec {
        prediction: if jumps { Prediction::AverageVelocity } else { Prediction::Velocity },
        activation,
        path: if scored && case % 3 == 1 { Path::Trigonometric } else { Path::Linear },
        conditioning: Conditioning { classes: CLASSES, vector },
        unconditional: masked && case % 3 < 2,
        known: match masked {
            true if case % 7 < 3 => KnownInputs::ValuesAndAbsent,
            true => KnownInputs::Values,
            false => KnownInputs::None,
        },
        dim,
        widths: widths.get(..1 + layers as usize % 2)?,
        mean: statistics.get(..dim * (1 + usize::from(source)))?,
        std: statistics.get(..dim * (1 + usize::from(source)))?,
        transforms: transforms(case, dim, &mut columns)?,
        condition_mean: statistics.get(..vector)?,
        condition_scale: statistics.get(..vector)?,
        ..Spec::PLAIN
    };
    spec.weights = if eight_bits {
        room.integers(case, spec.shape(), activation)?
    } else {
        room.floats(case, spec.shape())?
    };
    let model = Model::new(emit(&spec, &mut bytes.0).ok()?).ok()?;
    let mut x = [0.0; DIM];
    let out = x.get_mut(..dim)?;
    match masked {
        true => solved(&model, Known([0.0; MEMORY]), case, out)?,
        false => solved(&model, [0.0; 1], case, out)?,
    }
    if scored {
        let row = x;
        score(&model, case, row.get(..dim)?, x.get_mut(..dim)?)?;
    }
    // Some samples go back to the network's units.
    if !scored && case % 8 == 7 {
        model.standardise(x.get_mut(..dim)?);
    }
    Some(x)
}

/// The score of a row, in place of the share of its first column, and the other shares.
fn score(model: &Model<'_>, case: u32, row: &[f32], shares: &mut [f32]) -> Option<()> {
    let mut field = Field::new(model, [[0.0; HIDDEN]; 2], [0.0; 1]).ok()?;
    field.set_condition(Condition::Class(case as usize % CLASSES)).ok()?;
    let score = AnomalyScore::new(model, field, [0.0; DIM]).ok()?.score(row, shares).ok()?;
    *shares.first_mut()? = score;
    Some(())
}

/// Draws the sample of a case with its solver, in that memory for the condition.
fn solved(
    model: &Model<'_>,
    condition: impl ConditionMemory,
    case: u32,
    out: &mut [f32],
) -> Option<()> {
    let mut field = Field::new(model, [[0.0; HIDDEN]; 2], condition).ok()?;
    if model.unconditional() && case % 3 == 1 {
        field.set_condition(Condition::None).ok()?;
    } else {
        field.set_condition(Condition::Class(case as usize % CLASSES)).ok()?;
        if model.conditioning().vector > 0 {
            field.set_condition(Condition::Vector(&[number(case, 40_000)])).ok()?;
        }
    }
    let (draw, w) = (Draw { seed: 1, sample: case.into() }, [0.0; DIM]);
    match case / 8 % 6 {
        0 => moved(model, field, Euler::new(w), draw, 5, out),
        1 => moved(model, field, Midpoint::new([w; 2]), draw, 3, out),
        2 => moved(model, field, Heun::new([w; 2]), draw, 3, out),
        3 => moved(model, field, Rk4::new([w; 3]), draw, 2, out),
        SDE => {
            let schedule = *NoiseSchedule::ALL.get(case as usize % NoiseSchedule::ALL.len())?;
            let sde = EulerMaruyama::new(Path::Linear, 0.5, [w; 2]).with_schedule(schedule);
            moved(model, field, sde, draw, 4, out)
        }
        _ => {
            let field = AverageField::new(field).ok()?;
            moved(model, field, MeanFlow::new(w), draw, 1 + case % 2, out)
        }
    }
}

/// The known parts of a case, every second number: numbers that its columns can have.
pub fn known(case: u32) -> ([f32; KNOWN_DIM], [bool; KNOWN_DIM]) {
    let value = |d: usize| 4.0 * number(case, 60_000 + d as u32);
    let is_known = |d: usize| (case / 2 + d as u32).is_multiple_of(2);
    (core::array::from_fn(value), core::array::from_fn(is_known))
}

/// Moves noise to data, with the known parts of the case, or the same numbers as a row of the model's source.
fn moved<'a, F: KnownParts, S: Solver<F>>(
    model: &'a Model<'a>,
    field: F,
    solver: S,
    draw: Draw,
    steps: u32,
    x: &mut [f32],
) -> Option<()> {
    if model.has_source() {
        draw.fill(0, x);
        let mut sampler = Sampler::with_source(model, field, solver).ok()?;
        sampler.transport(grid::uniform(model.start(), steps), x);
    } else if model.has_known() {
        let (values, flags) = known(draw.sample as u32);
        let mut sampler = KnownSampler::new(model, field, solver).ok()?;
        sampler.set_known(values.get(..x.len())?, flags.get(..x.len())?).ok()?;
        sampler.sample(draw, steps, x);
    } else {
        Sampler::new(model, field, solver).ok()?.sample(draw, steps, x);
    }
    Some(())
}

impl Room {
    fn floats(&mut self, case: u32, shape: Shape) -> Option<Weights<'_>> {
        let weights = self.floats.get_mut(..shape.parameters()? + gains(case, shape)?)?;
        let scale = if OVERFLOWING.contains(&case) { 2e38 } else { 1.0 };
        for (i, weight) in (0..).zip(weights.iter_mut()) {
            *weight = scale * number(case, i);
        }
        Some(Weights::F32(weights))
    }

    fn integers(&mut self, case: u32, shape: Shape, activation: Activation) -> Option<Weights<'_>> {
        let Self { weights, bias, multipliers, scale, words, .. } = self;
        for (i, value) in (0..).zip(weights.as_flattened_mut()) {
            *value = (number(case, i) * 127.0) as i8;
        }
        for (i, value) in (10_000..).zip(bias.as_flattened_mut()) {
            *value = (number(case, i) * 1e5) as i32;
        }
        for (i, value) in (20_000..).zip(multipliers.as_flattened_mut()) {
            *value = 6_000 + (number(case, i) * 5_000.0) as i16;
        }
        for (i, value) in (30_000..).zip(scale.iter_mut()) {
            *value = number(case, i) * 1e-5;
        }
        let layers = (0..).zip(weights).zip(bias).zip(multipliers);
        let layers = layers.take(shape.layers + 1).filter_map(|(((i, weights), bias), scales)| {
            let (inputs, outputs) = shape.layer(i)?;
            let rescale = if i == shape.layers {
                q8::Rescale::Output { scale: scale.get(..outputs)? }
            } else {
                let fraction = 9 + (case % 4) as u8;
                q8::Rescale::Hidden { multipliers: scales.get(..outputs)?, shift: 4, fraction }
            };
            let weights = weights.get(..inputs * outputs)?;
            Some(q8::PlainLayer { weights, bias: bias.get(..outputs)?, rescale })
        });
        let count = q8::packed_len(shape, activation)?;
        let words = words.get_mut(..count + gains(case, shape)?)?;
        let (network, gains) = words.split_at_mut_checked(count)?;
        q8::pack(shape, activation, layers, network).ok()?;
        for (i, gain) in (50_000..).zip(gains) {
            *gain = number(case, i).to_bits();
        }
        Some(Weights::Q8(words))
    }
}

/// A power of 0.5, and lines with a value that owns an interval.
const POWER: [[u8; 4]; 4] = bytes([0.5, 2.0, 1.5, 1.0 / 1.5]);
const LINES: [[u8; 4]; 12] =
    bytes([-9.0, -1.0, 0.5, -0.5, 0.0, 0.25, 0.0, 0.3, 0.75, 0.25, 2.0, 0.75]);

const fn bytes<const N: usize>(numbers: [f32; N]) -> [[u8; 4]; N] {
    let mut out = [[0; 4]; N];
    let mut i = 0;
    while i < N {
        out[i] = numbers[i].to_le_bytes();
        i += 1;
    }
    out
}

/// The transforms of half of the models: each column of another form, some with a step.
fn transforms(case: u32, dim: usize, words: &mut [u32]) -> Option<&[u32]> {
    let mut len = 0;
    for d in (case / 2 % 2 == 1).then_some(0..dim as u32).into_iter().flatten() {
        let plain = Column { low: -50.0, high: 60.0, shift: 0.25, scale: 1.5, ..Column::PLAIN };
        let column = match (case / 4 + d) % 6 {
            0 => plain,
            1 => Column { form: Form::Log, ..plain },
            2 => Column { form: Form::YeoJohnson, parameters: POWER.as_flattened(), ..plain },
            3 => Column { form: Form::Knots, parameters: LINES.as_flattened(), ..plain },
            4 => Column { step: 1.0, per: 10.0, ..plain },
            _ => Column { form: Form::Log, step: 3.0, per: 2.0, ..plain },
        };
        let (parameters, _) = column.parameters.as_chunks();
        let parameters = parameters.iter().map(|bytes| u32::from_le_bytes(*bytes));
        for word in column.words().into_iter().chain(parameters) {
            *words.get_mut(len)? = word;
            len += 1;
        }
    }
    words.get(..len)
}

/// The number of gains: every second model has some.
fn gains(case: u32, shape: Shape) -> Option<usize> {
    if (case / 48).is_multiple_of(2) { Some(0) } else { shape.gains() }
}

/// A number in [-1, 1).
fn number(case: u32, i: u32) -> f32 {
    let [word, ..] = philox([case, i, 1, 0], [1, 0]);
    (word as i32) as f32 / 2_147_483_648.0
}
