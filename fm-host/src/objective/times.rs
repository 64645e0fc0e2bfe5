//! Which times a training looks at.

use clap::ValueEnum;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// The largest `f32` below 1: no objective is asked for `t = 1`, where a path has no noise left.
const LAST: f32 = 1.0 - f32::EPSILON / 2.0;

/// The law of the times, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TimeSampler {
    /// All times alike.
    #[default]
    Uniform,
    /// The logistic function of a normal number, which favours the middle.
    LogitNormal,
}

/// The law of the times with its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    /// Which law.
    pub sampler: TimeSampler,
    /// The normal number's mean: above 0 favours data, below 0 noise (`logit-normal`).
    pub mean: f32,
    /// Its standard deviation (`logit-normal`).
    pub sd: f32,
}

impl Times {
    /// A time in `[0, 1)`.
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
        assert!(t < 1.0 && crate::path::Path::Trig.sigma(t) > 0.0);
    }
}
