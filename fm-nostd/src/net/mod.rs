//! The network: an MLP on `[t, (h), condition, x]`, its weights read where they lie.
//!
//! Sizes are known at run time and checked once, by [`Shape::parameters`] against the blob; after
//! that nothing here can fail or panic.

mod dense_f32;
mod network;
mod pack;

pub(crate) use network::Rows;
pub use network::{Network, Shape};
pub use pack::{PackError, pack};
