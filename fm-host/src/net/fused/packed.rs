//! The parameters in the layout of the kernels: every layer's columns padded with zeros to whole registers
//! and stored in panels, with a transposed copy for the backward pass.

use std::ops::Range;

use super::kernels::{PANEL, packed_at, padded};
use crate::net::{Architecture, LayerRanges};

/// One layer's padded weights.
#[derive(Debug)]
pub struct PackedLayer {
    /// The number of inputs.
    pub inputs: usize,
    /// The number of outputs.
    pub outputs: usize,
    /// `outputs`, padded to whole registers.
    pub width: usize,
    /// Shape: `[inputs, width]`, in panels.
    pub weights: Vec<f32>,
    /// Shape: `[width]`.
    pub bias: Vec<f32>,
    /// Shape: `[outputs, padded inputs]`, in panels.
    pub transposed: Vec<f32>,
    /// Where the weights' gradient is in a padded gradient. Shape: `[inputs, width]`.
    pub weights_at: Range<usize>,
    /// Where the bias's gradient is in a padded gradient. Shape: `[width]`.
    pub bias_at: Range<usize>,
}

impl PackedLayer {
    /// Packs one layer of `theta`, whose padded gradient starts at `at`.
    fn new(layer: LayerRanges, theta: &[f32], at: usize) -> Self {
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let (width, depth) = (padded(outputs), padded(inputs));
        let mut weights = vec![0.0; inputs * width];
        let mut transposed = vec![0.0; outputs * depth];
        for (i, row) in theta[layer.weights].chunks_exact(outputs).enumerate() {
            for (p, piece) in row.chunks(PANEL).enumerate() {
                let at = packed_at(inputs, width, i, p * PANEL);
                weights[at..at + piece.len()].copy_from_slice(piece);
            }
            let column = packed_at(outputs, depth, 0, i);
            let step = PANEL.min(depth - (i - i % PANEL));
            for (weight, out) in row.iter().zip(transposed[column..].iter_mut().step_by(step)) {
                *out = *weight;
            }
        }
        let mut bias = vec![0.0; width];
        bias[..outputs].copy_from_slice(&theta[layer.bias]);
        let weights_at = at..at + weights.len();
        let bias_at = weights_at.end..weights_at.end + width;
        Self { inputs, outputs, width, weights, bias, transposed, weights_at, bias_at }
    }
}

/// A network's padded weights.
#[derive(Debug)]
pub struct Packed {
    /// The layers, starting at the input.
    pub layers: Vec<PackedLayer>,
    /// The map from the inputs before `x` to the gains.
    pub gains: Option<PackedLayer>,
}

impl Packed {
    /// Packs `theta`.
    pub fn new(architecture: &Architecture, theta: &[f32]) -> Self {
        let mut at = 0;
        let mut pack = |ranges| {
            let layer = PackedLayer::new(ranges, theta, at);
            at = layer.bias_at.end;
            layer
        };
        let layers = architecture.layers().into_iter().map(&mut pack).collect();
        Self { layers, gains: architecture.gains().map(pack) }
    }

    /// The number of outputs of the last layer.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.outputs)
    }

    /// The length of a padded gradient.
    pub fn gradient_len(&self) -> usize {
        self.gains.as_ref().or(self.layers.last()).map_or(0, |layer| layer.bias_at.end)
    }

    /// Adds a padded gradient, times `scale`, to the gradient of `theta`.
    pub fn unpack(&self, gradient: &[f32], scale: f32, theta_gradient: &mut [f32]) {
        let mut rest = theta_gradient;
        for layer in self.layers.iter().chain(&self.gains) {
            // The bias follows the weights, like one more row.
            let rows =
                gradient[layer.weights_at.start..layer.bias_at.end].chunks_exact(layer.width);
            let (here, after) = rest.split_at_mut((layer.inputs + 1) * layer.outputs);
            for (row, out) in rows.zip(here.chunks_exact_mut(layer.outputs)) {
                for (out, x) in out.iter_mut().zip(row) {
                    *out += scale * x;
                }
            }
            rest = after;
        }
    }
}
