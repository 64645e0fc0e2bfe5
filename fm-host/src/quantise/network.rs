//! The trained network in `f64`, for whole batches: the reference that the integers approximate.

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
    /// Computes `x W + b` of each row. Shape: `[n, inputs]` to `[n, outputs]`.
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
    /// The layers, starting at the input.
    pub layers: Vec<Affine>,
    /// The activation after every layer but the last.
    pub activation: Activation,
    /// The map from the inputs before `x` to the gains.
    gains: Option<Affine>,
}

impl ReferenceNetwork {
    /// Builds the network with these parameters.
    ///
    /// Shape: `parameters` is `[P]`, in the order of [`Architecture`].
    pub fn new(architecture: &Architecture, parameters: &[f32]) -> Self {
        let wide = |range: Range<usize>| parameters[range].iter().map(|&p| f64::from(p));
        let affine = |layer: crate::net::LayerRanges| Affine {
            weights: DMatrix::from_row_iterator(layer.inputs, layer.outputs, wide(layer.weights)),
            bias: RowDVector::from_iterator(layer.outputs, wide(layer.bias)),
        };
        let layers = architecture.layers().into_iter().map(affine).collect();
        let gains = architecture.gains().map(affine);
        Self { layers, activation: architecture.activation, gains }
    }

    /// Computes each layer's values before its activation; the last are the network's outputs.
    ///
    /// Shape: `inputs` is `[n, inputs]`; the result has one `[n, outputs]` per layer.
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

    /// Computes only the network's outputs.
    ///
    /// Shape: `inputs` is `[n, inputs]`; the result is `[n, data]`.
    pub fn output(&self, inputs: &DMatrix<f64>) -> DMatrix<f64> {
        self.forward(inputs).pop().unwrap_or_default()
    }

    /// Computes the network's outputs with what the gains add to them.
    ///
    /// Shape: as for [`ReferenceNetwork::output`].
    pub fn output_with_gains(&self, inputs: &DMatrix<f64>) -> DMatrix<f64> {
        let output = self.output(inputs);
        let Some(gains) = &self.gains else { return output };
        let before = gains.weights.nrows();
        let gains = gains.apply(&inputs.columns(0, before).into_owned());
        output + gains.component_mul(&inputs.columns(before, inputs.ncols() - before))
    }
}

/// Computes the activation in `f64`, so that values are only rounded once, to integers.
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
