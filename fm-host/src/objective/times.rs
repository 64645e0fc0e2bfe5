//! The distribution of the times `t` that training draws.

use clap::ValueEnum;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::options::{need, refuse};

/// The largest `f32` below 1: objectives are never evaluated at `t = 1`, where a path has no noise left.
const LAST: f32 = 1.0 - f32::EPSILON / 2.0;

/// The distribution of the times, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TimeSampler {
    /// Uniform between 0 and 1.
    #[default]
    Uniform,
    /// The logistic function of a normal random number, which favours times near 1/2.
    LogitNormal,
}

/// The distribution of the times with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// Which distribution.
    #[serde(rename = "time_sampler")]
    pub sampler: TimeSampler,
    /// The normal variable's mean: above 0 favours data, below 0 noise (`logit-normal`).
    #[serde(rename = "time_mean")]
    pub mean: f32,
    /// The normal variable's standard deviation (`logit-normal`).
    #[serde(rename = "time_sd")]
    pub sd: f32,
}

impl Default for Times {
    fn default() -> Self {
        Self { sampler: TimeSampler::Uniform, mean: 0.0, sd: 1.0 }
    }
}

/// Options for the distribution of the times.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
#[command(next_help_heading = "Training")]
pub struct TimeOptions {
    /// Distribution of the times
    #[arg(long)]
    #[serde(skip)]
    pub time_sampler: Option<TimeSampler>,
    /// Mean of the normal variable in --time-sampler logit-normal; above 0 favours times near data
    #[arg(long, value_name = "F")]
    pub time_mean: Option<f32>,
    /// Standard deviation of the normal variable in --time-sampler logit-normal
    #[arg(long, value_name = "F")]
    pub time_sd: Option<f32>,
}

impl TimeOptions {
    /// Returns `base` with the given options replaced.
    ///
    /// # Errors
    /// If an option is given that this distribution does not use.
    pub(crate) fn over(&self, base: Times) -> Result<Times> {
        let sampler = self.time_sampler.unwrap_or(base.sampler);
        if sampler != TimeSampler::LogitNormal {
            refuse(self, "`--time-sampler logit-normal`")?;
        }
        Ok(Times {
            sampler,
            mean: self.time_mean.unwrap_or(base.mean),
            sd: self.time_sd.unwrap_or(base.sd),
        })
    }
}

impl Times {
    /// Checks the distribution's parameters.
    ///
    /// # Errors
    /// If the mean is not finite, or the standard deviation is not above 0.
    pub(crate) fn validate(&self) -> Result<()> {
        need(self.mean.is_finite(), "--time-mean", "must be finite, for example 0.4")?;
        let positive = self.sd.is_finite() && self.sd > 0.0;
        need(positive, "--time-sd", "must be above 0, for example 1")
    }

    /// Draws a time in `[0, 1)`.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> f32 {
        match self.sampler {
            TimeSampler::Uniform => rng.random(),
            TimeSampler::LogitNormal => {
                let normal: f32 = rng.sample(StandardNormal);
                (1.0 / (1.0 + (-(self.mean + self.sd * normal)).exp())).min(LAST)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn the_logit_of_a_logit_normal_time_is_normal() {
        let times = Times { sampler: TimeSampler::LogitNormal, mean: -0.4, sd: 1.5 };
        let mut rng = stream(1, Purpose::Batch, 0);
        let n = 40_000;
        let logits: Vec<f64> = (0..n)
            .map(|_| {
                let t = f64::from(times.draw(&mut rng));
                (t / (1.0 - t)).ln()
            })
            .collect();
        let mean = logits.iter().sum::<f64>() / f64::from(n);
        let square = logits.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / f64::from(n);
        // Five standard errors: 1.5 / 200, and 1.5 / sqrt(2 * 40,000).
        assert!((mean + 0.4).abs() < 0.038, "{mean}");
        assert!((square.sqrt() - 1.5).abs() < 0.027, "{square}");
    }

    #[test]
    fn no_time_is_one() {
        let times = Times { sampler: TimeSampler::LogitNormal, mean: 80.0, sd: 1.0 };
        let t = times.draw(&mut stream(1, Purpose::Batch, 0));
        assert!(t < 1.0 && fm_nostd::Path::Trigonometric.at(t).sigma > 0.0);
    }
}
