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

    /// `out = start + weights · inputs`, where an empty `start` stands for the zeros in `out`: once in
    /// flash for every layer and its tangent.
    #[inline(never)]
    fn through(&self, mut start: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
        // Where arithmetic is a call, eight sums at once gain nothing.
        if cfg!(all(fm_small, not(target_abi = "eabihf"))) {
            let mut blocks = self.blocks;
            for out in out.chunks_mut(BLOCK) {
                let size = self.inputs * out.len();
                let Some((block, rest)) = blocks.split_at_checked(size) else { return };
                narrow(start, block, pieces, out);
                (blocks, start) = (rest, start.get(out.len()..).unwrap_or_default());
            }
            return;
        }
        let (whole, last) = out.as_chunks_mut::<BLOCK>();
        let (starts, last_start) = start.as_chunks::<BLOCK>();
        let size = self.inputs * BLOCK * whole.len();
        let Some((rows, rest)) = self.blocks.split_at_checked(size) else { return };
        kernel::accumulate(rows, self.inputs, starts, pieces, whole);
        narrow(last_start, rest, pieces, last);
    }
}

/// A block (`[inputs][width]`), an output at a time: the least code.
#[cfg(fm_small)]
#[inline(always)]
fn narrow(start: &[f32], block: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
    let width = out.len();
    for (o, out) in out.iter_mut().enumerate() {
        let mut sum = start.get(o).copied().unwrap_or_default();
        for piece in pieces {
            let mut at = piece.first * width + o;
            for value in piece.values {
                sum += block.get(at).copied().unwrap_or_default() * value;
                at += width;
            }
        }
        *out = sum;
    }
}

/// The last block, narrower than the others (`[inputs][width]`), two outputs at a time.
#[cfg(not(fm_small))]
#[inline(always)]
fn narrow(start: &[f32], block: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
    let width = out.len();
    let mut starts = start.iter().copied();
    for (pair, out) in out.chunks_mut(2).enumerate() {
        // A column alone is its own neighbour.
        let next = usize::from(out.len() > 1);
        let mut sums = [starts.next().unwrap_or_default(), starts.next().unwrap_or_default()];
        for piece in pieces {
            let columns = block.get(piece.first * width + 2 * pair..).unwrap_or(&[]);
            kernel::pair(columns, width, piece.values, next, &mut sums);
        }
        let [first, second] = sums;
        if let [slot, others @ ..] = out {
            *slot = first;
            if let [slot, ..] = others {
                *slot = second;
            }
        }
    }
}
