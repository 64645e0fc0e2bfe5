//! Facts about the data that the sampler, the exports and the pictures need after training.

use fm_nostd::blob::Conditioning;
use serde::{Deserialize, Serialize};

use crate::coupling::Examples;
use crate::data::transform::Choice;
use crate::data::{
    self, ClassData, ColumnKind, ConditionData, Dataset, Rows, Standardisation, VectorData,
};

/// A training set's facts, in the data's units unless stated otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFacts {
    /// The name of the data, without folder and extensions.
    pub name: String,
    /// The names of the data columns.
    pub columns: Vec<String>,
    /// What the numbers of each column stand for.
    pub kinds: Vec<ColumnKind>,
    /// The number of training rows.
    pub rows: usize,
    /// [`Dataset::digest`]: a run only resumes with exactly these rows.
    pub digest: u32,
    /// The map that takes the data to zero mean and unit variance, after the transforms of its columns.
    pub standardisation: Standardisation,
    /// The smallest value of each column.
    pub min: Vec<f32>,
    /// The largest value of each column.
    pub max: Vec<f32>,
    /// The condition of the rows.
    pub condition: ConditionFacts,
}

/// The condition of the rows: a class, a vector, both, or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConditionFacts {
    /// The classes, if there are any.
    pub classes: Option<ClassFacts>,
    /// The condition vector, if there is one.
    pub vector: Option<VectorFacts>,
}

/// The classes, one-hot in the network's inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFacts {
    /// The column of the class.
    pub column: String,
    /// The names of the classes, in the order of their inputs.
    pub names: Vec<String>,
    /// The number of training rows in each class.
    pub counts: Vec<usize>,
}

/// The condition vector, standardised in the network's inputs, where it follows the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorFacts {
    /// The columns of the condition.
    pub columns: Vec<String>,
    /// The map that takes the vectors to zero mean and unit variance.
    pub standardisation: Standardisation,
}

impl ConditionFacts {
    /// Collects the facts of the conditions of `data`.
    pub fn of(data: &Dataset) -> Self {
        let classes = |ClassData { column, names, labels }: &ClassData| {
            let mut counts = vec![0; names.len()];
            labels.iter().for_each(|&label| counts[label as usize] += 1);
            ClassFacts { column: column.clone(), names: names.clone(), counts }
        };
        let vector = |VectorData { columns, values }: &VectorData| VectorFacts {
            columns: columns.clone(),
            standardisation: Standardisation::fit(values),
        };
        Self {
            classes: data.condition.classes.as_ref().map(classes),
            vector: data.condition.vector.as_ref().map(vector),
        }
    }

    /// The number of classes, 0 without classes.
    pub fn classes(&self) -> usize {
        self.classes.as_ref().map_or(0, |classes| classes.names.len())
    }

    /// The columns of the condition vector; empty without one.
    pub fn vector_columns(&self) -> &[String] {
        self.vector.as_ref().map_or(&[], |vector| &vector.columns)
    }

    /// The condition as the model file stores it.
    pub fn conditioning(&self) -> Conditioning {
        Conditioning { classes: self.classes(), vector: self.vector_columns().len() }
    }
}

impl DataFacts {
    /// Collects the facts of a training set whose numbers stay as they are.
    pub fn of(data: &Dataset) -> Self {
        Self::transformed(data, &[])
    }

    /// Collects the facts of a training set whose columns are transformed as `wishes` say.
    pub fn transformed(data: &Dataset, wishes: &[Choice]) -> Self {
        Self::standardised(data, Standardisation::fit_transformed(data, wishes))
    }

    /// Collects the facts of a training set that this standardisation was fitted to.
    pub fn standardised(data: &Dataset, standardisation: Standardisation) -> Self {
        let (min, max) = bounds(&data.values);
        Self {
            name: data::stem(&data.name).to_owned(),
            columns: data.columns.clone(),
            kinds: data.kinds.clone(),
            rows: data.values.len(),
            digest: data.digest(),
            standardisation,
            min,
            max,
            condition: ConditionFacts::of(data),
        }
    }

    /// How often each of `rows` rows is an example: where numbers stand for an interval, few rows are repeated
    /// with the numbers elsewhere in it, so that training does not learn one place by heart.
    fn copies(&self, rows: usize) -> usize {
        const ENOUGH: usize = 65_536;
        if self.standardisation.is_tied() { (ENOUGH / rows.max(1)).clamp(1, 64) } else { 1 }
    }

    /// Returns the rows of `data` as inputs for a network trained on these facts; `none_row` adds the
    /// input for "no condition".
    ///
    /// # Panics
    /// If `data` has another kind of condition, or no rows.
    pub fn examples(&self, data: &Dataset, none_row: bool) -> Examples {
        let copies = self.copies(data.len());
        let spread = |copy: usize| self.standardisation.spread(&data.values, copy as u64);
        let x1 = Rows::from_vec(
            data.values.dim(),
            (0..copies).flat_map(|copy| spread(copy).into_vec()).collect(),
        );
        let ConditionData { classes, vector } = &data.condition;
        let kind = (classes.is_some(), vector.is_some());
        let own = (self.condition.classes.is_some(), self.condition.vector.is_some());
        assert_eq!(kind, own, "data with another kind of condition than its facts");
        let labels = classes.as_ref().map(|classes| classes.labels.repeat(copies));
        let vectors = self.condition.vector.as_ref().zip(vector.as_ref());
        let vectors = vectors.map(|(facts, data)| {
            let rows = facts.standardisation.apply(&data.values);
            Rows::from_vec(rows.dim(), rows.as_slice().repeat(copies))
        });
        let classes = self.condition.classes();
        Examples::new(x1, labels.map(|labels| (labels, classes)), vectors.as_ref(), none_row)
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
        let both = fixtures::both(500);
        let facts_of_both = DataFacts::of(&both);
        for (i, row) in facts_of_both.examples(&both, true).condition().iter().enumerate() {
            let mut expected = [0.0; 5];
            expected[i % 3] = 1.0;
            expected[3] = examples.condition().row(i)[0];
            assert_eq!(row, expected);
        }
        assert_ne!(both.digest(), fixtures::classes(500).digest());
        assert_ne!(both.digest(), fixtures::vectors(500).digest());
        for j in 0..2 {
            let column = || data.values.iter().map(|row| row[j]);
            assert_eq!(facts.min[j], column().fold(f32::MAX, f32::min));
            assert_eq!(facts.max[j], column().fold(f32::MIN, f32::max));
        }
    }
}
