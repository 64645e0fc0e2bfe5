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

    /// Puts the rows in this order, without a copy of the table: row `i` is the one that was row `order[i]`.
    ///
    /// # Panics
    /// If `order` does not name every row once.
    pub(super) fn arrange(&mut self, order: &[usize]) {
        assert_eq!(order.len(), self.len(), "an order of all rows");
        let mut done = vec![false; order.len()];
        let mut first = vec![0.0; self.dim];
        for start in 0..order.len() {
            if done[start] {
                continue;
            }
            // Rows move along a cycle that ends where it starts.
            first.copy_from_slice(self.row(start));
            let mut to = start;
            loop {
                assert!(!std::mem::replace(&mut done[to], true), "a row is named twice");
                let from = order[to];
                if from == start {
                    break;
                }
                self.values.copy_within(from * self.dim..(from + 1) * self.dim, to * self.dim);
                to = from;
            }
            self.row_mut(to).copy_from_slice(&first);
        }
    }

    /// Splits the rows from row `at` on off.
    ///
    /// # Panics
    /// If there are fewer rows.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        Self { dim: self.dim, values: self.values.split_off(at * self.dim) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_arranged_as_they_are_selected() {
        let rows = Rows::from_vec(2, (0..14).map(|x| x as f32).collect());
        for order in [[0, 1, 2, 3, 4, 5, 6], [3, 0, 6, 1, 5, 4, 2], [6, 5, 4, 3, 2, 1, 0]] {
            let mut arranged = rows.clone();
            arranged.arrange(&order);
            assert_eq!(arranged, rows.select(&order));
            let last = arranged.split_off(5);
            assert_eq!((arranged.len(), last), (5, rows.select(&order[5..])));
        }
    }

    #[test]
    #[should_panic(expected = "named twice")]
    fn an_order_names_every_row_once() {
        Rows::from_vec(1, vec![0.0; 3]).arrange(&[1, 1, 0]);
    }
}
