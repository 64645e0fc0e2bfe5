//! The network, whatever its numbers are.

use super::f32::NetworkF32;
use super::q8::NetworkQ8;
use super::{Inputs, Shape, Weights};
use crate::activation::Activation;

/// Checked sizes over borrowed weights.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    shape: Shape,
    activation: Activation,
    weights: Weights<'a>,
}

/// What the features build in: code of the other kind is left out of an image.
const F32: bool = cfg!(feature = "f32");
const Q8: bool = cfg!(feature = "q8");

impl<'a> Network<'a> {
    /// A network over `weights`; `None` unless they are just as many as `shape` asks for, and of a
    /// kind that is built in.
    #[inline(always)]
    pub fn new(shape: Shape, activation: Activation, weights: Weights<'a>) -> Option<Self> {
        let fits = match weights {
            Weights::F32(weights) => {
                F32 && NetworkF32 { shape: &shape, activation, weights }.is_whole()
            }
            Weights::Q8(words) => Q8 && NetworkQ8 { shape, activation, words }.is_whole(),
        };
        // No `then_some` of it all: a copy as an `Option` would bring a `memcpy` into the image.
        if fits { Some(Self { shape, activation, weights }) } else { None }
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
        self.weights
    }

    /// The network's output at `x`; of longer slices the first `dim` numbers are used.
    ///
    /// Shape: `times` as many as the shape says, `x` and `out` `[dim]`, `hidden` two of `[hidden]`;
    /// the rows of `condition` count from its own first.
    /// Inputs accumulate in the order `[t, h, condition, x]`.
    pub(crate) fn evaluate(
        &self,
        times: &[f32],
        condition: Inputs<'_>,
        x: &[f32],
        hidden: [&mut [f32]; 2],
        out: &mut [f32],
    ) {
        let Self { ref shape, activation, weights } = *self;
        let (Some(x), Some(out)) = (x.get(..shape.dim), out.get_mut(..shape.dim)) else { return };
        match weights {
            Weights::F32(weights) if F32 => {
                let network = NetworkF32 { shape, activation, weights };
                network.evaluate(times, condition, x, hidden, out);
            }
            Weights::Q8(words) if Q8 => {
                let network = NetworkQ8 { shape: *shape, activation, words };
                network.evaluate(times, condition, x, hidden, out);
            }
            _ => {}
        }
    }

    /// The network where it can be differentiated: integers have no slope.
    pub(crate) fn differentiable(&self) -> Option<NetworkF32<'_>> {
        let Self { ref shape, activation, weights } = *self;
        match weights {
            Weights::F32(weights) if F32 => Some(NetworkF32 { shape, activation, weights }),
            _ => None,
        }
    }
}
