//! The models for counting: the reference network, with hidden layers of 64, 64 and 64 and random
//! weights.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fm_nostd::Activation;
use fm_nostd::blob::{Spec, emit, emitted_len};
use fm_nostd::net::f32::pack;
use fm_nostd::net::{Shape, Weights, q8};
use fm_nostd::prediction::Prediction;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The number format of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32-bit floats
    F32,
    /// 8-bit integers
    Q8,
}

/// Parses an activation's name.
pub fn activation() -> impl TypedValueParser<Value = Activation> {
    PossibleValuesParser::new(Activation::ALL.map(Activation::name))
        .try_map(|name| Activation::from_name(&name).ok_or("not an activation"))
}

/// The prediction of a bench image's network: `velocity.fm` reads `[t, x]`, `average.fm` reads
/// `[t, h, x]`.
const KINDS: [(&str, Prediction); 2] =
    [("velocity.fm", Prediction::Velocity), ("average.fm", Prediction::AverageVelocity)];

/// Writes the models into `folder`.
pub fn write(folder: &Path, dtype: Dtype, activation: Activation) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    for (name, prediction) in KINDS {
        let spec = Spec {
            prediction,
            activation,
            dim: 2,
            widths: &[64; 3],
            name: "bench",
            mean: &[0.0; 2],
            std: &[1.0; 2],
            ..Spec::PLAIN
        };
        let layers = random_layers(spec.shape());
        let bytes = match dtype {
            Dtype::F32 => f32_blob(spec, &layers)?,
            Dtype::Q8 => q8_blob(spec, &layers)?,
        };
        let file = folder.join(name);
        // Rewriting an unchanged file would make cargo compile the images again.
        if !fs_err::read(&file).is_ok_and(|old| old == bytes) {
            fs_err::write(file, bytes)?;
        }
    }
    Ok(())
}

/// A layer in floats. Shape: `weights` is `[inputs][outputs]`.
struct FloatLayer {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Kaiming's uniform weights, with half the variance in the last layer, and small biases.
fn random_layers(shape: Shape) -> Vec<FloatLayer> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut uniform = |count: usize, bound: f32| {
        (0..count).map(|_| random.random_range(-bound..bound)).collect::<Vec<_>>()
    };
    let sizes = (0..=shape.layers).filter_map(|layer| shape.layer(layer));
    sizes
        .map(|(inputs, outputs)| {
            let variance = if outputs == shape.dim { 1.0 } else { 2.0 } / inputs as f32;
            let weights = uniform(inputs * outputs, (3.0 * variance).sqrt());
            FloatLayer { weights, bias: uniform(outputs, 0.3) }
        })
        .collect()
}

fn f32_blob(spec: Spec<'_>, layers: &[FloatLayer]) -> Result<Vec<u8>> {
    let parameters: Vec<f32> =
        layers.iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias)).copied().collect();
    let mut weights = vec![0.0; parameters.len()];
    pack(spec.shape(), &parameters, &mut weights)?;
    blob(&Spec { weights: Weights::F32(&weights), ..spec })
}

/// The layers in integers, with activations of [`FRACTION`] fraction bits.
fn q8_blob(spec: Spec<'_>, layers: &[FloatLayer]) -> Result<Vec<u8>> {
    let fractions = std::iter::once(q8::INPUT_FRACTION).chain(std::iter::repeat(FRACTION));
    let layers: Vec<IntegerLayer> = layers
        .iter()
        .zip(fractions)
        .map(|(layer, fraction)| IntegerLayer::of(layer, fraction))
        .collect();
    let words = q8::packed_len(spec.shape(), spec.activation).unwrap_or_default();
    let mut weights = vec![0; words];
    let last = layers.len() - 1;
    let borrowed = layers.iter().enumerate().map(|(i, layer)| layer.borrow(i == last));
    q8::pack(spec.shape(), spec.activation, borrowed, &mut weights)?;
    blob(&Spec { weights: Weights::Q8(&weights), ..spec })
}

/// Fraction bits of a hidden layer's activations, whose range is then 16.
const FRACTION: u32 = 11;

/// A layer in integers.
struct IntegerLayer {
    weights: Vec<i8>,
    bias: Vec<i32>,
    /// The value of one unit of an output's sum.
    scales: Vec<f32>,
    multipliers: Vec<i16>,
    shift: u8,
}

impl IntegerLayer {
    /// Rounds a layer whose inputs have this many fraction bits, output by output.
    fn of(layer: &FloatLayer, fraction: u32) -> Self {
        let outputs = layer.bias.len();
        let input = 0.5f32.powi(fraction as i32);
        let greatest = |output: usize| {
            let weights = layer.weights.iter().skip(output).step_by(outputs);
            weights.fold(0.0, |greatest: f32, weight| greatest.max(weight.abs()))
        };
        let steps: Vec<f32> = (0..outputs).map(|output| greatest(output) / 127.0).collect();
        let places = steps.iter().cycle();
        let weights = layer.weights.iter().zip(places).map(|(w, step)| (w / step).round() as i8);
        let scales: Vec<f32> = steps.iter().map(|step| step * input).collect();
        let bias = layer.bias.iter().zip(&scales).map(|(b, scale)| (b / scale).round() as i32);
        // From a sum to an activation: multiplier / 2^(16 + shift), the finest that fits 15 bits.
        let factors = scales.iter().map(|scale| scale * 2f32.powi(FRACTION as i32));
        let largest = factors.clone().fold(0.0, f32::max);
        let shift = (1..=30).rev().find(|shift| largest * 2f32.powi(16 + shift) < 32_767.0);
        let shift = shift.unwrap_or(1);
        let multipliers = factors.map(|factor| (factor * 2f32.powi(16 + shift)) as i16).collect();
        let (weights, bias) = (weights.collect(), bias.collect());
        Self { weights, bias, scales, multipliers, shift: shift as u8 }
    }

    fn borrow(&self, last: bool) -> q8::PlainLayer<'_> {
        let rescale = if last {
            q8::Rescale::Output { scale: &self.scales }
        } else {
            let fraction = FRACTION as u8;
            q8::Rescale::Hidden { multipliers: &self.multipliers, shift: self.shift, fraction }
        };
        q8::PlainLayer { weights: &self.weights, bias: &self.bias, rescale }
    }
}

fn blob(spec: &Spec<'_>) -> Result<Vec<u8>> {
    let mut bytes = vec![0; emitted_len(spec)?];
    emit(spec, &mut bytes)?;
    Ok(bytes)
}
