//! One training step on any device: loss, backward, update.

use dfdx::prelude::*;

use super::Architecture;
use super::compute::{Compute, DeviceResult, download, failure, upload};
use super::optimiser::Optimiser;
use super::regression::{Learner, Loss, Regression, State, Update};
use crate::data::Rows;
use crate::error::Result;

/// A network computed by `C`, with its optimiser.
#[derive(Debug)]
pub struct DeviceLearner<C: Compute> {
    architecture: Architecture,
    compute: C,
    optimiser: C::Optimiser,
    name: String,
}

impl<C: Compute> DeviceLearner<C> {
    /// Goes on from `state`.
    ///
    /// # Errors
    /// If the device fails.
    pub fn new(
        architecture: &Architecture,
        compute: C,
        state: State,
        name: String,
    ) -> Result<Self> {
        let optimiser = C::Optimiser::new(compute.device(), state).map_err(failure)?;
        Ok(Self { architecture: architecture.clone(), compute, optimiser, name })
    }

    fn try_step(
        &mut self,
        regression: &Regression,
        update: &Update,
    ) -> DeviceResult<Loss, C::Device> {
        let theta = self.optimiser.parameters()?;
        let (loss, raw) = self.compute.loss(theta.leaky_trace(), regression)?;
        let (loss, tape) = loss.split_tape();
        let gradient = loss.clone().put_tape(tape).try_backward()?.get(&theta);
        // The first look at a number waits for the device; all that it has to tell is there then.
        let gradient_norm = self.optimiser.norm(&gradient)?;
        let weighted = download(&loss)[0];
        let raw = raw.map_or(weighted, |raw| download(&raw)[0] / regression.input.len() as f32);
        if !weighted.is_finite() {
            return Ok(Loss { weighted, raw, gradient_norm: f32::NAN });
        }
        if gradient_norm.is_finite() {
            self.optimiser.update(&gradient, gradient_norm, update)?;
        }
        Ok(Loss { weighted, raw, gradient_norm })
    }

    fn try_evaluate(&self, input: &Rows) -> DeviceResult<Rows, C::Device> {
        let theta = self.optimiser.parameters()?;
        let (u, _) =
            self.compute.forward_jvp(theta, &upload(self.compute.device(), input)?, None)?;
        Ok(Rows::from_vec(self.architecture.data, download(&u)))
    }
}

impl<C: Compute> Learner for DeviceLearner<C> {
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss> {
        let (inputs, data) = (self.architecture.inputs(), self.architecture.data);
        let (n, m) = (regression.input.len(), regression.tangent.len());
        assert_eq!(regression.input.dim(), inputs, "the input's width");
        assert!(m == 0 || regression.tangent.dim() == inputs, "the tangent's width");
        assert!(n > 0 && m <= n, "{m} tangents for {n} rows");
        assert_eq!((regression.velocity.len(), regression.velocity.dim()), (n, data));
        assert_eq!(regression.gap.len(), m, "a gap for every tangent");
        let weights = regression.weight.len();
        assert!(weights == 0 || weights == n, "{weights} weights for {n} rows");
        self.try_step(regression, update).map_err(failure)
    }

    fn evaluate(&self, input: &Rows) -> Result<Rows> {
        assert_eq!(input.dim(), self.architecture.inputs(), "the input's width");
        if input.is_empty() {
            return Ok(Rows::new(self.architecture.data));
        }
        self.try_evaluate(input).map_err(failure)
    }

    fn state(&self) -> State {
        self.optimiser.state()
    }

    fn device_name(&self) -> &str {
        &self.name
    }
}
