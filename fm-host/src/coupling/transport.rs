//! Options and settings of optimal transport between noise and data.

use serde::{Deserialize, Serialize};

use super::{Coupling, Optimal, PoolSettings};
use crate::Result;
use crate::options::need;

/// Options of optimal transport.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Pairs of noise and data")]
pub struct TransportOptions {
    /// Rows per assignment of --coupling ot or c2ot
    #[arg(long, value_name = "N")]
    pub ot_batch: Option<usize>,
    /// Pairs that --coupling ot or c2ot makes before training; 0 makes new pairs for every batch
    #[arg(long, value_name = "N")]
    pub ot_pool: Option<usize>,
    /// Cost of a squared unit of the standardised condition in --coupling c2ot
    #[arg(long, value_name = "W")]
    pub condition_weight: Option<f32>,
}

/// Settings of optimal transport: the sizes and the cost of assignments.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transport {
    /// The number of rows assigned together.
    #[serde(rename = "ot_batch")]
    pub batch: usize,
    /// The number of pairs made in advance; 0 pairs every batch separately.
    #[serde(rename = "ot_pool")]
    pub pool: usize,
    /// The cost of a squared unit of the standardised condition (`c2ot`).
    pub condition_weight: f32,
}

impl TransportOptions {
    /// Returns `base` with the given options replaced.
    ///
    /// # Errors
    /// If an option is given that this coupling does not use.
    pub(crate) fn over(&self, base: Transport, coupling: Coupling) -> Result<Transport> {
        let read = coupling == Coupling::C2ot || self.condition_weight.is_none();
        need(read, "--condition-weight", "this option needs `--coupling c2ot`")?;
        Ok(Transport {
            batch: self.ot_batch.unwrap_or(base.batch),
            pool: self.ot_pool.unwrap_or(base.pool),
            condition_weight: self.condition_weight.unwrap_or(base.condition_weight),
        })
    }
}

impl Transport {
    /// The default weight of the condition.
    pub(crate) const CONDITION_WEIGHT: f32 = 10.0;

    /// Checks the sizes and the cost.
    ///
    /// # Errors
    /// If a block has fewer than two rows, or the weight is negative or not finite.
    pub(crate) fn validate(&self) -> Result<()> {
        need(self.batch >= 2, "--ot-batch", "must be at least 2")?;
        let weight = self.condition_weight;
        let problem = "must be at least 0, for example 10";
        need(weight.is_finite() && weight >= 0.0, "--condition-weight", problem)
    }

    /// Returns the settings of the coupling's pool of pairs.
    pub(crate) fn settings(&self, coupling: Coupling) -> PoolSettings {
        let cost = match coupling {
            Coupling::C2ot => Optimal::Conditional { weight: self.condition_weight },
            Coupling::Independent | Coupling::Ot => Optimal::Plain,
        };
        PoolSettings { batch: self.batch, rows: self.pool, cost }
    }
}
