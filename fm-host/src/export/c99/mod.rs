//! A model as C99 source without any library: one `.c` file and its header.
//!
//! The code is in the fragments beside this file, `*.c` and `model.h`, which [`template`] reduces to what the
//! model needs. [`tables`] adds its numbers and [`golden`] the samples that its self-test compares with.

mod facts;
mod golden;
mod integers;
mod tables;
mod template;

use std::path::Path;

use fm_nostd::Model;
use fm_nostd::prediction::Reach;

use self::facts::Facts;
use self::tables::Tables;
use crate::{Error, Result};

/// The fragments of the source before and after the tables, in order, each with the flag that it needs.
const BEFORE: [(&str, &str); 2] =
    [("ALWAYS", include_str!("top.c")), ("ALWAYS", include_str!("sizes.c"))];
const AFTER: [(&str, &str); 11] = [
    ("ALWAYS", include_str!("numbers.c")),
    ("HAS_NOISE", include_str!("noise.c")),
    ("HAS_ACTIVATION", include_str!("activation.c")),
    ("HAS_DENSE", include_str!("dense_f32.c")),
    ("HAS_F32", include_str!("network_f32.c")),
    ("HAS_Q8", include_str!("network_q8.c")),
    ("HAS_COLUMNS", include_str!("columns.c")),
    ("ALWAYS", include_str!("condition.c")),
    ("HAS_KNOWN", include_str!("known.c")),
    ("ALWAYS", include_str!("solve.c")),
    ("ALWAYS", include_str!("self_test.c")),
];

/// The texts of both files.
pub(super) struct Files {
    pub source: String,
    pub header: String,
}

/// Returns the files for `out`, a path that ends in `.c`; its stem prefixes every name in them.
///
/// # Errors
/// If the model has no sample in C99, or the file name cannot be in an `#include`.
pub(super) fn files(model: &Model<'_>, out: &Path) -> Result<Files> {
    let header =
        out.with_extension("h").file_name().unwrap_or_default().to_string_lossy().into_owned();
    if header.contains(|c: char| c == '"' || c == '\\' || c == '?' || c.is_control()) {
        let problem =
            "the file name has a character that an #include cannot name; choose another name";
        return Err(Error::usage("--out", problem));
    }
    let prefix = super::source::identifier(out);
    let tables = Tables::of(model, &prefix)?;
    let facts = Facts::of(model, &prefix, &header, &tables);
    let render = |fragments: &[(&str, &str)]| -> String {
        let needed = fragments.iter().filter(|(flag, _)| facts.has(flag));
        needed.map(|(_, text)| template::render(text, &facts, &prefix)).collect()
    };
    let source = [render(&BEFORE), tables.text, render(&AFTER)].concat();
    Ok(Files { source, header: template::render(include_str!("model.h"), &facts, &prefix) })
}

/// Whether the network's velocity can be integrated, and whether it jumps.
fn reach(model: &Model<'_>) -> (bool, bool) {
    let reach = model.prediction().reach();
    (reach != Reach::OneJump, reach.jumps())
}
