//! A model as a source file that contains its aligned blob byte by byte: a Rust module with the type that
//! samples it, or a C header with the sizes, for the interface in `fm-nostd/c`.

use std::fmt::Write;
use std::path::Path;

use fm_nostd::Model;
use fm_nostd::prediction::Reach;

use super::names::{c_names, rust_names, word};
use crate::model::Description;

/// Returns a Rust module for firmware, with or without `#![no_std]`; `blob` is the model's blob.
///
/// The module contains the blob unchanged, so it is sampled by the same kernel as any blob.
pub(super) fn rust_module(model: &Model<'_>, blob: &[u8]) -> String {
    let Description { name, id, rust_type, flash_bytes, source, .. } = Description::of(model);
    let (alias, what) = match (rust_type.contains("OneStep"), source) {
        (true, false) => ("Sampler", "Draws a sample in one evaluation: `Sampler::new(&model)`"),
        (true, true) => (
            "Sampler",
            "Moves a row of the source in one evaluation: `Sampler::with_source(&model)`, then `transport`",
        ),
        (false, false) => {
            ("Network", "The network, to sample with a solver: `Network::new(&model)?.sampler(..)`")
        }
        (false, true) => (
            "Network",
            "The network, to move rows of the source with a solver: \
             `Network::new(&model)?.sampler_with_source(..)`",
        ),
    };
    let parts = match (model.has_known(), model.known_prefix()) {
        (true, 0) => " A part of a sample can be known: `set_known`.".to_owned(),
        (true, prefix) => {
            format!(
                " Before a sample is drawn, just its first {prefix} numbers must be known: `set_known`."
            )
        }
        (false, _) => String::new(),
    };
    // Inserts a lifetime before the sizes.
    let skin = rust_type.replacen('<', "<'a, ", 1);
    let (rows, names) = (byte_rows(blob), rust_names(model));
    format!(
        "//! The flow-matching model {name:?}, {flash_bytes} bytes of flash, written by `fm export`.
//!
//! Name this file in a `mod`; it only needs `fm-nostd`. `model()` checks every byte.

/// {what}. It contains all the work memory.{parts}
#[allow(dead_code)]
pub type {alias}<'a> = fm_nostd::{skin};

/// The model's fingerprint.
#[allow(dead_code)]
pub const ID: u64 = 0x{id};

/// The model's name.
#[allow(dead_code)]
pub const NAME: &str = {name:?};

/// Checks every byte and returns the model; call it once.
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
{names}"
    )
}

/// Returns a header for a single C file of a firmware; `blob` is the model's blob, `out` the header's path,
/// whose stem prefixes the names in it.
pub(super) fn c_header(model: &Model<'_>, blob: &[u8], out: &Path) -> String {
    let description = Description::of(model);
    let hidden = model.network().shape().hidden;
    let (dim, condition) = (description.dim, description.condition.unwrap_or_default());
    let memory = if model.has_known() { model.known_memory() } else { condition };
    let work = 2 * hidden + memory + dim;
    let array = identifier(out);
    let upper = array.to_uppercase();
    let (name, id, len) = (literal(&description.name), description.id, blob.len());
    let classes = description.classes.unwrap_or_default();
    let reach = model.prediction().reach();
    let (jumps, velocity) = (u8::from(reach.jumps()), u8::from(reach != Reach::OneJump));
    let (source, known) = (u8::from(description.source), u8::from(description.known));
    let prefix = model.known_prefix();
    let (work_heun, rows) = (work + dim, byte_rows(blob));
    let names = c_names(model, &upper);
    format!(
        "/* A flow-matching model for fm.h, written by `fm export`. Include it in a single C file, because
 * the array is static. Sizes count `float`s, except {upper}_LEN, which counts bytes. */

#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#define {upper}_NAME {name}
#define {upper}_ID UINT64_C(0x{id})
#define {upper}_LEN {len}
/* Values per sample. */
#define {upper}_DIM {dim}
/* The number of classes, and of values in the condition vector; 0 if there are none. */
#define {upper}_CLASSES {classes}
#define {upper}_CONDITION {condition}
/* 1 if the model can jump from its start to data (fm_sample, fm_transport), else 0. */
#define {upper}_JUMPS {jumps}
/* 1 if samples start at rows of a source (fm_transport), 0 if they start at noise (fm_sample). */
#define {upper}_SOURCE {source}
/* 1 if a part of a sample can be known (fm_set_known), else 0. */
#define {upper}_KNOWN {known}
/* How many first values must be known, and no others; 0 if any can be. */
#define {upper}_KNOWN_PREFIX {prefix}
/* 1 if the model has a velocity (fm_euler and fm_heun), else 0. */
#define {upper}_VELOCITY {velocity}
/* Work memory of a sampler: the first for jumps and Euler, the second also for Heun. */
#define {upper}_WORK {work}
#define {upper}_WORK_HEUN {work_heun}
{names}
#ifdef __cplusplus
alignas(16)
#else
_Alignas(16)
#endif
static const uint8_t {array}[{upper}_LEN] = {{
{rows}}};

#endif
"
    )
}

/// The file's stem as a C identifier in lower case.
pub(super) fn identifier(out: &Path) -> String {
    let name = word(&out.file_stem().unwrap_or_default().to_string_lossy()).to_ascii_lowercase();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("model_{name}") }
}

/// Text as a C string literal. Three octal digits cannot merge with the characters after them.
pub(super) fn literal(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'?' | 0..b' ' | 0x7f.. => format!("\\{byte:03o}"),
        _ => char::from(byte).to_string(),
    };
    format!("\"{}\"", text.bytes().map(escaped).collect::<String>())
}

/// Bytes as rows of a source file, valid in Rust and C: sixteen per line, each followed by a comma.
fn byte_rows(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(7 * bytes.len());
    for row in bytes.chunks(16) {
        text.push_str("   ");
        for byte in row {
            // Writing to a string cannot fail.
            let _ = write!(text, " {byte:#04x},");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_name_and_any_name_are_c() {
        assert_eq!(identifier(Path::new("out/Two-Moons.v2.h")), "two_moons_v2");
        assert_eq!(identifier(Path::new("8gaussians.h")), "model_8gaussians");
        assert_eq!(identifier(Path::new("_x.h")), "model__x");
        assert_eq!(literal("moons"), "\"moons\"");
        assert_eq!(literal("a\"b\\1ü\n"), "\"a\\042b\\1341\\303\\274\\012\"");
    }

    #[test]
    fn a_row_has_sixteen_bytes() {
        let text = byte_rows(&[0xab; 17]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].matches("0xab,").count(), 16);
        assert_eq!(lines[1..], ["    0xab,"]);
        assert_eq!(byte_rows(&[]), "");
    }
}
