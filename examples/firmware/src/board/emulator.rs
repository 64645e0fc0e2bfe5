//! QEMU, or any chip under a debugger that supports semihosting.

use core::ffi::CStr;

/// Prints through the debugger or the emulator.
pub fn print(text: &CStr) {
    semihosting::sys::arm_compat::sys_write0(text);
}

/// Ends the program; the emulator exits with 0 for a success.
pub fn exit(success: bool) -> ! {
    semihosting::process::exit(i32::from(!success))
}

/// Runs the work. An emulator has no cycle counter, so this returns 0.
pub fn cycles(work: impl FnOnce()) -> u32 {
    work();
    0
}
