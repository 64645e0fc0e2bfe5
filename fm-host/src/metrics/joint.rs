//! The energy distance of conditions and samples together. It detects samplers that follow their condition
//! vector poorly even if the samples as a whole are good.

use super::distance::mean_within;
use super::energy::energy_within;
use crate::data::{ConditionData, Dataset, Rows, Standardisation};

/// Compares pairs of a condition vector and a row, both in standardised units.
pub struct Joint {
    units: Standardisation,
    /// The evaluation rows' pairs. Shape: `[rows, condition + dim]`.
    pub evaluation: Rows,
    /// The mean distance within the evaluation rows' pairs.
    within: f64,
}

impl Joint {
    /// Prepares the evaluation pairs; returns `None` if some row has no condition vector.
    pub fn of(train: &Dataset, evaluation: &Dataset) -> Option<Self> {
        let (
            ConditionData::Vector { values: train, .. },
            ConditionData::Vector { values: vectors, .. },
        ) = (&train.condition, &evaluation.condition)
        else {
            return None;
        };
        let units = Standardisation::fit(train);
        let evaluation = pairs(&units.apply(vectors), &evaluation.values);
        Some(Self { within: mean_within(&evaluation), units, evaluation })
    }

    /// Returns each row appended to its condition vector.
    ///
    /// Shape: `vectors` is `[n, condition]` in the data's units, `rows` `[n, dim]` standardised.
    pub fn pairs(&self, vectors: &Rows, rows: &Rows) -> Rows {
        pairs(&self.units.apply(vectors), rows)
    }

    /// Returns the energy distance of [`Joint::pairs`] from the evaluation pairs.
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
