//! The forward and backward pass of a few rows: all the work that one thread does alone.

use std::iter::repeat;

use fm_nostd::Activation;

use super::gain::Gain;
use super::kernels::{activate, affine, chain, outer, padded, sum_rows};
use super::packed::Packed;
use crate::net::Architecture;

/// Rows per tile. A tile's activations fit in the cache, and the division of a batch does not depend on the
/// number of threads.
pub const ROWS: usize = 64;

/// The work space of one tile, which keeps the forward pass's values for the backward pass.
#[derive(Debug)]
pub struct Tile {
    /// Each hidden layer's outputs. Shape: `[layers][rows, width]`.
    values: Vec<Vec<f32>>,
    /// The activation's derivatives there, and in the backward pass the gradients. Same shape.
    slopes: Vec<Vec<f32>>,
    /// The tangent after each hidden layer. Same shape.
    tangents: Vec<Vec<f32>>,
    /// The padded output or its gradient. Shape: `[rows, width]`.
    output: Vec<f32>,
    gain: Gain,
}

/// The rows of a batch that one tile works on.
#[derive(Debug)]
pub struct Job<'a> {
    /// Shape: `[rows, inputs]`.
    pub input: &'a [f32],
    /// Tangents of the first rows; may be empty. Shape: `[up to rows, inputs]`.
    pub tangent: &'a [f32],
    /// Shape: `[rows, data]`.
    pub u: &'a mut [f32],
    /// Shape: as many rows as `tangent`, with `data` columns.
    pub du: &'a mut [f32],
}

impl Tile {
    /// Allocates the work space for a network.
    pub fn new(architecture: &Architecture) -> Self {
        let hidden = vec![0.0; ROWS * padded(architecture.hidden)];
        Self {
            values: vec![hidden.clone(); architecture.layers],
            slopes: vec![hidden.clone(); architecture.layers],
            tangents: vec![hidden; architecture.layers],
            output: vec![0.0; ROWS * padded(architecture.data)],
            gain: Gain::new(architecture, ROWS),
        }
    }

    /// Computes the output `u` and its derivative `du`.
    pub fn forward(&mut self, net: &Packed, activation: Activation, job: &mut Job) {
        let inputs = net.layers[0].inputs;
        let rows = job.input.len() / inputs;
        let tangents = job.tangent.len() / inputs;
        // The layer's input, its tangent, and the width of their rows.
        let (mut values, mut direction, mut stride) = (job.input, job.tangent, inputs);
        let hidden = self.values.iter_mut().zip(&mut self.slopes).zip(&mut self.tangents);
        for (layer, ((z, slopes), along)) in net.layers.iter().zip(hidden) {
            let z = &mut z[..rows * layer.width];
            let slopes = &mut slopes[..rows * layer.width];
            affine(values, stride, &layer.weights, &layer.bias, z);
            activate(activation, z, slopes);
            let along = &mut along[..tangents * layer.width];
            along.copy_from_slice(&slopes[..tangents * layer.width]);
            chain(direction, stride, &layer.weights, layer.width, along);
            (values, direction, stride) = (z, along, layer.width);
        }
        let Some(last) = net.layers.last() else { return };
        let output = &mut self.output[..rows * last.width];
        affine(values, stride, &last.weights, &last.bias, output);
        unpad(output, last.width, job.u, last.outputs);
        let output = &mut output[..tangents * last.width];
        output.fill(1.0);
        chain(direction, stride, &last.weights, last.width, output);
        unpad(output, last.width, job.du, last.outputs);
        if let Some(gains) = &net.gains {
            self.gain.forward(gains, job.input, (job.u, last.outputs));
            self.gain.along(gains, job.tangent, (job.du, last.outputs));
            self.gain.turn(gains, job.input, job.tangent, (job.du, last.outputs));
        }
    }

    /// Adds to the padded `gradient` the parameters' gradient for `seed`, the gradient of the loss with
    /// respect to `u`; must follow [`Tile::forward`] on the same `input`.
    ///
    /// Shape: `input [rows, inputs]`, `seed [rows, data]`.
    pub fn backward(&mut self, net: &Packed, input: &[f32], seed: &[f32], gradient: &mut [f32]) {
        let Some(last) = net.layers.last() else { return };
        let rows = seed.len() / last.outputs;
        if let Some(gains) = &net.gains {
            self.gain.backward(gains, input, rows, (seed, last.outputs), gradient);
        }
        let output = &mut self.output[..rows * last.width];
        for (row, seed) in output.chunks_exact_mut(last.width).zip(seed.chunks_exact(last.outputs))
        {
            let padded = seed.iter().copied().chain(repeat(0.0));
            for (out, x) in row.iter_mut().zip(padded) {
                *out = x;
            }
        }
        // The gradient with respect to a layer's pre-activations `z`.
        let mut dz: &[f32] = output;
        let mut slopes = self.slopes.iter_mut().rev();
        for (l, layer) in net.layers.iter().enumerate().rev() {
            let (values, stride) = match l.checked_sub(1) {
                None => (input, layer.inputs),
                Some(before) => (&self.values[before][..], padded(layer.inputs)),
            };
            outer(values, stride, dz, layer.width, &mut gradient[layer.weights_at.clone()]);
            sum_rows(dz, &mut gradient[layer.bias_at.clone()]);
            if let Some(slopes) = slopes.next() {
                let slopes = &mut slopes[..rows * stride];
                chain(dz, layer.width, &layer.transposed, stride, slopes);
                dz = slopes;
            }
        }
    }
}

/// Copies the first `outputs` columns.
fn unpad(table: &[f32], width: usize, out: &mut [f32], outputs: usize) {
    for (row, out) in table.chunks_exact(width).zip(out.chunks_exact_mut(outputs)) {
        // For so few values, calling a copy takes longer than copying.
        for (out, x) in out.iter_mut().zip(row) {
            *out = *x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rows;
    use crate::net::tests::network::{TOLERANCE, target};
    use crate::net::tests::{architecture, distance, parameters, table, wide};
    use crate::net::{Regression, Weighting};

    #[test]
    fn derivatives_are_those_of_the_f64_network() {
        for (i, activation) in Activation::ALL.into_iter().enumerate() {
            let architecture = architecture(activation, 20, 2);
            let theta = parameters(&architecture, 7 + i as u64);
            let (rows, directions) = (9, 5);
            // With velocity 0 and gap 1, the target is the derivative.
            let regression = Regression {
                input: table(11, rows, architecture.inputs()),
                tangent: table(12, directions, architecture.inputs()),
                velocity: Rows::from_vec(architecture.data, vec![0.0; rows * architecture.data]),
                gap: vec![1.0; directions],
                weight: Vec::new(),
                mask: Rows::new(architecture.data),
                weighting: Weighting { p: 0.0, c: 0.0 },
                solve: None,
            };
            let mut u = vec![0.0; rows * architecture.data];
            let mut du = vec![0.0; directions * architecture.data];
            let (input, tangent) = (regression.input.as_slice(), regression.tangent.as_slice());
            let mut job = Job { input, tangent, u: &mut u, du: &mut du };
            let net = Packed::new(&architecture, &theta);
            Tile::new(&architecture).forward(&net, activation, &mut job);
            let theta = wide(&theta);
            let truth: Vec<f64> = (0..directions)
                .flat_map(|i| target(&architecture, &theta, &regression, i))
                .collect();
            assert!(distance(&du, &truth) < TOLERANCE, "du, {activation:?}");
        }
    }
}
