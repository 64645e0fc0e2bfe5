//! The inner loop with the DSP extension (Cortex-M4, M7, most M33): two products per instruction.
//!
//! One SXTB16 each widens a word of weights into two pairs of 16 bits; SMLAD multiplies a pair of weights
//! by a pair of inputs. Sums wrap, so the order of additions does not matter, and the bits equal those of
//! the portable loop.

#![allow(unsafe_code, reason = "a function of assembly")]

use core::arch::naked_asm;

use super::Span;

/// Multiplies a pair of inputs in `$x` by its two words of weights.
macro_rules! pair {
    ($x:literal) => {
        concat!(
            "ldrd r11, r12, [r1], #8\n",
            "sxtb16 r10, r11\n",
            "sxtb16 r11, r11, ror #8\n",
            "smlad r4, r10, ",
            $x,
            ", r4\n",
            "smlad r5, r11, ",
            $x,
            ", r5\n",
            "sxtb16 r10, r12\n",
            "sxtb16 r12, r12, ror #8\n",
            "smlad r6, r10, ",
            $x,
            ", r6\n",
            "smlad r7, r12, ",
            $x,
            ", r7\n",
        )
    };
}

/// `sums[b] = from[b] + rows · inputs` for the span's blocks, each of `4 quads + singles` pairs.
///
/// # Safety
/// All memory that the span describes is valid.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn sum(span: &Span) {
    // r0 sums, r1 rows, r2 inputs, r3 from, r4..r7 a block's sums, r8, r9 pairs of inputs, r10..r12
    // weights, lr loop count. On the stack: the inputs' start, blocks to go, quads, singles, and the
    // distance from the end of a block's rows to the next block's rows.
    naked_asm!(
        // For an ARMv8-M target, whose assembler otherwise refuses these instructions.
        ".arch armv7e-m",
        "push {{r4-r11, lr}}",
        "ldm r0, {{r4-r11}}",
        "push {{r7-r11}}",
        "mov r0, r4",
        "mov r3, r5",
        "mov r1, r6",
        "sub r11, r11, r9, lsl #5",
        "sub r11, r11, r10, lsl #3",
        "str r11, [sp, #16]",
        "1:",
        "ldm r3!, {{r4-r7}}",
        "ldr r2, [sp]",
        "ldr lr, [sp, #8]",
        "cmp lr, #0",
        "beq 3f",
        "2:",
        "ldrd r8, r9, [r2], #8",
        pair!("r8"),
        pair!("r9"),
        "ldrd r8, r9, [r2], #8",
        pair!("r8"),
        pair!("r9"),
        "subs lr, #1",
        "bne 2b",
        "3:",
        "ldr lr, [sp, #12]",
        "cmp lr, #0",
        "beq 5f",
        "4:",
        "ldr r8, [r2], #4",
        pair!("r8"),
        "subs lr, #1",
        "bne 4b",
        "5:",
        "ldr lr, [sp, #16]",
        "add r1, lr",
        "stm r0!, {{r4-r7}}",
        "ldr lr, [sp, #4]",
        "subs lr, #1",
        "str lr, [sp, #4]",
        "bne 1b",
        "add sp, #20",
        "pop {{r4-r11, pc}}",
    );
}
