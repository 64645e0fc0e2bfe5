//! What the data says that outlives it: what the sampler, the exports and the pictures need.

use serde::{Deserialize, Serialize};

use crate::coupling::Examples;
use crate::data::{self, Condition, Dataset, Rows, Standardisation};

/// A training set's facts, in its own units where not said otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFacts {
    /// What the data is called, without folder and extensions.
    pub name: String,
    /// The names of the data columns.
    pub columns: Vec<String>,
    /// How many rows were trained on.
    pub rows: usize,
    /// [`Dataset::digest`]: a run resumes with the very same rows alone.
    pub digest: u32,
    /// What takes the data to zero mean and unit variance.
    pub standardisation: Standardisation,
    /// The least value of each column.
    pub min: Vec<f32>,
    /// The largest value of each column.
    pub max: Vec<f32>,
    /// What the rows are conditioned on.
    pub condition: ConditionFacts,
}

/// What rows are conditioned on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConditionFacts {
    /// Nothing.
    None,
    /// A class, entered one-hot.
    Classes {
        /// The column of the class.
        column: String,
        /// The names of the classes, in the order of their inputs.
        names: Vec<String>,
        /// How many training rows each class has.
        counts: Vec<usize>,
    },
    /// Numbers, entered standardised.
    Vector {
        /// The columns of the condition.
        columns: Vec<String>,
        /// What takes them to zero mean and unit variance.
        standardisation: Standardisation,
    },
}

impl ConditionFacts {
    /// How many classes there are, 0 where the condition is none.
    pub fn classes(&self) -> usize {
        match self {
            Self::Classes { names, .. } => names.len(),
            Self::None | Self::Vector { .. } => 0,
        }
    }

    /// How many inputs say the condition, the "no condition" one not counted.
    pub fn inputs(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Classes { names, .. } => names.len(),
            Self::Vector { columns, .. } => columns.len(),
        }
    }
}

impl DataFacts {
    /// The facts of a training set.
    pub fn of(data: &Dataset) -> Self {
        let (min, max) = bounds(&data.values);
        let condition = match &data.condition {
            Condition::None => ConditionFacts::None,
            Condition::Classes { column, names, labels } => {
                let mut counts = vec![0; names.len()];
                labels.iter().for_each(|&label| counts[label as usize] += 1);
                ConditionFacts::Classes { column: column.clone(), names: names.clone(), counts }
            }
            Condition::Vector { columns, values } => ConditionFacts::Vector {
                columns: columns.clone(),
                standardisation: Standardisation::fit(values),
            },
        };
        Self {
            name: data::stem(&data.name).to_owned(),
            columns: data.columns.clone(),
            rows: data.values.len(),
            digest: data.digest(),
            standardisation: Standardisation::fit(&data.values),
            min,
            max,
            condition,
        }
    }

    /// The rows of `data` as a network trained on these facts sees them; `none_row` adds the input
    /// that says "no condition".
    ///
    /// # Panics
    /// If `data` has another kind of condition, or no rows.
    pub fn examples(&self, data: &Dataset, none_row: bool) -> Examples {
        let x1 = self.standardisation.apply(&data.values);
        match (&self.condition, &data.condition) {
            (ConditionFacts::None, Condition::None) => Examples::plain(x1),
            (ConditionFacts::Classes { names, .. }, Condition::Classes { labels, .. }) => {
                Examples::with_classes(x1, labels.clone(), names.len(), none_row)
            }
            (ConditionFacts::Vector { standardisation, .. }, Condition::Vector { values, .. }) => {
                Examples::with_vectors(x1, &standardisation.apply(values), none_row)
            }
            _ => panic!("data with another kind of condition than its facts"),
        }
    }
}

/// The least and the largest value of each column.
fn bounds(rows: &Rows) -> (Vec<f32>, Vec<f32>) {
    let mut min = vec![f32::INFINITY; rows.dim()];
    let mut max = vec![f32::NEG_INFINITY; rows.dim()];
    for row in rows.iter() {
        for (j, &x) in row.iter().enumerate() {
            min[j] = min[j].min(x);
            max[j] = max[j].max(x);
        }
    }
    (min, max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::fixtures;

    #[test]
    fn examples_are_standardised_and_facts_are_raw() {
        let data = fixtures::vectors(500);
        let facts = DataFacts::of(&data);
        let examples = facts.examples(&data, true);
        for (rows, columns) in [(examples.x1(), 2), (examples.condition(), 1)] {
            for j in 0..columns {
                let mean = rows.iter().map(|row| row[j]).sum::<f32>() / 500.0;
                let square = rows.iter().map(|row| row[j] * row[j]).sum::<f32>() / 500.0;
                // Sums of 500 f32 numbers about 1.
                assert!(mean.abs() < 1e-5 && (square - 1.0).abs() < 1e-4, "{mean} {square}");
            }
        }
        assert!(examples.condition().iter().all(|row| row.len() == 2 && row[1] == 0.0));
        for j in 0..2 {
            let column = || data.values.iter().map(|row| row[j]);
            assert_eq!(facts.min[j], column().fold(f32::MAX, f32::min));
            assert_eq!(facts.max[j], column().fold(f32::MIN, f32::max));
        }
    }
}
