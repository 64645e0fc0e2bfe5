//! The inner loop over the inputs of a block, in Rust or in assembly for the core.

#[cfg(all(target_arch = "arm", target_abi = "eabihf", target_os = "none"))]
mod armv7em;
#[cfg(not(all(target_arch = "arm", target_abi = "eabihf", target_os = "none")))]
mod portable;

#[cfg(all(target_arch = "arm", target_abi = "eabihf", target_os = "none"))]
pub(super) use armv7em::{accumulate, narrow};
#[cfg(not(all(target_arch = "arm", target_abi = "eabihf", target_os = "none")))]
pub(super) use portable::{accumulate, narrow};
