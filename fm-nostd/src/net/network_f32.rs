//! The whole network in `f32`: layers taken off the weights one after another.

use super::dense_f32::{Dense, Inputs};
use super::{Rows, Shape};
use crate::activation::Activation;

/// Checked sizes over borrowed weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network<'a> {
    shape: Shape,
    activation: Activation,
    weights: &'a [f32],
}

impl<'a> Network<'a> {
    /// A network over `weights`; `None` unless they are just as many as `shape` asks for.
    pub(crate) fn new(shape: Shape, activation: Activation, weights: &'a [f32]) -> Option<Self> {
        (shape.parameters()? == weights.len()).then_some(Self { shape, activation, weights })
    }

    pub(crate) fn weights(&self) -> &'a [f32] {
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
        let width = self.shape.hidden;
        let [mut from, mut to] = hidden.map(|buffer| buffer.get_mut(..width).unwrap_or_default());
        let first = self.first(times, condition, x);
        let mut weights = self.weights;
        // One call for all layers: less flash and less stack than one each.
        for i in 0..=self.shape.layers {
            let Some((inputs, outputs)) = self.shape.layer(i) else { return };
            let Some((layer, rest)) = Dense::split(weights, inputs, outputs) else { return };
            weights = rest;
            let hidden = [Inputs { first: 0, values: from }];
            let pieces = if i == 0 { &first[..] } else { &hidden };
            let last = i == self.shape.layers;
            layer.forward(pieces, if last { &mut *out } else { &mut *to });
            if !last {
                self.activation.apply(to);
            }
            (from, to) = (to, from);
        }
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
