//! The learning rate, the clipping and the weight average of each step.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::net::Update;
use crate::options::need;

/// Options of the schedule.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Training")]
pub struct ScheduleOptions {
    /// Total number of training steps
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Peak learning rate
    #[arg(long, value_name = "F")]
    pub lr: Option<f32>,
    /// Steps of linear warm-up of the learning rate
    #[arg(long, value_name = "N")]
    pub warmup: Option<u64>,
    /// Final learning rate as a share of --lr, reached by a cosine
    #[arg(long, value_name = "SHARE")]
    pub final_lr: Option<f32>,
    /// Largest global norm of the gradient; larger gradients are clipped
    #[arg(long, value_name = "F")]
    pub clip: Option<f32>,
    /// Largest decay of the averaged weights (EMA), which become the model
    #[arg(long, value_name = "F")]
    pub ema: Option<f32>,
}

/// A linear warm-up to `lr`, then a cosine down to `final_lr` times `lr` at the last step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The total number of steps.
    pub steps: u64,
    /// The highest learning rate.
    pub lr: f32,
    /// The number of steps in which the learning rate rises to its highest value.
    pub warmup: u64,
    /// The learning rate at the last step, as a share of the highest.
    pub final_lr: f32,
    /// The largest global norm of the gradient.
    pub clip: f32,
    /// The largest decay of the averaged weights.
    pub ema: f32,
}

impl ScheduleOptions {
    /// Returns `base` with the given options replaced.
    pub(crate) fn over(&self, base: Schedule) -> Schedule {
        Schedule {
            steps: self.steps.unwrap_or(base.steps),
            lr: self.lr.unwrap_or(base.lr),
            warmup: self.warmup.unwrap_or(base.warmup),
            final_lr: self.final_lr.unwrap_or(base.final_lr),
            clip: self.clip.unwrap_or(base.clip),
            ema: self.ema.unwrap_or(base.ema),
        }
    }
}

impl Schedule {
    /// The longest default warm-up.
    pub(super) const MOST_WARMUP: u64 = 200;

    /// Returns the schedule that measured best for this number of steps at this learning rate.
    pub fn new(steps: u64, lr: f32) -> Self {
        let warmup = Self::usual_warmup(steps);
        Self { steps, lr, warmup, final_lr: 0.01, clip: 1.0, ema: 0.999 }
    }

    /// 200 steps, but a tenth of all steps in short trainings.
    fn usual_warmup(steps: u64) -> u64 {
        (steps / 10).min(Self::MOST_WARMUP)
    }

    /// Returns the same schedule for another number of steps, with the default warm-up for that.
    pub fn with_steps(self, steps: u64) -> Self {
        Self { steps, warmup: Self::usual_warmup(steps), ..self }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If a value is not allowed; the error names the option and the allowed values.
    pub(crate) fn validate(&self) -> Result<()> {
        let positive = |x: f32| x.is_finite() && x > 0.0;
        need(self.steps > 0, "--steps", "must be at least 1")?;
        need(positive(self.lr), "--lr", "must be above 0, for example 0.005")?;
        need(self.warmup < self.steps, "--warmup", "must be below `--steps`")?;
        let share = (0.0..=1.0).contains(&self.final_lr);
        need(share, "--final-lr", "must be from 0 to 1, as a share of `--lr`")?;
        need(positive(self.clip), "--clip", "must be above 0; a large norm disables clipping")?;
        need((0.0..1.0).contains(&self.ema), "--ema", "must be at least 0 and below 1")
    }

    /// Returns the optimiser's settings for step `i`, counted from 0.
    pub fn update(&self, i: u64) -> Update {
        Update { rate: self.rate(i) as f32, clip: self.clip, ema: self.decay(i) as f32 }
    }

    fn rate(&self, i: u64) -> f64 {
        let done = (i + 1) as f64;
        let (rate, last) = (f64::from(self.lr), f64::from(self.final_lr));
        if i < self.warmup {
            return rate * done / self.warmup as f64;
        }
        let progress = (done - self.warmup as f64) / (self.steps - self.warmup) as f64;
        let cosine = 0.5 * (1.0 + (PI * progress.min(1.0)).cos());
        rate * (last + (1.0 - last) * cosine)
    }

    /// A shorter average at first, so that it forgets the random start: `min(ema, (1 + i) / (10 + i))`.
    fn decay(&self, i: u64) -> f64 {
        f64::from(self.ema).min((1 + i) as f64 / (10 + i) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_decays_at_known_steps() {
        let at = |i| Schedule { warmup: 200, ..Schedule::new(1200, 0.004) }.update(i);
        // Rounding to f32: 2^-24 relative.
        let close = |got: f32, expected: f64| (f64::from(got) / expected - 1.0).abs() < 2e-7;
        assert!(close(at(0).rate, 0.004 / 200.0));
        assert!(close(at(99).rate, 0.002));
        assert!(close(at(199).rate, 0.004));
        // Half-way down: the mean of both ends.
        assert!(close(at(699).rate, 0.004 * 0.505));
        assert!(close(at(1199).rate, 0.004 * 0.01));
        assert!(close(at(0).ema, 0.1) && close(at(80).ema, 0.9) && close(at(100_000).ema, 0.999));
        assert_eq!(at(5).clip, 1.0);
        assert!((200..1199).all(|i| at(i).rate > at(i + 1).rate));
    }

    #[test]
    fn no_warm_up_starts_on_the_cosine() {
        let rate = Schedule { warmup: 0, ..Schedule::new(2, 0.005) }.update(0).rate;
        assert!((rate / (0.005 * 0.505) - 1.0).abs() < 1e-6, "{rate}");
    }
}
