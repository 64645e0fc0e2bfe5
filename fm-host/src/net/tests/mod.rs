//! Tests that span the network's files: against an f64 network written to be readable, against the
//! implementation in dfdx's operations, and as a learner.

mod likelihood;
pub(super) mod network;
mod stacked;
mod training;

use fm_nostd::Activation;
use fm_nostd::blob::KnownInputs;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::Architecture;
use crate::data::Rows;

pub(super) fn architecture(activation: Activation, hidden: usize, layers: usize) -> Architecture {
    Architecture {
        data: 2,
        average: true,
        condition: 1,
        known: KnownInputs::None,
        hidden,
        layers,
        activation,
        gain: true,
    }
}

fn normals(seed: u64, count: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| StandardNormal.sample(&mut rng)).collect()
}

pub(super) fn table(seed: u64, len: usize, dim: usize) -> Rows {
    Rows::from_vec(dim, normals(seed, len * dim))
}

/// Parameters whose biases and last layer are not small, unlike initial ones.
pub(super) fn parameters(architecture: &Architecture, seed: u64) -> Vec<f32> {
    let noise = normals(seed, architecture.parameters());
    let fresh = architecture.init(seed);
    fresh.iter().zip(noise).map(|(fresh, noise)| fresh + 0.1 * noise).collect()
}

/// The largest difference between two vectors, divided by the largest value.
pub(super) fn distance<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().map(|&b| b.into().abs()).fold(1e-30, f64::max);
    let worst = a.iter().zip(b).map(|(&a, &b)| (a.into() - b.into()).abs()).fold(0.0, f64::max);
    worst / largest
}

/// The gains in f64 at a row's times and condition, if the network has some.
fn gains(architecture: &Architecture, theta: &[f64], row: &[f64]) -> Option<Vec<f64>> {
    let layer = architecture.gains()?;
    let (weights, bias) = (&theta[layer.weights.clone()], &theta[layer.bias.clone()]);
    let gain = |j: usize| {
        let inputs = row[..layer.inputs].iter().enumerate();
        bias[j] + inputs.map(|(i, x)| x * weights[i * layer.outputs + j]).sum::<f64>()
    };
    Some((0..layer.outputs).map(gain).collect())
}

/// The network in f64, one row at a time.
fn reference(architecture: &Architecture, theta: &[f64], row: &[f64]) -> Vec<f64> {
    let layers = architecture.layers();
    let mut values = row.to_vec();
    for (l, layer) in layers.iter().enumerate() {
        let weights = &theta[layer.weights.clone()];
        let bias = &theta[layer.bias.clone()];
        values = (0..layer.outputs)
            .map(|j| {
                let terms = values.iter().enumerate();
                let sum: f64 = terms.map(|(i, x)| x * weights[i * layer.outputs + j]).sum();
                let z = sum + bias[j];
                if l == architecture.layers { z } else { activation(architecture.activation, z) }
            })
            .collect();
    }
    if let Some(gains) = gains(architecture, theta, row) {
        let x = &row[row.len() - gains.len()..];
        values.iter_mut().zip(gains.iter().zip(x)).for_each(|(value, (g, x))| *value += g * x);
    }
    values
}

fn activation(kind: Activation, z: f64) -> f64 {
    match kind {
        Activation::Relu => z.max(0.0),
        Activation::Silu => z / (1.0 + (-z).exp()),
        Activation::Gelu => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (z + 0.044715 * z.powi(3));
            0.5 * z * (1.0 + inner.tanh())
        }
        Activation::Tanh => z.tanh(),
    }
}

pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}
