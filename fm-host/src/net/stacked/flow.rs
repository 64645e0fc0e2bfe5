//! The likelihood of several models' rows in dfdx's own operations, on any of its devices: RK4 from data to
//! noise on the tape, with the derivatives along the directions that give the divergence.
//!
//! The CUDA implementation, and the reference that the fused one is tested against. Unlike that one, it keeps
//! every evaluation for the backward pass.

use dfdx::prelude::*;
use fm_nostd::Activation;

use super::network::{parameters, slope, sums};
use super::{Sums, Vector};
use crate::net::architecture::{Architecture, LayerRanges};
use crate::net::compute::{DeviceResult, Matrices, Matrix};
use crate::net::solve::{NORMAL, REACH, Solve, Span, WEIGHTS};

/// The rows of all models.
pub struct Batch<E: Storage<f32>> {
    /// The times that decide the rows' steps. Shape: `[models n]`.
    pub times: Vec<f32>,
    /// The data. Shape: `[models, n, data]`.
    pub x: Matrices<E>,
    /// The condition, if the network has one. Shape: `[models, n, condition]`.
    pub condition: Option<Matrices<E>>,
    /// The directions of the derivatives: those of all rows, one direction after the other.
    /// Shape: `[models, directions n, data]`.
    pub directions: Matrices<E>,
}

/// Operations on one tape.
struct Record<E: Storage<f32>>(OwnedTape<f32, E>);

impl<E: Device<f32>> Record<E> {
    /// Records `operation` on `x`; what else it reads needs no tape of its own.
    fn on<S: Shape, R: Shape>(
        &mut self,
        x: &Tensor<S, f32, E>,
        operation: impl FnOnce(
            Tensor<S, f32, E, OwnedTape<f32, E>>,
        ) -> DeviceResult<Tensor<R, f32, E, OwnedTape<f32, E>>, E>,
    ) -> DeviceResult<Tensor<R, f32, E>, E> {
        let x = x.clone().put_tape(std::mem::take(&mut self.0));
        let (result, tape) = operation(x)?.split_tape();
        self.0 = tape;
        Ok(result)
    }

    /// `a + factor * b`
    fn add<S: Shape>(
        &mut self,
        a: &Tensor<S, f32, E>,
        factor: f32,
        b: &Tensor<S, f32, E>,
    ) -> DeviceResult<Tensor<S, f32, E>, E> {
        let b = self.on(b, |b| b.try_mul(factor))?;
        self.on(a, |a| a.try_add(b))
    }
}

/// A layer's parameters on the device.
struct Layer<E: Storage<f32>> {
    weights: Matrices<E>,
    /// The bias in every row. Shape: `[models, n, outputs]`.
    bias: Matrices<E>,
}

/// The networks of several models, cut out of their parameters.
struct Networks<'a, E: Storage<f32>> {
    architecture: &'a Architecture,
    /// The weights of the time. Shape: `[models, 1, width]`.
    time: Matrices<E>,
    /// What the condition adds to the first layer. Shape: `[models, n, width]`.
    condition: Option<Matrices<E>>,
    /// All layers; the first has the weights of `x` only.
    layers: Vec<Layer<E>>,
    gains: Option<Gains<E>>,
}

/// The gains of each row at time 0, and what the time adds to them.
struct Gains<E: Storage<f32>> {
    /// Shape: `[models, n, data]`.
    start: Matrices<E>,
    /// Shape: `[models, 1, data]`.
    time: Matrices<E>,
}

/// Computes the mean over the rows of the loss, summed over the models, and each model's sums.
///
/// Shape: `theta` is `[models, parameters]`; the results are a scalar and `[models]`.
///
/// # Errors
/// If the device fails.
#[allow(clippy::type_complexity)] // a scalar with its tape
pub fn likelihood<E: Device<f32>>(
    architecture: &Architecture,
    theta: Matrix<E, OwnedTape<f32, E>>,
    batch: &Batch<E>,
    solve: Solve,
) -> DeviceResult<(Tensor<Rank0, f32, E, OwnedTape<f32, E>>, Sums<E>), E> {
    let (theta, tape) = theta.split_tape();
    let mut record = Record(tape);
    let networks = Networks::new(architecture, &theta, batch, &mut record)?;
    let (models, n, data) = *batch.x.shape();
    let mut x = batch.x.clone();
    let zeros: Vector<E> = theta.device().try_zeros_like(&(models,))?;
    // Of the divergence and of the penalties.
    let mut integrals = [zeros.clone(), zeros];
    for step in 0..solve.spans() {
        let spans: Vec<Span> = batch.times.iter().map(|&t| solve.span(step, t)).collect();
        // Each row's number, in as many columns as the data, and once more for each direction.
        let upload = |number: &dyn Fn(&Span) -> f32, copies: usize, dim: usize| {
            let tables = spans.chunks_exact(n).flat_map(|model| std::iter::repeat_n(model, copies));
            let rows = tables.flatten().flat_map(|span| std::iter::repeat_n(number(span), dim));
            let shape = (models, copies * n, dim);
            x.device().try_tensor_from_vec(rows.collect(), shape)
        };
        let length = upload(&|span| span.length, 1, data)?;
        let lengths = upload(&|span| span.length, batch.directions.shape().1 / n, data)?;
        let mut end = x.clone();
        let mut slope: Option<Matrices<E>> = None;
        for i in 0..4 {
            let point = match &slope {
                Some(slope) => record.add(&x, REACH[i], slope)?,
                None => x.clone(),
            };
            let times = upload(&|span| span.time(i), 1, 1)?;
            let (v, dv) = networks.evaluate(&point, &times, &batch.directions, &mut record)?;
            // From here on times the steps' lengths.
            let [v_long, dv_long] = [(&v, &length), (&dv, &lengths)]
                .map(|(x, length)| record.on(x, |x| x.try_mul(length.clone())));
            let (v_long, dv_long) = (v_long?, dv_long?);
            let directions = batch.directions.clone();
            let trace = record.on(&dv_long, |dv| dv.try_mul(directions))?;
            let trace = record.on(&trace, sums)?;
            integrals[0] = record.add(&integrals[0], -WEIGHTS[i], &trace)?;
            for (values, long, penalty) in
                [(v, &v_long, solve.kinetic), (dv, &dv_long, solve.jacobian)]
            {
                if penalty != 0.0 {
                    let squares = record.on(long, |long| long.try_mul(values))?;
                    let sum = record.on(&squares, sums)?;
                    integrals[1] = record.add(&integrals[1], -WEIGHTS[i] * penalty, &sum)?;
                }
            }
            end = record.add(&end, WEIGHTS[i], &v_long)?;
            slope = Some(v_long);
        }
        x = end;
    }
    let squares = record.on(&x, |x| x.try_square())?;
    let squares = record.on(&squares, sums)?;
    let raw = record.add(&integrals[0], 0.5, &squares)?;
    let raw = record.on(&raw, |raw| raw.try_add((NORMAL * (n * data) as f64) as f32))?;
    let weighted = record.add(&raw, 1.0, &integrals[1])?;
    let total = record.on(&weighted, |weighted| weighted.try_sum())?;
    let total = record.on(&total, |total| total.try_div(n as f32))?;
    Ok((total.put_tape(record.0), Sums { weighted, raw: Some(raw) }))
}

impl<'a, E: Device<f32>> Networks<'a, E> {
    fn new(
        architecture: &'a Architecture,
        theta: &Matrix<E>,
        batch: &Batch<E>,
        record: &mut Record<E>,
    ) -> DeviceResult<Self, E> {
        let mut ranges = architecture.layers();
        // The first layer's weights of the time, of the condition and of `x`. No range may overlap another:
        // dfdx's backward pass of a slice replaces the gradient there instead of adding to it.
        let first = &mut ranges[0];
        let (start, width) = (first.weights.start, first.outputs);
        let x_at = start + (1 + architecture.condition) * width;
        (first.inputs, first.weights) = (architecture.data, x_at..first.weights.end);
        let (models, n, _) = *batch.x.shape();
        let ones: Matrices<E> = theta.device().try_ones_like(&(models, n, 1))?;
        let mut layers = Vec::new();
        for layer in &ranges {
            let (weights, bias, tape) = parameters(theta, std::mem::take(&mut record.0), layer)?;
            record.0 = tape;
            let bias = record.on(&ones, |ones| ones.try_matmul(bias))?;
            layers.push(Layer { weights, bias });
        }
        let time = record.on(theta, |theta| theta.try_slice((.., start..start + width)))?;
        let shape = (theta.shape().0, 1, width);
        let time = record.on(&time, |time| time.try_reshape_like(&shape))?;
        let condition = match &batch.condition {
            None => None,
            Some(condition) => {
                let weights =
                    record.on(theta, |theta| theta.try_slice((.., start + width..x_at)))?;
                let shape = (theta.shape().0, architecture.condition, width);
                let weights = record.on(&weights, |weights| weights.try_reshape_like(&shape))?;
                Some(record.on(condition, |condition| condition.try_matmul(weights))?)
            }
        };
        let gains = match architecture.gains() {
            Some(layer) => Some(Gains::new(&layer, theta, batch, &ones, record)?),
            None => None,
        };
        Ok(Self { architecture, time, condition, layers, gains })
    }

    /// Computes the velocity at `x` and at the rows' times, and its derivatives along the directions.
    #[allow(clippy::type_complexity)] // two tensors
    fn evaluate(
        &self,
        x: &Matrices<E>,
        times: &Matrices<E>,
        directions: &Matrices<E>,
        record: &mut Record<E>,
    ) -> DeviceResult<(Matrices<E>, Matrices<E>), E> {
        let (mut values, mut tangents) = (x.clone(), directions.clone());
        for (l, layer) in self.layers.iter().enumerate() {
            let product = |x: Tensor<_, f32, E, _>| x.try_matmul(layer.weights.clone());
            let mut z = record.on(&values, product)?;
            if l == 0 {
                let time = record.on(times, |times| times.try_matmul(self.time.clone()))?;
                z = record.add(&z, 1.0, &time)?;
                if let Some(condition) = &self.condition {
                    z = record.add(&z, 1.0, condition)?;
                }
            }
            z = record.add(&z, 1.0, &layer.bias)?;
            tangents = record.on(&tangents, |x| x.try_matmul(layer.weights.clone()))?;
            if l == self.architecture.layers {
                return match &self.gains {
                    Some(gains) => gains.add([z, tangents], [x, directions], times, record),
                    None => Ok((z, tangents)),
                };
            }
            let slope;
            (values, slope) = activate(self.architecture.activation, &z, record)?;
            tangents = along(&tangents, &slope, record)?;
        }
        Ok((values, tangents))
    }
}

impl<E: Device<f32>> Gains<E> {
    fn new(
        layer: &LayerRanges,
        theta: &Matrix<E>,
        batch: &Batch<E>,
        ones: &Matrices<E>,
        record: &mut Record<E>,
    ) -> DeviceResult<Self, E> {
        let (models, data) = (theta.shape().0, layer.outputs);
        let start = layer.weights.start;
        let table = |range: std::ops::Range<usize>, record: &mut Record<E>| {
            let cut = (models, range.len() / data, data);
            let slice = record.on(theta, |theta| theta.try_slice((.., range)))?;
            record.on(&slice, |slice| slice.try_reshape_like(&cut))
        };
        let time = table(start..start + data, record)?;
        let bias = table(layer.bias.clone(), record)?;
        let bias = record.on(ones, |ones| ones.try_matmul(bias))?;
        let start = match &batch.condition {
            None => bias,
            Some(condition) => {
                let weights = table(start + data..layer.weights.end, record)?;
                let added = record.on(condition, |condition| condition.try_matmul(weights))?;
                record.add(&bias, 1.0, &added)?
            }
        };
        Ok(Self { start, time })
    }

    /// Adds `g x` to the velocity, and `g` times each direction to the derivative along it.
    #[allow(clippy::type_complexity)] // two tensors
    fn add(
        &self,
        [v, dv]: [Matrices<E>; 2],
        [x, directions]: [&Matrices<E>; 2],
        times: &Matrices<E>,
        record: &mut Record<E>,
    ) -> DeviceResult<(Matrices<E>, Matrices<E>), E> {
        let time = record.on(times, |times| times.try_matmul(self.time.clone()))?;
        let gains = record.add(&self.start, 1.0, &time)?;
        let added = record.on(&gains, |gains| gains.try_mul(x.clone()))?;
        let turned = along(directions, &gains, record)?;
        Ok((record.add(&v, 1.0, &added)?, record.add(&dv, 1.0, &turned)?))
    }
}

/// Multiplies the tangents along every direction by the rows' slopes.
///
/// Shape: `tangents` is `[models, directions n, width]`, `slope` `[models, n, width]`.
fn along<E: Device<f32>>(
    tangents: &Matrices<E>,
    slope: &Matrices<E>,
    record: &mut Record<E>,
) -> DeviceResult<Matrices<E>, E> {
    let (all, (models, n, width)) = (*tangents.shape(), *slope.shape());
    let shape = (models, all.1 / n, n, width);
    let slope = record.on(slope, |slope| slope.try_broadcast_like::<_, Axis<1>>(&shape))?;
    let tangents = record.on(tangents, |tangents| tangents.try_reshape_like(&shape))?;
    let product = record.on(&tangents, |tangents| tangents.try_mul(slope))?;
    record.on(&product, |product| product.try_reshape_like(&all))
}

/// Computes the activation and its derivative, both on the tape.
#[allow(clippy::type_complexity)] // two tensors
fn activate<E: Device<f32>>(
    activation: Activation,
    z: &Matrices<E>,
    record: &mut Record<E>,
) -> DeviceResult<(Matrices<E>, Matrices<E>), E> {
    match activation {
        // Its derivative is piecewise constant.
        Activation::Relu => Ok((record.on(z, |z| z.try_relu())?, slope(activation, z.clone())?)),
        // With a = z s: s + a (1 - s)
        Activation::Silu => {
            let s = record.on(z, |z| z.try_sigmoid())?;
            let a = record.on(z, |z| z.try_mul(s.clone()))?;
            let bend = gated(&a, &s, record)?;
            let slope = record.on(&bend, |bend| bend.try_add(s))?;
            Ok((a, slope))
        }
        // With a = z s(g), g = 2 sqrt(2/pi) (z + 0.044715 z^3): s + a (1 - s) g'
        Activation::Gelu => {
            let square = record.on(z, |z| z.try_square())?;
            let g =
                record.on(&square, |square| square.try_mul(0.071_354_82)?.try_add(1.595_769))?;
            let g = record.on(&g, |g| g.try_mul(z.clone()))?;
            let steep = record
                .on(&square, |square| square.try_mul(3.0 * 0.071_354_82)?.try_add(1.595_769))?;
            let s = record.on(&g, |g| g.try_sigmoid())?;
            let a = record.on(z, |z| z.try_mul(s.clone()))?;
            let bend = gated(&a, &s, record)?;
            let bend = record.on(&bend, |bend| bend.try_mul(steep))?;
            let slope = record.on(&bend, |bend| bend.try_add(s))?;
            Ok((a, slope))
        }
        Activation::Tanh => {
            let a = record.on(z, |z| z.try_tanh())?;
            let slope = record.on(&a, |a| a.try_square()?.try_negate()?.try_add(1.0))?;
            Ok((a, slope))
        }
    }
}

/// `a (1 - s)`
fn gated<E: Device<f32>>(
    a: &Matrices<E>,
    s: &Matrices<E>,
    record: &mut Record<E>,
) -> DeviceResult<Matrices<E>, E> {
    let rest = record.on(s, |s| s.try_negate()?.try_add(1.0))?;
    record.on(a, |a| a.try_mul(rest))
}
