//! Work whose cost follows from Arm's tables, to check the counts. Cortex-M4F.

#![no_std]
#![no_main]
#![allow(unsafe_code, reason = "the work is chosen instruction by instruction")]

use core::arch::naked_asm;

use firmware::board::{entry, exit};
use firmware::count::count;

#[entry]
fn main() -> ! {
    count(|| ());
    count(|| known());
    exit(true)
}

/// Including the call to it: 11 instructions, 41 cycles, 20 bytes of stack.
#[unsafe(naked)]
extern "C" fn known() {
    naked_asm!(
        // The call: a branch, 1 + 2.
        "push {{lr}}",         // 1 + 1 word
        "vmov.f32 s0, #1.0",   // 1
        "vadd.f32 s1, s0, s0", // 1: a move is not late
        "vmul.f32 s2, s1, s1", // 1, and 1 for the sum before it
        "vdiv.f32 s3, s0, s2", // 14, and 1 for the product
        "vadd.f32 s4, s0, s0", // 1: waits for nothing
        "vpush {{s16-s19}}",   // 1 + 4 words
        "vpop {{s16-s19}}",    // 1 + 4 words
        "ldr r0, [sp]",        // 2
        "pop {{pc}}",          // 1 + 1 word, and 2 for the branch
    )
}
