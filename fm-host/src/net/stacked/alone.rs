//! A stack of a single model, as a learner: what one training on a GPU uses.

use dfdx::prelude::*;

use super::Stack;
use crate::data::Rows;
use crate::error::Result;
use crate::net::architecture::Architecture;
use crate::net::regression::{Learner, Loss, Regression, State, Update};

/// A single model on one of dfdx's devices.
#[derive(Debug)]
pub struct Alone<E: Storage<f32>> {
    stack: Stack<E>,
    name: String,
}

impl<E: Device<f32>> Alone<E> {
    /// Continues from `state` on the given device, which is called `name`.
    ///
    /// # Errors
    /// If the device fails.
    pub fn new(architecture: &Architecture, device: E, state: State, name: String) -> Result<Self> {
        Ok(Self { stack: Stack::new(architecture, device, &[state])?, name })
    }
}

impl<E: Device<f32>> Learner for Alone<E> {
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss> {
        let losses = self.stack.step(std::slice::from_ref(regression), &[*update])?;
        Ok(losses[0])
    }

    fn evaluate(&self, input: &Rows) -> Result<Rows> {
        self.stack.evaluate(0, input)
    }

    fn state(&self) -> Result<State> {
        self.stack.state(0)
    }

    fn device_name(&self) -> &str {
        &self.name
    }
}
