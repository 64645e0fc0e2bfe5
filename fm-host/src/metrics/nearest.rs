//! The distance to the nearest training row: if far below that of held-out rows, the model memorised.

use rayon::prelude::*;

use super::distance::squared;
use crate::data::Rows;

/// How many samples are used: each is compared with every training row.
const LOOKED_UP: usize = 1000;

/// Returns the mean distance from a sample to its nearest training row, over the first 1000 samples.
///
/// # Panics
/// If a table is empty.
pub fn nearest(samples: &Rows, train: &Rows) -> f64 {
    let distances = distances_to_nearest(samples, train);
    distances.iter().sum::<f64>() / distances.len() as f64
}

/// Returns the distance from each of the first 1000 samples to its nearest training row.
///
/// # Panics
/// If a table is empty.
pub(super) fn distances_to_nearest(samples: &Rows, train: &Rows) -> Vec<f64> {
    assert!(!samples.is_empty() && !train.is_empty(), "an empty sample");
    let nearest = |i: usize| {
        let sample = samples.row(i);
        let least = train.iter().map(|row| squared(sample, row)).fold(f32::INFINITY, f32::min);
        f64::from(least.sqrt())
    };
    (0..samples.len().min(LOOKED_UP)).into_par_iter().map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_row() {
        let train = Rows::from_vec(2, vec![0.0, 0.0, 10.0, 0.0]);
        let samples = Rows::from_vec(2, vec![3.0, 4.0, 10.0, 1.0]);
        assert_eq!(nearest(&samples, &train), 3.0);
        assert_eq!(nearest(&train, &train), 0.0);
    }
}
