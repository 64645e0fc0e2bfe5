//! The inner loop in plain Rust, which defines the result of every other version.

use super::Run;

/// `sums[b] = from[b] + weights · inputs` for every block `b`; if `from` is `None`, it is `sums`.
///
/// Shape: `sums` and `from` have the same length, no more than the blocks in the run's weights.
/// Returns the run after these blocks; `None` if the weights end too early.
#[cfg_attr(any(fm_dsp, fm_thumb1), allow(dead_code, reason = "the meaning of the other versions"))]
#[inline(always)]
pub(in super::super) fn blocks<'a>(
    mut run: Run<'a>,
    from: Option<&[[i32; 4]]>,
    sums: &mut [[i32; 4]],
) -> Option<Run<'a>> {
    for (i, sums) in sums.iter_mut().enumerate() {
        let (rows, rest) = run.split()?;
        run = rest;
        let start = if let Some(from) = from { *from.get(i)? } else { *sums };
        *sums = four(start, rows, run.inputs);
    }
    Some(run)
}

/// Four sums over pairs of inputs: `sums[o] += w[2i][o] q[2i] + w[2i + 1][o] q[2i + 1]`.
///
/// Stops at the end of the shorter of `rows` and `inputs`.
#[inline(always)]
pub(in super::super) fn four(mut sums: [i32; 4], rows: &[[u32; 2]], inputs: &[u32]) -> [i32; 4] {
    for ([left, right], pair) in rows.iter().zip(inputs) {
        let [a, b, c, d] = sums;
        let ([a, b], [c, d]) =
            (two_products([a, b], *left, *pair), two_products([c, d], *right, *pair));
        sums = [a, b, c, d];
    }
    sums
}

/// Two sums over pairs of inputs, as [`four`].
#[inline(always)]
pub(in super::super) fn two(mut sums: [i32; 2], rows: &[[u32; 1]], inputs: &[u32]) -> [i32; 2] {
    for ([word], pair) in rows.iter().zip(inputs) {
        sums = two_products(sums, *word, *pair);
    }
    sums
}

#[inline(always)]
fn two_products([a, b]: [i32; 2], weights: u32, pair: u32) -> [i32; 2] {
    let (even, odd) = (i32::from(pair as i16), pair as i32 >> 16);
    let weight = |byte: u32| i32::from((weights >> (8 * byte)) as i8);
    // A product of 8 and 16 bits always fits; sums wrap.
    [
        a.wrapping_add(weight(0) * even).wrapping_add(weight(2) * odd),
        b.wrapping_add(weight(1) * even).wrapping_add(weight(3) * odd),
    ]
}
