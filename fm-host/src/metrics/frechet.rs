//! The Fréchet distance between Gaussians fitted to two samples' leading features.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::data::Rows;

/// How many principal components are kept.
const COMPONENTS: usize = 20;

/// Linear features in which distances are computed: the training data's principal components.
pub(super) struct Features {
    mean: DVector<f64>,
    /// Shape: `[components, dim]`, orthonormal rows.
    axes: DMatrix<f64>,
}

/// A sample's mean and covariance.
pub(super) struct Gaussian {
    mean: DVector<f64>,
    pub covariance: DMatrix<f64>,
}

impl Features {
    /// Fits the leading principal components of `rows`: 20, or all if there are fewer columns.
    pub fn fit(rows: &Rows) -> Self {
        Self::leading(rows, COMPONENTS)
    }

    /// Fits all principal components of `rows`, starting with the widest.
    pub fn all(rows: &Rows) -> Self {
        Self::leading(rows, rows.dim())
    }

    fn leading(rows: &Rows, components: usize) -> Self {
        let Gaussian { mean, covariance } = Gaussian::of(&matrix(rows));
        let eigen = SymmetricEigen::new(covariance);
        let mut order: Vec<usize> = (0..mean.len()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        order.truncate(components);
        let axes =
            DMatrix::from_fn(order.len(), mean.len(), |k, d| eigen.eigenvectors[(d, order[k])]);
        Self { mean, axes }
    }

    /// Returns the mean and covariance of the features of `rows`.
    pub fn gaussian(&self, rows: &Rows) -> Gaussian {
        let mut centred = matrix(rows);
        for mut column in centred.column_iter_mut() {
            column -= &self.mean;
        }
        Gaussian::of(&(&self.axes * centred))
    }
}

impl Gaussian {
    /// Computes the moments of points given as columns; the covariance has the divisor `n - 1` and is 0
    /// for one point.
    fn of(points: &DMatrix<f64>) -> Self {
        let mean = points.column_mean();
        let mut centred = points.clone();
        for mut column in centred.column_iter_mut() {
            column -= &mean;
        }
        let covariance = &centred * centred.transpose() / (points.ncols() as f64 - 1.0).max(1.0);
        Self { mean, covariance }
    }

    /// Returns `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2)`, the squared 2-Wasserstein distance.
    ///
    /// Dowson and Landau, "The Fréchet distance between multivariate normal distributions" (1982,
    /// doi:10.1016/0047-259X(82)90077-X).
    pub fn frechet(&self, other: &Self) -> f64 {
        let eigen = SymmetricEigen::new(self.covariance.clone());
        // Rounding can leave eigenvalues that should be 0 slightly negative.
        let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
        let root =
            &eigen.eigenvectors * DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose();
        let cross = SymmetricEigen::new(&root * &other.covariance * &root).eigenvalues;
        let overlap: f64 = cross.iter().map(|value| value.max(0.0).sqrt()).sum();
        (&self.mean - &other.mean).norm_squared()
            + self.covariance.trace()
            + other.covariance.trace()
            - 2.0 * overlap
    }
}

/// Returns rows as the columns of a matrix.
fn matrix(rows: &Rows) -> DMatrix<f64> {
    let values = rows.as_slice().iter().map(|&x| f64::from(x));
    DMatrix::from_iterator(rows.dim(), rows.len(), values)
}

#[cfg(test)]
mod tests {
    use super::super::tests::normal;
    use super::*;

    #[test]
    fn gaussians_with_common_axes() {
        // Along each axis (m1 - m2)^2 + (s1 - s2)^2: 1 + (1 - 3)^2 and 4 + (2 - 2)^2.
        let a = Gaussian {
            mean: DVector::from_vec(vec![0.0, 0.0]),
            covariance: DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 4.0]),
        };
        let b = Gaussian {
            mean: DVector::from_vec(vec![1.0, 2.0]),
            covariance: DMatrix::from_row_slice(2, 2, &[9.0, 0.0, 0.0, 4.0]),
        };
        assert!((a.frechet(&b) - 9.0).abs() < 1e-12);
        assert!((b.frechet(&a) - 9.0).abs() < 1e-12);
        assert!(a.frechet(&a).abs() < 1e-12);
    }

    #[test]
    fn gaussians_with_other_axes() {
        // On the plane, tr sqrt(C1 C2) = sqrt(tr(C1 C2) + 2 sqrt(det C1 det C2)).
        let (c, d) = (
            DMatrix::from_row_slice(2, 2, &[2f64, 0.6, 0.6, 1.0]),
            DMatrix::from_row_slice(2, 2, &[1.0, -0.4, -0.4, 3.0]),
        );
        let overlap: f64 =
            ((&c * &d).trace() + 2.0 * (c.determinant() * d.determinant()).sqrt()).sqrt();
        let wanted = c.trace() + d.trace() - 2.0 * overlap;
        let a = Gaussian { mean: DVector::from_vec(vec![0.0, 0.0]), covariance: c };
        let b = Gaussian { mean: DVector::from_vec(vec![0.0, 0.0]), covariance: d };
        assert!((a.frechet(&b) - wanted).abs() < 1e-12);
    }

    #[test]
    fn features_keep_what_varies_most() {
        // Column k of 30 has standard deviation 30 - k: the first 20 are the components, up to sampling.
        let mut rows = normal(4000, 30, 1);
        for i in 0..rows.len() {
            rows.row_mut(i).iter_mut().enumerate().for_each(|(k, x)| *x *= (30 - k) as f32);
        }
        let features = Features::fit(&rows);
        assert_eq!(features.axes.shape(), (20, 30));
        let kept = features.gaussian(&rows).covariance;
        let wanted: f64 = (11..=30).map(|s| f64::from(s * s)).sum();
        // A variance's relative error at 4000 rows is 2 %; over 20 of them far less.
        assert!((kept.trace() / wanted - 1.0).abs() < 0.02, "{} {wanted}", kept.trace());
        // On the rows they were fitted to, features are uncorrelated.
        assert!((kept.clone() - DMatrix::from_diagonal(&kept.diagonal())).norm() < 1e-6 * wanted);
    }

    #[test]
    fn a_shift_in_the_features_plane_is_its_square() {
        let rows = normal(500, 5, 2);
        let features = Features::fit(&rows);
        let shifted = Rows::from_vec(5, rows.as_slice().iter().map(|x| x + 0.5).collect());
        let distance = features.gaussian(&rows).frechet(&features.gaussian(&shifted));
        // Five axes, all kept; the shift is rounded in single precision.
        assert!((distance - 5.0 * 0.25).abs() < 1e-5, "{distance}");
    }
}
