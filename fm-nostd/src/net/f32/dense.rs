//! One dense layer on blocked weights: the innermost loop.
//!
//! Every output accumulates its bias, then its inputs in order, rounded after every operation. Lanes run
//! across the outputs of a block, so vector units, scalar FPUs and soft floats produce the same bits.
//! [`kernel`] is the loop over the inputs of a block.

use super::{BLOCK, kernel};
use crate::net::{Inputs, Shape};

/// A layer's biases and weights inside a blob.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    bias: &'a [f32],
    blocks: &'a [f32],
    inputs: usize,
}

impl<'a> Dense<'a> {
    /// Takes layer `i` of a network from the front of `weights`; `None` if they end too early. The gains come after
    /// the last layer.
    pub(super) fn take(shape: &Shape, i: usize, weights: &mut &'a [f32]) -> Option<Self> {
        let (inputs, outputs) = match i > shape.layers {
            // The first layer's sizes, which are larger, were added before.
            true => (shape.times + shape.condition, shape.dim),
            false => shape.layer(i)?,
        };
        let (layer, rest) = Self::split(weights, inputs, outputs)?;
        *weights = rest;
        Some(layer)
    }

    /// A layer of these sizes at the front of `weights`, and the rest; `None` if they end too early.
    pub(in crate::net) fn split(
        weights: &'a [f32],
        inputs: usize,
        outputs: usize,
    ) -> Option<(Self, &'a [f32])> {
        let (bias, rest) = weights.split_at_checked(outputs)?;
        let (blocks, rest) = rest.split_at_checked(inputs.checked_mul(outputs)?)?;
        Some((Self { bias, blocks, inputs }, rest))
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The biases. Shape: `[outputs]`.
    pub fn bias(&self) -> &'a [f32] {
        self.bias
    }

    /// The weight from an input to an output; `None` if there is no such input or output.
    pub fn weight(&self, input: usize, output: usize) -> Option<f32> {
        let outputs = self.bias.len();
        if input >= self.inputs || output >= outputs {
            return None;
        }
        let first = output / BLOCK * BLOCK;
        let width = (outputs - first).min(BLOCK);
        self.blocks.get(first * self.inputs + input * width + (output - first)).copied()
    }

    /// `out = bias + weights · inputs`, with the pieces of the input in order.
    ///
    /// Shape: `out` is `[outputs]`; inputs that the pieces leave out are skipped, not treated as zero.
    #[inline]
    pub(super) fn forward(&self, pieces: &[Inputs<'_>], out: &mut [f32]) {
        self.through(self.bias, pieces, out);
    }

    /// `out = weights · inputs`: a tangent passes through a layer without its bias. Shapes as above.
    #[inline]
    pub(super) fn forward_tangent(&self, pieces: &[Inputs<'_>], out: &mut [f32]) {
        out.fill(0.0);
        self.through(&[], pieces, out);
    }

    /// `out = start + weights · inputs`; if `start` is empty, `out` itself is the start.
    pub(super) fn through(&self, start: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
        let (whole, last) = out.as_chunks_mut::<BLOCK>();
        let (starts, last_start) = start.as_chunks::<BLOCK>();
        let size = self.inputs * BLOCK * whole.len();
        let Some((rows, rest)) = self.blocks.split_at_checked(size) else { return };
        kernel::accumulate(rows, self.inputs, starts, pieces, whole);
        kernel::narrow(last_start, rest, pieces, last);
    }
}
