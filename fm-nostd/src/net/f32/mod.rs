//! The network in `f32`, with its weights in blocks of outputs.
//!
//! In the blob, each layer consists of its biases, then its weights in blocks of [`BLOCK`] outputs, each
//! block input-major (`[inputs][BLOCK]`); the last block contains only the remaining outputs, without
//! padding. Layers follow each other without gaps. The gains, if there are some, are one more such layer, from
//! the inputs before `x`; `g x` is added to the output.

mod dense;
mod kernel;
mod network;
mod pack;

pub use dense::Dense;
pub(crate) use network::NetworkF32;
pub use pack::{gains, layers, pack, pack_gains, scale_output};

/// Outputs per block of weights.
pub const BLOCK: usize = 8;
