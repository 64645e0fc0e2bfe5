//! Gaussian paths in f32: their coefficients at a time, and conversions between predictions.
//!
//! `x_t = alpha x1 + sigma eps`; velocity, data, noise and score are linear in the pair `(x1, eps)`, so
//! any one of them together with `x_t` determines the others.
//! This holds **only under independent coupling**; [`Field::score_path`](crate::Field::score_path)
//! reports whether a model was trained that way.

use core::f32::consts::FRAC_PI_2;

use serde::{Deserialize, Serialize};

use crate::math::sine_cosine;

/// A Gaussian path from noise to data: the curve along which a field is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Path {
    /// `x_t = t x1 + (1 - t) eps`: straight lines.
    #[default]
    Linear = 0,
    /// `x_t = sin(pi t / 2) x1 + cos(pi t / 2) eps`: the variance stays at one.
    #[serde(rename = "trig")]
    Trigonometric = 1,
}

/// A path at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathPoint {
    /// The share of the data.
    pub alpha: f32,
    /// The share of the noise.
    pub sigma: f32,
    /// `d alpha / dt`
    pub d_alpha: f32,
    /// `d sigma / dt`
    pub d_sigma: f32,
    /// `alpha sigma' - sigma alpha'`: -1 on the linear path, -pi/2 on the trigonometric one.
    pub det: f32,
}

impl Path {
    /// Every path.
    pub const ALL: [Self; 2] = [Self::Linear, Self::Trigonometric];

    /// Its short name: `linear` or `trig`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Trigonometric => "trig",
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Linear),
            1 => Some(Self::Trigonometric),
            _ => None,
        }
    }

    /// The path at time `t` in [0, 1], the same bits on every target.
    pub fn at(self, t: f32) -> PathPoint {
        match self {
            Self::Linear => {
                PathPoint { alpha: t, sigma: 1.0 - t, d_alpha: 1.0, d_sigma: -1.0, det: -1.0 }
            }
            Self::Trigonometric => {
                // A quarter turn is 2^30: the product is exact, the cut below 2^-30.
                let (alpha, sigma) = sine_cosine((t * 1_073_741_824.0) as u32);
                PathPoint {
                    alpha,
                    sigma,
                    d_alpha: FRAC_PI_2 * sigma,
                    d_sigma: -FRAC_PI_2 * alpha,
                    det: -FRAC_PI_2,
                }
            }
        }
    }
}

/// Each function computes one coordinate; `x` is the coordinate of `x_t`.
impl PathPoint {
    /// The point between data `x1` and noise `eps`, `alpha x1 + sigma eps`.
    pub fn point(&self, x1: f32, eps: f32) -> f32 {
        self.alpha * x1 + self.sigma * eps
    }

    /// The velocity of that point, `alpha' x1 + sigma' eps`.
    pub fn velocity(&self, x1: f32, eps: f32) -> f32 {
        self.d_alpha * x1 + self.d_sigma * eps
    }

    /// The data point that a velocity implies, `(sigma' x - sigma v) / det`.
    pub fn data(&self, x: f32, velocity: f32) -> f32 {
        (self.d_sigma * x - self.sigma * velocity) / self.det
    }

    /// The noise that a velocity implies, `(alpha v - alpha' x) / det`.
    pub fn noise(&self, x: f32, velocity: f32) -> f32 {
        (self.alpha * velocity - self.d_alpha * x) / self.det
    }

    /// The score that a velocity implies, `-eps / sigma`: not finite at `t = 1`.
    pub fn score(&self, x: f32, velocity: f32) -> f32 {
        -self.noise(x, velocity) / self.sigma
    }

    /// The velocity that a data point implies, `(sigma' x - det x1) / sigma`: not finite at `t = 1`.
    pub fn velocity_of_data(&self, x: f32, data: f32) -> f32 {
        (self.d_sigma * x - self.det * data) / self.sigma
    }

    /// The velocity that noise implies, `(alpha' x + det eps) / alpha`: not finite at `t = 0`.
    pub fn velocity_of_noise(&self, x: f32, noise: f32) -> f32 {
        (self.d_alpha * x + self.det * noise) / self.alpha
    }

    /// The velocity that a score implies, by `eps = -sigma s`: not finite at `t = 0`.
    pub fn velocity_of_score(&self, x: f32, score: f32) -> f32 {
        self.velocity_of_noise(x, -self.sigma * score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_noise_and_data_and_the_trigonometric_path_is_libms() {
        for path in Path::ALL {
            let (start, end) = (path.at(0.0), path.at(1.0));
            assert_eq!((start.alpha, start.sigma, end.alpha, end.sigma), (0.0, 1.0, 1.0, 0.0));
        }
        for i in 0..=100_000 {
            let t = i as f32 / 1e5;
            let a = f64::from(t) * core::f64::consts::FRAC_PI_2;
            let at = Path::Trigonometric.at(t);
            // The polynomials' error, 2e-7; relative where the function is small.
            let near =
                |got: f32, truth: f64| (f64::from(got) - truth).abs() <= 3e-7 * truth.max(0.01);
            assert!(near(at.alpha, libm::sin(a)) && near(at.sigma, libm::cos(a)), "{t}");
        }
    }

    #[test]
    fn derivatives_are_slopes_and_det_is_their_determinant() {
        for path in Path::ALL {
            for t in [0.1f32, 0.35, 0.5, 0.9] {
                let (at, before, after) = (path.at(t), path.at(t - 1e-3), path.at(t + 1e-3));
                // Central differences: 6e-7 from the formula, 2e-4 from rounding 2e-7 over 2e-3.
                let slope = |f: fn(&PathPoint) -> f32| (f(&after) - f(&before)) / 2e-3;
                assert!((slope(|p| p.alpha) - at.d_alpha).abs() < 4e-4);
                assert!((slope(|p| p.sigma) - at.d_sigma).abs() < 4e-4);
                let det = at.alpha * at.d_sigma - at.sigma * at.d_alpha;
                assert!((det - at.det).abs() < 1e-6, "{path:?} {t}: {det}");
            }
        }
    }

    #[test]
    fn every_prediction_tells_the_pair_that_made_the_point() {
        let (x1, eps) = (0.7f32, -1.3f32);
        for path in Path::ALL {
            for t in [0.1f32, 0.4, 0.8, 0.95] {
                let at = path.at(t);
                let (x, v) = (at.point(x1, eps), at.velocity(x1, eps));
                // Dividing by alpha or sigma >= 0.05 loses 20 of 2^24, twice for a score.
                let near = |got: f32, truth: f32| (got - truth).abs() < 1e-4 * truth.abs().max(1.0);
                assert!(near(at.data(x, v), x1) && near(at.noise(x, v), eps), "{path:?} {t}");
                assert!(near(at.score(x, v), -eps / at.sigma), "{path:?} {t}");
                assert!(near(at.velocity_of_data(x, x1), v), "{path:?} {t}");
                assert!(near(at.velocity_of_noise(x, eps), v), "{path:?} {t}");
                assert!(near(at.velocity_of_score(x, -eps / at.sigma), v), "{path:?} {t}");
            }
        }
    }

    #[test]
    fn the_linear_path_has_the_short_forms() {
        let (t, x, v) = (0.3f32, 1.7f32, -2.1f32);
        let at = Path::Linear.at(t);
        assert_eq!(at.data(x, v), x + (1.0 - t) * v);
        assert_eq!(at.noise(x, v), x - t * v);
        assert_eq!(at.score(x, v), (t * v - x) / (1.0 - t));
        assert_eq!(at.velocity_of_noise(x, v), (x - v) / t);
    }
}
