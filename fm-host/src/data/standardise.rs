//! Standardisation: the network's inputs and outputs have mean 0 and standard deviation 1 per column, after
//! the column's transform if it has one.

use fm_nostd::Model;
use serde::{Deserialize, Serialize};

use super::moments::moments;
use super::transform::{self, Choice, Transform};
use super::{Dataset, Rows};
use crate::random::{Purpose, stream};

/// A mean and a scale for every column, and its transform, fitted on the training rows. Missing cells, which are
/// NaN, do not count, and stay missing.
///
/// The scale is the column's standard deviation, but at least the column's resolution: the smallest gap
/// between two distinct values. A standard deviation below the resolution means that nearly all values are
/// equal. Dividing by it would turn one step of the column, such as one grey level of a pixel that is nearly
/// always black, into tens of standard deviations. In continuous columns the gap is tiny and has no effect;
/// a constant column has scale 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standardisation {
    /// The transform of every column before it is standardised; empty if all numbers stay as they are.
    pub transforms: Vec<Transform>,
    /// The mean of every column.
    pub mean: Vec<f32>,
    /// The scale of every column, above zero.
    pub std: Vec<f32>,
}

impl Standardisation {
    /// Computes the statistics of `rows` in `f64`. A column without any value has mean 0 and scale 1.
    ///
    /// # Panics
    /// If there are no rows.
    pub fn fit(rows: &Rows) -> Self {
        assert!(!rows.is_empty(), "no row to standardise by");
        let (mean, std) = (0..rows.dim())
            .map(|d| {
                let mut column: Vec<f32> =
                    rows.iter().map(|row| row[d]).filter(|x| !x.is_nan()).collect();
                let (mean, std) = moments(column.iter().copied());
                let scale = match resolution(&mut column) {
                    Some(gap) => (std as f32).max(gap),
                    None => 1.0,
                };
                (mean as f32, scale)
            })
            .unzip();
        Self { transforms: Vec::new(), mean, std }
    }

    /// Chooses a transform for every column of a data set, and computes the statistics of the transformed
    /// numbers. A column without a wish stays as it is unless it has categories.
    ///
    /// # Panics
    /// If there are no rows.
    pub fn fit_transformed(data: &Dataset, wishes: &[Choice]) -> Self {
        let transforms = transform::fit(data, wishes);
        if transforms.iter().all(Transform::is_plain) {
            return Self::fit(&data.values);
        }
        let unfitted = Self { transforms, mean: Vec::new(), std: Vec::new() };
        let fitted = Self::fit(&unfitted.spread_columns(&data.values, 0));
        Self { transforms: unfitted.transforms, ..fitted }
    }

    /// The map of a model.
    pub fn of(model: &Model<'_>) -> Self {
        let transforms = model.transforms().map(Transform::of).collect();
        Self { transforms, mean: model.mean().collect(), std: model.std().collect() }
    }

    /// Whether some numbers of the data stand for an interval, so that rows have no density.
    pub fn is_tied(&self) -> bool {
        self.transforms.iter().any(|transform| transform.column().is_tied())
    }

    /// Standardises rows as [`Standardisation::apply`] does, but puts each number that stands for an interval
    /// at random within it; `seed` decides where.
    ///
    /// # Panics
    /// If the rows have another width.
    pub fn spread(&self, rows: &Rows, seed: u64) -> Rows {
        let mut out = self.spread_columns(rows, seed);
        self.each(&mut out, |x, mean, std| (x - mean) / std);
        out
    }

    /// Transforms rows as [`Standardisation::spread`] does, without standardising them.
    pub(crate) fn spread_columns(&self, rows: &Rows, seed: u64) -> Rows {
        let mut out = rows.clone();
        for (d, transform) in self.transforms.iter().enumerate() {
            let mut rng = stream(seed, Purpose::Ties, d as u64);
            for i in 0..out.len() {
                let x = &mut out.row_mut(i)[d];
                if !x.is_nan() {
                    *x = transform.spread(*x, &mut rng);
                }
            }
        }
        out
    }

    /// Standardises rows in the data's own units. A number that stands for an interval becomes a point inside
    /// it.
    ///
    /// # Panics
    /// If the rows have another width.
    pub fn apply(&self, rows: &Rows) -> Rows {
        let mut out = rows.clone();
        self.transform(&mut out, |transform, x| transform.column().apply(x));
        self.each(&mut out, |x, mean, std| (x - mean) / std);
        out
    }

    /// Converts standardised rows back to the data's own units.
    ///
    /// # Panics
    /// If the rows have another width.
    pub fn undo(&self, rows: &Rows) -> Rows {
        let mut out = rows.clone();
        self.each(&mut out, |z, mean, std| z * std + mean);
        self.transform(&mut out, |transform, y| transform.column().invert(y));
        out
    }

    fn transform(&self, rows: &mut Rows, f: impl Fn(&Transform, f32) -> f32) {
        if self.transforms.is_empty() {
            return;
        }
        for i in 0..rows.len() {
            let cells = rows.row_mut(i).iter_mut().zip(&self.transforms);
            cells.filter(|(x, _)| !x.is_nan()).for_each(|(x, transform)| *x = f(transform, *x));
        }
    }

    fn each(&self, rows: &mut Rows, f: impl Fn(f32, f32, f32) -> f32) {
        assert_eq!(rows.dim(), self.mean.len(), "rows of another width");
        for i in 0..rows.len() {
            for ((x, &mean), &std) in rows.row_mut(i).iter_mut().zip(&self.mean).zip(&self.std) {
                *x = f(*x, mean, std);
            }
        }
    }
}

/// Returns the smallest gap between two distinct values; `None` if all values are equal.
fn resolution(column: &mut [f32]) -> Option<f32> {
    column.sort_unstable_by(f32::total_cmp);
    // Only differences above zero, so that -0 and 0 count as one value.
    column.windows(2).map(|pair| pair[1] - pair[0]).filter(|&gap| gap > 0.0).min_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ConditionData;
    use crate::data::transform::Wanted;

    #[test]
    fn fits_mean_and_population_spread() {
        let fit = Standardisation::fit(&Rows::from_vec(1, vec![1.0, 2.0, 3.0, 4.0, 10.0]));
        assert_eq!(fit.mean, [4.0]);
        // The mean of the squared distances 9, 4, 1, 0 and 36.
        assert!((fit.std[0] - 10f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn sums_in_f64() {
        // A sum in f32 would stop growing near 2^24 * 1000.
        let rows = Rows::from_vec(1, (0..200_000).map(|i| 100_000.0 + (i % 2) as f32).collect());
        let fit = Standardisation::fit(&rows);
        assert_eq!(fit.mean, [100_000.5]);
    }

    #[test]
    fn a_spread_below_the_resolution_is_raised_to_it() {
        // One grey level in a hundred rows: standard deviation 0.0995, resolution 1.
        let mut rare = vec![0.0; 100];
        rare[7] = 1.0;
        assert_eq!(Standardisation::fit(&Rows::from_vec(1, rare)).std, [1.0]);
        assert_eq!(Standardisation::fit(&Rows::from_vec(1, vec![0.3; 5])).std, [1.0]);
        assert_eq!(Standardisation::fit(&Rows::from_vec(1, vec![0.0, -0.0])).std, [1.0]);
    }

    #[test]
    fn missing_cells_do_not_count_and_stay_missing() {
        let whole = Rows::from_vec(1, vec![1.0, 2.0, 4.0, 9.0, 1.0, 2.0, 4.0, 9.0]);
        let mut gaps = whole.clone().into_vec();
        gaps.splice(3..3, [f32::NAN; 2]);
        let gaps = Rows::from_vec(1, gaps);
        let data = |values: &Rows| {
            Dataset::new("d", vec!["x".to_owned()], values.clone(), ConditionData::default())
        };
        for wanted in [Wanted::Plain, Wanted::Log, Wanted::Auto] {
            let wishes = [Choice { column: None, wanted }];
            let fit = Standardisation::fit_transformed(&data(&gaps), &wishes);
            assert_eq!(fit, Standardisation::fit_transformed(&data(&whole), &wishes), "{wanted:?}");
            for rows in [fit.apply(&gaps), fit.spread(&gaps, 1), fit.undo(&fit.apply(&gaps))] {
                let missing: Vec<bool> = rows.iter().map(|row| row[0].is_nan()).collect();
                assert!((0..10).all(|i| missing[i] == (3..5).contains(&i)), "{rows:?}");
            }
        }
        let none = Standardisation::fit(&Rows::from_vec(1, vec![f32::NAN; 3]));
        assert_eq!((none.mean[0], none.std[0]), (0.0, 1.0));
    }

    #[test]
    fn apply_and_undo_are_inverse() {
        let rows = Rows::from_vec(2, vec![1.0, 10.0, 2.0, 30.0, 4.0, 20.0]);
        let fit = Standardisation::fit(&rows);
        let z = fit.apply(&rows);
        let refit = Standardisation::fit(&z);
        for d in 0..2 {
            // Rounding of single precision.
            assert!(refit.mean[d].abs() < 1e-6 && (refit.std[d] - 1.0).abs() < 1e-6);
        }
        for (a, b) in fit.undo(&z).as_slice().iter().zip(rows.as_slice()) {
            assert!((a - b).abs() < 1e-5);
        }
    }
}
