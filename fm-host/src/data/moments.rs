//! The mean and the standard deviation of a column.

/// Returns the mean and the standard deviation of all numbers, 0 for none.
pub(super) fn moments(numbers: impl ExactSizeIterator<Item = f32> + Clone) -> (f64, f64) {
    let n = numbers.len().max(1) as f64;
    let mean = numbers.clone().map(f64::from).sum::<f64>() / n;
    let variance = numbers.map(|x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}
