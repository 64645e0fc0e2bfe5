//! A model as a Rust module: the blob, aligned, and the type that samples it.

use fm_nostd::Model;

use super::hex;
use crate::model::Description;

/// A module for firmware, `#![no_std]` or not; `blob` is the model's.
///
/// The blob is in it byte by byte, so it is sampled as any blob is: there is one kernel.
pub(super) fn module(model: &Model<'_>, blob: &[u8]) -> String {
    let Description { name, id, rust_type, flash_bytes, .. } = Description::of(model);
    let (alias, what) = if rust_type.starts_with("OneStep") {
        ("Sampler", "Draws a sample in one evaluation: `Sampler::new(&model)`")
    } else {
        ("Network", "The network, to sample with a solver: `Network::new(&model)?.sampler(..)`")
    };
    // A lifetime in front of the sizes.
    let skin = rust_type.replacen('<', "<'a, ", 1);
    let rows = hex::rows(blob);
    format!(
        "//! The flow-matching model {name:?}, {flash_bytes} bytes of flash, by `fm export`.
//!
//! Name this file in a `mod`; it wants nothing but `fm-nostd`. `model()` checks the bytes once.

/// {what}. It holds all the work memory.
#[allow(dead_code)]
pub type {alias}<'a> = fm_nostd::{skin};

/// The model's fingerprint.
#[allow(dead_code)]
pub const ID: u64 = 0x{id};

/// The model's name.
#[allow(dead_code)]
pub const NAME: &str = {name:?};

/// The model, checked: every byte, once.
///
/// # Errors
/// If the flash is damaged, or this build of `fm-nostd` cannot use the model.
#[allow(dead_code)]
pub fn model() -> Result<fm_nostd::Model<'static>, fm_nostd::BlobError> {{
    fm_nostd::Model::new(&BLOB.0)
}}

/// The model's `.fm` file.
#[rustfmt::skip]
pub static BLOB: fm_nostd::blob::Aligned<[u8; {flash_bytes}]> = fm_nostd::blob::Aligned([
{rows}]);
"
    )
}
