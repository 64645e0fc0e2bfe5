//! Facts about the data that the sampler, the exports and the pictures need after training.

use serde::{Deserialize, Serialize};

use crate::coupling::Examples;
use crate::data::{self, ConditionData, Dataset, Rows, Standardisation};

/// A training set's facts, in the data's units unless stated otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFacts {
    /// The name of the data, without folder and extensions.
    pub name: String,
    /// The names of the data columns.
    pub columns: Vec<String>,
    /// The number of training rows.
    pub rows: usize,
    /// [`Dataset::digest`]: a run only resumes with exactly these rows.
    pub digest: u32,
    /// The map that takes the data to zero mean and unit variance.
    pub standardisation: Standardisation,
    /// The smallest value of each column.
    pub min: Vec<f32>,
    /// The largest value of each column.
    pub max: Vec<f32>,
    /// The condition of the rows.
    pub condition: ConditionFacts,
}

/// The condition of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConditionFacts {
    /// No condition.
    None,
    /// A class, one-hot in the network's inputs.
    Classes {
        /// The column of the class.
        column: String,
        /// The names of the classes, in the order of their inputs.
        names: Vec<String>,
        /// The number of training rows in each class.
        counts: Vec<usize>,
    },
    /// A vector, standardised in the network's inputs.
    Vector {
        /// The columns of the condition.
        columns: Vec<String>,
        /// The map that takes the vectors to zero mean and unit variance.
        standardisation: Standardisation,
    },
}

impl ConditionFacts {
    /// The number of classes, 0 if the condition is not a class.
    pub fn classes(&self) -> usize {
        match self {
            Self::Classes { names, .. } => names.len(),
            Self::None | Self::Vector { .. } => 0,
        }
    }

    /// The number of condition inputs, without the one for "no condition".
    pub fn inputs(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Classes { names, .. } => names.len(),
            Self::Vector { columns, .. } => columns.len(),
        }
    }
}

impl DataFacts {
    /// Collects the facts of a training set.
    pub fn of(data: &Dataset) -> Self {
        let (min, max) = bounds(&data.values);
        let condition = match &data.condition {
            ConditionData::None => ConditionFacts::None,
            ConditionData::Classes { column, names, labels } => {
                let mut counts = vec![0; names.len()];
                labels.iter().for_each(|&label| counts[label as usize] += 1);
                ConditionFacts::Classes { column: column.clone(), names: names.clone(), counts }
            }
            ConditionData::Vector { columns, values } => ConditionFacts::Vector {
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

    /// Returns the rows of `data` as inputs for a network trained on these facts; `none_row` adds the
    /// input for "no condition".
    ///
    /// # Panics
    /// If `data` has another kind of condition, or no rows.
    pub fn examples(&self, data: &Dataset, none_row: bool) -> Examples {
        let x1 = self.standardisation.apply(&data.values);
        match (&self.condition, &data.condition) {
            (ConditionFacts::None, ConditionData::None) => Examples::plain(x1),
            (ConditionFacts::Classes { names, .. }, ConditionData::Classes { labels, .. }) => {
                Examples::with_classes(x1, labels.clone(), names.len(), none_row)
            }
            (
                ConditionFacts::Vector { standardisation, .. },
                ConditionData::Vector { values, .. },
            ) => Examples::with_vectors(x1, &standardisation.apply(values), none_row),
            _ => panic!("data with another kind of condition than its facts"),
        }
    }
}

/// The smallest and the largest value of each column.
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
