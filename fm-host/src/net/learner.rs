//! One training step on the CPU: forward, stop-gradient target, weighted loss, backward, update.

use dfdx::prelude::*;

use super::Architecture;
use super::compute::{DeviceResult, Matrix, download, failure};
use super::fused::Fused;
use super::optimiser::HostAdam;
use super::regression::{Learner, Loss, Regression, State, Update, Weighting};
use crate::data::Rows;
use crate::error::Result;

/// A network on the CPU with its optimiser.
#[derive(Debug)]
pub struct CpuLearner {
    architecture: Architecture,
    device: Cpu,
    network: Fused,
    optimiser: HostAdam,
    name: String,
}

impl CpuLearner {
    /// Goes on from `state`.
    pub fn new(architecture: &Architecture, state: State) -> Self {
        Self {
            architecture: architecture.clone(),
            device: Cpu::default(),
            network: Fused::new(architecture),
            optimiser: HostAdam::new(state),
            name: format!("cpu ({} threads)", rayon::current_num_threads()),
        }
    }

    fn try_step(&mut self, regression: &Regression, update: &Update) -> DeviceResult<Loss, Cpu> {
        let theta = self.optimiser.parameters()?;
        let input = self.upload(&regression.input)?;
        let tangent = match regression.tangent.is_empty() {
            true => None,
            false => Some(self.upload(&regression.tangent)?),
        };
        let (u, du) = self.network.forward_jvp(theta.leaky_trace(), &input, tangent.as_ref())?;
        let mut error = u.try_sub(self.target(regression, du)?)?;
        if !regression.weight.is_empty() {
            error = error.try_mul(self.spread(regression.weight.iter().map(|w| w.sqrt()))?)?;
        }
        let (loss, raw) = weighted_mean(error, regression.weighting)?;
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

    fn try_evaluate(&self, input: &Rows) -> DeviceResult<Rows, Cpu> {
        let theta = self.optimiser.parameters()?;
        let (u, _) = self.network.forward_jvp(theta, &self.upload(input)?, None)?;
        Ok(Rows::from_vec(self.architecture.data, download(&u)))
    }

    /// `velocity + gap * du` in the first rows, `velocity` in the others.
    ///
    /// Shape: `[n, data]`.
    fn target(
        &self,
        regression: &Regression,
        du: Option<Matrix<Cpu>>,
    ) -> DeviceResult<Matrix<Cpu>, Cpu> {
        let velocity = self.upload(&regression.velocity)?;
        let Some(du) = du else { return Ok(velocity) };
        let rest = regression.velocity.len() - regression.gap.len();
        let mut change = du.try_mul(self.spread(regression.gap.iter().copied())?)?;
        if rest > 0 {
            let none = self.device.try_zeros_like(&(rest, self.architecture.data))?;
            change = (change, none).try_concat_along(Axis::<0>)?;
        }
        velocity.try_add(change)
    }

    /// One number a row, as wide as the data.
    ///
    /// Shape: `[n]` to `[n, data]`.
    fn spread(&self, values: impl ExactSizeIterator<Item = f32>) -> DeviceResult<Matrix<Cpu>, Cpu> {
        let shape = (values.len(), self.architecture.data);
        let values = values.flat_map(|value| std::iter::repeat_n(value, shape.1)).collect();
        self.device.try_tensor_from_vec(values, shape)
    }

    fn upload(&self, rows: &Rows) -> DeviceResult<Matrix<Cpu>, Cpu> {
        let shape = (rows.len(), rows.dim());
        self.device.try_tensor_from_vec(rows.as_slice().to_vec(), shape)
    }
}

/// The loss on the tape, and the sum of `|e|^2` where the loss is not its mean.
///
/// Shape: `[n, data]` to scalars.
#[allow(clippy::type_complexity)] // two scalars, one with its tape
fn weighted_mean<T: Tape<f32, Cpu>>(
    error: Matrix<Cpu, T>,
    weighting: Weighting,
) -> DeviceResult<(Tensor<Rank0, f32, Cpu, T>, Option<Tensor<Rank0, f32, Cpu>>), Cpu> {
    let rows = error.shape().0 as f32;
    let squares = error.try_square()?;
    if weighting.p == 0.0 {
        return Ok((squares.try_sum::<Rank0, _>()?.try_div(rows)?, None));
    }
    let (squares, tape) = squares.try_sum::<(usize,), Axis<1>>()?.split_tape();
    let raw = squares.clone().try_sum::<Rank0, _>()?;
    let weights = squares.clone().try_add(weighting.c)?.try_powf(-weighting.p)?;
    let loss = squares.put_tape(tape).try_mul(weights)?.try_sum::<Rank0, _>()?.try_div(rows)?;
    Ok((loss, Some(raw)))
}

impl Learner for CpuLearner {
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss> {
        regression.check(&self.architecture);
        self.try_step(regression, update).map_err(failure)
    }

    fn evaluate(&self, input: &Rows) -> Result<Rows> {
        assert_eq!(input.dim(), self.architecture.inputs(), "the input's width");
        if input.is_empty() {
            return Ok(Rows::new(self.architecture.data));
        }
        self.try_evaluate(input).map_err(failure)
    }

    fn state(&self) -> Result<State> {
        Ok(self.optimiser.state().clone())
    }

    fn device_name(&self) -> &str {
        &self.name
    }
}
