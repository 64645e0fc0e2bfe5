//! Marks around work, between which `cargo xtask firmware-bench` counts.

#![allow(unsafe_code, reason = "the marks are functions of known instructions, found by name")]

use core::arch::naked_asm;

/// Runs `work` and has it counted. Call this once around nothing first: that cost is subtracted.
///
/// `work` must call a function that is never inlined, or its stack would be part of the caller's.
#[inline(always)]
pub fn count<R>(work: impl FnOnce() -> R) -> R {
    count_begin();
    let result = work();
    count_end();
    result
}

/// Its first store, to the word below the stack pointer, shows where that is.
#[cfg(target_arch = "arm")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn count_begin() {
    naked_asm!("push {{lr}}", "pop {{pc}}")
}

/// Its first store, to the word below the stack pointer, shows where that is.
#[cfg(target_arch = "riscv32")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn count_begin() {
    naked_asm!("addi sp, sp, -16", "sw ra, 12(sp)", "addi sp, sp, 16", "ret")
}

/// Programs of this kind are not counted.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn count_begin() {
    naked_asm!("ret")
}

#[cfg(target_arch = "arm")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn count_end() {
    naked_asm!("bx lr")
}

#[cfg(any(target_arch = "riscv32", target_arch = "aarch64"))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn count_end() {
    naked_asm!("ret")
}
