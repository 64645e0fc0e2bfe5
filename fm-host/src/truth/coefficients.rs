//! A path's coefficients in `f64`.

use std::f64::consts::FRAC_PI_2;

use crate::path::Path;

/// `alpha`, `sigma` and their derivatives at one time: `x_t = alpha x1 + sigma eps`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients {
    /// The factor of the data.
    pub alpha: f64,
    /// The factor of the noise.
    pub sigma: f64,
    /// `d alpha / dt`.
    pub d_alpha: f64,
    /// `d sigma / dt`.
    pub d_sigma: f64,
}

impl Coefficients {
    /// The coefficients of `path` at `t`.
    pub fn at(path: Path, t: f64) -> Self {
        match path {
            Path::Linear => Self { alpha: t, sigma: 1.0 - t, d_alpha: 1.0, d_sigma: -1.0 },
            Path::Trigonometric => {
                let (sin, cos) = (FRAC_PI_2 * t).sin_cos();
                Self { alpha: sin, sigma: cos, d_alpha: FRAC_PI_2 * cos, d_sigma: -FRAC_PI_2 * sin }
            }
        }
    }

    /// The standard deviation of `x_t` if the data's is `sd`.
    pub fn spread(&self, sd: f64) -> f64 {
        (self.alpha * sd).hypot(self.sigma)
    }

    /// The logarithmic derivative in time of [`Coefficients::spread`].
    pub fn growth(&self, sd: f64) -> f64 {
        (self.alpha * self.d_alpha * sd * sd + self.sigma * self.d_sigma) / self.spread(sd).powi(2)
    }
}
