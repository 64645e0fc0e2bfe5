//! The optimiser of several models in dfdx's operations: one set of operations for all models.

use dfdx::prelude::*;

use crate::net::compute::{DeviceResult, Matrix, Vector, download};
use crate::net::optimiser::{EPSILON, FIRST_DECAY, SECOND_DECAY, Step};
use crate::net::regression::{State, Update};

/// Adam for several models, each at its own step.
#[derive(Debug)]
pub struct StackedAdam<E: Storage<f32>> {
    steps: Vec<u64>,
    /// Shape: `[models, parameters]`, as for all fields below.
    parameters: Matrix<E>,
    average: Matrix<E>,
    first_moment: Matrix<E>,
    second_moment: Matrix<E>,
}

impl<E: Device<f32>> StackedAdam<E> {
    /// Continues from `states`, at least one.
    ///
    /// # Errors
    /// If the device fails.
    pub fn new(device: &E, states: &[State]) -> DeviceResult<Self, E> {
        let upload = |vector: fn(&State) -> &Vec<f32>| {
            let values: Vec<f32> = states.iter().flat_map(vector).copied().collect();
            let shape = (states.len(), values.len() / states.len());
            device.try_tensor_from_vec(values, shape)
        };
        Ok(Self {
            steps: states.iter().map(|state| state.step).collect(),
            parameters: upload(|state| &state.parameters)?,
            average: upload(|state| &state.average)?,
            first_moment: upload(|state| &state.first_moment)?,
            second_moment: upload(|state| &state.second_moment)?,
        })
    }

    /// Returns the live parameters.
    ///
    /// Shape: `[models, parameters]`.
    pub fn parameters(&self) -> &Matrix<E> {
        &self.parameters
    }

    /// Returns every model's squared gradient norm.
    ///
    /// Shape: `gradient` is `[models, parameters]`; the result is `[models]`.
    ///
    /// # Errors
    /// If the device fails.
    pub fn squared_norms(gradient: &Matrix<E>) -> DeviceResult<Vector<E>, E> {
        let (models, parameters) = *gradient.shape();
        let row = gradient.clone().try_reshape_like(&(models, 1, parameters))?;
        let column = gradient.clone().try_reshape_like(&(models, parameters, 1))?;
        row.try_matmul(column)?.try_reshape_like(&(models,))
    }

    /// Takes every model's step along its `gradient`, whose norm is in `norms`. A gradient that is not
    /// finite makes only its own model's state useless.
    ///
    /// Shape: `gradient` is `[models, parameters]`, `norms` and `updates` are `[models]`.
    ///
    /// # Errors
    /// If the device fails.
    pub fn update(
        &mut self,
        gradient: Matrix<E>,
        norms: &[f32],
        updates: &[Update],
    ) -> DeviceResult<(), E> {
        self.steps.iter_mut().for_each(|step| *step += 1);
        let each = self.steps.iter().zip(norms).zip(updates);
        let steps: Vec<Step> =
            each.map(|((&t, &norm), update)| Step::new(t, norm, update)).collect();
        let all = |number: fn(&Step) -> f32| steps.iter().map(number).collect::<Vec<_>>();
        let gradient = times(gradient, &all(|step| step.scale))?;
        self.first_moment.try_axpy(FIRST_DECAY, &gradient, 1.0 - FIRST_DECAY)?;
        self.second_moment.try_axpy(SECOND_DECAY, &gradient.try_square()?, 1.0 - SECOND_DECAY)?;
        let spread = times(self.second_moment.clone(), &all(|step| step.correction))?.try_sqrt()?;
        let direction = self.first_moment.clone().try_div(spread.try_add(EPSILON)?)?;
        let direction = times(direction, &all(|step| step.rate))?;
        self.parameters.try_axpy(1.0, &direction, -1.0)?;
        let recent = times(self.parameters.clone(), &all(|step| 1.0 - step.ema))?;
        let kept = all(|step| step.ema);
        match kept.iter().all(|ema| *ema == kept[0]) {
            true => self.average.try_axpy(kept[0], &recent, 1.0),
            false => {
                self.average = times(self.average.clone(), &kept)?;
                self.average.try_axpy(1.0, &recent, 1.0)
            }
        }
    }

    /// Returns the state that the training of `model` can resume from.
    ///
    /// # Errors
    /// If the device fails.
    pub fn state(&self, model: usize) -> DeviceResult<State, E> {
        let row = |vectors: &Matrix<E>| match self.steps.len() {
            1 => Ok(download(vectors)),
            _ => Ok(download(&vectors.clone().try_slice((model..=model, ..))?)),
        };
        Ok(State {
            step: self.steps[model],
            parameters: row(&self.parameters)?,
            average: row(&self.average)?,
            first_moment: row(&self.first_moment)?,
            second_moment: row(&self.second_moment)?,
        })
    }
}

/// Multiplies each model's row by its factor.
///
/// Shape: `rows` is `[models, parameters]`, `factors` is `[models]`; the result is `[models, parameters]`.
fn times<E: Device<f32>>(rows: Matrix<E>, factors: &[f32]) -> DeviceResult<Matrix<E>, E> {
    // Models that started together have the same learning rates: nothing has to be uploaded.
    if factors.iter().all(|factor| *factor == factors[0]) {
        return rows.try_mul(factors[0]);
    }
    let shape = *rows.shape();
    let factors = rows.device().try_tensor_from_vec(factors.to_vec(), (factors.len(),))?;
    rows.try_mul(factors.try_broadcast_like::<_, Axis<1>>(&shape)?)
}
