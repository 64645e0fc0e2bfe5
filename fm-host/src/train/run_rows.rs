//! The rows of a run.

use super::RunConfig;
use crate::data::{Dataset, Split};

/// The rows that a training reads.
#[derive(Clone, Copy, Debug)]
pub struct RunRows<'a> {
    /// The training set.
    pub train: &'a Dataset,
    /// The rows that paths start at, if the run has a source.
    pub source: Option<&'a Dataset>,
    /// The held-out rows that choose among a training's weights; `None` keeps the last ones.
    pub held_out: Option<&'a Dataset>,
}

impl<'a> RunRows<'a> {
    /// The rows of a split, of which the held-out ones choose among the weights if the configuration lets them.
    pub fn of(config: &RunConfig, split: &'a Split) -> Self {
        Self { train: &split.train, source: split.source_rows(), held_out: config.judges(split) }
    }
}

/// A training set alone: paths start at noise, and the last weights are kept.
impl<'a> From<&'a Dataset> for RunRows<'a> {
    fn from(train: &'a Dataset) -> Self {
        Self { train, source: None, held_out: None }
    }
}
