//! One dense layer on blocked weights: the inner loop of everything.
//!
//! Every output accumulates its bias, then its inputs in order, one rounding an operation. Lanes
//! run across the outputs of a block, so vector units, scalar FPUs and soft floats agree bit for bit.

use crate::blob::BLOCK;

/// How many blocks go through the inputs together: wide machines hide the latency of an addition
/// behind the other blocks, a microcontroller has registers for one.
const GROUP: usize = if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) { 4 } else { 1 };

/// A layer's weights inside a blob.
#[derive(Clone, Copy)]
pub(super) struct Dense<'a> {
    bias: &'a [f32],
    blocks: &'a [f32],
    inputs: usize,
}

/// Inputs that lie together: they start at row `first` of the layer's weights.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'v> {
    pub first: usize,
    pub values: &'v [f32],
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
        for (slot, bias) in out.iter_mut().zip(self.bias) {
            *slot = *bias;
        }
        self.accumulate(pieces, out);
    }

    /// `out = weights · inputs`: a tangent goes through a layer without its bias. Shapes as above.
    pub(super) fn forward_tangent(&self, pieces: &[Inputs<'_>], out: &mut [f32]) {
        out.fill(0.0);
        self.accumulate(pieces, out);
    }

    /// `out += weights · inputs`, once in flash for every layer and its tangent.
    #[inline(never)]
    fn accumulate(&self, pieces: &[Inputs<'_>], out: &mut [f32]) {
        let width = self.bias.len() % BLOCK;
        let (outs, tail_out) = out.as_chunks_mut::<BLOCK>();
        let mut blocks = self.blocks;
        let size = self.inputs * BLOCK;
        let (groups, singles) = outs.as_chunks_mut::<GROUP>();
        for out in groups {
            let Some((group, rest)) = blocks.split_at_checked(size * GROUP) else { return };
            blocks = rest;
            *out = accumulate(*out, group, size, pieces);
        }
        for out in singles {
            let Some((block, rest)) = blocks.split_at_checked(size) else { return };
            blocks = rest;
            let [sums] = accumulate([*out], block, size, pieces);
            *out = sums;
        }
        tail(width, blocks, pieces, tail_out);
    }
}

/// `G` blocks at once: `sums[g][lane] += row[lane] * value` over all inputs in order.
#[inline(always)]
fn accumulate<const G: usize>(
    mut sums: [[f32; BLOCK]; G],
    mut blocks: &[f32],
    size: usize,
    pieces: &[Inputs<'_>],
) -> [[f32; BLOCK]; G] {
    let rows: [&[[f32; BLOCK]]; G] = core::array::from_fn(|_| {
        let (block, rest) = blocks.split_at_checked(size).unwrap_or((&[], &[]));
        blocks = rest;
        block.as_chunks::<BLOCK>().0
    });
    for piece in pieces {
        let rows = rows.map(|rows| rows.get(piece.first..).unwrap_or(&[]));
        for (i, value) in piece.values.iter().enumerate() {
            for (sums, rows) in sums.iter_mut().zip(rows) {
                let Some(row) = rows.get(i) else { break };
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum += weight * value;
                }
            }
        }
    }
    sums
}

/// The last block, narrower than the others: `[inputs][width]`.
#[inline(always)]
fn tail(width: usize, block: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
    if width == 0 {
        return;
    }
    for piece in pieces {
        let mut rows = block.get(piece.first * width..).unwrap_or(&[]);
        for value in piece.values {
            let Some((row, rest)) = rows.split_at_checked(width) else { break };
            rows = rest;
            for (sum, weight) in out.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
    }
}
