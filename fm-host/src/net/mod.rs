//! The network, its derivative and its optimiser, on dfdx. Only these files use dfdx's generic types.
//!
//! The rest of the crate sees a network as a [`Learner`], with plain tables and plain values. Inside,
//! `fused` implements it as one operation for the CPU, and `stacked` in dfdx's own operations, for any
//! device and for several models at once.

mod architecture;
mod compute;
mod device;
mod fused;
mod hidden;
mod learner;
mod optimiser;
mod regression;
mod solve;
mod stacked;
mod weighting;

pub use architecture::{Architecture, LayerRanges};
#[cfg(test)]
pub(crate) use device::plain_shared_learners;
pub(crate) use device::pool;
pub use device::{DeviceChoice, learner, plain_learner, shared_learners};
pub use hidden::{HiddenLayers, HiddenOptions};
pub(crate) use learner::evaluate;
pub use regression::{Learner, Loss, Regression, State, Update};
pub use solve::Solve;
pub use stacked::SharedLearner;
pub use weighting::{Weighting, WeightingOptions};

#[cfg(test)]
mod tests;
