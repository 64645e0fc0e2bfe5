//! The C interface of `fm-nostd`: `include/fm.h` and the static library that implements it.
//!
//! All memory belongs to the caller: an [`fm_model`](model::fm_model) and an
//! [`fm_sampler`](sampler::fm_sampler), whose sizes are in the header, and an array of `float` as working
//! memory. There are no globals, no allocation and no panic; every function returns an
//! [`fm_status`](status::fm_status) for mistakes of the caller.
//!
//! `unsafe` code is in this file and in `raw`, `model`, `sampler` and `sample`. Each function's `#
//! Safety` section states what the C caller must guarantee, and each block names the guarantee that it
//! relies on.

#![cfg_attr(target_os = "none", no_std)]
#![allow(non_camel_case_types, reason = "types have the names that C sees")]

pub mod model;
mod raw;
pub mod sample;
pub mod sampler;
mod state;
pub mod status;

/// Has no body in a release build: the linker fails if a panic is reachable.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn a_panic_can_be_reached() -> !;
    }
    a_panic_can_be_reached()
}
