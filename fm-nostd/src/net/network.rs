//! The whole network: layers taken off the weights one after another.

use super::dense::{Dense, Inputs};
use crate::activation::Activation;

/// The sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Shape {
    /// Numbers in `x` and in the output.
    pub dim: usize,
    /// Times: 1 (`t`), or 2 (`t` and `h = r - t`).
    pub times: usize,
    /// Rows of the first layer that the condition takes.
    pub condition: usize,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// How many hidden layers there are, at least one.
    pub layers: usize,
}

impl Shape {
    /// Rows of the first layer; `None` where the sum overflows.
    pub fn inputs(&self) -> Option<usize> {
        self.times.checked_add(self.condition)?.checked_add(self.dim)
    }

    /// Inputs and outputs of layer `i` of `layers + 1`; `None` past the last or on overflow.
    pub fn layer(&self, i: usize) -> Option<(usize, usize)> {
        if i > self.layers {
            return None;
        }
        let inputs = if i == 0 { self.inputs()? } else { self.hidden };
        Some((inputs, if i == self.layers { self.dim } else { self.hidden }))
    }

    /// How many weights and biases the network has; `None` where that overflows or a size is zero.
    pub fn parameters(&self) -> Option<usize> {
        if self.dim == 0 || self.hidden == 0 || self.layers == 0 {
            return None;
        }
        let size = |(inputs, outputs): (usize, usize)| inputs.checked_add(1)?.checked_mul(outputs);
        let ends = size(self.layer(0)?)?.checked_add(size(self.layer(self.layers)?)?)?;
        size((self.hidden, self.hidden))?.checked_mul(self.layers - 1)?.checked_add(ends)
    }

    /// Multiplications with an `x`-dependent number in one evaluation, if the sizes are valid.
    ///
    /// Times and condition are left out: for a given step they are a bias.
    pub fn macs(&self) -> Option<usize> {
        let inner =
            self.hidden.checked_mul(self.hidden)?.checked_mul(self.layers.checked_sub(1)?)?;
        self.dim.checked_mul(self.hidden)?.checked_mul(2)?.checked_add(inner)
    }
}

/// A condition as the first layer sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows<'c> {
    /// No row at all.
    None,
    /// One row, added as it is: a class, or "no condition".
    One(usize),
    /// Rows from the first on, times these numbers.
    Vector(&'c [f32]),
}

/// Checked sizes over borrowed weights.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    shape: Shape,
    activation: Activation,
    weights: &'a [f32],
}

impl<'a> Network<'a> {
    /// A network over `weights`; `None` unless they are just as many as `shape` asks for.
    pub fn new(shape: Shape, activation: Activation, weights: &'a [f32]) -> Option<Self> {
        (shape.parameters()? == weights.len()).then_some(Self { shape, activation, weights })
    }

    /// Its sizes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What follows its hidden layers.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Its weights as [`pack`](super::pack) leaves them.
    pub fn weights(&self) -> &'a [f32] {
        self.weights
    }

    /// The network's output at `x`.
    ///
    /// Shape: `times` as many as the shape says, `x` and `out` `[dim]`, `hidden` two of `[hidden]`.
    /// Inputs accumulate in the order `[t, h, condition, x]`.
    pub(crate) fn evaluate(
        &self,
        times: &[f32],
        condition: Rows<'_>,
        x: &[f32],
        hidden: [&mut [f32]; 2],
        out: &mut [f32],
    ) {
        let Shape { dim, hidden: width, layers, .. } = self.shape;
        let [mut from, mut to] = hidden.map(|buffer| buffer.get_mut(..width).unwrap_or_default());
        let pieces = self.first(times, condition, x);
        let inputs = self.shape.inputs().unwrap_or_default();
        let Some((layer, mut weights)) = Dense::split(self.weights, inputs, width) else { return };
        layer.forward(&pieces, from);
        self.activation.apply(from);
        for _ in 1..layers {
            let Some((layer, rest)) = Dense::split(weights, width, width) else { return };
            weights = rest;
            layer.forward(&[Inputs { first: 0, values: from }], to);
            self.activation.apply(to);
            (from, to) = (to, from);
        }
        let Some((layer, _)) = Dense::split(weights, width, dim) else { return };
        layer.forward(&[Inputs { first: 0, values: from }], out);
    }

    /// The network's output at `x`, and its derivative along `dx` (forward mode).
    ///
    /// Shape: as [`Network::evaluate`]; `tangents` as `hidden`, `dx` and `dout` `[dim]`. The output
    /// has the bits of [`Network::evaluate`].
    pub(crate) fn evaluate_along(
        &self,
        times: &[f32],
        condition: Rows<'_>,
        [x, dx]: [&[f32]; 2],
        hidden: [&mut [f32]; 2],
        tangents: [&mut [f32]; 2],
        [out, dout]: [&mut [f32]; 2],
    ) {
        let Shape { dim, hidden: width, layers, .. } = self.shape;
        let [mut from, mut to] = hidden.map(|buffer| buffer.get_mut(..width).unwrap_or_default());
        let [mut d_from, mut d_to] =
            tangents.map(|buffer| buffer.get_mut(..width).unwrap_or_default());
        let pieces = self.first(times, condition, x);
        let [_, _, place] = pieces;
        let inputs = self.shape.inputs().unwrap_or_default();
        let Some((layer, mut weights)) = Dense::split(self.weights, inputs, width) else { return };
        layer.forward(&pieces, to);
        layer.forward_tangent(&[Inputs { values: dx, ..place }], d_to);
        for remaining in (0..layers).rev() {
            // What led to `to` is spent: its memory takes the slopes.
            self.activation.apply_with_slopes(to, from);
            for (tangent, slope) in d_to.iter_mut().zip(&*from) {
                *tangent *= slope;
            }
            (from, to) = (to, from);
            (d_from, d_to) = (d_to, d_from);
            if remaining > 0 {
                let Some((layer, rest)) = Dense::split(weights, width, width) else { return };
                weights = rest;
                layer.forward(&[Inputs { first: 0, values: from }], to);
                layer.forward_tangent(&[Inputs { first: 0, values: d_from }], d_to);
            }
        }
        let Some((layer, _)) = Dense::split(weights, width, dim) else { return };
        layer.forward(&[Inputs { first: 0, values: from }], out);
        layer.forward_tangent(&[Inputs { first: 0, values: d_from }], dout);
    }

    /// The first layer's inputs, each at its rows.
    fn first<'v>(&self, times: &'v [f32], condition: Rows<'v>, x: &'v [f32]) -> [Inputs<'v>; 3] {
        let first = self.shape.times;
        let condition = match condition {
            Rows::None => Inputs { first, values: &[] },
            Rows::One(row) => Inputs { first: first + row, values: &[1.0] },
            Rows::Vector(values) => Inputs { first, values },
        };
        let x = Inputs { first: first + self.shape.condition, values: x };
        [Inputs { first: 0, values: times }, condition, x]
    }
}
