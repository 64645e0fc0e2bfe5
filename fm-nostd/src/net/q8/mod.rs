//! The network in integers: 8-bit weights, 16-bit activations, 32-bit sums.
//!
//! Integer arithmetic is exact, so the results are equal on every target. The state `x` and the times
//! stay `f32` outside; the first layer reads them with [`INPUT_FRACTION`] fraction bits. A hidden layer
//! computes
//!
//! - `acc = bias + sum w q`, in `i32`, which wraps;
//! - `z = (acc multiplier / 2^16 + 2^(shift-1)) / 2^shift`, both divisions towards minus infinity,
//!   saturated to `i16`: a number of `fraction` fraction bits;
//! - `activation(z)`, with the same number of fraction bits.
//!
//! The last layer returns `acc as f32 * scale`, and gains add `g x` to that in `f32`: they follow the words as
//! the bits of [their layer](super::f32::pack_gains). In the blob, the weights are `u32` words:
//!
//! | words | meaning |
//! |---|---|
//! | 129, not for ReLU | the [`table`] of the activation: 257 numbers, then a zero |
//! | each hidden layer: 1 | `shift` and `fraction` in the two lowest bytes, zeros in the others |
//! | outputs | biases, `i32` |
//! | outputs / 2, rounded up | multipliers, `i16` in 1..=32767; in the last layer, `outputs` of `f32` scales |
//! | the rest of the layer | weights, `i8`, in blocks of four outputs |
//!
//! A word contains the weights from inputs `i`, `i + 1` to outputs `o`, `o + 1`, as `[(i, o), (i, o + 1),
//! (i + 1, o), (i + 1, o + 1)]`: a Cortex-M4 widens them to two pairs of inputs with one instruction
//! each. A block is `[pairs of inputs][2]` words; the last is `[pairs][1]` if one or two outputs remain.
//! Times, condition and `x` each start at an even input of the first layer; the inputs skipped by that
//! have zero weights.

mod dense;
mod kernel;
mod network;
mod pack;
mod rescale;
pub mod table;

pub(crate) use network::NetworkQ8;
pub use pack::{PlainLayer, Rescale, pack, packed_len, scale_output};

use super::Shape;

/// Outputs per block of weights.
pub const BLOCK: usize = 4;

/// Fraction bits of the first layer's inputs: they saturate at 16.
pub const INPUT_FRACTION: u32 = 11;

/// Inputs of the first layer in memory, and the positions at which the condition and `x` start there,
/// both even.
fn places(shape: &Shape) -> Option<(usize, usize, usize)> {
    let condition = shape.times.checked_next_multiple_of(2)?;
    let x = condition.checked_add(shape.condition)?.checked_next_multiple_of(2)?;
    Some((condition, x, x.checked_add(shape.dim)?))
}

/// Pairs of inputs, and outputs, of layer `i` of `layers + 1`; `None` past the last or on overflow.
fn layer(shape: &Shape, i: usize) -> Option<(usize, usize)> {
    let (inputs, outputs) = shape.layer(i)?;
    let inputs = if i == 0 { places(shape)?.2 } else { inputs };
    Some((inputs.div_ceil(2), outputs))
}

/// The number of words for the weights from this many pairs of inputs to this many outputs.
fn weight_words(pairs: usize, outputs: usize) -> Option<usize> {
    pairs.checked_mul(outputs.div_ceil(2))
}
