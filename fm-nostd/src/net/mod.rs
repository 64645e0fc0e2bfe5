//! The network: an MLP on `[t, (h), condition, x]`, its weights read where they lie.
//!
//! In `f32`, or in 8-bit weights ([`q8`]); the features of those names build each in. Sizes are known
//! at run time and checked once, against the blob; after that nothing here can fail or panic.

mod dense_f32;
mod network;
mod network_f32;
mod pack;
pub mod q8;
mod shape;

pub use network::{Network, Weights};
pub use pack::{PackError, pack};
pub(crate) use shape::Inputs;
pub use shape::Shape;
