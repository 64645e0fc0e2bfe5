//! The meaning of a network's output, and the velocity derived from it.

use crate::path::PathPoint;

/// The meaning of a network's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Prediction {
    /// `v(t, x)`, the velocity (flow matching).
    Velocity = 0,
    /// `u(t, r, x)`, the average velocity from `t` to `r` (MeanFlow).
    AverageVelocity = 1,
    /// `s(t, x)`, the gradient of the log density of `x_t` (denoising score matching).
    Score = 2,
    /// `eps(t, x)`, the noise in `x_t` (DDPM).
    Noise = 3,
    /// Only `u(0, 1, x)`, the displacement from noise to data: one jump, and no velocity (distillation).
    Jump = 4,
}

/// The ways in which a network can be sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reach {
    /// A velocity at any time: ODE solvers, likelihoods, guidance.
    Velocity,
    /// A jump between any two times, and so a velocity too.
    AnyJump,
    /// Only the single jump from noise to data.
    OneJump,
}

impl Prediction {
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Velocity),
            1 => Some(Self::AverageVelocity),
            2 => Some(Self::Score),
            3 => Some(Self::Noise),
            4 => Some(Self::Jump),
            _ => None,
        }
    }

    /// The ways in which a network with this prediction can be sampled.
    pub const fn reach(self) -> Reach {
        match self {
            Self::Velocity | Self::Score | Self::Noise => Reach::Velocity,
            Self::AverageVelocity => Reach::AnyJump,
            Self::Jump => Reach::OneJump,
        }
    }

    /// Whether a velocity can be derived from the output only along the path of independent pairs, and
    /// not at `t = 0`.
    pub const fn needs_path(self) -> bool {
        match self {
            Self::Score | Self::Noise => true,
            Self::Velocity | Self::AverageVelocity | Self::Jump => false,
        }
    }
}

impl Reach {
    /// Whether the network can jump, which requires the gap `r - t` as an input.
    pub const fn jumps(self) -> bool {
        match self {
            Self::AnyJump | Self::OneJump => true,
            Self::Velocity => false,
        }
    }
}

/// Turns a network's output at one time into a velocity, number by number.
#[derive(Clone, Copy, Debug)]
pub struct ToVelocity {
    prediction: Prediction,
    at: PathPoint,
    factor: f32,
}

impl ToVelocity {
    /// For outputs at the time of `at`; predicted velocities are multiplied by `factor`, which undoes a
    /// contrast and is 1 for a plain field.
    pub fn new(prediction: Prediction, at: PathPoint, factor: f32) -> Self {
        Self { prediction, at, factor }
    }

    /// The velocity at `x` if the network returns `output`; linear in both together.
    #[inline]
    pub fn apply(&self, x: f32, output: f32) -> f32 {
        match self.prediction {
            Prediction::Noise => self.at.velocity_of_noise(x, output),
            Prediction::Score => self.at.velocity_of_score(x, output),
            Prediction::Velocity | Prediction::AverageVelocity | Prediction::Jump => {
                self.factor * output
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Path;

    #[test]
    fn every_prediction_gives_the_velocity_of_its_pair() {
        let (x1, eps) = (0.7f32, -1.3f32);
        for path in [Path::Linear, Path::Trigonometric] {
            for t in [0.1f32, 0.4, 0.8, 0.95] {
                let at = path.at(t);
                let (x, v) = (at.point(x1, eps), at.velocity(x1, eps));
                let outputs = [
                    (Prediction::Velocity, v),
                    (Prediction::AverageVelocity, v),
                    (Prediction::Jump, v),
                    (Prediction::Noise, eps),
                    (Prediction::Score, -eps / at.sigma),
                ];
                for (prediction, output) in outputs {
                    let got = ToVelocity::new(prediction, at, 1.0).apply(x, output);
                    // Dividing by alpha or sigma >= 0.05 loses 20 of 2^24, twice for a score.
                    let tolerance = 1e-4 * v.abs().max(1.0);
                    assert!((got - v).abs() < tolerance, "{prediction:?}, {path:?} at {t}: {got}");
                }
            }
        }
    }
}
