//! A model as a C header: the blob, aligned, and its sizes, for the interface in `fm-nostd/c`.

use std::path::Path;

use fm_nostd::Model;
use fm_nostd::prediction::Reach;

use super::hex;
use crate::model::Description;

/// A header for one C file of a firmware; `blob` is the model's, `out` the header's own name, which
/// names what is in it.
pub(super) fn header(model: &Model<'_>, blob: &[u8], out: &Path) -> String {
    let description = Description::of(model);
    let hidden = model.network().shape().hidden;
    let (dim, condition) = (description.dim, description.condition.unwrap_or_default());
    let work = 2 * hidden + condition + dim;
    let array = identifier(out);
    let upper = array.to_uppercase();
    let (name, id, len) = (literal(&description.name), description.id, blob.len());
    let classes = description.classes.unwrap_or_default();
    let reach = model.prediction().reach();
    let (jumps, velocity) = (u8::from(reach.jumps()), u8::from(reach != Reach::OneJump));
    let (work_heun, rows) = (work + dim, hex::rows(blob));
    format!(
        "/* A flow-matching model for fm.h, by `fm export`. Include it in one file: the array is
 * static. Numbers are `float`s, not bytes, but for {upper}_LEN. */

#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#define {upper}_NAME {name}
#define {upper}_ID UINT64_C(0x{id})
#define {upper}_LEN {len}
/* Numbers in a sample. */
#define {upper}_DIM {dim}
/* Classes to ask for, numbers in the condition vector; 0 for none. */
#define {upper}_CLASSES {classes}
#define {upper}_CONDITION {condition}
/* 1 where the model can jump from noise to data: fm_sample. */
#define {upper}_JUMPS {jumps}
/* 1 where the model has a velocity: fm_euler and fm_heun. */
#define {upper}_VELOCITY {velocity}
/* Work memory of a sampler: for jumps and Euler, and for Heun too. */
#define {upper}_WORK {work}
#define {upper}_WORK_HEUN {work_heun}

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

/// The file's stem as a name in C, in lower case.
fn identifier(out: &Path) -> String {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("model_{name}") }
}

/// Text as a string of C. Three octal digits cannot run into what follows them.
fn literal(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'?' | 0..b' ' | 0x7f.. => format!("\\{byte:03o}"),
        _ => char::from(byte).to_string(),
    };
    format!("\"{}\"", text.bytes().map(escaped).collect::<String>())
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
}
