//! Linear regression of the columns after the known ones by least squares.

use fm_host::data::Rows;
use nalgebra::DMatrix;

/// Singular values below this share of the largest are rounding, as those of pixels that never change.
const RANK: f64 = 1e-9;

/// A linear function of the known columns, with an intercept.
pub struct Regression {
    /// Shape: `[known columns + 1, other columns]`.
    coefficients: DMatrix<f64>,
}

impl Regression {
    /// Fits the columns after the first `at` ones.
    ///
    /// # Panics
    /// If the singular values cannot be computed.
    pub fn fit(rows: &Rows, at: usize) -> Self {
        let known = DMatrix::from_fn(rows.len(), at + 1, |i, d| {
            if d < at { f64::from(rows.row(i)[d]) } else { 1.0 }
        });
        let others =
            DMatrix::from_fn(rows.len(), rows.dim() - at, |i, d| f64::from(rows.row(i)[at + d]));
        let squares = known.tr_mul(&known).svd(true, true);
        let least = RANK * squares.singular_values.max();
        let coefficients = squares.solve(&known.tr_mul(&others), least).expect("both sides");
        Self { coefficients }
    }

    /// The means of all columns.
    pub fn means(rows: &Rows) -> Vec<f32> {
        let mean =
            |d: usize| rows.iter().map(|row| f64::from(row[d])).sum::<f64>() / rows.len() as f64;
        (0..rows.dim()).map(|d| mean(d) as f32).collect()
    }

    /// The mean of the other columns given the known ones.
    pub fn predict(&self, known: &[f32]) -> Vec<f32> {
        let values = known.iter().map(|x| f64::from(*x)).chain([1.0]);
        let row = DMatrix::from_iterator(1, known.len() + 1, values);
        (row * &self.coefficients).iter().map(|x| *x as f32).collect()
    }
}
