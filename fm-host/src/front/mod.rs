//! Compares quality and cost of models, number formats and samplers.
//!
//! [`plan()`] lists the models to train, [`Bench`] samples each with every sampler and stores the scores,
//! and [`Front`] marks the points that no cheaper point equals, and writes the results.

mod bench;
mod comparison;
mod faults;
mod kind;
mod measure;
mod measured;
mod pareto;
mod picture;
mod plan;
mod point;
mod table;

pub use bench::{Bench, Entrant};
pub use comparison::Front;
pub use kind::Kind;
pub use measure::Measure;
pub use plan::{Planned, look, plan, usual_widths};
pub use point::{Cost, Point};

#[cfg(test)]
mod tests {
    //! Shared helpers for the tests of the front.

    use fm_nostd::blob::Pairing;

    use super::Point;
    use crate::metrics::{Figure, Score};
    use crate::objective::Objective;
    use crate::sample::Method;

    /// A figure whose ceiling does not matter.
    pub fn figure(name: &'static str, value: f64, floor: f64, floor_spread: f64) -> Figure {
        Figure { score: Score { name, value, floor, floor_spread, ceiling: 1.0 }, sd: 0.0 }
    }

    /// A point of an 8-bit network with independent pairs that needs a millisecond per evaluation. A classifier
    /// distinguishes its samples from real rows in this share of pairs; real data scores 0.5 ± 0.01.
    pub fn point(objective: Objective, steps: u32, c2st: f64) -> Point {
        Point {
            model: "a".to_owned(),
            objective,
            coupling: Pairing::Independent,
            size: "8x2".to_owned(),
            parameters: 100,
            dtype: "q8",
            solver: if objective.average() { Method::Meanflow } else { Method::Euler },
            steps,
            evaluations: u64::from(steps),
            macs: 80 * u64::from(steps),
            m4f_ms: f64::from(steps),
            flash_bytes: 200,
            figures: vec![figure("c2st", c2st, 0.5, 0.01)],
        }
    }
}
