//! The network, its derivative and its optimiser, on dfdx: the only files that name its generics.
//!
//! Outside, a network is a [`Learner`]: plain tables in, plain numbers out. Inside, `plain` writes
//! it in dfdx's own operations, for any device, and `fused` as one operation for the CPU, loss and all.

mod architecture;
mod compute;
mod device;
mod fused;
mod learner;
mod loss;
mod optimiser;
mod plain;
mod regression;

pub use architecture::{Architecture, Layer};
pub use device::{DeviceChoice, learner, plain_learner};
pub use regression::{Learner, Loss, Regression, State, Update, Weighting};

#[cfg(test)]
mod tests;
