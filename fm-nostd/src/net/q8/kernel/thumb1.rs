//! The inner loop for cores with eight working registers (Cortex-M0, M0+): two outputs at a time.
//!
//! Two sums, two inputs, one word of weights, one weight and two pointers make eight; everything else is
//! in the registers that only moves can reach. A compiler spills four sums to memory instead.

#![allow(unsafe_code, reason = "a function of assembly")]

use core::arch::naked_asm;

use super::Span;

/// Multiplies the pair of inputs at `r7` plus an offset by the word of weights at `r6` plus an offset:
/// byte 0 goes with the even input to the first sum, byte 1 to the second; bytes 2 and 3 with the odd
/// input.
macro_rules! pair {
    ($input:literal, $weights:literal) => {
        concat!(
            "ldr r3, [r7, #",
            $input,
            "]\n",
            "sxth r2, r3\n",
            "asrs r3, r3, #16\n",
            "ldr r4, [r6, #",
            $weights,
            "]\n",
            "sxtb r5, r4\n",
            "muls r5, r2, r5\n",
            "adds r0, r0, r5\n",
            "lsls r5, r4, #16\n",
            "asrs r5, r5, #24\n",
            "muls r5, r2, r5\n",
            "adds r1, r1, r5\n",
            "lsls r5, r4, #8\n",
            "asrs r5, r5, #24\n",
            "muls r5, r3, r5\n",
            "adds r0, r0, r5\n",
            "asrs r4, r4, #24\n",
            "muls r4, r3, r4\n",
            "adds r1, r1, r4\n",
        )
    };
}

/// `sums[b] = from[b] + rows · inputs` for the span's blocks, each of `4 quads + singles` pairs.
///
/// # Safety
/// All memory that the span describes is valid.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn sum(span: &Span) {
    // r0, r1 sums, r2, r3 a pair of inputs, r4, r5 weights, r6 rows, r7 inputs; r8 the inputs' start,
    // r9 the end of the quads, lr the end of all, r10 from, r11 sums, r12 a column's start. On the
    // stack, after one word: columns to go, and the distance from a block's second column to the next
    // block's first.
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "ldm r0!, {{r1-r7}}",
        "mov r11, r1",
        "mov r10, r2",
        "mov r12, r3",
        "mov r8, r4",
        "lsls r6, r6, #4",
        "adds r6, r4, r6",
        "mov r9, r6",
        "lsls r7, r7, #2",
        "adds r6, r6, r7",
        "mov lr, r6",
        "lsls r5, r5, #1",
        "ldr r6, [r0]",
        "subs r6, r6, #4",
        "push {{r5, r6}}",
        "1:",
        "mov r2, r10",
        "ldm r2!, {{r0, r1}}",
        "mov r10, r2",
        "mov r6, r12",
        "mov r7, r8",
        "cmp r7, r9",
        "beq 3f",
        "2:",
        pair!("0", "0"),
        pair!("4", "8"),
        pair!("8", "16"),
        pair!("12", "24"),
        "adds r6, r6, #32",
        "adds r7, r7, #16",
        "cmp r7, r9",
        "bne 2b",
        "3:",
        "cmp r7, lr",
        "beq 5f",
        "4:",
        pair!("0", "0"),
        "adds r6, r6, #8",
        "adds r7, r7, #4",
        "cmp r7, lr",
        "bne 4b",
        "5:",
        "mov r2, r11",
        "stm r2!, {{r0, r1}}",
        "mov r11, r2",
        "ldr r2, [sp]",
        "movs r3, #4",
        "subs r2, r2, #1",
        "str r2, [sp]",
        "beq 7f",
        "lsls r4, r2, #31",
        "bne 6f",
        "ldr r3, [sp, #4]",
        "6:",
        "add r12, r3",
        "b 1b",
        "7:",
        "pop {{r2, r3, r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
    );
}
