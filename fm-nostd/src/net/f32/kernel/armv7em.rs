//! The kernel in instructions of ARMv7E-M (and ARMv8-M) with a single-precision FPU.
//!
//! A compiler loads weights one by one and multiplies and adds with VMLA, which rounds like VMUL and VADD
//! but takes three cycles on a Cortex-M4 where those take one each. Here one VLDM loads sixteen weights,
//! and no instruction waits for the result of the one before it: 3.3 cycles per weight, two for the
//! arithmetic and one for the load from memory.

#![allow(unsafe_code, reason = "assembly; its portable twin is `portable`")]

use core::arch::asm;

use crate::net::Inputs;
use crate::net::f32::BLOCK;

/// Multiplies a row of weights by the input in `$x` and adds it to the eight sums in `s0` to `s7`.
macro_rules! row {
    ($x:literal: $($sum:literal $weight:literal),*) => {
        concat!(
            $("vmul.f32 ", $weight, ", ", $weight, ", ", $x, "\n",)*
            $("vadd.f32 ", $sum, ", ", $sum, ", ", $weight, "\n",)*
        )
    };
}

/// A row in the first eight weight registers.
macro_rules! low {
    ($x:literal) => {
        row!($x: "s0" "s8", "s1" "s9", "s2" "s10", "s3" "s11", "s4" "s12", "s5" "s13", "s6" "s14",
            "s7" "s15")
    };
}

/// A row in the other eight.
macro_rules! high {
    ($x:literal) => {
        row!($x: "s0" "s16", "s1" "s17", "s2" "s18", "s3" "s19", "s4" "s20", "s5" "s21",
            "s6" "s22", "s7" "s23")
    };
}

/// `out[block][lane] = starts[block][lane] + rows[block][i][lane] * value[i] + ...`, over all pieces
/// in order; without starts the sums start at the contents of `out`.
///
/// Shape: `rows` is `[blocks, inputs, BLOCK]`, `out` and `starts` as many blocks.
#[inline(always)]
pub fn accumulate(
    rows: &[f32],
    inputs: usize,
    starts: &[[f32; BLOCK]],
    pieces: &[Inputs<'_>],
    out: &mut [[f32; BLOCK]],
) {
    let blocks = rows.len().checked_div(inputs * BLOCK).unwrap_or_default().min(out.len());
    let out = out.as_mut_ptr();
    let mut start = if starts.len() < blocks { out.cast_const() } else { starts.as_ptr() };
    for piece in pieces {
        let Some(after) = inputs.checked_sub(piece.first) else { return };
        let count = piece.values.len().min(after);
        if blocks == 0 || count == 0 {
            continue;
        }
        let rows = rows.as_ptr().wrapping_add(piece.first * BLOCK);
        let skip = (inputs - count) * size_of::<[f32; BLOCK]>();
        // SAFETY: `rows` has `blocks` blocks of `inputs` rows, of which `count` start at row `first`;
        // there are `count` of `values`; `out` has `blocks`, and so has `start`.
        unsafe { one_piece(blocks, start, out, rows, skip, piece.values.as_ptr(), count) }
        start = out;
    }
}

/// Adds the products of one piece of the input to the sums of all blocks.
///
/// # Safety
/// For each of `blocks` >= 1 blocks, eight numbers are read from `start` and then written to `out`, and
/// `count` >= 1 rows are read, followed by a gap of `skip` bytes; `count` values are read.
unsafe fn one_piece(
    blocks: usize,
    start: *const [f32; BLOCK],
    out: *mut [f32; BLOCK],
    rows: *const f32,
    skip: usize,
    values: *const f32,
    count: usize,
) {
    // SAFETY: the caller guarantees the memory accesses. The stack is unchanged, and every register that
    // changes is listed.
    unsafe {
        asm!(
            "2:",
            "vldmia {start}!, {{s0-s7}}",
            "subs {left}, {count}, #4",
            "blo 4f",
            "3:",
            "vldmia {values}!, {{s24-s27}}",
            "vldmia {rows}!, {{s8-s23}}",
            low!("s24"),
            high!("s25"),
            "vldmia {rows}!, {{s8-s23}}",
            low!("s26"),
            high!("s27"),
            "subs {left}, #4",
            "bhs 3b",
            "4:",
            "adds {left}, #4",
            "beq 6f",
            "5:",
            "vldmia {values}!, {{s24}}",
            "vldmia {rows}!, {{s8-s15}}",
            low!("s24"),
            "subs {left}, #1",
            "bne 5b",
            "6:",
            "vstmia {out}!, {{s0-s7}}",
            "sub {values}, {values}, {count}, lsl #2",
            "add {rows}, {rows}, {skip}",
            "subs {blocks}, #1",
            "bne 2b",
            start = inout(reg) start => _,
            out = inout(reg) out => _,
            rows = inout(reg) rows => _,
            values = inout(reg) values => _,
            blocks = inout(reg) blocks => _,
            count = in(reg) count,
            left = out(reg) _,
            skip = in(reg) skip,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            out("d6") _, out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _,
            out("d12") _, out("d13") _,
            options(nostack),
        );
    }
}

/// The last block, narrower than the others (`[inputs][width]`), two outputs at a time; without a
/// start the sums start at `out`.
#[inline(always)]
pub fn narrow(start: &[f32], block: &[f32], pieces: &[Inputs<'_>], out: &mut [f32]) {
    let width = out.len();
    let mut starts = start.iter().copied();
    for (number, out) in out.chunks_mut(2).enumerate() {
        // A single column is its own neighbour.
        let next = usize::from(out.len() > 1);
        let own = out.iter().copied();
        let mut sums = [0.0; 2];
        for (sum, own) in sums.iter_mut().zip(own) {
            *sum = starts.next().unwrap_or(own);
        }
        for piece in pieces {
            let columns = block.get(piece.first * width + 2 * number..).unwrap_or_default();
            pair(columns, width, piece.values, next, &mut sums);
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

/// `sums[0] += columns[i * stride] * values[i]` over all `i` in order, and `sums[1]` the same with the
/// column `next` (0 or 1) positions later.
#[inline(always)]
fn pair(columns: &[f32], stride: usize, values: &[f32], next: usize, sums: &mut [f32; 2]) {
    let Some(last) = columns.len().checked_sub(next + 1) else { return };
    let count = last.checked_div(stride).map_or(1, |rows| rows + 1).min(values.len());
    if count == 0 {
        return;
    }
    // SAFETY: for all `i` below `count`, this reads the numbers of `columns` at `i * stride <= last`
    // and at `next` after that, and one of `values`; `sums` is read and written. The stack is
    // unchanged, and every register that changes is listed.
    unsafe {
        asm!(
            "vldmia {sums}, {{s0-s1}}",
            "2:",
            "vldmia {values}!, {{s2}}",
            "vldr s3, [{weights}]",
            "vldr s4, [{beside}]",
            "vmul.f32 s3, s3, s2",
            "vmul.f32 s4, s4, s2",
            "add {weights}, {weights}, {stride}",
            "add {beside}, {beside}, {stride}",
            "vadd.f32 s0, s0, s3",
            "vadd.f32 s1, s1, s4",
            "subs {count}, #1",
            "bne 2b",
            "vstmia {sums}, {{s0-s1}}",
            sums = in(reg) sums.as_mut_ptr(),
            weights = inout(reg) columns.as_ptr() => _,
            beside = inout(reg) columns.as_ptr().wrapping_add(next) => _,
            values = inout(reg) values.as_ptr() => _,
            count = inout(reg) count => _,
            stride = in(reg) stride * size_of::<f32>(),
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _,
            options(nostack),
        );
    }
}
