//! Cortex-M: start by `cortex-m-rt`, which also enables the FPU.

#![allow(unsafe_code, reason = "cortex-m-rt requires exception handlers to be unsafe")]

pub use cortex_m_rt::entry;
use cortex_m_rt::{ExceptionFrame, exception};

/// A fault ends the program with a failure instead of hanging the emulator.
// SAFETY: it reads no state of the code that the fault interrupted, and does not return.
#[exception]
unsafe fn HardFault(_: &ExceptionFrame) -> ! {
    super::print(c"hard fault\n");
    super::exit(false)
}
