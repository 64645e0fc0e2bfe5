//! Several models of one architecture in one set of dfdx's operations, on any of its devices. This is the
//! implementation for GPUs, also for a single model.
//!
//! A small network leaves a GPU waiting for launches; here one launch serves all models. Each model has
//! its own batches, loss, gradient norm and step, and does not affect the others: on dfdx's CPU each has
//! the same bits as when it trains alone. On a GPU the matrix library may sum in another order for
//! another number of models; for one number of models it is always the same.
//!
//! A step of three hidden layers takes some hundred kernels and half as many uploads, most of them of dfdx's
//! strides, whatever the number of models. That is about 2 ms on an H200 for up to 1,024 rows and columns
//! (`cargo xtask gpu`). Models that clip their gradients differently, or that are at different steps, take
//! a few more uploads.

mod alone;
mod flow;
mod network;
mod optimiser;
mod shared;

use dfdx::prelude::*;

use super::Weighting;
use super::architecture::Architecture;
use super::compute::{DeviceResult, Matrices, Matrix, Vector, download, failure};
use super::regression::{Loss, Regression, State, Update};
use crate::data::Rows;
use crate::error::Result;
pub use alone::Alone;
#[cfg(test)]
pub use network::forward_jvp;
#[cfg(not(test))]
use network::forward_jvp;
use network::sums;
use optimiser::StackedAdam;
pub use shared::{SharedLearner, shared_learners};

/// Models on one device, with their optimisers.
#[derive(Debug)]
pub struct Stack<E: Storage<f32>> {
    architecture: Architecture,
    device: E,
    models: usize,
    optimiser: StackedAdam<E>,
}

/// Every model's sums over its rows. Shape: `[models]` each.
struct Sums<E: Storage<f32>> {
    /// The sums of the loss.
    weighted: Vector<E>,
    /// The sums of what [`Loss::raw`] is the mean of; `None` if they equal the loss.
    raw: Option<Vector<E>>,
}

impl<E: Device<f32>> Stack<E> {
    /// Continues models from `states`, at least one.
    ///
    /// # Errors
    /// If the device fails.
    pub fn new(architecture: &Architecture, device: E, states: &[State]) -> Result<Self> {
        let optimiser = StackedAdam::new(&device, states).map_err(failure)?;
        Ok(Self { architecture: architecture.clone(), device, models: states.len(), optimiser })
    }

    /// Takes one step of every model. A model whose loss or gradient is not finite keeps its state.
    ///
    /// Shape: all `[models]`.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If the tables do not have the shapes that [`Regression`] documents, or differ in shape between
    /// models.
    pub fn step(&mut self, regressions: &[Regression], updates: &[Update]) -> Result<Vec<Loss>> {
        assert_eq!((regressions.len(), updates.len()), (self.models, self.models));
        let shape = |regression: &Regression| {
            let Regression { input, tangent, weight, mask, .. } = regression;
            [input.len(), tangent.len(), weight.len(), mask.len()]
        };
        for regression in regressions {
            regression.check(&self.architecture);
            assert_eq!(shape(regression), shape(&regressions[0]), "the models' batches");
            assert_eq!(regression.weighting, regressions[0].weighting);
            assert_eq!(regression.solve, regressions[0].solve);
        }
        self.try_step(regressions, updates).map_err(failure)
    }

    fn try_step(
        &mut self,
        regressions: &[Regression],
        updates: &[Update],
    ) -> DeviceResult<Vec<Loss>, E> {
        let (gradient, sums) = self.gradient(regressions)?;
        let norms = StackedAdam::squared_norms(&gradient)?;
        // Reading a value waits for the device, so all values are read at once.
        let mut measured = vec![sums.weighted, norms];
        measured.extend(sums.raw);
        let measured = download(&measured.try_stack()?);
        let column = |i: usize| &measured[i * self.models..(i + 1) * self.models];
        let rows = regressions[0].input.len() as f32;
        let losses: Vec<Loss> = (0..self.models)
            .map(|i| {
                let weighted = column(0)[i] / rows;
                let raw = match measured.len() / self.models {
                    2 => weighted,
                    _ => column(2)[i] / rows,
                };
                let norm = if weighted.is_finite() { column(1)[i].sqrt() } else { f32::NAN };
                Loss { weighted, raw, gradient_norm: norm }
            })
            .collect();
        self.update(gradient, &losses, updates)?;
        Ok(losses)
    }

    fn update(
        &mut self,
        gradient: Matrix<E>,
        losses: &[Loss],
        updates: &[Update],
    ) -> DeviceResult<(), E> {
        let norms: Vec<f32> = losses.iter().map(|loss| loss.gradient_norm).collect();
        if losses.iter().all(Loss::is_finite) {
            return self.optimiser.update(gradient, &norms, updates);
        }
        // This happens once in a run, so it may be slow.
        let before = self.states()?;
        self.optimiser.update(gradient, &norms, updates)?;
        let after = self.states()?.into_iter();
        let kept = after.zip(before).zip(losses);
        let states: Vec<State> =
            kept.map(|((new, old), loss)| if loss.is_finite() { new } else { old }).collect();
        self.optimiser = StackedAdam::new(&self.device, &states)?;
        Ok(())
    }

    /// Computes the gradient of every model's loss, and the sums that the losses consist of.
    ///
    /// Shape: `[models, parameters]`.
    fn gradient(&self, regressions: &[Regression]) -> DeviceResult<(Matrix<E>, Sums<E>), E> {
        let theta = self.optimiser.parameters().clone();
        if let Some(solve) = regressions[0].solve {
            let batch = self.flows(regressions)?;
            let taped = theta.leaky_trace();
            let (total, sums) = flow::likelihood(&self.architecture, taped, &batch, solve)?;
            return Ok((total.try_backward()?.get(&theta), sums));
        }
        let input = self.upload(regressions, |regression| &regression.input)?;
        let tangent = match regressions[0].tangent.is_empty() {
            true => None,
            false => Some(self.upload(regressions, |regression| &regression.tangent)?),
        };
        let (u, du) = forward_jvp(&self.architecture, theta.leaky_trace(), input, tangent)?;
        let mut error = u.try_sub(self.target(regressions, du)?)?;
        if !regressions[0].weight.is_empty() {
            let roots = regressions.iter().flat_map(|regression| &regression.weight);
            let roots = roots.map(|weight| weight.sqrt()).collect();
            let shape = *error.shape();
            let roots = self.device.try_tensor_from_vec(roots, (shape.0, shape.1))?;
            error = error.try_mul(roots.try_broadcast_like::<_, Axis<2>>(&shape)?)?;
        }
        if !regressions[0].mask.is_empty() {
            error = error.try_mul(self.upload(regressions, |regression| &regression.mask)?)?;
        }
        let (total, sums) = weighted_sums(error, regressions[0].weighting)?;
        // The gradient of the sum of all losses: each model's parameters only affect its own loss.
        let total = total.try_div(regressions[0].input.len() as f32)?;
        Ok((total.try_backward()?.get(&theta), sums))
    }

    /// Computes `velocity + gap * du` in the first rows, `velocity` in the others.
    ///
    /// Shape: `du` is `[models, m, data]`; the result is `[models, n, data]`.
    fn target(
        &self,
        regressions: &[Regression],
        du: Option<Matrices<E>>,
    ) -> DeviceResult<Matrices<E>, E> {
        let velocity = self.upload(regressions, |regression| &regression.velocity)?;
        let Some(du) = du else { return Ok(velocity) };
        let (models, m, data) = *du.shape();
        let n = velocity.shape().1;
        // `du` is repeated, with a gap of 0 after the first copy: this makes a table of n rows without an
        // operation of its own.
        let times = n.div_ceil(m);
        let mut gaps = vec![0.0; models * times * m];
        for (gaps, regression) in gaps.chunks_exact_mut(times * m).zip(regressions) {
            gaps[..m].copy_from_slice(&regression.gap);
        }
        let shape = (models, times, m, data);
        let gaps = self.device.try_tensor_from_vec(gaps, (models, times, m))?;
        let change = gaps
            .try_broadcast_like::<_, Axis<3>>(&shape)?
            .try_mul(du.try_broadcast_like::<_, Axis<1>>(&shape)?)?
            .try_reshape_like(&(models, times * m, data))?;
        velocity.try_add(if times * m > n { change.try_slice((.., ..n, ..))? } else { change })
    }

    /// Uploads the rows whose likelihood is computed, and the directions of its derivatives.
    fn flows(&self, regressions: &[Regression]) -> DeviceResult<flow::Batch<E>, E> {
        let Architecture { data, condition, .. } = self.architecture;
        let (models, n) = (regressions.len(), regressions[0].input.len());
        let x_at = 1 + condition;
        let column = |columns: std::ops::Range<usize>, of: fn(&Regression) -> &Rows| {
            let rows = regressions.iter().flat_map(|regression| of(regression).iter());
            rows.flat_map(|row| row[columns.clone()].iter().copied()).collect::<Vec<f32>>()
        };
        let (directions, count) = match regressions[0].tangent.is_empty() {
            false => (column(x_at..x_at + data, |regression| &regression.tangent), 1),
            true => {
                let axis =
                    |d: usize| (0..n * data).map(move |i| f32::from(u8::from(i % data == d)));
                let axes: Vec<f32> = (0..data).flat_map(axis).collect();
                (axes.repeat(models), data)
            }
        };
        let upload =
            |values, rows, dim| self.device.try_tensor_from_vec(values, (models, rows, dim));
        let x = column(x_at..x_at + data, |regression| &regression.input);
        let conditions = column(1..x_at, |regression| &regression.input);
        let times = column(0..1, |regression| &regression.input);
        Ok(flow::Batch {
            times,
            x: upload(x, n, data)?,
            condition: (condition > 0).then(|| upload(conditions, n, condition)).transpose()?,
            directions: upload(directions, count * n, data)?,
        })
    }

    /// Uploads one table per model.
    ///
    /// Shape: each is `[n, dim]`; the result is `[models, n, dim]`.
    fn upload(
        &self,
        regressions: &[Regression],
        table: impl Fn(&Regression) -> &Rows,
    ) -> DeviceResult<Matrices<E>, E> {
        let first = table(&regressions[0]);
        let shape = (regressions.len(), first.len(), first.dim());
        let mut values = Vec::with_capacity(shape.0 * shape.1 * shape.2);
        for regression in regressions {
            values.extend_from_slice(table(regression).as_slice());
        }
        self.device.try_tensor_from_vec(values, shape)
    }

    /// Computes the output of `model` with its live parameters.
    ///
    /// Shape: `input` is `[n, inputs]`; the result is `[n, data]`.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If `input` has another width.
    pub fn evaluate(&self, model: usize, input: &Rows) -> Result<Rows> {
        assert_eq!(input.dim(), self.architecture.inputs(), "the input's width");
        if input.is_empty() {
            return Ok(Rows::new(self.architecture.data));
        }
        self.try_evaluate(model, input).map_err(failure)
    }

    fn try_evaluate(&self, model: usize, input: &Rows) -> DeviceResult<Rows, E> {
        let mut theta = self.optimiser.parameters().clone();
        if self.models > 1 {
            theta = theta.try_slice((model..=model, ..))?;
        }
        let shape = (1, input.len(), input.dim());
        let input = self.device.try_tensor_from_vec(input.as_slice().to_vec(), shape)?;
        let (u, _) = forward_jvp(&self.architecture, theta, input, None)?;
        Ok(Rows::from_vec(self.architecture.data, download(&u)))
    }

    /// Returns the state that the training of `model` can resume from.
    ///
    /// # Errors
    /// If the device fails.
    pub fn state(&self, model: usize) -> Result<State> {
        self.optimiser.state(model).map_err(failure)
    }

    /// Returns the states of all models.
    fn states(&self) -> DeviceResult<Vec<State>, E> {
        (0..self.models).map(|model| self.optimiser.state(model)).collect()
    }
}

/// Computes the sum of all models' losses over all rows, on the tape, and each model's sums.
///
/// Shape: `error` is `[models, n, data]`; the results are a scalar and `[models]`.
#[allow(clippy::type_complexity)] // a scalar with its tape
fn weighted_sums<E: Device<f32>, T: Tape<f32, E>>(
    error: Matrices<E, T>,
    weighting: Weighting,
) -> DeviceResult<(Tensor<Rank0, f32, E, T>, Sums<E>), E> {
    let (squares, tape) = error.try_square()?.split_tape();
    if weighting.p == 0.0 {
        let (weighted, tape) = sums(squares.put_tape(tape))?.split_tape();
        return Ok((weighted.clone().put_tape(tape).try_sum()?, Sums { weighted, raw: None }));
    }
    let (models, _, data) = *squares.shape();
    // A column of each row's sum.
    let ones = squares.device().try_ones_like(&(models, data, 1))?;
    let (squares, tape) = squares.put_tape(tape).try_matmul(ones)?.split_tape();
    let raw = sums(squares.clone())?;
    let weights = squares.clone().try_add(weighting.c)?.try_powf(-weighting.p)?;
    let (weighted, tape) = sums(squares.put_tape(tape).try_mul(weights)?)?.split_tape();
    Ok((weighted.clone().put_tape(tape).try_sum()?, Sums { weighted, raw: Some(raw) }))
}
