//! How rows are weighted by their error.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::options::need;

/// Options of the weights that depend on the error.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Training")]
pub struct WeightingOptions {
    /// Power p of the loss weight 1/(|e|^2 + c)^p; 0 is plain least squares
    #[arg(long, value_name = "P")]
    pub weight_p: Option<f32>,
    /// Constant c of the loss weight
    #[arg(long, value_name = "C")]
    pub weight_c: Option<f32>,
}

/// Weights `w = stopgrad(1 / (|e|^2 + c)^p)` of rows with residual `e` (Geng et al., 2025,
/// arXiv:2505.13447, equation 22); `p = 0` is plain least squares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighting {
    /// The power `p`.
    #[serde(rename = "weight_p")]
    pub p: f32,
    /// The constant `c`, which keeps the weight finite if the residual vanishes.
    #[serde(rename = "weight_c")]
    pub c: f32,
}

impl Default for Weighting {
    fn default() -> Self {
        Self { p: 0.0, c: 1e-3 }
    }
}

impl WeightingOptions {
    /// Returns `base` with the given options replaced.
    ///
    /// # Errors
    /// If a constant is given without a power.
    pub(crate) fn over(&self, base: Weighting) -> Result<Weighting> {
        let p = self.weight_p.unwrap_or(base.p);
        need(self.weight_c.is_none() || p > 0.0, "--weight-c", "this option needs `--weight-p`")?;
        Ok(Weighting { p, c: self.weight_c.unwrap_or(base.c) })
    }
}

impl Weighting {
    /// Checks the power and the constant.
    ///
    /// # Errors
    /// If the power is not in `[0, 2]`, or the constant is not above 0.
    pub(crate) fn validate(&self) -> Result<()> {
        need((0.0..=2.0).contains(&self.p), "--weight-p", "must be from 0 to 2")?;
        let positive = self.c.is_finite() && self.c > 0.0;
        need(positive, "--weight-c", "must be above 0, for example 0.001")
    }
}
