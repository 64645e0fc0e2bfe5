//! The network: an MLP on `[t, (h), condition, x]` whose weights are read in place.
//!
//! Weights are in [`mod@f32`] or in 8 bits ([`q8`]); the features of those names build each in. Only
//! these modules define how weights are packed. Sizes are known at run time and checked once, against
//! the blob; after that nothing here can fail or panic.

pub mod f32;
mod network;
pub mod q8;
mod shape;
mod weights;

pub use network::Network;
pub(crate) use shape::Inputs;
pub use shape::Shape;
pub use weights::{PackError, Weights};
