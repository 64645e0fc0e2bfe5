//! The training rows as the network receives them: standardised, with conditions as network inputs.

use std::sync::Arc;

use super::{Optimal, SourceRows};
use crate::data::Rows;

/// Standardised data rows, each with its condition inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// The data; missing cells are NaN. Shape: `[n, dim]`.
    pub(super) x1: Rows,
    /// The condition inputs. Shape: `[n, inputs]`, with `inputs = 0` without a condition.
    pub(super) condition: Rows,
    /// Each row's class, if there are classes.
    pub(super) labels: Option<Vec<u32>>,
    /// Whether the condition contains a vector.
    pub(super) vectors: bool,
    /// The rows that paths start at; `None` for noise.
    pub(super) source: Option<Arc<SourceRows>>,
}

impl Examples {
    /// Makes examples without a condition.
    ///
    /// # Panics
    /// If there are no rows.
    pub fn plain(x1: Rows) -> Self {
        Self::new(x1, None, None, false)
    }

    /// Makes examples with one-hot classes; `none_row` adds the input for "no condition".
    ///
    /// # Panics
    /// If there are no rows, or the labels are not one per row, each below `classes`.
    pub fn with_classes(x1: Rows, labels: Vec<u32>, classes: usize, none_row: bool) -> Self {
        Self::new(x1, Some((labels, classes)), None, none_row)
    }

    /// Makes examples with standardised condition vectors; `none_row` adds the input for "no condition".
    ///
    /// # Panics
    /// If there are no rows, or the number of conditions is not the number of rows.
    pub fn with_vectors(x1: Rows, values: &Rows, none_row: bool) -> Self {
        Self::new(x1, None, Some(values), none_row)
    }

    /// Makes examples with the inputs of their condition: one-hot classes, given as labels and their number,
    /// then standardised vectors, then with `none_row` the input for "no condition".
    ///
    /// # Panics
    /// If there are no rows, the labels are not one per row, each below the number of classes, or the
    /// vectors are not one per row.
    pub fn new(
        x1: Rows,
        classes: Option<(Vec<u32>, usize)>,
        vectors: Option<&Rows>,
        none_row: bool,
    ) -> Self {
        assert!(!x1.is_empty(), "no rows to train on");
        let (labels, classes) = classes.map_or((None, 0), |(labels, count)| (Some(labels), count));
        let vector = classes..classes + vectors.map_or(0, Rows::dim);
        let width = vector.end + usize::from(none_row);
        let mut condition = match width {
            0 => Rows::new(0),
            _ => Rows::from_vec(width, vec![0.0; width * x1.len()]),
        };
        if let Some(labels) = &labels {
            assert_eq!(x1.len(), labels.len(), "one label a row");
            for (i, &label) in labels.iter().enumerate() {
                assert!((label as usize) < classes, "label {label} of {classes} classes");
                condition.row_mut(i)[label as usize] = 1.0;
            }
        }
        if let Some(vectors) = vectors {
            assert_eq!(x1.len(), vectors.len(), "one condition a row");
            for (i, value) in vectors.iter().enumerate() {
                condition.row_mut(i)[vector.clone()].copy_from_slice(value);
            }
        }
        Self { x1, condition, labels, vectors: vectors.is_some(), source: None }
    }

    /// Whether pairs are made within each class at this cost: a plain cost ignores the classes, a vector in the
    /// condition needs the cost for itself, and the rows of a source keep their class.
    pub(super) fn by_class(&self, cost: Optimal) -> bool {
        cost == Optimal::Plain || self.vectors || self.source.is_some()
    }

    /// These examples with paths that start at rows of a source instead of noise.
    ///
    /// # Panics
    /// If the rows of the source have another width, or conditions of another width.
    pub fn with_source(self, source: SourceRows) -> Self {
        let rows = source.rows();
        assert_eq!(rows.x1.dim(), self.x1.dim(), "the source's columns");
        assert_eq!(rows.condition.dim(), self.condition.dim(), "the source's condition");
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// The rows that paths start at; `None` for noise.
    pub fn source(&self) -> Option<&SourceRows> {
        self.source.as_deref()
    }

    /// Combines other data with the conditions of the rows at `index`.
    ///
    /// # Panics
    /// If there are no rows, `index` has another length than `x1`, or an index is out of range.
    pub fn conditions_of(&self, index: &[usize], x1: Rows) -> Self {
        assert_eq!(x1.len(), index.len(), "one condition a row");
        let labels = self.labels.as_ref().map(|l| index.iter().map(|&i| l[i]).collect());
        Self {
            condition: self.condition.select(index),
            labels,
            vectors: self.vectors,
            x1,
            source: None,
        }
    }

    /// The class of every row, if there are classes. Shape: `[n]`.
    pub fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    /// The data; missing cells are NaN. Shape: `[n, dim]`.
    pub fn x1(&self) -> &Rows {
        &self.x1
    }

    /// Whether some cells of the data are missing.
    pub fn has_missing(&self) -> bool {
        self.x1.as_slice().iter().any(|x| x.is_nan())
    }

    /// The condition inputs. Shape: `[n, inputs]`.
    pub fn condition(&self) -> &Rows {
        &self.condition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_none_row_is_the_last_input_and_silent() {
        let x1 = Rows::from_vec(1, vec![5.0, 6.0]);
        let classes = Examples::with_classes(x1.clone(), vec![1, 0], 2, true);
        assert_eq!(classes.condition().as_slice(), [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        let values = Rows::from_vec(1, vec![0.5, -0.5]);
        let vectors = Examples::with_vectors(x1.clone(), &values, true);
        assert_eq!(vectors.condition().as_slice(), [0.5, 0.0, -0.5, 0.0]);
        let both = Examples::new(x1, Some((vec![1, 0], 2)), Some(&values), true);
        assert_eq!(both.condition().as_slice(), [0.0, 1.0, 0.5, 0.0, 1.0, 0.0, -0.5, 0.0]);
    }
}
