//! The energy distance: twice the mean distance between two samples, less the mean distances within each.

use super::distance::{mean_between, mean_within};
use crate::data::Rows;

/// Returns `2 E|X - Y| - E|X - X'| - E|Y - Y'|`, without bias (so it can be slightly negative).
///
/// Székely and Rizzo, "Energy statistics" (2013, doi:10.1016/j.jspi.2013.03.018), as a U-statistic and
/// without a square root. The samples may differ in size.
///
/// # Panics
/// If a sample is empty.
pub fn energy(x: &Rows, y: &Rows) -> f64 {
    energy_within(x, y, mean_within(y))
}

/// Computes [`energy`] from the known mean distance within `y`.
pub(super) fn energy_within(x: &Rows, y: &Rows, within_y: f64) -> f64 {
    2.0 * mean_between(x, y) - mean_within(x) - within_y
}

#[cfg(test)]
mod tests {
    use super::super::tests::normal;
    use super::*;

    #[test]
    fn is_the_plain_double_sum() {
        for dim in [2, 11] {
            let (x, y) = (normal(70, dim, 1), normal(50, dim, 2));
            let sum = |a: &Rows, b: &Rows| -> f64 {
                let mut sum = 0.0;
                for p in a.iter() {
                    for q in b.iter() {
                        let square: f64 = p
                            .iter()
                            .zip(q)
                            .map(|(&p, &q)| (f64::from(p) - f64::from(q)).powi(2))
                            .sum();
                        sum += square.sqrt();
                    }
                }
                sum
            };
            let wanted = 2.0 * sum(&x, &y) / (70.0 * 50.0)
                - sum(&x, &x) / (70.0 * 69.0)
                - sum(&y, &y) / (50.0 * 49.0);
            // Distances are rounded to single precision, 1e-7 each.
            assert!((energy(&x, &y) - wanted).abs() < 1e-6);
        }
    }

    #[test]
    fn points_apart() {
        // All of x at 0 and all of y at 3: twice 3, and 0 within.
        let at = |x: f32| Rows::from_vec(1, vec![x; 5]);
        assert_eq!(energy(&at(0.0), &at(3.0)), 6.0);
    }
}
