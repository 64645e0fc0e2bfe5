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
    #[cfg(feature = "f32")]
    F32(network_f32::Network<'a>),
    #[cfg(feature = "q8")]
    Q8(q8::Network<'a>),
}

impl<'a> Network<'a> {
    /// A network over `weights`; `None` unless they are just as many as `shape` asks for, and of a
    /// kind that is built in.
    pub fn new(shape: Shape, activation: Activation, weights: Weights<'a>) -> Option<Self> {
        let numbers = match weights {
            #[cfg(feature = "f32")]
            Weights::F32(weights) => {
                Numbers::F32(network_f32::Network::new(shape, activation, weights)?)
            }
            #[cfg(feature = "q8")]
            Weights::Q8(words) => Numbers::Q8(q8::Network::new(shape, activation, words)?),
            #[cfg(not(all(feature = "f32", feature = "q8")))]
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
            #[cfg(feature = "f32")]
            Numbers::F32(network) => Weights::F32(network.weights()),
            #[cfg(feature = "q8")]
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
            #[cfg(feature = "f32")]
            Numbers::F32(network) => network.evaluate(times, condition, x, hidden, out),
            #[cfg(feature = "q8")]
            Numbers::Q8(network) => network.evaluate(times, condition, x, hidden, out),
        }
    }

    /// The network where it can be differentiated: integers have no slope.
    #[cfg_attr(not(feature = "f32"), expect(clippy::unused_self, reason = "a build without `f32`"))]
    pub(crate) fn differentiable(&self) -> Option<&network_f32::Network<'a>> {
        match &self.numbers {
            #[cfg(feature = "f32")]
            Numbers::F32(network) => Some(network),
            #[cfg(feature = "q8")]
            Numbers::Q8(_) => None,
        }
    }
}
