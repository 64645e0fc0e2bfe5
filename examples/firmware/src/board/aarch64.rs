//! A 64-bit Arm in QEMU's user mode, which gives a program its stack and answers semihosting.

#![allow(unsafe_code, reason = "the program starts at an exported name")]

pub use cortex_m_rt_macros::entry;

unsafe extern "C" {
    /// The function that `entry` makes of the image's own `main`.
    fn main() -> !;
}

/// The function at which the emulator starts.
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // SAFETY: `entry` exports a function of this name without arguments that does not return.
    unsafe { main() }
}
