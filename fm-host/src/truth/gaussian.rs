//! A single Gaussian: its flow in closed form, and therefore its average velocity
//! ([`crate::docs::average_velocity`]).
//!
//! `x_r = alpha_r mu + S_r / S_t (x_t - alpha_t mu)`, `S_t^2 = alpha_t^2 s^2 + sigma_t^2`, independently in
//! every coordinate.

use super::{Coefficients, Component, GaussianMixture};
use crate::path::Path;

/// A Gaussian with independent coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleGaussian {
    /// Shape: `[dim]`.
    pub mean: Vec<f64>,
    /// Each coordinate's standard deviation, above 0. Shape: `[dim]`.
    pub sd: Vec<f64>,
}

impl SingleGaussian {
    /// The same law as a mixture with one component, which can be sampled.
    pub fn mixture(&self) -> GaussianMixture {
        let Self { mean, sd } = self.clone();
        GaussianMixture::new(vec![Component { weight: 1.0, mean, sd, class: None }])
    }

    /// The marginal velocity. Shape: `[dim]`; also for the functions below.
    pub fn velocity(&self, path: Path, t: f64, x: &[f64]) -> Vec<f64> {
        let at = Coefficients::at(path, t);
        self.map(x, |mean, sd, x| at.d_alpha * mean + at.growth(sd) * (x - at.alpha * mean))
    }

    /// The point at time `r` of the flow that passes through `x` at time `t`.
    pub fn flow(&self, path: Path, t: f64, r: f64, x: &[f64]) -> Vec<f64> {
        let (from, to) = (Coefficients::at(path, t), Coefficients::at(path, r));
        self.map(x, |mean, sd, x| {
            to.alpha * mean + to.spread(sd) / from.spread(sd) * (x - from.alpha * mean)
        })
    }

    /// `u(t, r, x) = (x_r - x) / (r - t)`, which is the velocity for `r = t`.
    pub fn average_velocity(&self, path: Path, t: f64, r: f64, x: &[f64]) -> Vec<f64> {
        if r == t {
            return self.velocity(path, t, x);
        }
        self.flow(path, t, r, x).iter().zip(x).map(|(end, x)| (end - x) / (r - t)).collect()
    }

    /// `du/dt` along the flow at fixed `r`: the derivative of [`Self::average_velocity`] in the
    /// direction `(dt, dr, dx) = (1, 0, v)`, for `t < r`.
    pub fn average_velocity_slope(&self, path: Path, t: f64, r: f64, x: &[f64]) -> Vec<f64> {
        let (from, to) = (Coefficients::at(path, t), Coefficients::at(path, r));
        self.map(x, |mean, sd, x| {
            let (gap, ratio) = (r - t, to.spread(sd) / from.spread(sd));
            let away = x - from.alpha * mean;
            let v = from.d_alpha * mean + from.growth(sd) * away;
            let u = (to.alpha * mean + ratio * away - x) / gap;
            let in_time = (-ratio * from.growth(sd) * away - ratio * from.d_alpha * mean + u) / gap;
            in_time + v * (ratio - 1.0) / gap
        })
    }

    fn map(&self, x: &[f64], value: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
        assert_eq!(x.len(), self.mean.len(), "a point of another width");
        let coordinates = self.mean.iter().zip(&self.sd).zip(x);
        coordinates.map(|((&mean, &sd), &x)| value(mean, sd, x)).collect()
    }
}
