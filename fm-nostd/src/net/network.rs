//! The network with either kind of weights.

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

/// The kinds of weights that the features build in: an image contains no code for the other kind.
const F32: bool = cfg!(feature = "f32");
const Q8: bool = cfg!(feature = "q8");

impl<'a> Network<'a> {
    /// A network over `weights`; `None` unless their number matches `shape` and their kind is built in.
    #[inline(always)]
    pub fn new(shape: Shape, activation: Activation, weights: Weights<'a>) -> Option<Self> {
        let fits = match weights {
            Weights::F32(weights) => {
                F32 && NetworkF32 { shape: &shape, activation, weights }.is_whole()
            }
            Weights::Q8(words) => Q8 && NetworkQ8 { shape, activation, words }.is_whole(),
        };
        // Not `then_some` around everything: a copy as an `Option` would bring a `memcpy` into the image.
        if fits { Some(Self { shape, activation, weights }) } else { None }
    }

    /// The network's sizes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The activation after the hidden layers.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The network's weights.
    pub fn weights(&self) -> Weights<'a> {
        self.weights
    }

    /// The network's output at `x`, with what its gains add to it; of longer slices the first `dim` numbers are used.
    ///
    /// Shape: `times` as many as `shape` requires, `x` and `out` `[dim]`, `hidden` two of `[hidden]`; the
    /// rows of `condition` are counted from the first row of the condition. Inputs accumulate in the
    /// order `[t, h, condition, x]`.
    pub(crate) fn evaluate(
        &self,
        times: &[f32],
        condition: [Inputs<'_>; 2],
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

    /// The network if it can be differentiated: integer weights have no derivative.
    pub(crate) fn differentiable(&self) -> Option<NetworkF32<'_>> {
        let Self { ref shape, activation, weights } = *self;
        match weights {
            Weights::F32(weights) if F32 => Some(NetworkF32 { shape, activation, weights }),
            _ => None,
        }
    }
}
