//! The network, whatever its numbers are.

use super::{Rows, Shape, network_f32, q8};
use crate::activation::Activation;

/// A network's weights, in the order of the blob.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weights<'a> {
    /// As [`pack`](super::pack) leaves them.
    F32(&'a [f32]),
    /// As [`q8::pack`] leaves them.
    Q8(&'a [u32]),
}

/// Checked sizes over borrowed weights.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    shape: Shape,
    activation: Activation,
    numbers: Numbers<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Numbers<'a> {
    F32(network_f32::Network<'a>),
    Q8(q8::Network<'a>),
}

/// What the features build in: code of the other kind is left out of an image.
const F32: bool = cfg!(feature = "f32");
const Q8: bool = cfg!(feature = "q8");

impl<'a> Network<'a> {
    /// A network over `weights`; `None` unless they are just as many as `shape` asks for, and of a
    /// kind that is built in.
    pub fn new(shape: Shape, activation: Activation, weights: Weights<'a>) -> Option<Self> {
        let numbers = match weights {
            Weights::F32(weights) if F32 => {
                Numbers::F32(network_f32::Network::new(shape, activation, weights)?)
            }
            Weights::Q8(words) if Q8 => Numbers::Q8(q8::Network::new(shape, activation, words)?),
            _ => return None,
        };
        Some(Self { shape, activation, numbers })
    }

    /// Its sizes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What follows its hidden layers.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Its weights.
    pub fn weights(&self) -> Weights<'a> {
        match &self.numbers {
            Numbers::F32(network) => Weights::F32(network.weights()),
            Numbers::Q8(network) => Weights::Q8(network.words()),
        }
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
        match &self.numbers {
            Numbers::F32(network) if F32 => network.evaluate(times, condition, x, hidden, out),
            Numbers::Q8(network) if Q8 => network.evaluate(times, condition, x, hidden, out),
            _ => {}
        }
    }

    /// The network where it can be differentiated: integers have no slope.
    pub(crate) fn differentiable(&self) -> Option<&network_f32::Network<'a>> {
        match &self.numbers {
            Numbers::F32(network) if F32 => Some(network),
            _ => None,
        }
    }
}
