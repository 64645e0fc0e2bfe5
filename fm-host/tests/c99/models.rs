//! Small random models which together have everything that a `.c` file can contain.

use fm_nostd::blob::{Conditioning, KnownInputs, Spec, emit, emitted_len};
use fm_nostd::net::{Shape, Weights, q8};
use fm_nostd::noise::philox;
use fm_nostd::path::Path;
use fm_nostd::prediction::Prediction;
use fm_nostd::{Activation, Column, Form, Meaning};

/// How many models there are.
pub const COUNT: u32 = 40;

/// The model of a case as a blob.
pub fn blob(case: u32) -> Vec<u8> {
    // Every kind of weights and activation with every prediction; the rest is drawn.
    let (eight_bits, activation) = (case % 2 == 1, Activation::ALL[case as usize / 2 % 4]);
    let prediction = [
        Prediction::AverageVelocity,
        Prediction::Velocity,
        Prediction::Jump,
        Prediction::Score,
        Prediction::Noise,
    ][case as usize / 8 % 5];
    let [a, b, c, d] = philox([case, 0, 0, 8], [1, 0]);
    let dim = 1 + a as usize % 11;
    let hidden = 1 + b as usize % 19;
    let needs_path = prediction.needs_path();
    let known = match c % 4 {
        0 | 1 => KnownInputs::None,
        2 => KnownInputs::Values,
        _ => KnownInputs::ValuesAndAbsent,
    };
    let source = known == KnownInputs::None && !needs_path && c / 4 % 3 == 0;
    let conditioning = Conditioning {
        classes: [0, 0, 3, 10][c as usize / 16 % 4],
        vector: [0, 0, 1, 4][c as usize / 64 % 4],
    };
    let numbers = |first: u32, count: usize| -> Vec<f32> {
        (first..).take(count).map(|i| number(case, i)).collect()
    };
    let positive = |first: u32, count: usize| -> Vec<f32> {
        numbers(first, count).iter().map(|number| 1.5 + number).collect()
    };
    let both = dim * (1 + usize::from(source));
    let (mean, std) = (numbers(70_000, both), positive(71_000, both));
    let condition_mean = numbers(72_000, conditioning.vector);
    let condition_scale = positive(73_000, conditioning.vector);
    let transforms = if d % 2 == 0 { transforms(d, dim) } else { Vec::new() };
    let widths = vec![hidden as u16; 1 + d as usize / 2 % 3];
    let mut spec = Spec {
        prediction,
        activation,
        path: if c / 256 % 2 == 0 { Path::Linear } else { Path::Trigonometric },
        conditioning,
        unconditional: conditioning.size() > 0 && c / 512 % 2 == 0,
        known,
        known_prefix: match (known, c / 1024 % 2) {
            (KnownInputs::Values, 0) if dim > 1 => dim.div_ceil(3).min(dim - 1),
            _ => 0,
        },
        dim,
        widths: &widths,
        id: u64::from(case) << 40 | 0xf00d,
        start: if needs_path { 0.05 } else { 0.0 },
        name: "any /* name */ \"\\",
        mean: &mean,
        std: &std,
        transforms: &transforms,
        condition_mean: &condition_mean,
        condition_scale: &condition_scale,
        ..Spec::PLAIN
    };
    let shape = spec.shape();
    let gains = if d / 8 % 2 == 0 { shape.gains().expect("a valid shape") } else { 0 };
    // Sums of some models overflow.
    let scale = if case == 8 { 2e38 } else { 1.0 };
    let (floats, words);
    spec.weights = if eight_bits {
        words = integers(case, shape, activation, gains);
        Weights::Q8(&words)
    } else {
        let count = shape.parameters().expect("a valid shape") + gains;
        floats = numbers(0, count).iter().map(|number| scale * number).collect::<Vec<f32>>();
        Weights::F32(&floats)
    };
    let mut bytes = vec![0; emitted_len(&spec).expect("sizes that agree")];
    emit(&spec, &mut bytes).expect("a blob").to_vec()
}

/// Words of 8-bit weights, and gains.
fn integers(case: u32, shape: Shape, activation: Activation, gains: usize) -> Vec<u32> {
    let drawn = |first: u32, count: usize, scale: f32| {
        (first..).take(count).map(move |i| (scale * number(case, i)) as i32)
    };
    let layers: Vec<_> = (0..=shape.layers)
        .map(|i| {
            let (inputs, outputs) = shape.layer(i).expect("a layer");
            let at = 1000 * i as u32;
            let weights: Vec<i8> =
                drawn(at, inputs * outputs, 127.9).map(|weight| weight as i8).collect();
            let mut bias: Vec<i32> = drawn(10_000 + at, outputs, 1e5).collect();
            if case % 16 == 1 {
                bias[0] = i32::MIN;
            }
            let multipliers: Vec<i16> =
                drawn(20_000 + at, outputs, 5000.0).map(|x| 6000 + x as i16).collect();
            let scale: Vec<f32> =
                (30_000..).take(outputs).map(|i| 1e-5 * number(case, i)).collect();
            (weights, bias, multipliers, scale)
        })
        .collect();
    let plain = layers.iter().enumerate().map(|(i, (weights, bias, multipliers, scale))| {
        let fraction = 9 + (case / 8 % 6) as u8;
        let rescale = match i == shape.layers {
            true => q8::Rescale::Output { scale },
            false => q8::Rescale::Hidden { multipliers, shift: 1 + (case / 2 % 6) as u8, fraction },
        };
        q8::PlainLayer { weights, bias, rescale }
    });
    let count = q8::packed_len(shape, activation).expect("a valid shape");
    let mut words = vec![0; count];
    q8::pack(shape, activation, plain, &mut words).expect("integers in their ranges");
    words.extend((50_000..).take(gains).map(|i| number(case, i).to_bits()));
    words
}

/// A transform of each column: every form, some with a step, and categories.
fn transforms(case: u32, dim: usize) -> Vec<u32> {
    let parameters = |numbers: &[f32]| -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    };
    let power = parameters(&[0.5, 2.0, 1.5, 1.0 / 1.5]);
    let logarithm = parameters(&[0.0, 0.0, 2.0, 0.5]);
    let lines = parameters(&[-9.0, -1.0, 0.5, -0.5, 0.0, 0.25, 0.0, 0.3, 0.75, 0.25, 2.0, 0.75]);
    // Three values in another order, each with its interval.
    let categories = parameters(&[-9.0, 2.0, 0.0, -1.0, -0.5, 0.0, 0.0, 0.0, 0.5, 1.0, 0.0, 1.0]);
    let values = parameters(&[-9.0, -0.5, 0.0, -1.0, -0.5, 0.1, 0.0, 0.0, 0.5, 0.7, 0.0, 1.0]);
    let range = parameters(&[-0.4, 0.3]);
    let power_in_range = parameters(&[0.5, 2.0, 1.5, 1.0 / 1.5, -0.25, 0.75]);
    let plain = Column { low: -50.0, high: 60.0, shift: 0.25, scale: 1.5, ..Column::PLAIN };
    let column = |kind: u32| match kind % 11 {
        0 => Column::PLAIN,
        1 => Column { form: Form::Log, ..plain },
        2 => Column { form: Form::YeoJohnson, parameters: &power, ..plain },
        3 => Column { form: Form::Knots, parameters: &lines, ..plain },
        4 => Column { step: 1.0, per: 10.0, ..plain },
        5 => Column { form: Form::Log, step: 3.0, per: 2.0, ..plain },
        6 => Column { form: Form::YeoJohnson, parameters: &logarithm, ..plain },
        7 => Column { parameters: &range, ..plain },
        8 => Column { form: Form::YeoJohnson, parameters: &power_in_range, ..plain },
        9 => Column { form: Form::Knots, parameters: &values, ..plain },
        _ => Column {
            meaning: Meaning::Category,
            form: Form::Knots,
            low: 0.0,
            high: 2.0,
            parameters: &categories,
            ..Column::PLAIN
        },
    };
    let words = |column: Column<'_>| -> Vec<u32> {
        let (parameters, _) = column.parameters.as_chunks();
        let parameters = parameters.iter().map(|bytes| u32::from_le_bytes(*bytes));
        column.words().into_iter().chain(parameters).collect()
    };
    // Some models lack some forms.
    let few = if (case / 32).is_multiple_of(2) { 1 } else { 11 };
    (0..dim as u32).flat_map(|d| words(column(case / 64 + d % few))).collect()
}

/// A number in [-1, 1).
pub fn number(case: u32, i: u32) -> f32 {
    let [word, ..] = philox([case, i, 1, 0], [1, 0]);
    (word as i32) as f32 / 2_147_483_648.0
}
