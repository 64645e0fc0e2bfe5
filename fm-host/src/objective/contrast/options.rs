//! Options and settings of ΔFM's contrast.

use std::sync::Arc;

use fm_nostd::blob as field;
use serde::{Deserialize, Serialize};

use super::{ContrastSchedule, Means, Negatives};
use crate::Result;
use crate::coupling::Examples;
use crate::objective::Objective;
use crate::options::{need, refuse};

/// Options of ΔFM.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
#[command(next_help_heading = "Contrastive flow matching (delta-fm)")]
pub struct ContrastOptions {
    /// Samples that a row is contrasted with
    #[arg(long)]
    pub negatives: Option<Negatives>,
    /// Strength of the contrast, at least 0 and below 1
    #[arg(long, value_name = "F")]
    pub lambda: Option<f64>,
    /// Strength at the last step, with linear interpolation from the first [default: as --lambda]
    #[arg(long, value_name = "F")]
    pub lambda_end: Option<f64>,
    /// Also contrast rows whose label was dropped
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub contrast_unconditional: Option<bool>,
    /// Contrast with the mean velocity of the negatives, the closed form of the loss
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub delta_closed: Option<bool>,
}

/// Settings of ΔFM's contrast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContrastSettings {
    /// Which samples serve as a row's negatives.
    pub negatives: Negatives,
    /// The contrast's strength at the first step.
    pub lambda: f64,
    /// The contrast's strength at the last step; `None` keeps the first.
    pub lambda_end: Option<f64>,
    /// Whether rows without their label are contrasted too.
    #[serde(rename = "contrast_unconditional")]
    pub unconditional: bool,
    /// Whether the negatives' mean is used in place of drawn negatives.
    #[serde(rename = "delta_closed")]
    pub closed: bool,
}

impl Default for ContrastSettings {
    fn default() -> Self {
        Self {
            negatives: Negatives::Any,
            lambda: 0.05,
            lambda_end: None,
            unconditional: false,
            closed: false,
        }
    }
}

impl ContrastOptions {
    /// Returns `base` with the given options replaced; `dropout` means that labels are dropped.
    ///
    /// # Errors
    /// If an option is given that this training does not use.
    pub(crate) fn over(
        &self,
        base: ContrastSettings,
        objective: Objective,
        dropout: bool,
    ) -> Result<ContrastSettings> {
        if !objective.facts().contrast {
            refuse(self, "`--objective delta-fm`")?;
        }
        let problem = "this option needs `--label-dropout`, which makes rows without a label";
        let unread = self.contrast_unconditional.is_some() && !dropout;
        need(!unread, "--contrast-unconditional", problem)?;
        Ok(ContrastSettings {
            negatives: self.negatives.unwrap_or(base.negatives),
            lambda: self.lambda.unwrap_or(base.lambda),
            lambda_end: self.lambda_end.or(base.lambda_end),
            unconditional: self.contrast_unconditional.unwrap_or(base.unconditional),
            closed: self.delta_closed.unwrap_or(base.closed),
        })
    }
}

impl ContrastSettings {
    /// Checks the strengths.
    ///
    /// # Errors
    /// If a strength is not in `[0, 1)`.
    pub(crate) fn validate(&self) -> Result<()> {
        let problem = "must be at least 0 and below 1: at 1 or above, the push away from the negatives \
                       outweighs the pull to the sample, and the loss has no minimum";
        let below_one = |lambda: f64| (0.0..1.0).contains(&lambda);
        need(below_one(self.lambda), "--lambda", problem)?;
        need(self.lambda_end.is_none_or(below_one), "--lambda-end", problem)
    }

    /// Returns the contrast of a training of `steps` steps on `examples`.
    pub(crate) fn contrast(&self, steps: u64, examples: &Examples) -> ContrastSchedule {
        ContrastSchedule {
            lambda: self.lambda,
            lambda_end: self.lambda_end.unwrap_or(self.lambda),
            steps,
            negatives: self.negatives,
            unconditional: self.unconditional,
            means: self.closed.then(|| Arc::new(Means::of(examples))),
        }
    }

    /// Returns how the contrast changes the field; `dropout` means that labels are dropped. An affine map
    /// undoes the change if every row under a condition had negatives from the same distribution at one
    /// strength. Without a condition, negatives of another class have a mean that depends on `x`.
    pub(crate) fn of_field(&self, dropout: bool) -> field::Contrast {
        use field::Contrast::{Conditional, Everywhere, Irreversible, None};
        let lambda = self.lambda as f32;
        let steady = self.lambda_end.is_none_or(|end| end == self.lambda);
        match (self.negatives, dropout, self.unconditional) {
            _ if !steady => Irreversible,
            _ if self.lambda == 0.0 => None,
            (Negatives::Any, true, false) => Conditional(lambda),
            (Negatives::Any, _, _) => Everywhere(lambda),
            (Negatives::OtherClass, true, true) => Irreversible,
            (Negatives::OtherClass, _, _) => Conditional(lambda),
        }
    }
}
