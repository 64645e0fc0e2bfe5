//! The kernel in the instructions of ARMv7E-M (and ARMv8-M) with a single-precision FPU.
//!
//! A compiler fetches weights one by one and multiplies and adds with VMLA, which rounds as VMUL and
//! VADD do but takes three cycles on a Cortex-M4 where these take one each. Here one VLDM fetches
//! sixteen weights, and no instruction waits for the result of the one before it: 3.3 cycles a
//! weight, two for the arithmetic and one for the way from memory.

#![allow(unsafe_code, reason = "assembly; its portable twin is `portable`")]

use core::arch::asm;

use super::Inputs;
use crate::blob::BLOCK;

/// Eight sums in `s0` to `s7` take a row of weights times the input in `$x`.
macro_rules! row {
    ($x:literal: $($sum:literal $weight:literal),*) => {
        concat!(
            $("vmul.f32 ", $weight, ", ", $weight, ", ", $x, "\n",)*
            $("vadd.f32 ", $sum, ", ", $sum, ", ", $weight, "\n",)*
        )
    };
}

/// A row of the first eight weight registers.
macro_rules! low {
    ($x:literal) => {
        row!($x: "s0" "s8", "s1" "s9", "s2" "s10", "s3" "s11", "s4" "s12", "s5" "s13", "s6" "s14",
            "s7" "s15")
    };
}

/// A row of the other eight.
macro_rules! high {
    ($x:literal) => {
        row!($x: "s0" "s16", "s1" "s17", "s2" "s18", "s3" "s19", "s4" "s20", "s5" "s21",
            "s6" "s22", "s7" "s23")
    };
}

/// `out[block][lane] += rows[block][i][lane] * value[i]` over all pieces in order.
///
/// Shape: `rows` is `[blocks, inputs, BLOCK]`.
#[inline(always)]
pub fn accumulate(rows: &[f32], inputs: usize, pieces: &[Inputs<'_>], out: &mut [[f32; BLOCK]]) {
    let size = inputs * BLOCK;
    let blocks = rows.len().checked_div(size).unwrap_or_default().min(out.len());
    for piece in pieces {
        let Some(after) = inputs.checked_sub(piece.first) else { return };
        let count = piece.values.len().min(after);
        if blocks == 0 || count == 0 {
            continue;
        }
        let rows = rows.as_ptr().wrapping_add(piece.first * BLOCK);
        // SAFETY: there are `blocks` blocks of `inputs` rows, of which `count` from row `first` on
        // are read; that many of `values` are read, and `blocks` of `out` read and written. The
        // stack stays, and every register that changes is named.
        unsafe {
            asm!(
                "2:",
                "vldmia {out}, {{s0-s7}}",
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
                out = inout(reg) out.as_mut_ptr() => _,
                rows = inout(reg) rows => _,
                values = inout(reg) piece.values.as_ptr() => _,
                blocks = inout(reg) blocks => _,
                count = in(reg) count,
                left = out(reg) _,
                skip = in(reg) (inputs - count) * size_of::<[f32; BLOCK]>(),
                out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
                out("d6") _, out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _,
                out("d12") _, out("d13") _,
                options(nostack),
            );
        }
    }
}

/// `out[lane] += rows[i * stride + lane] * values[i]` over all `i` in order, for one or two lanes.
#[inline(always)]
pub fn pair(rows: &[f32], stride: usize, values: &[f32], out: &mut [f32]) {
    let Some(next) = out.len().checked_sub(1) else { return };
    let Some(after) = rows.len().checked_sub(out.len()) else { return };
    let count = after.checked_div(stride).map_or(1, |rows| rows + 1).min(values.len());
    if count == 0 {
        return;
    }
    // SAFETY: of `rows` the numbers at `i * stride` and `next` behind that are read for all `i` below
    // `count`, the last of which is within `after + out.len()`; `count` of `values` are read. A lane
    // alone is its own neighbour: the first and the last of `out` are read and written. The stack
    // stays, and every register that changes is named.
    unsafe {
        asm!(
            "vldr s0, [{first}]",
            "vldr s1, [{last}]",
            "2:",
            "vldmia {values}!, {{s2}}",
            "vldr s3, [{weights}]",
            "vldr s4, [{neighbours}]",
            "vmul.f32 s3, s3, s2",
            "vmul.f32 s4, s4, s2",
            "add {weights}, {weights}, {stride}",
            "add {neighbours}, {neighbours}, {stride}",
            "vadd.f32 s0, s0, s3",
            "vadd.f32 s1, s1, s4",
            "subs {count}, #1",
            "bne 2b",
            "vstr s0, [{first}]",
            "vstr s1, [{last}]",
            first = in(reg) out.as_mut_ptr(),
            last = in(reg) out.as_mut_ptr().wrapping_add(next),
            weights = inout(reg) rows.as_ptr() => _,
            neighbours = inout(reg) rows.as_ptr().wrapping_add(next) => _,
            values = inout(reg) values.as_ptr() => _,
            count = inout(reg) count => _,
            stride = in(reg) stride * size_of::<f32>(),
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _,
            options(nostack),
        );
    }
}
