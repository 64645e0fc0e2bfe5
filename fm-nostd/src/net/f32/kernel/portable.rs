//! The kernel on arrays, which compilers keep in vector registers.

use core::array::from_ref;

use crate::net::Inputs;
use crate::net::f32::BLOCK;

/// Blocks that are processed together: wide machines hide the latency of an addition behind the other
/// blocks, a microcontroller has registers for one.
const GROUP: usize = if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) { 4 } else { 1 };

/// `out[block][lane] = starts[block][lane] + rows[block][i][lane] * value[i] + ...`, over all pieces
/// in order; without starts the sums start at the contents of `out`.
///
/// Shape: `rows` is `[blocks, inputs, BLOCK]`, `out` as many blocks.
#[inline(always)]
pub fn accumulate(
    mut rows: &[f32],
    inputs: usize,
    starts: &[[f32; BLOCK]],
    pieces: &[Inputs<'_>],
    out: &mut [[f32; BLOCK]],
) {
    let size = inputs * BLOCK;
    let (group_starts, starts) = starts.as_chunks::<GROUP>();
    let (groups, singles) = out.as_chunks_mut::<GROUP>();
    for (i, out) in groups.iter_mut().enumerate() {
        let Some((group, rest)) = rows.split_at_checked(size * GROUP) else { return };
        rows = rest;
        *out = through(group_starts.get(i).unwrap_or(out), group, size, pieces);
    }
    for (i, out) in singles.iter_mut().enumerate() {
        let Some((block, rest)) = rows.split_at_checked(size) else { return };
        rows = rest;
        [*out] = through(from_ref(starts.get(i).unwrap_or(out)), block, size, pieces);
    }
}

/// `G` blocks together, so that each input is read once.
#[inline(always)]
fn through<const G: usize>(
    start: &[[f32; BLOCK]; G],
    mut rows: &[f32],
    size: usize,
    pieces: &[Inputs<'_>],
) -> [[f32; BLOCK]; G] {
    let rows: [&[[f32; BLOCK]]; G] = core::array::from_fn(|_| {
        let (block, rest) = rows.split_at_checked(size).unwrap_or((&[], &[]));
        rows = rest;
        block.as_chunks::<BLOCK>().0
    });
    let mut sums = *start;
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

/// The last block, narrower than the others (`[inputs][width]`), one output at a time; without a
/// start the sums start at `out`.
#[inline(always)]
pub fn narrow(start: &[f32], block: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
    let width = out.len();
    for (o, out) in out.iter_mut().enumerate() {
        let mut sum = start.get(o).copied().unwrap_or(*out);
        for piece in pieces {
            let mut at = piece.first * width + o;
            for value in piece.values {
                let Some(weight) = block.get(at) else { break };
                sum += weight * value;
                at += width;
            }
        }
        *out = sum;
    }
}
