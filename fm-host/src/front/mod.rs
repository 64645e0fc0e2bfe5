//! Quality against cost: which model, in which numbers, with which sampler is worth its price.
//!
//! [`plan()`] says which models to train, [`Bench`] draws from each in every way, scores it and keeps
//! the scores, and [`Front`] marks what nothing cheaper is as good as, and writes it all down.

mod bench;
mod comparison;
mod kind;
mod measured;
mod pareto;
mod picture;
mod plan;
mod point;
mod table;

pub use bench::{Bench, Entrant};
pub use comparison::Front;
pub use kind::Kind;
pub use plan::{Planned, plan, usual_widths};
pub use point::{Cost, Point};
