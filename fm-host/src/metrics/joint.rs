//! The energy distance of conditions and samples together: what a sampler that minds its condition
//! vector badly cannot make small, however good its samples are as a whole.

use super::distance::mean_within;
use super::energy::energy_within;
use crate::data::{Condition, Dataset, Rows, Standardisation};

/// Pairs of a condition vector and a row, both in standardised units.
pub struct Joint {
    units: Standardisation,
    /// The evaluation rows' pairs. Shape: `[rows, condition + dim]`.
    pub evaluation: Rows,
    /// The mean distance within them.
    within: f64,
}

impl Joint {
    /// What a distance to the evaluation pairs needs; `None` where no vector is known of every row.
    pub fn of(train: &Dataset, evaluation: &Dataset) -> Option<Self> {
        let (Condition::Vector { values: train, .. }, Condition::Vector { values: vectors, .. }) =
            (&train.condition, &evaluation.condition)
        else {
            return None;
        };
        let units = Standardisation::fit(train);
        let evaluation = pairs(&units.apply(vectors), &evaluation.values);
        Some(Self { within: mean_within(&evaluation), units, evaluation })
    }

    /// Rows behind their vectors.
    ///
    /// Shape: `vectors` is `[n, condition]` in the data's units, `rows` `[n, dim]` standardised.
    pub fn pairs(&self, vectors: &Rows, rows: &Rows) -> Rows {
        pairs(&self.units.apply(vectors), rows)
    }

    /// The energy distance of [`Joint::pairs`] to the evaluation pairs.
    pub fn energy(&self, pairs: &Rows) -> f64 {
        energy_within(pairs, &self.evaluation, self.within)
    }
}

fn pairs(vectors: &Rows, rows: &Rows) -> Rows {
    let mut joint = Rows::new(vectors.dim() + rows.dim());
    for (vector, row) in vectors.iter().zip(rows.iter()) {
        joint.push(&[vector, row].concat());
    }
    joint
}
