//! The network in `f32`, its weights in blocks of outputs.
//!
//! In the blob, each layer is its biases, then its weights in blocks of [`BLOCK`] outputs, each block
//! input-major (`[inputs][BLOCK]`); the last block is as narrow as the outputs that remain, with no
//! padding. Layers follow each other without gaps.

mod dense;
mod kernel;
mod network;
mod pack;

pub use dense::Dense;
pub(crate) use network::NetworkF32;
pub use pack::{layers, pack, scale_output};

/// How many outputs share a block of weights.
pub const BLOCK: usize = 8;
