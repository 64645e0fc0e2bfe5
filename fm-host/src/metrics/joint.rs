//! The energy distance of conditions and samples together: what a sampler that minds its condition
//! vector badly cannot make small, however good its samples are as a whole.

use super::distance::mean_within;
use super::energy::energy_within;
use crate::data::{Condition, Rows, Split, Standardisation};

/// Pairs of a condition vector and a row, both in standardised units.
pub struct Joint {
    units: Standardisation,
    /// The training rows' vectors. Shape: `[train, condition]`.
    pub train: Rows,
    /// The held-out rows' vectors, in the data's units. Shape: `[held out, condition]`.
    pub vectors: Rows,
    held_out: Rows,
    /// The mean distance within the held-out pairs.
    within: f64,
}

impl Joint {
    /// What a distance to the held-out pairs needs; `None` where no vector is known of every row.
    pub fn of(split: &Split, held_out: &Rows) -> Option<Self> {
        let vectors = |condition: &Condition| match condition {
            Condition::Vector { values, .. } => Some(values.clone()),
            _ => None,
        };
        let (train, vectors) =
            (vectors(&split.train.condition)?, vectors(&split.held_out.condition)?);
        let units = Standardisation::fit(&train);
        let held_out = pairs(&units.apply(&vectors), held_out);
        Some(Self { within: mean_within(&held_out), train, units, vectors, held_out })
    }

    /// The energy distance of samples, sample `i` drawn for vector `i` modulo their number, to the
    /// held-out pairs.
    ///
    /// Shape: `vectors` is `[m, condition]` in the data's units, `samples` `[n, dim]` standardised.
    pub fn energy(&self, vectors: &Rows, samples: &Rows) -> f64 {
        energy_within(&pairs(&self.units.apply(vectors), samples), &self.held_out, self.within)
    }
}

fn pairs(vectors: &Rows, rows: &Rows) -> Rows {
    let mut joint = Rows::new(vectors.dim() + rows.dim());
    for (i, row) in rows.iter().enumerate() {
        joint.push(&[vectors.row(i % vectors.len()), row].concat());
    }
    joint
}
