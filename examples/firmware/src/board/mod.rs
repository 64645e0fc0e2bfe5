//! The board: where an image starts, prints, ends, and counts cycles.
//!
//! An image runs on QEMU's machine for its target, unless a feature names a physical board.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "riscv32")]
mod riscv;

#[cfg(not(feature = "board"))]
mod emulator;
#[cfg(feature = "nucleo-f411re")]
mod nucleo_f411re;
#[cfg(feature = "pico")]
mod pico;
#[cfg(feature = "board")]
mod register;
#[cfg(feature = "pico")]
mod systick;

#[cfg(target_arch = "aarch64")]
pub use aarch64::entry;
#[cfg(target_arch = "arm")]
pub use cortex_m::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv::entry;

#[cfg(not(feature = "board"))]
pub use emulator::{cycles, exit, print};
#[cfg(feature = "nucleo-f411re")]
pub use nucleo_f411re::{cycles, exit, print};
#[cfg(feature = "pico")]
pub use pico::{exit, print};
#[cfg(feature = "pico")]
pub use systick::cycles;
