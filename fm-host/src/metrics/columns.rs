//! What single columns reveal about samples: another distribution, values that the data never takes, and
//! values outside the data's range.

use rayon::prelude::*;

use crate::data::{Dataset, Rows};

/// A column has a lattice if each of its values has at least this many training rows on average.
const ROWS_PER_VALUE: usize = 20;
/// The largest number of values in a lattice without a common step.
const LISTED: usize = 64;
/// How far from the lattice a value may be, in steps.
const TOLERANCE: f32 = 0.05;

/// How far outside the range a value may be, in standard deviations; less is a rounding error.
const MARGIN: f32 = 0.01;

/// The columns of the evaluation rows, in standardised units.
pub(super) struct Columns {
    columns: Vec<Column>,
}

struct Column {
    /// The evaluation rows' values, sorted.
    evaluation: Vec<f32>,
    low: f32,
    high: f32,
    lattice: Option<Lattice>,
}

/// The few values that a column takes.
#[derive(Debug, PartialEq)]
enum Lattice {
    /// Multiples of a step.
    Steps { origin: f32, step: f32 },
    /// Any values, sorted; a sample may differ from one by `tolerance`.
    Values { values: Vec<f32>, tolerance: f32 },
}

impl Columns {
    /// Prepares the columns of the evaluation rows, with the range and the lattice of the training rows.
    pub fn of(evaluation: &Dataset, train: &Rows) -> Self {
        let column = |d: usize| {
            let train = sorted(train, d);
            let (low, high) = (train[0], train[train.len() - 1]);
            Column {
                evaluation: sorted(&evaluation.values, d),
                low,
                high,
                lattice: Lattice::of(train),
            }
        };
        Self { columns: (0..evaluation.values.dim()).into_par_iter().map(column).collect() }
    }

    /// Returns every column's Kolmogorov-Smirnov distance from the evaluation rows: the largest
    /// difference of the two distribution functions, which is exact for discrete columns too.
    pub fn ks(&self, samples: &Rows) -> Vec<f64> {
        self.columns
            .iter()
            .enumerate()
            .map(|(d, c)| ks(&sorted(samples, d), &c.evaluation))
            .collect()
    }

    /// Returns the share of samples off each column's lattice; `None` for a column without one.
    pub fn off_lattice(&self, samples: &Rows) -> Vec<Option<f64>> {
        let share = |(d, column): (usize, &Column)| {
            let lattice = column.lattice.as_ref()?;
            Some(share(samples, |row| !lattice.has(row[d])))
        };
        self.columns.iter().enumerate().map(share).collect()
    }

    /// Returns the share of samples outside the training rows' range, for each column.
    pub fn out_of_range(&self, samples: &Rows) -> Vec<f64> {
        let out = |(d, column): (usize, &Column)| share(samples, |row| column.is_out(row[d]));
        self.columns.iter().enumerate().map(out).collect()
    }

    /// Returns the share of samples outside the training rows' range in any column.
    pub fn out_of_any_range(&self, samples: &Rows) -> f64 {
        share(samples, |row| self.columns.iter().zip(row).any(|(column, &x)| column.is_out(x)))
    }
}

impl Column {
    fn is_out(&self, x: f32) -> bool {
        x < self.low - MARGIN || x > self.high + MARGIN
    }
}

impl Lattice {
    /// Finds the lattice of a sorted column, if the column has few distinct values for its number of rows.
    fn of(column: Vec<f32>) -> Option<Self> {
        let rows = column.len();
        let mut values = column;
        values.dedup();
        let (&low, &high) = (values.first()?, values.last()?);
        let gap = values.windows(2).map(|pair| pair[1] - pair[0]).min_by(f32::total_cmp)?;
        let steps = ((high - low) / gap).round();
        // The mean over all steps is more accurate than one gap, which is a difference of rounded numbers.
        let step = (high - low) / steps;
        let is_multiple = |x: &f32| ((x - low) / step).fract_from_whole() < TOLERANCE;
        if (steps as usize).saturating_add(1).saturating_mul(ROWS_PER_VALUE) <= rows
            && values.iter().all(is_multiple)
        {
            return Some(Self::Steps { origin: low, step });
        }
        let few = values.len() <= LISTED && values.len() * ROWS_PER_VALUE <= rows;
        few.then_some(Self::Values { values, tolerance: TOLERANCE * gap })
    }

    fn has(&self, x: f32) -> bool {
        match self {
            Self::Steps { origin, step } => ((x - origin) / step).fract_from_whole() <= TOLERANCE,
            Self::Values { values, tolerance } => {
                let place = values.partition_point(|&value| value < x - tolerance);
                values.get(place).is_some_and(|&value| value <= x + tolerance)
            }
        }
    }
}

/// How far a number is from the nearest whole number.
trait FromWhole {
    fn fract_from_whole(self) -> f32;
}

impl FromWhole for f32 {
    fn fract_from_whole(self) -> f32 {
        (self - self.round()).abs()
    }
}

fn sorted(rows: &Rows, d: usize) -> Vec<f32> {
    let mut column: Vec<f32> = rows.iter().map(|row| row[d]).collect();
    column.sort_unstable_by(f32::total_cmp);
    column
}

/// Returns the share of the rows for which a test is true.
fn share(rows: &Rows, test: impl Fn(&[f32]) -> bool) -> f64 {
    rows.iter().filter(|row| test(row)).count() as f64 / rows.len() as f64
}

/// Returns the largest difference of two distribution functions, from sorted values.
///
/// Smirnov, "Table for estimating the goodness of fit of empirical distributions" (1948,
/// doi:10.1214/aoms/1177730256).
fn ks(a: &[f32], b: &[f32]) -> f64 {
    let (mut i, mut j, mut worst) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        // Skip all values that are equal on either side: the functions can only be compared after them.
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
        worst = worst.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::super::tests::normal;
    use super::*;
    use crate::data::ConditionData;

    fn column(values: Vec<f32>) -> Dataset {
        Dataset::new(
            "column",
            vec!["x".to_owned()],
            Rows::from_vec(1, values),
            ConditionData::default(),
        )
    }

    #[test]
    fn distribution_functions_differ_most_at_a_step() {
        assert_eq!(ks(&[0.0, 0.0, 1.0, 1.0], &[0.0, 1.0, 1.0, 1.0]), 0.25);
        assert_eq!(ks(&[1.0, 2.0], &[1.0, 2.0]), 0.0);
        assert_eq!(ks(&[1.0, 2.0], &[3.0, 4.0, 5.0]), 1.0);
        assert_eq!(ks(&[1.0, 4.0], &[2.0, 3.0]), 0.5);
    }

    #[test]
    fn a_lattice_is_found_and_what_is_off_it() {
        // Whole numbers from 0 to 5 in standardised units of 1.7 and -0.3.
        let unit = |k: f32| k / 1.7 - 0.3;
        let train: Vec<f32> = (0..600).map(|i| unit((i % 6) as f32)).collect();
        let columns = Columns::of(&column(train[..100].to_vec()), &Rows::from_vec(1, train));
        let samples = [0.0, 3.0, 2.5, 4.04, 4.1, 7.0, -1.0, 5.02].map(unit);
        let samples = Rows::from_vec(1, samples.to_vec());
        // 2.5 and 4.1 are not whole numbers; 7, -1 and 5.02, by 0.02 / 1.7, are out of range.
        assert_eq!(columns.off_lattice(&samples), [Some(2.0 / 8.0)]);
        assert_eq!(columns.out_of_range(&samples), [3.0 / 8.0]);
        assert_eq!(columns.out_of_any_range(&samples), 3.0 / 8.0);
    }

    #[test]
    fn few_values_without_a_step_are_a_lattice_too() {
        let train: Vec<f32> = (0..300).map(|i| [0.0, 0.3, 1.0, 37.7][i % 4]).collect();
        let lattice = Lattice::of(sorted(&Rows::from_vec(1, train), 0)).unwrap();
        assert!(matches!(lattice, Lattice::Values { .. }));
        let found = [0.0, 0.31, 0.35, 1.0, 20.0, 37.7].map(|x| lattice.has(x));
        assert_eq!(found, [true, true, false, true, false, true]);
    }

    #[test]
    fn continuous_and_constant_columns_have_no_lattice() {
        assert_eq!(Lattice::of(sorted(&normal(1000, 1, 1), 0)), None);
        assert_eq!(Lattice::of(vec![3.0; 1000]), None);
        // Two decimals are not a lattice of some hundred values unless there are many rows per value.
        let mut rounded = normal(1000, 1, 1);
        rounded.as_mut_slice().iter_mut().for_each(|x| *x = (*x * 100.0).round() / 100.0);
        assert_eq!(Lattice::of(sorted(&rounded, 0)), None);
    }
}
