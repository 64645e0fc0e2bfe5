//! The loss in dfdx's operations: stop-gradient target, weighted least squares.

use dfdx::prelude::*;

use super::compute::{Compute, DeviceResult, Losses, Matrix, Vector, upload};
use super::regression::{Regression, Weighting};

/// [`Compute::loss`], of a network that any device computes.
pub fn in_operations<C: Compute + ?Sized, T: Tape<f32, C::Device>>(
    compute: &C,
    theta: Vector<C::Device, T>,
    regression: &Regression,
) -> DeviceResult<Losses<C::Device, T>, C::Device> {
    let device = compute.device();
    let input = upload(device, &regression.input)?;
    let tangent = match regression.tangent.is_empty() {
        true => None,
        false => Some(upload(device, &regression.tangent)?),
    };
    let (u, du) = compute.forward_jvp(theta, &input, tangent.as_ref())?;
    let mut error = u.try_sub(target(device, regression, du)?)?;
    if !regression.weight.is_empty() {
        let roots = regression.weight.iter().map(|w| w.sqrt());
        error = error.try_mul(spread(device, roots, regression.velocity.dim())?)?;
    }
    weighted_mean(error, regression.weighting)
}

/// `velocity + gap * du` in the first rows, `velocity` in the others.
///
/// Shape: `[n, data]`.
fn target<E: Device<f32>>(
    device: &E,
    regression: &Regression,
    du: Option<Matrix<E>>,
) -> DeviceResult<Matrix<E>, E> {
    let data = regression.velocity.dim();
    let velocity = upload(device, &regression.velocity)?;
    let Some(du) = du else { return Ok(velocity) };
    let rest = regression.velocity.len() - regression.gap.len();
    let mut change = du.try_mul(spread(device, regression.gap.iter().copied(), data)?)?;
    if rest > 0 {
        change = (change, device.try_zeros_like(&(rest, data))?).try_concat_along(Axis::<0>)?;
    }
    velocity.try_add(change)
}

/// One number a row, as wide as the data.
///
/// Shape: `[n]` to `[n, data]`.
fn spread<E: Device<f32>>(
    device: &E,
    values: impl ExactSizeIterator<Item = f32>,
    data: usize,
) -> DeviceResult<Matrix<E>, E> {
    let shape = (values.len(), data);
    let values = values.flat_map(|value| std::iter::repeat_n(value, data)).collect();
    device.try_tensor_from_vec(values, shape)
}

/// The loss on the tape, and the sum of `|e|^2` where the loss is not its mean.
///
/// Shape: `[n, data]` to scalars.
fn weighted_mean<E: Device<f32>, T: Tape<f32, E>>(
    error: Matrix<E, T>,
    weighting: Weighting,
) -> DeviceResult<Losses<E, T>, E> {
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
