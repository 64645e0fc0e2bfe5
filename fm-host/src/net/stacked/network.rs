//! The networks of several models in dfdx's own operations, on any of its devices: the CUDA implementation,
//! and the reference that the fused operation is tested against. Forward mode by hand: `dz = dx W`,
//! `da = act'(z) dz`.
//!
//! On a GPU each operation is a launch, and an operation with strides (a slice, a sum, an elementwise
//! product) also uploads its strides. Operations whose kernel dfdx compiles at run time (concatenation,
//! reshaping non-contiguous tensors) are not used, because the machine that runs the program may lack
//! that compiler.
//!
//! Sums over many rows are products with ones. dfdx's own sums, and the gradients of its broadcasts, add
//! up in whichever order a GPU's threads arrive, so that no two trainings would have equal bits.

use dfdx::prelude::*;
use fm_nostd::Activation;

use crate::net::architecture::{Architecture, LayerRanges};
use crate::net::compute::{DeviceResult, Matrices, Matrix, Vector};

/// Computes the models' outputs `u`, with the tape of `theta`, and, without a tape, their derivatives
/// `du` along `tangent` in the first `m` rows: forward mode, which shares the forward pass and needs no
/// gradient.
///
/// Shape: `theta` is `[models, parameters]`, `input` `[models, n, inputs]`, `tangent`
/// `[models, m, inputs]`; `u` is `[models, n, data]`, `du` `[models, m, data]`.
///
/// # Errors
/// If the device fails.
#[allow(clippy::type_complexity)] // two tensors, one of them optional
pub fn forward_jvp<E: Device<f32>, T: Tape<f32, E>>(
    architecture: &Architecture,
    theta: Matrix<E, T>,
    input: Matrices<E>,
    mut tangent: Option<Matrices<E>>,
) -> DeviceResult<(Matrices<E, T>, Option<Matrices<E>>), E> {
    let (theta, mut tape) = theta.split_tape();
    let (models, n, _) = *input.shape();
    let ones: Matrices<E> = theta.device().try_ones_like(&(models, n, 1))?;
    let (place, along) = (input.clone(), tangent.clone());
    let mut values = input;
    for (l, layer) in architecture.layers().iter().enumerate() {
        let (weights, bias, rest) = parameters(&theta, tape, layer)?;
        (values, tape) = affine(values.put_tape(rest), weights.clone(), bias, &ones)?.split_tape();
        if let Some(direction) = tangent.take() {
            tangent = Some(direction.try_matmul(weights)?);
        }
        if l < architecture.layers {
            let activation = architecture.activation;
            if let Some(direction) = tangent.take() {
                let (_, m, _) = *direction.shape();
                let z = values.clone();
                let z = if m < z.shape().1 { z.try_slice((.., ..m, ..))? } else { z };
                tangent = Some(direction.try_mul(slope(activation, z)?)?);
            }
            (values, tape) = activate(activation, values.put_tape(tape))?.split_tape();
        }
    }
    let Some(layer) = architecture.gains() else { return Ok((values.put_tape(tape), tangent)) };
    let (before, x) = parted(&place, layer.inputs)?;
    let (weights, bias, tape) = parameters(&theta, tape, &layer)?;
    let (gains, tape) = affine(before.put_tape(tape), weights.clone(), bias, &ones)?.split_tape();
    if let (Some(direction), Some(derivative)) = (along, tangent.take()) {
        let m = direction.shape().1;
        let (before, dx) = parted(&direction, layer.inputs)?;
        let first = |table: &Matrices<E>| match m < table.shape().1 {
            true => table.clone().try_slice((.., ..m, ..)),
            false => Ok(table.clone()),
        };
        // g dx + dg x
        let turned = before.try_matmul(weights)?.try_mul(first(&x)?)?;
        tangent = Some(derivative.try_add(first(&gains)?.try_mul(dx)?)?.try_add(turned)?);
    }
    let (added, tape) = gains.put_tape(tape).try_mul(x)?.split_tape();
    Ok((values.put_tape(tape).try_add(added)?, tangent))
}

/// The inputs before `x`, of which there are `inputs`, and `x`.
fn parted<E: Device<f32>>(
    table: &Matrices<E>,
    inputs: usize,
) -> DeviceResult<(Matrices<E>, Matrices<E>), E> {
    let before = table.clone().try_slice((.., .., ..inputs))?;
    Ok((before, table.clone().try_slice((.., .., inputs..))?))
}

/// Cuts a layer's weights and biases out of `theta`, recorded on the tape.
///
/// The gradients of both flow back into `theta` through the tape that is returned with them.
///
/// Shape: weights `[models, inputs, outputs]`, biases `[models, 1, outputs]`.
///
/// # Errors
/// If the device fails.
#[allow(clippy::type_complexity)] // three tensors' worth
pub fn parameters<E: Device<f32>, T: Tape<f32, E>>(
    theta: &Matrix<E>,
    tape: T,
    layer: &LayerRanges,
) -> DeviceResult<(Matrices<E>, Matrices<E>, T), E> {
    let shape = (theta.shape().0, layer.inputs, layer.outputs);
    let weights = theta.clone().put_tape(tape).try_slice((.., layer.weights.clone()))?;
    let (weights, tape) = weights.try_reshape_like(&shape)?.split_tape();
    let bias = theta.clone().put_tape(tape).try_slice((.., layer.bias.clone()))?;
    let (bias, tape) = bias.try_reshape_like(&(shape.0, 1, shape.2))?.split_tape();
    Ok((weights, bias, tape))
}

/// Shape: `bias` is `[models, 1, outputs]`, `ones` `[models, n, 1]`.
fn affine<E: Device<f32>, T: Tape<f32, E>>(
    values: Matrices<E, T>,
    weights: Matrices<E>,
    bias: Matrices<E>,
    ones: &Matrices<E>,
) -> DeviceResult<Matrices<E, T>, E> {
    let (product, tape) = values.try_matmul(weights)?.split_tape();
    let (rows, tape) = ones.clone().put_tape(tape).try_matmul(bias)?.split_tape();
    product.put_tape(tape).try_add(rows)
}

/// Sums each model's table.
///
/// Shape: `[models, n, dim]`; the result is `[models]`.
///
/// # Errors
/// If the device fails.
pub fn sums<E: Device<f32>, T: Tape<f32, E>>(
    tables: Matrices<E, T>,
) -> DeviceResult<Vector<E, T>, E> {
    let (models, n, dim) = *tables.shape();
    let ones = tables.device().try_ones_like(&(models, n * dim, 1))?;
    let rows = tables.try_reshape_like(&(models, 1, n * dim))?;
    rows.try_matmul(ones)?.try_reshape_like(&(models,))
}

/// Computes the device's activations as tensor operations, which a tape records and a GPU runs.
fn activate<E: Device<f32>, T: Tape<f32, E>>(
    activation: Activation,
    z: Matrices<E, T>,
) -> DeviceResult<Matrices<E, T>, E> {
    match activation {
        Activation::Relu => z.try_relu(),
        Activation::Silu => z.with_empty_tape().try_sigmoid()?.try_mul(z),
        // dfdx has the tanh form.
        Activation::Gelu => z.try_fast_gelu(),
        Activation::Tanh => z.try_tanh(),
    }
}

/// Computes the activation's derivative at `z`, without a tape.
///
/// # Errors
/// If the device fails.
pub fn slope<E: Device<f32>>(
    activation: Activation,
    z: Matrices<E>,
) -> DeviceResult<Matrices<E>, E> {
    match activation {
        // The quotient max(z, 0) / z, or 0 where z is 0; both are exact.
        Activation::Relu => z.clone().try_relu()?.try_div(z)?.try_nans_to(0.0),
        // s (1 + z - z s)
        Activation::Silu => {
            let s = z.clone().try_sigmoid()?;
            let mut bend = apart(&z).try_mul(s.clone())?.split_tape().0;
            bend.try_axpy(-1.0, &z, 1.0)?;
            drop(z);
            bend.try_add(1.0)?.try_mul(s)
        }
        // With gelu(z) = z s(v), v = 2 sqrt(2/pi) (z + 0.044715 z^3): s + z s (1 - s) v'
        Activation::Gelu => {
            let square = apart(&z).try_square()?.split_tape().0;
            let v = square.clone().try_mul(0.071_354_82)?.try_add(1.595_769)?.try_mul(z.clone())?;
            let steep = square.try_mul(3.0 * 0.071_354_82)?.try_add(1.595_769)?;
            let s = v.try_sigmoid()?;
            let bend = s.clone().try_negate()?.try_add(1.0)?.try_mul(s.clone())?.try_mul(z)?;
            s.try_add(bend.try_mul(steep)?)
        }
        Activation::Tanh => z.try_tanh()?.try_square()?.try_negate()?.try_add(1.0),
    }
}

/// Returns `x` with a tape that is never read: without a tape dfdx copies an operand that is needed later
/// before it overwrites it.
pub fn apart<S: Shape, E: Device<f32>>(
    x: &Tensor<S, f32, E>,
) -> Tensor<S, f32, E, OwnedTape<f32, E>> {
    x.clone().put_tape(OwnedTape::default())
}
