//! One evaluation of the network and of its derivatives along directions for a few rows, forward and
//! backward: the gradient of a function of both with respect to the parameters and the inputs.
//!
//! Tables have the rows of the values first, then those of the tangents, one direction after the other, so
//! that most products take all of them at once.

use fm_nostd::Activation;

use super::bends::{activate_twice, along, back};
use super::gain::Gain;
use super::kernels::{activate, affine, outer, padded, sum_rows};
use super::packed::Packed;
use crate::net::Architecture;

/// The work space of one evaluation, which keeps the forward pass's values for the backward pass.
#[derive(Debug)]
pub struct Stage {
    /// Shape: `[(1 + directions) rows, inputs]`.
    pub input: Vec<f32>,
    /// The output, or its gradient. Shape: `[(1 + directions) rows, width]`; columns after the network's
    /// outputs must be 0 in a gradient.
    pub output: Vec<f32>,
    /// The gradient with respect to the inputs. Shape: `[rows, padded inputs]`.
    pub input_gradient: Vec<f32>,
    layers: Vec<Hidden>,
    /// The gradients behind and before a layer. Shape: `[(1 + directions) rows, width]`.
    gradients: [Vec<f32>; 2],
    zeros: Vec<f32>,
    gain: Gain,
}

/// What the forward pass leaves in a hidden layer.
#[derive(Debug)]
struct Hidden {
    /// Values and tangents after the activation. Shape: `[(1 + directions) rows, width]`.
    values: Vec<f32>,
    /// Tangents before the activation. Shape: `[directions rows, width]`.
    tangents: Vec<f32>,
    /// The activation's first derivatives. Shape: `[rows, width]`.
    slopes: Vec<f32>,
    /// The activation's second derivatives. Shape: `[rows, width]`.
    bends: Vec<f32>,
}

impl Stage {
    /// Allocates the work space for `rows` rows with derivatives along `directions` directions.
    pub fn new(architecture: &Architecture, rows: usize, directions: usize) -> Self {
        let all = (1 + directions) * rows;
        let width = padded(architecture.hidden);
        let hidden = || Hidden {
            values: vec![0.0; all * width],
            tangents: vec![0.0; directions * rows * width],
            slopes: vec![0.0; rows * width],
            bends: vec![0.0; rows * width],
        };
        let inputs = padded(architecture.inputs());
        let outputs = padded(architecture.data);
        let gradient = || vec![0.0; all * width.max(outputs)];
        Self {
            input: vec![0.0; all * architecture.inputs()],
            output: vec![0.0; all * outputs],
            input_gradient: vec![0.0; rows * inputs],
            layers: (0..architecture.layers).map(|_| hidden()).collect(),
            gradients: [gradient(), gradient()],
            zeros: vec![0.0; width.max(inputs).max(outputs)],
            gain: Gain::new(architecture, rows),
        }
    }

    /// Computes the output for the first `rows` rows of the input, and the derivatives along `directions`
    /// directions, which may be 0.
    pub fn forward(
        &mut self,
        net: &Packed,
        activation: Activation,
        rows: usize,
        directions: usize,
    ) {
        let Self { input, output, layers, zeros, gain, .. } = self;
        let (mut table, mut stride) = (&input[..], net.layers[0].inputs);
        for (layer, hidden) in net.layers.iter().zip(layers) {
            let at = rows * layer.width;
            let (z, after) = hidden.values.split_at_mut(at);
            let slopes = &mut hidden.slopes[..at];
            affine(table, stride, &layer.weights, &layer.bias, z);
            if directions == 0 {
                activate(activation, z, slopes);
            } else {
                activate_twice(activation, z, slopes, &mut hidden.bends[..at]);
                let tangents = &mut hidden.tangents[..directions * at];
                let zeros = &zeros[..layer.width];
                affine(&table[rows * stride..], stride, &layer.weights, zeros, tangents);
                along(slopes, tangents, &mut after[..directions * at]);
            }
            (table, stride) = (&hidden.values, layer.width);
        }
        let Some(last) = net.layers.last() else { return };
        let (values, tangents) = output.split_at_mut(rows * last.width);
        affine(table, stride, &last.weights, &last.bias, values);
        if directions > 0 {
            let tangents = &mut tangents[..directions * rows * last.width];
            let zeros = &zeros[..last.width];
            affine(&table[rows * stride..], stride, &last.weights, zeros, tangents);
        }
        if let Some(gains) = &net.gains {
            let tables = input.chunks_exact(rows * net.layers[0].inputs).take(1 + directions);
            let outputs = output.chunks_exact_mut(rows * last.width);
            for (d, (table, output)) in tables.zip(outputs).enumerate() {
                match d {
                    0 => gain.forward(gains, table, (output, last.width)),
                    // Directions do not change times and conditions.
                    _ => gain.along(gains, table, (output, last.width)),
                }
            }
        }
    }

    /// Adds the gradient of the parameters to the padded `gradient`, and writes that of the inputs, for the
    /// gradient in `output`; must follow [`Stage::forward`] with directions on the same input.
    pub fn backward(&mut self, net: &Packed, rows: usize, directions: usize, gradient: &mut [f32]) {
        let Some(last) = net.layers.last() else { return };
        let all = (1 + directions) * rows;
        let Self { input, output, input_gradient, layers, gradients, zeros, gain } = self;
        let [here, before] = gradients;
        let output = &output[..all * last.width];
        here[..all * last.width].copy_from_slice(output);
        if let Some(gains) = &net.gains {
            let input = &input[..all * net.layers[0].inputs];
            gain.backward(gains, input, rows, (output, last.width), gradient);
        }
        for (l, layer) in net.layers.iter().enumerate().rev() {
            let dz = &here[..all * layer.width];
            let (table, stride) = match l.checked_sub(1) {
                None => (&input[..], layer.inputs),
                Some(below) => (&layers[below].values[..], padded(layer.inputs)),
            };
            outer(table, stride, dz, layer.width, &mut gradient[layer.weights_at.clone()]);
            sum_rows(&dz[..rows * layer.width], &mut gradient[layer.bias_at.clone()]);
            let depth = padded(layer.inputs);
            let zeros = &zeros[..depth];
            let Some(below) = l.checked_sub(1) else {
                let into = &mut input_gradient[..rows * depth];
                affine(dz, layer.width, &layer.transposed, zeros, into);
                if let Some(gains) = &net.gains {
                    let seed = (&output[..rows * last.width], last.width);
                    gain.backward_input(gains, seed, into);
                }
                return;
            };
            let Hidden { tangents, slopes, bends, .. } = &layers[below];
            let into = &mut before[..all * depth];
            affine(dz, layer.width, &layer.transposed, zeros, into);
            let at = rows * depth;
            back(&slopes[..at], &bends[..at], &tangents[..directions * at], into);
            std::mem::swap(here, before);
        }
    }
}
