//! A 64-bit Arm in QEMU's user mode, which gives a program its stack and answers semihosting.

#![allow(unsafe_code, reason = "the program starts at an exported name")]

pub use cortex_m_rt_macros::entry;

unsafe extern "C" {
    /// What `entry` makes of the image's own `main`.
    fn main() -> !;
}

/// Where the emulator starts.
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // SAFETY: `entry` exports a function of this name that takes nothing and does not return.
    unsafe { main() }
}
