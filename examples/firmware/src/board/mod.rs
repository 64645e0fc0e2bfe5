//! The board: where an image starts, prints and ends.

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "riscv32")]
mod riscv;

use core::ffi::CStr;

#[cfg(target_arch = "arm")]
pub use cortex_m::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv::entry;

/// Prints through the debugger or the emulator.
pub fn print(text: &CStr) {
    semihosting::sys::arm_compat::sys_write0(text);
}

/// Ends the program; the emulator exits with 0 for a success.
pub fn exit(success: bool) -> ! {
    semihosting::process::exit(i32::from(!success))
}
