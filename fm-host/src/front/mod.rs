//! Quality against cost: which model, in which numbers, with which sampler is worth its price.
//!
//! [`plan()`] says which models to train, [`Bench`] draws from each in every way and scores it, and
//! [`Front`] marks what nothing cheaper is as good as, and writes it all down.

mod bench;
mod comparison;
mod pareto;
mod plan;
mod point;
mod table;

pub use bench::Bench;
pub use comparison::Front;
pub use plan::{Planned, plan};
pub use point::{Cost, Point};
