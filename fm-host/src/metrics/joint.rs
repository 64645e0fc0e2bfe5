//! The energy distance of conditions and samples together. It detects samplers that follow their condition
//! vector, or class and vector together, poorly even if the samples as a whole are good.

use super::distance::mean_within;
use super::energy::energy_within;
use crate::data::{ClassData, ConditionData, Dataset, Rows, Standardisation};

/// Compares pairs of a condition and a row: the condition vector and the row in standardised units, and a
/// column for each class if there are classes too.
pub struct Joint {
    units: Standardisation,
    /// The evaluation rows' pairs. Shape: `[rows, condition + dim + classes]`.
    pub evaluation: Rows,
    /// The mean distance within the evaluation rows' pairs.
    within: f64,
}

impl Joint {
    /// Prepares the evaluation pairs; returns `None` if some row has no condition vector.
    pub fn of(train: &Dataset, evaluation: &Dataset) -> Option<Self> {
        let vectors = train.condition.vector.as_ref().zip(evaluation.condition.vector.as_ref());
        let units = Standardisation::fit(&vectors?.0.values);
        let evaluation = pairs(&units, &evaluation.condition, &evaluation.values)?;
        Some(Self { within: mean_within(&evaluation), units, evaluation })
    }

    /// Returns each row with its condition; `None` without a condition vector.
    ///
    /// Shape: `rows` is `[n, dim]`, standardised.
    pub fn pairs(&self, condition: &ConditionData, rows: &Rows) -> Option<Rows> {
        pairs(&self.units, condition, rows)
    }

    /// Returns the energy distance of [`Joint::pairs`] from the evaluation pairs.
    pub fn energy(&self, pairs: &Rows) -> f64 {
        energy_within(pairs, &self.evaluation, self.within)
    }
}

fn pairs(units: &Standardisation, condition: &ConditionData, rows: &Rows) -> Option<Rows> {
    let vectors = units.apply(&condition.vector.as_ref()?.values);
    let mut joint = Rows::new(vectors.dim() + rows.dim());
    for (vector, row) in vectors.iter().zip(rows.iter()) {
        joint.push(&[vector, row].concat());
    }
    Some(with_classes(&joint, condition))
}

/// Appends a column for each class to the rows, if there are classes: 1 for the row's own class, else 0.
pub fn with_classes(rows: &Rows, condition: &ConditionData) -> Rows {
    let Some(ClassData { names, labels, .. }) = &condition.classes else { return rows.clone() };
    let mut all = Rows::new(rows.dim() + names.len());
    for (row, &label) in rows.iter().zip(labels) {
        let is_own = |k: usize| f32::from(u8::from(k == label as usize));
        all.push(&row.iter().copied().chain((0..names.len()).map(is_own)).collect::<Vec<_>>());
    }
    all
}
