//! Conversion from slices to the arguments of an assembly function.

#![allow(unsafe_code, reason = "calls a function of assembly")]

use super::Run;
#[cfg(fm_dsp)]
use super::armv7em::sum;
#[cfg(fm_thumb1)]
use super::thumb1::sum;

/// The input of a kernel, field by field as the assembly reads it.
///
/// `blocks` (not 0) blocks of four sums are at `from` and at `sums`, which is writable and either the
/// same memory or separate. Block `b` reads `4 quads + singles` rows of two words, starting `stride b`
/// bytes after `rows`, and as many words of `inputs`. All pointers are multiples of 4.
#[repr(C)]
pub(super) struct Span {
    sums: *mut [i32; 4],
    from: *const [i32; 4],
    rows: *const u32,
    inputs: *const u32,
    blocks: usize,
    quads: usize,
    singles: usize,
    stride: usize,
}

/// Computes the same as the portable loop.
#[inline(always)]
pub(in super::super) fn blocks<'a>(
    run: Run<'a>,
    from: Option<&[[i32; 4]]>,
    sums: &mut [[i32; 4]],
) -> Option<Run<'a>> {
    let count = sums.len();
    let from = match from {
        Some(from) => from.get(..count)?.as_ptr(),
        None => sums.as_ptr(),
    };
    let (head, weights) = run.weights.split_at_checked(2 * run.pairs * count)?;
    // Inputs past a block's end would meet the next block's rows, and past the last block no rows at all.
    let used = run.inputs.len().min(run.pairs.checked_sub(run.first)?);
    let span = Span {
        sums: sums.as_mut_ptr(),
        from,
        rows: head.as_ptr().wrapping_add(2 * run.first),
        inputs: run.inputs.as_ptr(),
        blocks: count,
        quads: used / 4,
        singles: used % 4,
        stride: 8 * run.pairs,
    };
    if count > 0 {
        // SAFETY: `sums` and `from` hold `count` blocks, and `from` is either borrowed separately or is
        // `sums`; `head` holds `count` times `pairs` rows, of which `first + used` are no more than
        // `pairs`; `inputs` holds `used` words or more. Slices of 4-byte numbers are aligned to 4.
        unsafe { sum(&span) }
    }
    Some(Run { weights, ..run })
}
