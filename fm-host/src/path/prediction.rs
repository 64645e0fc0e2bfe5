//! From one prediction to another: velocity, data, noise and score say the same thing.
//!
//! All four are linear in the pair `(x1, eps)` that `x_t = alpha x1 + sigma eps` leaves open, so any
//! one of them with `x_t` gives the others ([`crate::docs::conventions`]; Ma et al., 2024,
//! arXiv:2401.08740). This holds **only under independent coupling**: a field trained on other pairs has
//! no score and no noise.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::Path;

/// What a network's output stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Prediction {
    /// `v = alpha' x1 + sigma' eps`.
    Velocity,
    /// `x1`, the data point.
    Data,
    /// `eps`, the noise.
    Noise,
    /// `-eps / sigma`, the gradient of the log density of `x_t`.
    Score,
}

impl Path {
    /// Turns one coordinate's prediction at `(t, x)` into another kind of prediction.
    ///
    /// The divisors are `alpha sigma' - sigma alpha'` (never 0), `sigma` for a score and from data
    /// (0 at `t = 1`), and `alpha` from noise and score (0 at `t = 0`): there the result is not
    /// finite.
    pub fn convert(self, t: f32, x: f32, value: f32, from: Prediction, to: Prediction) -> f32 {
        if from == to {
            return value;
        }
        let (alpha, sigma) = (self.alpha(t), self.sigma(t));
        let (d_alpha, d_sigma) = (self.d_alpha(t), self.d_sigma(t));
        let (x1, eps) = match from {
            Prediction::Velocity => {
                let det = alpha * d_sigma - sigma * d_alpha;
                ((d_sigma * x - sigma * value) / det, (alpha * value - d_alpha * x) / det)
            }
            Prediction::Data => (value, (x - alpha * value) / sigma),
            Prediction::Noise => ((x - sigma * value) / alpha, value),
            Prediction::Score => {
                let eps = -sigma * value;
                ((x - sigma * eps) / alpha, eps)
            }
        };
        match to {
            Prediction::Velocity => d_alpha * x1 + d_sigma * eps,
            Prediction::Data => x1,
            Prediction::Noise => eps,
            Prediction::Score => -eps / sigma,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Prediction::{Data, Noise, Score, Velocity};

    const KINDS: [Prediction; 4] = [Velocity, Data, Noise, Score];

    #[test]
    fn every_kind_tells_the_pair_that_made_the_point() {
        let (x1, eps) = (0.7_f32, -1.3_f32);
        for path in [Path::Linear, Path::Trig] {
            for t in [0.1_f32, 0.4, 0.8, 0.95] {
                let x = path.alpha(t) * x1 + path.sigma(t) * eps;
                let truth = |kind| match kind {
                    Velocity => path.d_alpha(t) * x1 + path.d_sigma(t) * eps,
                    Data => x1,
                    Noise => eps,
                    Score => -eps / path.sigma(t),
                };
                for from in KINDS {
                    for to in KINDS {
                        let got = path.convert(t, x, truth(from), from, to);
                        // Dividing by alpha or sigma >= 0.05 loses 20 of 2^24, twice for a score.
                        let tolerance = 1e-4 * truth(to).abs().max(1.0);
                        assert!(
                            (got - truth(to)).abs() < tolerance,
                            "{path:?} {t} {from:?} {to:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn there_and_back_is_the_same() {
        for path in [Path::Linear, Path::Trig] {
            for from in KINDS {
                for to in KINDS {
                    let there = path.convert(0.3, 0.5, -0.8, from, to);
                    let back = path.convert(0.3, 0.5, there, to, from);
                    assert!((back + 0.8).abs() < 1e-5, "{path:?} {from:?} {to:?}: {back}");
                }
            }
        }
    }

    #[test]
    fn the_linear_path_has_the_short_forms() {
        let (t, x, v) = (0.25_f32, 1.5_f32, -2.0_f32);
        let to = |kind| Path::Linear.convert(t, x, v, Velocity, kind);
        // With few bits nothing rounds but the division.
        assert_eq!(to(Data), x + (1.0 - t) * v);
        assert_eq!(to(Noise), x - t * v);
        assert_eq!(to(Score), (t * v - x) / (1.0 - t));
    }
}
