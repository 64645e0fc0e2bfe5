//! The C interface of `fm-nostd`: `include/fm.h`, and a static library behind it.
//!
//! All memory is the caller's: an [`fm_model`](model::fm_model) and an
//! [`fm_sampler`](sampler::fm_sampler), whose sizes the header knows, and an array of `float` to work
//! in. There are no globals, no allocation and no panic; every function gives an
//! [`fm_status`](status::fm_status) for what a caller can get wrong.
//!
//! `unsafe` is here and in `raw`, `model`, `sampler` and `sample`: what C promises is said in each
//! function's `# Safety`, and each block says which promise it stands on.

#![cfg_attr(target_os = "none", no_std)]
#![allow(non_camel_case_types, reason = "types have the names that C sees")]

pub mod model;
mod raw;
pub mod sample;
pub mod sampler;
mod state;
pub mod status;

/// Has no body in a release build: the linker fails if a panic can be reached.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn a_panic_can_be_reached() -> !;
    }
    a_panic_can_be_reached()
}
