//! RISC-V: start by `riscv-rt`.

#![allow(unsafe_code, reason = "riscv-rt finds its exception handler by an exported name")]

pub use riscv_rt::entry;

/// A trap ends the program with a failure instead of hanging the emulator.
#[unsafe(export_name = "ExceptionHandler")]
fn exception(_: &riscv_rt::TrapFrame) -> ! {
    super::print(c"exception\n");
    super::exit(false)
}
