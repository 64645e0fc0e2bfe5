//! The kernel as arrays, which compilers keep in vector registers.

use super::Inputs;
use crate::blob::BLOCK;

/// How many blocks go through the inputs together: wide machines hide the latency of an addition
/// behind the other blocks, a microcontroller has registers for one.
const GROUP: usize = if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) { 4 } else { 1 };

/// `out[block][lane] += rows[block][i][lane] * value[i]` over all pieces in order.
///
/// Shape: `rows` is `[blocks, inputs, BLOCK]`.
#[inline(always)]
pub fn accumulate(
    mut rows: &[f32],
    inputs: usize,
    pieces: &[Inputs<'_>],
    out: &mut [[f32; BLOCK]],
) {
    let size = inputs * BLOCK;
    let (groups, singles) = out.as_chunks_mut::<GROUP>();
    for out in groups {
        let Some((group, rest)) = rows.split_at_checked(size * GROUP) else { return };
        rows = rest;
        *out = through(*out, group, size, pieces);
    }
    for out in singles {
        let Some((block, rest)) = rows.split_at_checked(size) else { return };
        rows = rest;
        [*out] = through([*out], block, size, pieces);
    }
}

/// `G` blocks side by side, so that each input is read once.
#[inline(always)]
fn through<const G: usize>(
    mut sums: [[f32; BLOCK]; G],
    mut rows: &[f32],
    size: usize,
    pieces: &[Inputs<'_>],
) -> [[f32; BLOCK]; G] {
    let rows: [&[[f32; BLOCK]]; G] = core::array::from_fn(|_| {
        let (block, rest) = rows.split_at_checked(size).unwrap_or((&[], &[]));
        rows = rest;
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

/// `out[lane] += rows[i * stride + lane] * values[i]` over all `i` in order, for one or two lanes.
#[inline(always)]
pub fn pair(mut rows: &[f32], stride: usize, values: &[f32], out: &mut [f32]) {
    for value in values {
        let Some(row) = rows.get(..out.len()) else { break };
        for (sum, weight) in out.iter_mut().zip(row) {
            *sum += weight * value;
        }
        rows = rows.get(stride..).unwrap_or(&[]);
    }
}
