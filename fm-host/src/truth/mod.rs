//! Laws whose flow is known in closed form: the truth that objectives, solvers and likelihoods are
//! held against.
//!
//! A [`GaussianMixture`] stays one along any Gaussian [`Path`], so its marginal velocity, score and
//! density have formulas; for a [`SingleGaussian`] the flow itself has one, and with it the average
//! velocity. All in `f64`, on the data as it is (standardise the law beside its samples).

mod coefficients;
mod gaussian;
mod mixture;

pub use coefficients::Coefficients;
pub use gaussian::SingleGaussian;
pub use mixture::{Component, GaussianMixture};

use fm_nostd::{AverageVelocity, Velocity};

use crate::path::Path;

/// A mixture's marginal velocity along a path, as a field for the samplers.
#[derive(Clone, Debug)]
pub struct MixtureField {
    /// The law of the data.
    pub mixture: GaussianMixture,
    /// The curve between noise and data.
    pub path: Path,
}

impl Velocity for MixtureField {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        narrow(&self.mixture.velocity(self.path, t.into(), &wide(x)), out);
    }
}

/// A Gaussian's flow along a path, as a velocity and as an average one.
#[derive(Clone, Debug)]
pub struct GaussianField {
    /// The law of the data.
    pub gaussian: SingleGaussian,
    /// The curve between noise and data.
    pub path: Path,
}

impl Velocity for GaussianField {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        narrow(&self.gaussian.velocity(self.path, t.into(), &wide(x)), out);
    }
}

impl AverageVelocity for GaussianField {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        let u = self.gaussian.average_velocity(self.path, t.into(), r.into(), &wide(x));
        narrow(&u, out);
    }
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| x.into()).collect()
}

fn narrow(values: &[f64], out: &mut [f32]) {
    for (slot, &value) in out.iter_mut().zip(values) {
        *slot = value as f32;
    }
}

#[cfg(test)]
mod tests;
