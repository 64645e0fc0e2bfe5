//! One training step on the CPU: loss, backward pass, update.

use dfdx::prelude::*;

use super::Architecture;
use super::compute::{DeviceResult, download, failure};
use super::fused::{Fused, fma};
use super::optimiser::HostAdam;
use super::regression::{Learner, Loss, Regression, State, Update};
use crate::data::Rows;
use crate::error::Result;

/// A network on the CPU with its optimiser.
#[derive(Debug)]
pub struct CpuLearner {
    architecture: Architecture,
    network: Fused,
    optimiser: HostAdam,
    name: String,
    arithmetic: String,
}

impl CpuLearner {
    /// Continues from `state`.
    pub fn new(architecture: &Architecture, state: State) -> Self {
        let with = if fma() { "with" } else { "without" };
        Self {
            architecture: architecture.clone(),
            network: Fused::new(architecture),
            optimiser: HostAdam::new(state),
            name: format!("cpu ({} threads)", rayon::current_num_threads()),
            arithmetic: format!("{} cpu {with} FMA", std::env::consts::ARCH),
        }
    }

    fn try_step(&mut self, regression: &Regression, update: &Update) -> DeviceResult<Loss, Cpu> {
        let theta = self.optimiser.parameters()?;
        let (loss, raw) = self.network.loss(theta.leaky_trace(), regression)?;
        let (loss, tape) = loss.split_tape();
        let gradient = loss.clone().put_tape(tape).try_backward()?.get(&theta);
        let gradient_norm = HostAdam::norm(&gradient);
        let weighted = download(&loss)[0];
        let raw = raw.map_or(weighted, |raw| download(&raw)[0] / regression.input.len() as f32);
        if !weighted.is_finite() {
            return Ok(Loss { weighted, raw, gradient_norm: f32::NAN });
        }
        if gradient_norm.is_finite() {
            self.optimiser.update(&gradient, gradient_norm, update);
        }
        Ok(Loss { weighted, raw, gradient_norm })
    }
}

/// Computes a network's output with these parameters on the CPU.
///
/// Shape: `theta` is `[parameters]`, `input` `[n, inputs]`; the result is `[n, data]`.
///
/// # Panics
/// If a shape is another one.
pub fn evaluate(architecture: &Architecture, theta: &[f32], input: &Rows) -> Rows {
    assert_eq!(theta.len(), architecture.parameters(), "the number of parameters");
    assert_eq!(input.dim(), architecture.inputs(), "the input's width");
    Fused::new(architecture).evaluate(theta, input)
}

impl Learner for CpuLearner {
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss> {
        regression.check(&self.architecture);
        self.try_step(regression, update).map_err(failure)
    }

    fn evaluate(&self, input: &Rows) -> Result<Rows> {
        assert_eq!(input.dim(), self.architecture.inputs(), "the input's width");
        Ok(self.network.evaluate(&self.optimiser.state().parameters, input))
    }

    fn state(&self) -> Result<State> {
        Ok(self.optimiser.state().clone())
    }

    fn device_name(&self) -> &str {
        &self.name
    }

    fn arithmetic(&self) -> &str {
        &self.arithmetic
    }
}
