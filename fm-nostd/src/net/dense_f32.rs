//! One dense layer on blocked weights: the inner loop of everything.
//!
//! Every output accumulates its bias, then its inputs in order, one rounding an operation. Lanes
//! run across the outputs of a block, so vector units, scalar FPUs and soft floats agree bit for bit.
//! The loop over the inputs of a block is the kernel: portable, or in the chip's own instructions.

#[cfg(all(target_arch = "arm", target_abi = "eabihf", target_os = "none"))]
mod armv7em;
#[cfg(all(target_arch = "arm", target_abi = "eabihf", target_os = "none"))]
use armv7em as kernel;

#[cfg(not(all(target_arch = "arm", target_abi = "eabihf", target_os = "none")))]
mod portable;
#[cfg(not(all(target_arch = "arm", target_abi = "eabihf", target_os = "none")))]
use portable as kernel;

use super::Inputs;
use crate::blob::BLOCK;

/// A layer's weights inside a blob.
#[derive(Clone, Copy)]
pub(super) struct Dense<'a> {
    bias: &'a [f32],
    blocks: &'a [f32],
    inputs: usize,
}

impl<'a> Dense<'a> {
    /// Takes a layer off the front of `weights`; `None` where they end too soon.
    pub(super) fn split(
        weights: &'a [f32],
        inputs: usize,
        outputs: usize,
    ) -> Option<(Self, &'a [f32])> {
        let (bias, rest) = weights.split_at_checked(outputs)?;
        let (blocks, rest) = rest.split_at_checked(inputs.checked_mul(outputs)?)?;
        Some((Self { bias, blocks, inputs }, rest))
    }

    /// `out = bias + weights · inputs`, the pieces of the input in order.
    ///
    /// Shape: `out` is `[outputs]`; what the pieces leave out counts as absent, not as zero.
    #[inline]
    pub(super) fn forward(&self, pieces: &[Inputs<'_>], out: &mut [f32]) {
        self.through(self.bias, pieces, out);
    }

    /// `out = weights · inputs`: a tangent goes through a layer without its bias. Shapes as above.
    #[inline]
    pub(super) fn forward_tangent(&self, pieces: &[Inputs<'_>], out: &mut [f32]) {
        out.fill(0.0);
        self.through(&[], pieces, out);
    }

    /// `out = start + weights · inputs`, where an empty `start` stands for the zeros in `out`.
    fn through(&self, start: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
        let (whole, last) = out.as_chunks_mut::<BLOCK>();
        let (starts, last_start) = start.as_chunks::<BLOCK>();
        let size = self.inputs * BLOCK * whole.len();
        let Some((rows, rest)) = self.blocks.split_at_checked(size) else { return };
        kernel::accumulate(rows, self.inputs, starts, pieces, whole);
        kernel::narrow(last_start, rest, pieces, last);
    }
}
