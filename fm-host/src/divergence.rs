//! How the divergence of a velocity is computed, as a command-line option.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::options;

/// How the divergence of the velocity is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Trace {
    /// Exact: one derivative per dimension.
    Exact,
    /// An unbiased estimate: one derivative per probe, along a random direction of signs.
    Hutchinson,
}

impl Trace {
    /// The name as it is typed on the command line.
    pub fn name(self) -> String {
        options::typed(self)
    }
}
