//! Gaussian paths from noise to data: `x_t = alpha(t) x1 + sigma(t) x0`, and what they imply.
//!
//! `alpha(0) = 0, alpha(1) = 1, sigma(0) = 1, sigma(1) = 0`, so `t = 0` is noise and `t = 1` is data
//! ([`crate::docs::conventions`]; Lipman et al., 2022, arXiv:2210.02747; Albergo and Vanden-Eijnden, 2022,
//! arXiv:2209.15571). [`Prediction`] turns one network's output into another's.

mod prediction;

pub use prediction::Prediction;

use std::f32::consts::FRAC_PI_2;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The curve along which noise becomes data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// `alpha = t`, `sigma = 1 - t`: straight lines.
    #[default]
    Linear,
    /// `alpha = sin(pi t / 2)`, `sigma = cos(pi t / 2)`: the variance stays at one.
    Trig,
}

/// One point of a path and the velocity there, in slices that the caller lends.
///
/// Shape: both `[dim]`.
#[derive(Debug)]
pub struct PathSample<'a> {
    /// `x_t = alpha x1 + sigma x0`.
    pub x_t: &'a mut [f32],
    /// `dx_t / dt = alpha' x1 + sigma' x0`.
    pub dx_t: &'a mut [f32],
}

impl Path {
    /// The share of the data in `x_t`.
    pub fn alpha(self, t: f32) -> f32 {
        match self {
            Self::Linear => t,
            Self::Trig => (FRAC_PI_2 * t).sin(),
        }
    }

    /// The share of the noise in `x_t`.
    pub fn sigma(self, t: f32) -> f32 {
        match self {
            Self::Linear => 1.0 - t,
            // The cosine, written so that it is exactly 0 at t = 1 and never below.
            Self::Trig => (FRAC_PI_2 * (1.0 - t)).sin(),
        }
    }

    /// `d alpha / dt`.
    pub fn d_alpha(self, t: f32) -> f32 {
        match self {
            Self::Linear => 1.0,
            Self::Trig => FRAC_PI_2 * self.sigma(t),
        }
    }

    /// `d sigma / dt`.
    pub fn d_sigma(self, t: f32) -> f32 {
        match self {
            Self::Linear => -1.0,
            Self::Trig => -FRAC_PI_2 * self.alpha(t),
        }
    }

    /// The point at time `t` between noise `x0` and data `x1`, and the velocity there.
    ///
    /// Shape: `x0`, `x1` and both slices of `out` are `[dim]`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn sample(self, t: f32, x0: &[f32], x1: &[f32], out: PathSample<'_>) {
        let dim = x0.len();
        assert!(
            x1.len() == dim && out.x_t.len() == dim && out.dx_t.len() == dim,
            "rows of different widths"
        );
        let (alpha, sigma) = (self.alpha(t), self.sigma(t));
        let (d_alpha, d_sigma) = (self.d_alpha(t), self.d_sigma(t));
        for i in 0..dim {
            out.x_t[i] = alpha * x1[i] + sigma * x0[i];
            out.dx_t[i] = d_alpha * x1[i] + d_sigma * x0[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [Path; 2] = [Path::Linear, Path::Trig];

    #[test]
    fn the_ends_are_exactly_noise_and_data() {
        for path in PATHS {
            assert_eq!((path.alpha(0.0), path.sigma(0.0)), (0.0, 1.0), "{path:?}");
            assert_eq!((path.alpha(1.0), path.sigma(1.0)), (1.0, 0.0), "{path:?}");
        }
    }

    #[test]
    fn derivatives_are_the_slopes() {
        let h = 1e-3;
        for path in PATHS {
            for t in [0.1_f32, 0.35, 0.5, 0.9] {
                let slope = |f: fn(Path, f32) -> f32| (f(path, t + h) - f(path, t - h)) / (2.0 * h);
                // Central differences: h^2 * (pi/2)^3 / 6 = 6e-7 from the formula, and
                // 2^-24 / h = 6e-5 from rounding.
                assert!((slope(Path::alpha) - path.d_alpha(t)).abs() < 2e-4, "{path:?} {t}");
                assert!((slope(Path::sigma) - path.d_sigma(t)).abs() < 2e-4, "{path:?} {t}");
            }
        }
    }

    #[test]
    fn a_sample_on_the_line_is_the_straight_line() {
        let (x0, x1) = ([1.0, -2.0], [3.0, 4.0]);
        let (mut x_t, mut dx_t) = ([0.0; 2], [0.0; 2]);
        Path::Linear.sample(0.25, &x0, &x1, PathSample { x_t: &mut x_t, dx_t: &mut dx_t });
        // Numbers with few bits: no rounding.
        assert_eq!(x_t, [1.5, -0.5]);
        assert_eq!(dx_t, [2.0, 6.0]);
    }

    #[test]
    fn the_trigonometric_path_turns_on_a_circle() {
        let (mut x_t, mut dx_t) = ([0.0; 2], [0.0; 2]);
        let (x0, x1) = ([1.0, 0.0], [0.0, 1.0]);
        Path::Trig.sample(0.3, &x0, &x1, PathSample { x_t: &mut x_t, dx_t: &mut dx_t });
        let dot = x_t[0] * dx_t[0] + x_t[1] * dx_t[1];
        let (radius, speed) = (x_t[0].hypot(x_t[1]), dx_t[0].hypot(dx_t[1]));
        // A few roundings of numbers about 1.
        assert!(
            (radius - 1.0).abs() < 1e-6 && (speed - FRAC_PI_2).abs() < 1e-6 && dot.abs() < 1e-6
        );
    }
}
