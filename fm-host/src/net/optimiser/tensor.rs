//! The optimiser on any device, in dfdx's operations.

use dfdx::prelude::*;

use super::{EPSILON, FIRST_DECAY, Optimiser, SECOND_DECAY, Step};
use crate::net::compute::{DeviceResult, Vector, download};
use crate::net::regression::{State, Update};

/// The optimiser on any device, in dfdx's operations.
#[derive(Debug)]
pub struct TensorAdam<E: Storage<f32>> {
    step: u64,
    parameters: Vector<E>,
    average: Vector<E>,
    first_moment: Vector<E>,
    second_moment: Vector<E>,
}

impl<E: Device<f32>> Optimiser<E> for TensorAdam<E> {
    fn new(device: &E, state: State) -> DeviceResult<Self, E> {
        let upload = |values: Vec<f32>| {
            let len = values.len();
            device.try_tensor_from_vec(values, (len,))
        };
        Ok(Self {
            step: state.step,
            parameters: upload(state.parameters)?,
            average: upload(state.average)?,
            first_moment: upload(state.first_moment)?,
            second_moment: upload(state.second_moment)?,
        })
    }

    fn parameters(&self) -> DeviceResult<Vector<E>, E> {
        Ok(self.parameters.clone())
    }

    fn norm(&self, gradient: &Vector<E>) -> DeviceResult<f32, E> {
        Ok(download(&gradient.clone().try_square()?.try_sum::<Rank0, _>()?)[0].sqrt())
    }

    fn update(&mut self, gradient: &Vector<E>, norm: f32, update: &Update) -> DeviceResult<(), E> {
        self.step += 1;
        let step = Step::new(self.step, norm, update);
        let weight = (1.0 - FIRST_DECAY) * step.scale;
        self.first_moment.try_axpy(FIRST_DECAY, gradient, weight)?;
        let weight = (1.0 - SECOND_DECAY) * (step.scale * step.scale);
        let square = gradient.clone().try_square()?;
        self.second_moment.try_axpy(SECOND_DECAY, &square, weight)?;
        let spread = self.second_moment.clone().try_mul(step.correction)?.try_sqrt()?;
        let direction = self.first_moment.clone().try_div(spread.try_add(EPSILON)?)?;
        self.parameters.try_axpy(1.0, &direction, -step.rate)?;
        self.average.try_axpy(step.ema, &self.parameters, 1.0 - step.ema)
    }

    fn state(&self) -> State {
        State {
            step: self.step,
            parameters: download(&self.parameters),
            average: download(&self.average),
            first_moment: download(&self.first_moment),
            second_moment: download(&self.second_moment),
        }
    }
}
