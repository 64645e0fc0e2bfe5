//! Euclidean distances between rows, and sums over all pairs.

use rayon::prelude::*;

use crate::data::Rows;

/// Returns the squared distance in single precision, which is accurate enough for every metric here.
///
/// Eight running sums let the compiler use vector instructions on wide rows.
pub(super) fn squared(a: &[f32], b: &[f32]) -> f32 {
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0.0f32; 8];
    for (a, b) in a8.iter().zip(b8) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += (a - b) * (a - b);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum();
    lanes.iter().sum::<f32>() + rest
}

/// Returns the mean distance over all pairs of a row of `x` and a row of `y`.
pub(super) fn mean_between(x: &Rows, y: &Rows) -> f64 {
    sum_over_rows(x, |_, a| y.iter().map(|b| f64::from(squared(a, b).sqrt())).sum())
        / (x.len() as f64 * y.len() as f64)
}

/// Returns the mean distance over all pairs of different rows of `x`; 0 for a single row.
pub(super) fn mean_within(x: &Rows) -> f64 {
    let n = x.len() as f64;
    let later = |i: usize, a: &[f32]| -> f64 {
        x.iter().skip(i + 1).map(|b| f64::from(squared(a, b).sqrt())).sum()
    };
    2.0 * sum_over_rows(x, later) / (n * (n - 1.0)).max(1.0)
}

/// Sums a figure over rows, computed in parallel but added in order, so that the result is reproducible.
pub(super) fn sum_over_rows(x: &Rows, figure: impl Fn(usize, &[f32]) -> f64 + Sync) -> f64 {
    let figures: Vec<f64> = (0..x.len()).into_par_iter().map(|i| figure(i, x.row(i))).collect();
    figures.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_width() {
        for dim in [1, 2, 7, 8, 9, 64] {
            let a: Vec<f32> = (0..dim).map(|i| i as f32).collect();
            let b: Vec<f32> = (0..dim).map(|i| 2.0 * i as f32 + 1.0).collect();
            // The sum of the squares of 1 to dim: small whole numbers, exact in f32.
            let wanted: u32 = (1..=dim as u32).map(|i| i * i).sum();
            assert_eq!(squared(&a, &b), wanted as f32);
        }
    }
}
