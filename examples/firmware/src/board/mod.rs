//! The board: where an image starts, prints and ends.
//!
//! A board of another architecture is another file here and another folder in `boards/`.

mod cortex_m;

use core::ffi::CStr;

pub use cortex_m::entry;

/// Prints through the debugger or the emulator.
pub fn print(text: &CStr) {
    semihosting::sys::arm_compat::sys_write0(text);
}

/// Ends the program; the emulator exits with 0 for a success.
pub fn exit(success: bool) -> ! {
    semihosting::process::exit(i32::from(!success))
}
