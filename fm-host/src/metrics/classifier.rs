//! The classifier two-sample test: how well gradient-boosted trees distinguish samples from real rows.
//!
//! Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests" (2016, arXiv:1610.06545).

use forust_ml::{GradientBooster, Matrix};
use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::data::Rows;
use crate::random::{Purpose, stream};
use crate::{Error, Result};

/// The number of folds; each is scored by trees trained on the others.
const FOLDS: usize = 5;
/// The number of trees, their depth and learning rate: small enough not to fit noise on some hundred rows.
const TREES: usize = 50;
const DEPTH: usize = 3;
const RATE: f32 = 0.2;
/// Bins per column.
const BINS: u16 = 128;
/// The most columns that a tree uses; if there are more, each tree uses a random share.
const COLUMNS: f64 = 32.0;

/// Returns the area under the ROC curve of trees that separate `samples` from `real` rows: about 1/2 if
/// they cannot, 1 if they always can.
///
/// This is the mean over five folds, each scored by trees trained on the other four. Row `i` of either
/// table is in the same fold, so that both have the same conditions in each. The result does not depend
/// on the number of threads.
///
/// Shape: both are `[n, columns]`, with conditions among the columns.
///
/// # Errors
/// If the trees cannot be trained.
///
/// # Panics
/// If the shapes differ.
pub fn c2st(samples: &Rows, real: &Rows) -> Result<f64> {
    assert_eq!((samples.len(), samples.dim()), (real.len(), real.dim()), "tables of other shapes");
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.shuffle(&mut stream(0, Purpose::Folds, 0));
    let folds = FOLDS.min(samples.len() / 2).max(1);
    let area = |fold: usize| {
        let is_tested = |place: usize| place % folds == fold;
        let chosen = |tested: bool| -> Vec<usize> {
            let places = (0..order.len()).filter(|&place| is_tested(place) == tested);
            places.map(|place| order[place]).collect()
        };
        let (grown, tested) = (chosen(false), chosen(true));
        let scores = scores(samples, real, &grown, &tested)?;
        let (fake, real) = scores.split_at(tested.len());
        Ok(area_under_curve(fake, real))
    };
    let areas: Vec<f64> = (0..folds).into_par_iter().map(area).collect::<Result<_>>()?;
    Ok(areas.iter().sum::<f64>() / folds as f64)
}

/// Returns the standard error of an area under the ROC curve over `n` samples and as many real rows.
///
/// Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
/// curve" (1982, doi:10.1148/radiology.143.1.7063747).
pub fn c2st_error(area: f64, n: usize) -> f64 {
    let n = n.max(1) as f64;
    let area = area.max(1.0 - area);
    let (q1, q2) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let square = area * area;
    ((area * (1.0 - area) + (n - 1.0) * (q1 + q2 - 2.0 * square)).max(0.0)).sqrt() / n
}

/// Trains trees on the rows `grown` and returns their scores of the rows `tested`: first of the samples,
/// then of the real rows.
fn scores(samples: &Rows, real: &Rows, grown: &[usize], tested: &[usize]) -> Result<Vec<f64>> {
    let dim = samples.dim();
    let table = |rows: &[usize]| -> Vec<f64> {
        let column = |d: usize| {
            let of = move |table: &'_ Rows, i: usize| f64::from(table.row(i)[d]);
            let fake = rows.iter().map(move |&i| of(samples, i));
            fake.chain(rows.iter().map(move |&i| of(real, i)))
        };
        (0..dim).flat_map(column).collect()
    };
    let is_fake: Vec<f64> = (0..2 * grown.len()).map(|i| f64::from(i < grown.len())).collect();
    let mut trees = GradientBooster::default()
        .set_iterations(TREES)
        .set_max_depth(DEPTH)
        .set_learning_rate(RATE)
        .set_nbins(BINS)
        .set_colsample_bytree((COLUMNS / dim as f64).min(1.0))
        .set_parallel(false);
    trees
        .fit_unweighted(&Matrix::new(&table(grown), 2 * grown.len(), dim), &is_fake, None)
        .map_err(|error| Error::data("the samples", format!("the classifier failed: {error}")))?;
    Ok(trees.predict(&Matrix::new(&table(tested), 2 * tested.len(), dim), false))
}

/// Returns the share of pairs in which the first has the larger score; equal scores count half.
pub fn area_under_curve(first: &[f64], second: &[f64]) -> f64 {
    let mut sorted = second.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let pairs = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        let equal = sorted.partition_point(|other| other <= score) - below;
        below as f64 + equal as f64 / 2.0
    };
    first.iter().map(pairs).sum::<f64>() / (first.len() as f64 * second.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::tests::normal;
    use super::*;

    /// Independent columns: a uniform die, an exponential waiting time and a normal.
    fn table(count: usize, seed: u64) -> Rows {
        let mut rows = normal(count, 3, seed);
        let uniform = normal(count, 4, seed + 500);
        for i in 0..count {
            // |(x, y)|^2 / 2 of a normal pair is exponential, and its exponential is uniform.
            let exponential =
                |k: usize| (uniform.row(i)[k].powi(2) + uniform.row(i)[k + 1].powi(2)) / 2.0;
            rows.row_mut(i)[0] = ((-exponential(0)).exp() * 6.0).floor();
            rows.row_mut(i)[1] = exponential(2);
        }
        rows
    }

    #[test]
    fn equal_moments_do_not_deceive_trees() {
        let real = table(360, 1);
        let mut fake = normal(360, 3, 2);
        for i in 0..fake.len() {
            let row = fake.row_mut(i);
            row[0] = 2.5 + (35_f32 / 12.0).sqrt() * row[0];
            row[1] += 1.0;
        }
        let area = c2st(&fake, &real).unwrap();
        assert!(area > 0.95, "{area}");
        // Another draw of the same law is distinguished only by chance, within three standard errors.
        let area = c2st(&table(360, 3), &real).unwrap();
        assert!((area - 0.5).abs() < 3.0 * c2st_error(0.5, 360), "{area}");
    }

    #[test]
    fn threads_make_no_difference() {
        let (a, b) = (normal(200, 40, 1), normal(200, 40, 2));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| c2st(&a, &b).unwrap())
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn areas_count_pairs() {
        assert_eq!(area_under_curve(&[1.0, 2.0], &[0.0, 1.5]), 0.75);
        assert_eq!(area_under_curve(&[1.0; 3], &[1.0; 5]), 0.5);
        // The smallest case in the paper's table: at 1/2 the variance is (2 n + 1) / (12 n^2).
        let wanted = (201_f64 / 120_000.0).sqrt();
        assert!((c2st_error(0.5, 100) - wanted).abs() < 1e-12);
        assert_eq!(c2st_error(1.0, 100), 0.0);
    }
}
