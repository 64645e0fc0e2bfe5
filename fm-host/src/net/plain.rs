//! The network in dfdx's own operations: the CUDA path, and the twin that the fused operation is
//! tested against. Forward mode by hand: `dz = dx W`, `da = act'(z) dz`.

use dfdx::prelude::*;
use fm_nostd::Activation;

use super::compute::{Compute, DeviceResult, Matrix, Vector};
use super::optimiser::TensorAdam;
use super::{Architecture, architecture::Layer};

/// A network computed by dfdx, on any of its devices.
#[derive(Debug)]
pub struct Plain<E> {
    architecture: Architecture,
    device: E,
}

impl<E> Plain<E> {
    /// A network of this architecture on `device`.
    pub fn new(architecture: &Architecture, device: E) -> Self {
        Self { architecture: architecture.clone(), device }
    }
}

impl<E: Device<f32>> Compute for Plain<E> {
    type Device = E;
    type Optimiser = TensorAdam<E>;

    fn device(&self) -> &E {
        &self.device
    }

    fn forward_jvp<T: Tape<f32, E>>(
        &self,
        theta: Vector<E, T>,
        input: &Matrix<E>,
        tangent: Option<&Matrix<E>>,
    ) -> DeviceResult<(Matrix<E, T>, Option<Matrix<E>>), E> {
        let (theta, mut tape) = theta.split_tape();
        let mut values = input.clone();
        let mut tangent = tangent.cloned();
        for (l, layer) in self.architecture.layers().iter().enumerate() {
            let (weights, bias, rest) = parameters(&theta, tape, layer)?;
            (values, tape) = affine(values.put_tape(rest), weights.clone(), bias)?.split_tape();
            if let Some(direction) = tangent.take() {
                tangent = Some(direction.try_matmul(weights)?);
            }
            if l < self.architecture.layers {
                let activation = self.architecture.activation;
                if let Some(direction) = tangent.take() {
                    let z = values.clone().try_slice((..direction.shape().0, ..))?;
                    tangent = Some(direction.try_mul(slope(activation, z)?)?);
                }
                (values, tape) = activate(activation, values.put_tape(tape))?.split_tape();
            }
        }
        Ok((values.put_tape(tape), tangent))
    }
}

/// A layer's weights and bias, cut out of `theta` on the tape.
///
/// The gradients of both flow back into `theta` through the tape that comes with them.
#[allow(clippy::type_complexity)] // three tensors' worth
fn parameters<E: Device<f32>, T: Tape<f32, E>>(
    theta: &Vector<E>,
    tape: T,
    layer: &Layer,
) -> DeviceResult<(Matrix<E>, Vector<E>, T), E> {
    let shape = (layer.inputs, layer.outputs);
    let weights = theta.clone().put_tape(tape).try_slice((layer.weights.clone(),))?;
    let (weights, tape) = weights.try_reshape_like(&shape)?.split_tape();
    let bias = theta.clone().put_tape(tape).try_slice((layer.bias.clone(),))?;
    let (bias, tape) = bias.split_tape();
    Ok((weights, bias, tape))
}

fn affine<E: Device<f32>, T: Tape<f32, E>>(
    values: Matrix<E, T>,
    weights: Matrix<E>,
    bias: Vector<E>,
) -> DeviceResult<Matrix<E, T>, E> {
    let product = values.try_matmul(weights)?;
    let shape = *product.shape();
    product.try_add(bias.try_broadcast_like::<_, Axis<0>>(&shape)?)
}

fn activate<E: Device<f32>, T: Tape<f32, E>>(
    activation: Activation,
    z: Matrix<E, T>,
) -> DeviceResult<Matrix<E, T>, E> {
    match activation {
        Activation::Relu => z.try_relu(),
        Activation::Silu => z.with_empty_tape().try_sigmoid()?.try_mul(z),
        // dfdx's is the tanh form.
        Activation::Gelu => z.try_fast_gelu(),
        Activation::Tanh => z.try_tanh(),
    }
}

/// The activation's derivative at `z`.
fn slope<E: Device<f32>>(activation: Activation, z: Matrix<E>) -> DeviceResult<Matrix<E>, E> {
    match activation {
        Activation::Relu => {
            let device = z.device().clone();
            let one = device.try_ones_like(&z)?;
            let zero = device.try_zeros_like(&z)?;
            z.try_gt(0.0)?.try_choose(one, zero)
        }
        // s + z s (1 - s)
        Activation::Silu => {
            let s = z.clone().try_sigmoid()?;
            let bend = s.clone().try_negate()?.try_add(1.0)?.try_mul(s.clone())?.try_mul(z)?;
            s.try_add(bend)
        }
        // With gelu(z) = z s(v), v = 2 sqrt(2/pi) (z + 0.044715 z^3): s + z s (1 - s) v'
        Activation::Gelu => {
            let square = z.clone().try_square()?;
            let v = square.clone().try_mul(0.071_354_82)?.try_add(1.595_769)?.try_mul(z.clone())?;
            let steep = square.try_mul(3.0 * 0.071_354_82)?.try_add(1.595_769)?;
            let s = v.try_sigmoid()?;
            let bend = s.clone().try_negate()?.try_add(1.0)?.try_mul(s.clone())?.try_mul(z)?;
            s.try_add(bend.try_mul(steep)?)
        }
        Activation::Tanh => z.try_tanh()?.try_square()?.try_negate()?.try_add(1.0),
    }
}
