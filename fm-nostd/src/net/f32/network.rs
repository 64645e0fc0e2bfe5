//! The whole network in `f32`: layers taken from the weights one after another.

use super::Dense;
use crate::activation::Activation;
use crate::net::{Inputs, Shape};

/// Sizes, and weights of the number that they require.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetworkF32<'a> {
    pub shape: &'a Shape,
    pub activation: Activation,
    pub weights: &'a [f32],
}

impl NetworkF32<'_> {
    /// Whether the number of weights matches the sizes, with gains or without, and no size is zero.
    pub(crate) fn is_whole(&self) -> bool {
        let Shape { dim, hidden, layers, .. } = *self.shape;
        if dim == 0 || hidden == 0 || layers == 0 {
            return false;
        }
        let mut rest = self.weights;
        (0..=layers).all(|i| Dense::take(self.shape, i, &mut rest).is_some())
            && (rest.is_empty()
                || Dense::take(self.shape, layers + 1, &mut rest).is_some() && rest.is_empty())
    }

    /// The network's output at `x`, and the gains times `x` if there are some.
    ///
    /// Shape: `times` as many as the shape requires, `x` and `out` `[dim]`, `hidden` two of `[hidden]`.
    /// Inputs accumulate in the order `[t, h, condition, x]`.
    pub(crate) fn evaluate(
        &self,
        times: &[f32],
        condition: [Inputs<'_>; 2],
        x: &[f32],
        hidden: [&mut [f32]; 2],
        out: &mut [f32],
    ) {
        let Shape { hidden: width, layers, .. } = *self.shape;
        let [from, to] = hidden;
        let (Some(mut from), Some(mut to)) = (from.get_mut(..width), to.get_mut(..width)) else {
            return;
        };
        let first = self.first(times, condition, x);
        let mut weights = self.weights;
        let mut i = 0;
        // A loop over `layers` would take 0.15 KB more of a Cortex-M0's flash.
        loop {
            let Some(layer) = Dense::take(self.shape, i, &mut weights) else { return };
            let hidden = [Inputs { first: 0, values: from }];
            let pieces = if i == 0 { &first[..] } else { &hidden };
            if i == layers {
                // The sums start at `g x` plus the bias, if there are gains `g`.
                let mut start = layer.bias();
                if self.gains(&mut weights, &first, out).is_some() {
                    for ((out, x), bias) in out.iter_mut().zip(x).zip(start) {
                        *out = *out * x + bias;
                    }
                    start = &[];
                }
                return layer.through(start, pieces, out);
            }
            layer.forward(pieces, to);
            self.activation.apply(to);
            (from, to) = (to, from);
            i += 1;
        }
    }

    /// The network's output at `x`, and its derivative along `dx` (forward mode).
    ///
    /// Shape: as [`NetworkF32::evaluate`]; `tangents` as `hidden`, `dx` and `dout` `[dim]`. The output
    /// has the bits of [`NetworkF32::evaluate`].
    pub(crate) fn evaluate_along(
        &self,
        times: &[f32],
        condition: [Inputs<'_>; 2],
        [x, dx]: [&[f32]; 2],
        hidden: [&mut [f32]; 2],
        tangents: [&mut [f32]; 2],
        [out, dout]: [&mut [f32]; 2],
    ) {
        let Shape { dim, hidden: width, layers, .. } = *self.shape;
        let [mut from, mut to] = hidden.map(|buffer| buffer.get_mut(..width).unwrap_or_default());
        let [mut d_from, mut d_to] =
            tangents.map(|buffer| buffer.get_mut(..width).unwrap_or_default());
        let pieces = self.first(times, condition, x);
        let [.., place] = pieces;
        let inputs = self.shape.inputs().unwrap_or_default();
        let Some((layer, mut weights)) = Dense::split(self.weights, inputs, width) else { return };
        layer.forward(&pieces, to);
        layer.forward_tangent(&[Inputs { values: dx, ..place }], d_to);
        for remaining in (0..layers).rev() {
            // The input of this layer is no longer needed: its memory holds the slopes.
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
        let Some((layer, mut rest)) = Dense::split(weights, width, dim) else { return };
        let mut start = layer.bias();
        dout.fill(0.0);
        if self.gains(&mut rest, &pieces, dout).is_some() {
            for (((out, dout), (x, dx)), bias) in
                out.iter_mut().zip(dout.iter_mut()).zip(x.iter().zip(dx)).zip(start)
            {
                *out = *dout * x + bias;
                *dout *= dx;
            }
            start = &[];
        }
        layer.through(start, &[Inputs { first: 0, values: from }], out);
        layer.through(&[], &[Inputs { first: 0, values: d_from }], dout);
    }

    /// Writes the gains at the first layer's inputs, if `weights` are those of gains.
    ///
    /// Shape: `gains` is `[dim]`.
    #[inline(always)]
    fn gains(
        &self,
        weights: &mut &[f32],
        first: &[Inputs<'_>; 4],
        gains: &mut [f32],
    ) -> Option<()> {
        let [before @ .., _] = first;
        let layer = Dense::take(self.shape, self.shape.layers + 1, weights)?;
        layer.forward(before, gains);
        Some(())
    }

    /// The first layer's inputs, each at its rows.
    fn first<'v>(
        &self,
        times: &'v [f32],
        condition: [Inputs<'v>; 2],
        x: &'v [f32],
    ) -> [Inputs<'v>; 4] {
        let Shape { times: before, condition: rows, .. } = *self.shape;
        let [class, vector] = condition.map(|part| Inputs { first: before + part.first, ..part });
        let (times, x) =
            (Inputs { first: 0, values: times }, Inputs { first: before + rows, values: x });
        [times, class, vector, x]
    }
}
