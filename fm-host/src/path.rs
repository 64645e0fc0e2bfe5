//! The path between noise and data, as a command-line option.
//!
//! The coefficients of a path are in `fm-nostd`, so that the trainer and the sampler share them.

pub use fm_nostd::path::{Path, PathPoint};

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Returns a parser that reads a path by its name.
pub(crate) fn by_name() -> impl TypedValueParser<Value = Path> {
    PossibleValuesParser::new(Path::ALL.map(Path::name)).try_map(|typed| {
        Path::ALL.into_iter().find(|path| path.name() == typed).ok_or("no such path")
    })
}
