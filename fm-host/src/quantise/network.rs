//! The trained network in `f64`, a batch at a time: what the integers are to come near.

use std::ops::Range;

use fm_nostd::Activation;
use nalgebra::{DMatrix, RowDVector};

use crate::net::Architecture;

/// One affine map, `z = x W + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// Shape: `[inputs, outputs]`.
    pub weights: DMatrix<f64>,
    /// Shape: `[outputs]`.
    pub bias: RowDVector<f64>,
}

impl Affine {
    /// Shape: `[n, inputs]` to `[n, outputs]`.
    pub fn apply(&self, inputs: &DMatrix<f64>) -> DMatrix<f64> {
        let mut z = inputs * &self.weights;
        for mut row in z.row_iter_mut() {
            row += &self.bias;
        }
        z
    }
}

/// A multilayer perceptron.
#[derive(Clone, Debug)]
pub struct ReferenceNetwork {
    /// From the input on.
    pub layers: Vec<Affine>,
    /// What follows every layer but the last.
    pub activation: Activation,
}

impl ReferenceNetwork {
    /// The network of these parameters.
    ///
    /// Shape: `parameters` is `[P]`, in the order of [`Architecture`].
    pub fn new(architecture: &Architecture, parameters: &[f32]) -> Self {
        let wide = |range: Range<usize>| parameters[range].iter().map(|&p| f64::from(p));
        let affine = |layer: crate::net::LayerRanges| Affine {
            weights: DMatrix::from_row_iterator(layer.inputs, layer.outputs, wide(layer.weights)),
            bias: RowDVector::from_iterator(layer.outputs, wide(layer.bias)),
        };
        let layers = architecture.layers().into_iter().map(affine).collect();
        Self { layers, activation: architecture.activation }
    }

    /// What each layer gives before its activation; the last is the output.
    ///
    /// Shape: `[n, inputs]` to one `[n, outputs]` a layer.
    pub fn forward(&self, inputs: &DMatrix<f64>) -> Vec<DMatrix<f64>> {
        let mut all: Vec<DMatrix<f64>> = Vec::new();
        for layer in &self.layers {
            let z = match all.last() {
                None => layer.apply(inputs),
                Some(before) => layer.apply(&before.map(|z| activated(self.activation, z))),
            };
            all.push(z);
        }
        all
    }

    /// The output alone.
    ///
    /// Shape: `[n, inputs]` to `[n, data]`.
    pub fn output(&self, inputs: &DMatrix<f64>) -> DMatrix<f64> {
        self.forward(inputs).pop().unwrap_or_default()
    }
}

/// In `f64`: what is rounded is not to be rounded before.
fn activated(activation: Activation, z: f64) -> f64 {
    let swish = |argument: f64| z / (1.0 + (-argument).exp());
    match activation {
        Activation::Relu => z.max(0.0),
        Activation::Silu => swish(z),
        // The tanh form, written with one exponential.
        Activation::Gelu => {
            swish((8.0 / std::f64::consts::PI).sqrt() * (z + 0.044_715 * z.powi(3)))
        }
        Activation::Tanh => z.tanh(),
    }
}
