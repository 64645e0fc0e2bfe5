//! What the gains add to the output and to its derivatives, and the gradient of both.
//!
//! In the tables of inputs, rows are `[t, (h), condition, x]`, which the gains depend on and are multiplied by:
//! `g(t, h, condition) x`.

use super::kernels::{affine, outer, padded, sum_rows};
use super::packed::PackedLayer;
use crate::net::Architecture;

/// The gains of some rows.
#[derive(Debug)]
pub struct Gain {
    /// Shape: `[rows, padded data]`.
    gains: Vec<f32>,
    /// The derivatives of the gains, or in the backward pass the gradient with respect to them. Same shape.
    change: Vec<f32>,
    zeros: Vec<f32>,
}

/// A table with padded or unpadded columns: its values and the width of its rows.
pub type Table<'a> = (&'a mut [f32], usize);

impl Gain {
    /// Allocates the work space for `rows` rows.
    pub fn new(architecture: &Architecture, rows: usize) -> Self {
        let width = if architecture.gain { padded(architecture.data) } else { 0 };
        let table = || vec![0.0; rows * width];
        Self { gains: table(), change: table(), zeros: vec![0.0; width] }
    }

    /// Computes the gains of each row and adds `g x` to the output.
    ///
    /// Shape: `input` is `[rows, inputs]`, `output` as many rows.
    pub fn forward(&mut self, layer: &PackedLayer, input: &[f32], output: Table) {
        let count = input.len() / inputs(layer) * layer.width;
        affine(input, inputs(layer), &layer.weights, &layer.bias, &mut self.gains[..count]);
        multiply_add(layer, &self.gains, input, output);
    }

    /// Adds `g dx` to the output's derivatives; must follow [`Gain::forward`].
    ///
    /// Shape: `tangent` is `[up to rows, inputs]`, `derivative` as many rows.
    pub fn along(&self, layer: &PackedLayer, tangent: &[f32], derivative: Table) {
        multiply_add(layer, &self.gains, tangent, derivative);
    }

    /// Adds `dg x` to the output's derivatives, which is not 0 if the tangent changes times or condition.
    ///
    /// Shape: as in [`Gain::along`].
    pub fn turn(&mut self, layer: &PackedLayer, input: &[f32], tangent: &[f32], derivative: Table) {
        let change = &mut self.change[..tangent.len() / inputs(layer) * layer.width];
        affine(tangent, inputs(layer), &layer.weights, &self.zeros, change);
        multiply_add(layer, change, input, derivative);
    }

    /// Adds to the padded `gradient` the gradient of the gains' parameters, for the gradients `seeds` with
    /// respect to the output and to its derivatives at rows of `input` and of tangents that leave the gains as
    /// they are.
    ///
    /// Shape: `input` is `[(1 + directions) rows, inputs]`, `seeds` as many rows of `width` columns.
    pub fn backward(
        &mut self,
        layer: &PackedLayer,
        input: &[f32],
        rows: usize,
        (seeds, width): (&[f32], usize),
        gradient: &mut [f32],
    ) {
        let change = &mut self.change[..rows * layer.width];
        change.fill(0.0);
        let directions = input.chunks_exact(rows * inputs(layer));
        for (input, seeds) in directions.zip(seeds.chunks_exact(rows * width)) {
            let table = change.chunks_exact_mut(layer.width).zip(seeds.chunks_exact(width));
            for ((change, seed), row) in table.zip(input.chunks_exact(inputs(layer))) {
                for ((change, seed), x) in change.iter_mut().zip(seed).zip(&row[layer.inputs..]) {
                    *change += seed * x;
                }
            }
        }
        outer(input, inputs(layer), change, layer.width, &mut gradient[layer.weights_at.clone()]);
        sum_rows(change, &mut gradient[layer.bias_at.clone()]);
    }

    /// Adds the gradient with respect to `x`, for the gradient `seed` with respect to the output; must follow
    /// [`Gain::forward`].
    ///
    /// Shape: `seed` is `[rows, width]`, `input_gradient` `[rows, padded inputs]`.
    pub fn backward_input(
        &self,
        layer: &PackedLayer,
        (seed, width): (&[f32], usize),
        input_gradient: &mut [f32],
    ) {
        let rows = seed.chunks_exact(width).zip(self.gains.chunks_exact(layer.width));
        let into = input_gradient.chunks_exact_mut(padded(inputs(layer)));
        for ((seed, gains), row) in rows.zip(into) {
            let x = row[layer.inputs..].iter_mut().take(layer.outputs);
            x.zip(gains).zip(seed).for_each(|((x, gain), seed)| *x += gain * seed);
        }
    }
}

/// All inputs of a row.
fn inputs(layer: &PackedLayer) -> usize {
    layer.inputs + layer.outputs
}

/// `out += gains x` in each row.
fn multiply_add(layer: &PackedLayer, gains: &[f32], input: &[f32], (out, width): Table) {
    let rows = gains.chunks_exact(layer.width).zip(input.chunks_exact(inputs(layer)));
    for ((gains, row), out) in rows.zip(out.chunks_exact_mut(width)) {
        for ((out, gain), x) in out.iter_mut().zip(gains).zip(&row[layer.inputs..]) {
            *out += gain * x;
        }
    }
}
