//! The network: an MLP on `[t, (h), condition, x]`, its weights read where they lie.
//!
//! In [`mod@f32`], or in 8-bit weights ([`q8`]); the features of those names build each in. How either
//! kind's weights are packed is known here alone. Sizes are known at run time and checked once, against
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
