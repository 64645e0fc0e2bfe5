//! The learning rate, the clipping and the weight average of each step.

use std::f64::consts::PI;

use super::TrainConfig;
use crate::net::Update;

/// Linear warm-up to `rate`, then a cosine down to `final_share` of it at the last step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    rate: f64,
    final_share: f64,
    warmup: u64,
    steps: u64,
    clip: f32,
    ema: f64,
}

impl Schedule {
    /// The schedule of a configuration.
    pub fn new(config: &TrainConfig) -> Self {
        Self {
            rate: config.lr.into(),
            final_share: config.final_lr.into(),
            warmup: config.warmup,
            steps: config.steps,
            clip: config.clip,
            ema: config.ema.into(),
        }
    }

    /// The settings of step `i`, counted from 0.
    pub fn update(&self, i: u64) -> Update {
        Update { rate: self.rate(i) as f32, clip: self.clip, ema: self.decay(i) as f32 }
    }

    fn rate(&self, i: u64) -> f64 {
        let done = (i + 1) as f64;
        if i < self.warmup {
            return self.rate * done / self.warmup as f64;
        }
        let progress = (done - self.warmup as f64) / (self.steps - self.warmup) as f64;
        let cosine = 0.5 * (1.0 + (PI * progress.min(1.0)).cos());
        self.rate * (self.final_share + (1.0 - self.final_share) * cosine)
    }

    /// Young averages forget the random start: `min(ema, (1 + i) / (10 + i))`.
    fn decay(&self, i: u64) -> f64 {
        self.ema.min((1 + i) as f64 / (10 + i) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Objective;
    use crate::train::DataShape;

    #[test]
    fn rates_and_decays_at_known_steps() {
        let config = TrainConfig {
            steps: 1200,
            warmup: 200,
            lr: 0.004,
            ..TrainConfig::defaults(Objective::Fm, DataShape::BUILT_IN)
        };
        let at = |i| Schedule::new(&config).update(i);
        // Rounding to f32: 2^-24 relative.
        let close = |got: f32, expected: f64| (f64::from(got) / expected - 1.0).abs() < 2e-7;
        assert!(close(at(0).rate, 0.004 / 200.0));
        assert!(close(at(99).rate, 0.002));
        assert!(close(at(199).rate, 0.004));
        // Half-way down: the mean of the ends.
        assert!(close(at(699).rate, 0.004 * 0.505));
        assert!(close(at(1199).rate, 0.004 * 0.01));
        assert!(close(at(0).ema, 0.1) && close(at(80).ema, 0.9) && close(at(100_000).ema, 0.999));
        assert_eq!(at(5).clip, 1.0);
        assert!((200..1199).all(|i| at(i).rate > at(i + 1).rate));
    }

    #[test]
    fn no_warm_up_starts_on_the_cosine() {
        let defaults = TrainConfig::defaults(Objective::Fm, DataShape::BUILT_IN);
        let config = TrainConfig { steps: 2, warmup: 0, lr: 0.005, ..defaults };
        let rate = Schedule::new(&config).update(0).rate;
        assert!((rate / (0.005 * 0.505) - 1.0).abs() < 1e-6, "{rate}");
    }
}
