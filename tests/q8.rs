//! The integer network's bits compared with its definition, as plain code in 64-bit integers.

mod common;

use common::{Integers, Placed, Wanted, integers, wobble};
use fm_nostd::blob::Conditioning;
use fm_nostd::net::q8::table;
use fm_nostd::prediction::Prediction;
use fm_nostd::{
    Activation, Condition, Conditional, Draw, Field, FieldError, Model, OneStep, TangentField,
    Velocity,
};
use proptest::prelude::*;

/// The definition in `fm_nostd::net::q8`, number by number; rows of the first layer are identified by
/// their position in `[t, h, condition, x]`.
fn plainly(wanted: &Wanted, inputs: &[(usize, f32)]) -> Vec<f32> {
    let fixed = |value: f32| {
        let scaled = f64::from(value) * 2048.0;
        // `f64::round` takes halves away from 0; the cast of a NaN is 0.
        (scaled.round() as i64).clamp(-32_768, 32_767)
    };
    let mut x: Vec<(usize, i64)> = inputs.iter().map(|(row, v)| (*row, fixed(*v))).collect();
    let table = table::of(wanted.activation);
    for layer in integers(wanted.shape()) {
        let outputs = layer.bias.len();
        let sum = |o: usize| {
            let products = x.iter().map(|(row, q)| i64::from(layer.weights[row * outputs + o]) * q);
            (i64::from(layer.bias[o]) + products.sum::<i64>()) as i32
        };
        if layer.multipliers.is_empty() {
            return (0..outputs).map(|o| sum(o) as f32 * layer.scale[o]).collect();
        }
        let hidden =
            (0..outputs).map(|o| activated(&layer, table.as_ref(), wanted.activation, sum(o), o));
        x = hidden.enumerate().collect();
    }
    unreachable!("the last layer returns")
}

fn activated(
    layer: &Integers,
    table: Option<&table::Table>,
    kind: Activation,
    sum: i32,
    o: usize,
) -> i64 {
    let scaled = (i64::from(sum) * i64::from(layer.multipliers[o])) >> 16;
    let z = ((scaled + (1 << (layer.shift - 1))) >> layer.shift).clamp(-32_767, 32_767);
    let step = 1i64 << (layer.fraction - 4);
    let g = table.map_or(0, |table| {
        let (place, rest) = ((z.abs() / step) as usize, z.abs() % step);
        match table.get(place..place + 2) {
            Some(&[left, right]) => {
                (i64::from(left) * (step - rest) + i64::from(right) * rest + 1024) >> 11
            }
            _ => 0,
        }
    });
    match kind {
        Activation::Relu => z.max(0),
        Activation::Silu | Activation::Gelu => z.max(0) - g,
        Activation::Tanh => (if z < 0 { -1 } else { 1 }) * ((1 << layer.fraction) - g),
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn activation() -> impl Strategy<Value = Activation> {
    (0u8..4).prop_map(|code| Activation::from_code(code).expect("four codes"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_size_gives_the_bits_of_the_definition(
        activation in activation(),
        average: bool,
        gains: bool,
        unconditional: bool,
        classes in 0usize..6,
        (dim, hidden, layers) in (1usize..40, 1usize..40, 1usize..4),
        x in proptest::collection::vec(-17.0f32..17.0, 40),
        t in 0.0f32..1.0,
    ) {
        let wanted = Wanted {
            prediction: if average { Prediction::AverageVelocity } else { Prediction::Velocity },
            activation,
            conditioning: if classes == 0 { Conditioning::NONE } else { Conditioning::classes(classes) },
            unconditional: unconditional && classes > 0,
            dim,
            hidden,
            layers,
        };
        let blob = if gains { wanted.blob_q8_with_gains() } else { wanted.blob_q8() };
        let placed = Placed::new(&blob);
        let model = Model::new(placed.bytes()).expect("a valid blob");
        let mut field = Field::new(&model, [vec![0.0; hidden], vec![0.0; hidden]], []).unwrap();
        let shape = wanted.shape();
        let mut inputs = vec![(0, t)];
        if classes > 0 {
            field.set_condition(Condition::Class(classes - 1)).unwrap();
            inputs.push((shape.times + classes - 1, 1.0));
        }
        inputs.extend(x[..dim].iter().enumerate().map(|(d, v)| (shape.times + shape.condition + d, *v)));
        let mut out = vec![0.0; dim];
        field.velocity(t, &x[..dim], &mut out);
        let mut expected = plainly(&wanted, &inputs);
        if gains {
            // `f32` beside integer weights: a constant, the time (the gap is 0), and the class.
            let rows = wanted.gains();
            let (rows, constant) = rows.split_at(rows.len() - dim);
            for (d, value) in expected.iter_mut().enumerate() {
                let mut gain = constant[d] + rows[d] * t;
                if average {
                    gain += rows[dim + d] * 0.0;
                }
                if classes > 0 {
                    gain += rows[(shape.times + classes - 1) * dim + d];
                }
                *value += gain * x[d];
            }
        }
        prop_assert_eq!(bits(&out), bits(&expected));
    }
}

#[test]
fn a_condition_vector_takes_its_rows() {
    let wanted = Wanted {
        prediction: Prediction::Velocity,
        activation: Activation::Silu,
        conditioning: Conditioning::vector(3),
        unconditional: false,
        dim: 19,
        hidden: 10,
        layers: 2,
    };
    let placed = Placed::new(&wanted.blob_q8());
    let model = Model::new(placed.bytes()).expect("a valid blob");
    let mut field = Field::new(&model, [[0.0; 10]; 2], [0.0; 3]).unwrap();
    let c = [0.75, -0.25, 1.5];
    field.set_condition(Condition::Vector(&c)).unwrap();
    let standard = [0, 1, 2].map(|d| (c[d] - wobble(d + 50)) * (2.0 + wobble(d + 60)));
    let x: [f32; 19] = core::array::from_fn(wobble);
    let mut out = [0.0; 19];
    field.velocity(0.5, &x, &mut out);
    let inputs: Vec<_> = [0.5].into_iter().chain(standard).chain(x).enumerate().collect();
    assert_eq!(bits(&out), bits(&plainly(&wanted, &inputs)));
}

fn one_step() -> Wanted {
    Wanted {
        prediction: Prediction::AverageVelocity,
        activation: Activation::Silu,
        conditioning: Conditioning::NONE,
        unconditional: false,
        dim: 2,
        hidden: 16,
        layers: 2,
    }
}

#[test]
fn what_is_not_finite_or_too_large_gives_a_finite_sample() {
    let placed = Placed::new(&one_step().blob_q8());
    let model = Model::new(placed.bytes()).expect("a valid blob");
    let mut field = Field::new(&model, [[0.0; 16]; 2], []).unwrap();
    let mut at = |x: [f32; 2]| {
        let mut out = [0.0; 2];
        field.velocity(0.0, &x, &mut out);
        out
    };
    assert_eq!(at([f32::INFINITY, f32::NEG_INFINITY]), at([17.0, -17.0]));
    assert_eq!(at([f32::NAN, 1.0]), at([0.0, 1.0]));
    assert!(at([f32::NAN; 2]).iter().all(|value| value.is_finite()));
}

#[test]
fn integers_sample_but_have_no_slope() {
    let placed = Placed::new(&one_step().blob_q8());
    let model = Model::new(placed.bytes()).expect("a valid blob");
    let sample = OneStep::<2, 0, 16>::new(&model).unwrap().sample(Draw { seed: 1, sample: 2 });
    assert!(sample.iter().all(|value| value.is_finite()));
    let field = Field::new(&model, [[0.0; 16]; 2], []).unwrap();
    assert_eq!(TangentField::new(field, [[0.0; 16]; 2]).unwrap_err(), FieldError::NoSlope);
}
