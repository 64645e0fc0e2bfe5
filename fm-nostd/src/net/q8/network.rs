//! The whole network in integers: layers taken from the words one after another.

use heapless::Vec;

use super::dense::Dense;
use super::rescale::Hidden;
use super::table::{self, PLACES, Table};
use super::{INPUT_FRACTION, layer, packed_len, places, weight_words};
use crate::activation::Activation;
use crate::net::f32::Dense as DenseF32;
use crate::net::{Inputs, Shape};

/// Sizes, and words that [were checked](NetworkQ8::is_whole) to match them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetworkQ8<'a> {
    pub shape: Shape,
    pub activation: Activation,
    pub words: &'a [u32],
}

impl<'a> NetworkQ8<'a> {
    /// Whether the number of words matches the sizes, and all shifts have a meaning.
    pub(crate) fn is_whole(&self) -> bool {
        let gains = packed_len(self.shape, self.activation).and_then(|len| self.words.get(len..));
        let fits = |gains: &[u32]| gains.is_empty() || Some(gains.len()) == self.shape.gains();
        gains.is_some_and(fits) && self.shifts_are_valid() == Some(())
    }

    fn shifts_are_valid(&self) -> Option<()> {
        let (_, mut rest) = self.table()?;
        for i in 0..self.shape.layers {
            (.., rest) = self.hidden(i, rest)?;
        }
        Some(())
    }

    /// The network's output at `x`. Shapes and order are those of the `f32` network.
    pub(crate) fn evaluate(
        &self,
        times: &[f32],
        condition: [Inputs<'_>; 2],
        x: &[f32],
        hidden: [&mut [f32]; 2],
        out: &mut [f32],
    ) {
        let outcome = self.try_evaluate(times, condition, x, hidden, out);
        debug_assert!(outcome.is_some(), "sizes were checked at construction");
    }

    /// Never returns `None`, because the sizes were checked; the compiler keeps branches for it.
    #[inline(always)]
    fn try_evaluate(
        &self,
        times: &[f32],
        condition: [Inputs<'_>; 2],
        x: &[f32],
        [values, sums]: [&mut [f32]; 2],
        out: &mut [f32],
    ) -> Option<()> {
        let (width, layers) = (self.shape.hidden, self.shape.layers);
        let values: &mut [u32] = bytemuck::try_cast_slice_mut(values.get_mut(..width)?).ok()?;
        let values = values.get_mut(..width.div_ceil(2))?;
        let sums: &mut [i32] = bytemuck::try_cast_slice_mut(sums.get_mut(..width)?).ok()?;
        let (table, mut rest) = self.table()?;
        for i in 0..layers {
            let (dense, rescale, after) = self.hidden(i, rest)?;
            rest = after;
            if i == 0 {
                self.first(dense, times, condition, x, sums)?;
            } else {
                dense.forward(values, sums)?;
            }
            let values: &mut [i16] = bytemuck::try_cast_slice_mut(values).ok()?;
            rescale.apply(self.activation, table, sums, values);
        }
        let (pairs, outputs) = layer(&self.shape, layers)?;
        let (bias, rest) = rest.split_at_checked(outputs)?;
        let (scales, weights) = rest.split_at_checked(outputs)?;
        let dense = Dense::new(bytemuck::try_cast_slice(bias).ok()?, weights, pairs);
        let sums: &mut [i32] = bytemuck::try_cast_slice_mut(out).ok()?;
        dense.forward(values, sums)?;
        for (slot, scale) in out.iter_mut().zip(scales) {
            *slot = slot.to_bits() as i32 as f32 * f32::from_bits(*scale);
        }
        let gains = weights.get(weight_words(pairs, outputs)?..)?;
        self.add_gains(bytemuck::try_cast_slice(gains).ok()?, times, condition, x, out);
        Some(())
    }

    /// Adds the gains times `x` in `f32`, if there are some.
    fn add_gains(
        &self,
        gains: &[f32],
        times: &[f32],
        condition: [Inputs<'_>; 2],
        x: &[f32],
        out: &mut [f32],
    ) {
        let Shape { times: before, condition: rows, dim, .. } = self.shape;
        let Some((layer, _)) = DenseF32::split(gains, before + rows, dim) else { return };
        let [class, vector] = condition.map(|part| Inputs { first: before + part.first, ..part });
        let pieces = [Inputs { first: 0, values: times }, class, vector];
        for (o, ((out, x), bias)) in out.iter_mut().zip(x).zip(layer.bias()).enumerate() {
            let mut gain = *bias;
            for Inputs { first, values } in pieces {
                for (i, value) in (first..).zip(values) {
                    gain += layer.weight(i, o).unwrap_or_default() * value;
                }
            }
            *out += gain * x;
        }
    }

    /// The first layer's inputs, each at its rows.
    fn first(
        &self,
        dense: Dense<'_>,
        times: &[f32],
        condition: [Inputs<'_>; 2],
        x: &[f32],
        sums: &mut [i32],
    ) -> Option<()> {
        let (condition_at, x_at, _) = places(&self.shape)?;
        absorb(dense, Some(dense.bias()), 0, times, sums)?;
        for Inputs { first, mut values } in condition {
            let at = condition_at + first;
            if let ([value, rest @ ..], 1) = (values, at % 2) {
                dense.accumulate(None, at / 2, &[fixed(*value) << 16], sums)?;
                values = rest;
            }
            absorb(dense, None, at.div_ceil(2), values, sums)?;
        }
        absorb(dense, None, x_at / 2, x, sums)
    }

    /// The activation's table, and the layers after it.
    fn table(&self) -> Option<(&'a Table, &'a [u32])> {
        if self.activation == Activation::Relu {
            return Some((&[0; PLACES], self.words));
        }
        let (table, layers) = self.words.split_at_checked(table::WORDS)?;
        Some((bytemuck::try_cast_slice(table).ok()?.first_chunk()?, layers))
    }

    /// Takes hidden layer `i` from the front of `words`.
    fn hidden(&self, i: usize, words: &'a [u32]) -> Option<(Dense<'a>, Hidden<'a>, &'a [u32])> {
        let (pairs, outputs) = layer(&self.shape, i)?;
        let (shifts, rest) = words.split_first()?;
        let (bias, rest) = rest.split_at_checked(outputs)?;
        let (multipliers, rest) = rest.split_at_checked(outputs.div_ceil(2))?;
        let (weights, rest) = rest.split_at_checked(weight_words(pairs, outputs)?)?;
        let multipliers: &[i16] = bytemuck::try_cast_slice(multipliers).ok()?;
        let dense = Dense::new(bytemuck::try_cast_slice(bias).ok()?, weights, pairs);
        Some((dense, Hidden::new(*shifts, multipliers.get(..outputs)?)?, rest))
    }
}

/// `sums = from + rows · values`, starting at pair `first`, as [`Dense::accumulate`].
// Inlined for every piece of the first layer, it would take 1 KB more at opt-level 3.
#[inline(never)]
fn absorb(
    dense: Dense<'_>,
    mut from: Option<&[i32]>,
    first: usize,
    values: &[f32],
    sums: &mut [i32],
) -> Option<()> {
    /// Pairs on the stack at one time.
    const CHUNK: usize = 8;
    for (k, chunk) in values.chunks(2 * CHUNK).enumerate() {
        let mut pairs = Vec::<u32, CHUNK>::new();
        for two in chunk.chunks(2) {
            let pair = match two {
                [even, odd] => fixed(*even) | fixed(*odd) << 16,
                [even] => fixed(*even),
                _ => 0,
            };
            pairs.push(pair).ok()?;
        }
        dense.accumulate(from.take(), first + k * CHUNK, &pairs, sums)?;
    }
    Some(())
}

/// An input in 16 bits: rounded to nearest, halves away from 0, saturated; 0 for a NaN.
fn fixed(value: f32) -> u32 {
    let scaled = value * (1 << INPUT_FRACTION) as f32;
    let rounded = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i32;
    rounded.clamp(i16::MIN.into(), i16::MAX.into()) as u32 & 0xffff
}
