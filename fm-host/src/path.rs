//! The path that a training follows, as an option.
//!
//! What lies between noise and data is `fm-nostd`'s: the trainer and the sampler have one set of
//! coefficients.

pub use fm_nostd::path::{Path, PathPoint};

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Reads a path by its name.
pub(crate) fn by_name() -> impl TypedValueParser<Value = Path> {
    PossibleValuesParser::new(Path::ALL.map(Path::name)).try_map(|typed| {
        Path::ALL.into_iter().find(|path| path.name() == typed).ok_or("no such path")
    })
}
