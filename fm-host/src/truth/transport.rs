//! The linear maps between two Gaussians: optimal transport, and the flow of independent pairs.
//!
//! Means are left out: both maps are `x -> m1 + A (x - m0)`.

use nalgebra::{DMatrix, SymmetricEigen};

use super::Coefficients;
use crate::path::Path;

/// The matrix of optimal transport from covariance `from` to covariance `to`, for the squared Euclidean cost:
/// `A = S0^-1/2 (S0^1/2 S1 S0^1/2)^1/2 S0^-1/2` (Dowson and Landau, 1982; the metric is named after Bures).
///
/// # Panics
/// If a covariance is not positive definite.
pub fn optimal(from: &DMatrix<f64>, to: &DMatrix<f64>) -> DMatrix<f64> {
    let (root, inverse) = (power(from, 0.5), power(from, -0.5));
    &inverse * power(&(&root * to * &root), 0.5) * &inverse
}

/// The matrix of the flow from time 0 to 1 whose velocity is the conditional mean over independent pairs of
/// the two Gaussians: `v(t, x) = (alpha' alpha S1 + sigma' sigma S0) (alpha^2 S1 + sigma^2 S0)^-1 x`.
///
/// RK4 with 400 steps; its error is below 1e-9 for covariances with condition numbers up to 100.
///
/// # Panics
/// If a covariance is not positive definite.
pub fn independent(path: Path, from: &DMatrix<f64>, to: &DMatrix<f64>) -> DMatrix<f64> {
    const STEPS: usize = 400;
    let rate = |t: f64| {
        let Coefficients { alpha, sigma, d_alpha, d_sigma } = Coefficients::at(path, t);
        let between = to * (alpha * alpha) + from * (sigma * sigma);
        let moving = to * (d_alpha * alpha) + from * (d_sigma * sigma);
        moving * between.try_inverse().expect("a positive definite covariance")
    };
    let h = 1.0 / STEPS as f64;
    let mut map = DMatrix::identity(from.nrows(), from.ncols());
    for step in 0..STEPS {
        let t = step as f64 * h;
        let [begin, middle, end] = [t, t + 0.5 * h, t + h].map(rate);
        let a = &begin * &map;
        let b = &middle * (&map + &a * (0.5 * h));
        let c = &middle * (&map + &b * (0.5 * h));
        let d = &end * (&map + &c * h);
        map += (a + (b + c) * 2.0 + d) * (h / 6.0);
    }
    map
}

/// A power of a positive definite matrix.
fn power(matrix: &DMatrix<f64>, exponent: f64) -> DMatrix<f64> {
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(matrix.clone());
    assert!(eigenvalues.iter().all(|value| *value > 0.0), "a positive definite covariance");
    let powers = DMatrix::from_diagonal(&eigenvalues.map(|value| value.powf(exponent)));
    &eigenvectors * powers * eigenvectors.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_maps_carry_one_covariance_to_the_other() {
        let from = DMatrix::from_row_slice(2, 2, &[1.0, 0.6, 0.6, 1.0]);
        let to = DMatrix::from_row_slice(2, 2, &[2.0, -0.5, -0.5, 0.4]);
        let (best, linear) = (optimal(&from, &to), independent(Path::Linear, &from, &to));
        let curved = independent(Path::Trigonometric, &from, &to);
        for map in [&best, &linear, &curved] {
            assert!((map * &from * map.transpose() - &to).norm() < 1e-9);
        }
        // Only the optimal map is symmetric, and it moves less.
        assert!((&best - best.transpose()).norm() < 1e-9);
        assert!((&linear - linear.transpose()).norm() > 0.01);
        let saved = |map: &DMatrix<f64>| (map * &from).trace();
        assert!(saved(&best) > saved(&linear) + 0.001);
        // From noise, the flow of independent pairs of commuting Gaussians is the optimal map.
        let noise = DMatrix::identity(2, 2);
        let (best, linear) = (optimal(&noise, &to), independent(Path::Linear, &noise, &to));
        assert!((best - linear).norm() < 1e-9);
    }
}
