//! The table of numbers that is used from the data to the trainer.

use serde::{Deserialize, Serialize};

/// A row-major table of `f32`.
///
/// Shape: `[len, dim]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    dim: usize,
    values: Vec<f32>,
}

impl Rows {
    /// Returns an empty table for rows of `dim` numbers.
    pub fn new(dim: usize) -> Self {
        Self { dim, values: Vec::new() }
    }

    /// Returns a table of these numbers.
    ///
    /// # Panics
    /// If `values` is not a whole number of rows.
    pub fn from_vec(dim: usize, values: Vec<f32>) -> Self {
        let rest = if dim == 0 { values.len() } else { values.len() % dim };
        assert_eq!(rest, 0, "{} numbers are not a whole number of rows of {dim}", values.len());
        Self { dim, values }
    }

    /// The number of columns.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If `row` does not have [`Rows::dim`] numbers.
    pub fn push(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.dim, "a row of another width");
        self.values.extend_from_slice(row);
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.dim..(i + 1) * self.dim]
    }

    /// Row `i`, mutable.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.values[i * self.dim..(i + 1) * self.dim]
    }

    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dim.max(1))
    }

    /// The rows at `indices`, in that order.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn select(&self, indices: &[usize]) -> Self {
        let mut out = Self { dim: self.dim, values: Vec::with_capacity(indices.len() * self.dim) };
        for &i in indices {
            out.push(self.row(i));
        }
        out
    }

    /// All numbers, row after row.
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }

    /// All numbers, row after row, mutable.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// All numbers, row after row, without a copy.
    pub fn into_vec(self) -> Vec<f32> {
        self.values
    }
}
