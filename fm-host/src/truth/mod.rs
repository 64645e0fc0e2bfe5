//! Laws whose flow is known in closed form: the reference for tests of objectives, solvers and likelihoods.
//!
//! A [`GaussianMixture`] stays a Gaussian mixture along any Gaussian [`Path`], so its marginal velocity,
//! score and density have formulas. For a [`SingleGaussian`] the flow itself has a formula too, and with it
//! the average velocity. All values are `f64`, in the units of the data (for standardised samples,
//! standardise the law as well).

mod coefficients;
mod gaussian;
mod mixture;
mod moons;
pub mod transport;

pub use coefficients::Coefficients;
pub use gaussian::SingleGaussian;
pub use mixture::{Component, GaussianMixture};
pub use moons::Moons;

use fm_nostd::{AverageVelocity, Velocity};

use crate::path::Path;

/// A mixture's marginal velocity along a path, as a field that the samplers accept.
#[derive(Clone, Debug)]
pub struct MixtureField {
    /// The law of the data.
    pub mixture: GaussianMixture,
    /// The path between noise and data.
    pub path: Path,
}

impl Velocity for MixtureField {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        narrow(&self.mixture.velocity(self.path, t.into(), &wide(x)), out);
    }
}

/// A single Gaussian's velocity and average velocity along a path, as a field that the samplers accept.
#[derive(Clone, Debug)]
pub struct GaussianField {
    /// The law of the data.
    pub gaussian: SingleGaussian,
    /// The path between noise and data.
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
