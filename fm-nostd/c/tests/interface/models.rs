//! The models of the tests.

use fm_nostd::blob::{Aligned, Conditioning, KnownInputs, Spec, emit};
use fm_nostd::net::Weights;
use fm_nostd::prediction::Prediction;
use fm_nostd::{Activation, Column, Form, Meaning};

pub static MOONS: &Aligned<[u8]> =
    &Aligned(*include_bytes!("../../../../examples/firmware/models/moons.fm"));
pub static DIGITS: &Aligned<[u8]> =
    &Aligned(*include_bytes!("../../../../examples/firmware/models/digits.fm"));

/// A model of one hidden unit with a condition vector of two numbers.
pub fn policy(prediction: Prediction) -> &'static [u8] {
    let inputs = 1 + 2 + 1 + usize::from(prediction.reach().jumps());
    let weights = vec![0.5f32; 1 + inputs + 2];
    let spec = Spec {
        prediction,
        activation: Activation::Tanh,
        conditioning: Conditioning::vector(2),
        dim: 1,
        widths: &[1],
        id: 3,
        name: "policy",
        mean: &[0.0],
        std: &[1.0],
        condition_mean: &[0.0; 2],
        condition_scale: &[1.0; 2],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let memory = Box::leak(Box::new(Aligned([0; 256])));
    emit(&spec, &mut memory.0).unwrap()
}

/// A model of average velocities between a source and data in 2-D.
pub fn between() -> &'static [u8] {
    let weights: Vec<f32> =
        (0..(4 + 1) * 8 + (8 + 1) * 2).map(|i| ((i * 37 % 19) as f32 - 9.0) / 13.0).collect();
    let spec = Spec {
        prediction: Prediction::AverageVelocity,
        activation: Activation::Silu,
        dim: 2,
        widths: &[8],
        mean: &[0.5, -3.0, 10.0, 20.0],
        std: &[2.0, 0.25, 0.5, 0.125],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let out: &'static mut Aligned<[u8; 2048]> = Box::leak(Box::new(Aligned([0; 2048])));
    emit(&spec, &mut out.0).expect("valid")
}

/// A model with known parts, with a class, of a column of two categories and one with limits.
pub fn completing(prediction: Prediction) -> &'static [u8] {
    completing_after(0, prediction)
}

/// Such a model whose first numbers were always known.
pub fn completing_after(known_prefix: usize, prediction: Prediction) -> &'static [u8] {
    let knots: [f32; 8] = [-9.0, 0.0, 0.0, -0.8, 0.0, 1.0, 0.0, 0.8];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let (form, meaning) = (Form::Knots, Meaning::Category);
    let category =
        Column { form, meaning, low: 0.0, high: 1.0, parameters: &parameters, ..Column::PLAIN };
    let mut columns = category.words().to_vec();
    columns.extend(knots.map(f32::to_bits));
    columns.extend(Column::within(-5.0, 5.0).words());
    let spec = Spec {
        prediction,
        activation: Activation::Silu,
        conditioning: Conditioning::classes(2),
        unconditional: true,
        known: KnownInputs::ValuesAndAbsent,
        known_prefix,
        dim: 2,
        widths: &[8],
        mean: &[0.5, -3.0],
        std: &[2.0, 0.25],
        transforms: &columns,
        ..Spec::PLAIN
    };
    let count = spec.shape().parameters().expect("valid sizes");
    let weights: Vec<f32> = (0..count).map(|i| ((i * 37 % 19) as f32 - 9.0) / 13.0).collect();
    let out: &'static mut Aligned<[u8; 2048]> = Box::leak(Box::new(Aligned([0; 2048])));
    emit(&Spec { weights: Weights::F32(&weights), ..spec }, &mut out.0).expect("valid")
}
