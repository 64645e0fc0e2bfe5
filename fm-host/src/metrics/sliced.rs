//! The sliced 2-Wasserstein distance: exact along lines, averaged over many directions.

use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::data::Rows;
use crate::random::{Purpose, stream};

/// How many directions are averaged over.
const DIRECTIONS: usize = 256;
/// At how many quantiles samples of unequal size are compared.
const QUANTILES: usize = 512;
/// The seed of the directions: the same for all values that are compared.
const SEED: u64 = 7;

/// `sqrt(mean over directions of W2^2 of the projections)`, on 256 fixed random directions.
///
/// Bonneel et al., "Sliced and Radon Wasserstein Barycenters of Measures" (2015,
/// doi:10.1007/s10851-014-0506-3). Samples of equal size are compared point by point in sorted order,
/// others at 512 mid-quantiles.
///
/// # Panics
/// If a sample is empty or the widths differ.
pub fn sw2(x: &Rows, y: &Rows) -> f64 {
    assert_eq!(x.dim(), y.dim(), "samples of different widths");
    let squares: Vec<f64> = directions(x.dim())
        .par_iter()
        .map(|direction| {
            let (a, b) = (project(x, direction), project(y, direction));
            if a.len() == b.len() {
                mean_square(a.iter().zip(&b).map(|(a, b)| a - b))
            } else {
                let levels = (0..QUANTILES).map(|k| (k as f64 + 0.5) / QUANTILES as f64);
                mean_square(levels.map(|level| quantile(&a, level) - quantile(&b, level)))
            }
        })
        .collect();
    (squares.iter().sum::<f64>() / DIRECTIONS as f64).sqrt()
}

/// Returns random unit vectors, the same on every call.
fn directions(dim: usize) -> Vec<Vec<f64>> {
    let mut rng = stream(SEED, Purpose::Projections, 0);
    (0..DIRECTIONS)
        .map(|_| {
            let direction: Vec<f64> = (0..dim).map(|_| StandardNormal.sample(&mut rng)).collect();
            let norm = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
            direction.iter().map(|v| v / norm).collect()
        })
        .collect()
}

/// Returns the sorted projections of the rows onto a direction.
fn project(rows: &Rows, direction: &[f64]) -> Vec<f64> {
    let place = |row: &[f32]| row.iter().zip(direction).map(|(&x, d)| f64::from(x) * d).sum();
    let mut places: Vec<f64> = rows.iter().map(place).collect();
    places.sort_unstable_by(f64::total_cmp);
    places
}

/// Returns the quantile at `level` of sorted values, with linear interpolation.
pub(crate) fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() - 1) as f64;
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

fn mean_square(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.map(|v| v * v).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::super::tests::normal;
    use super::*;

    #[test]
    fn a_shift_is_seen_from_every_side() {
        // E (shift . direction)^2 = |shift|^2 / dim over all directions. In 2-D the square of a cosine
        // has standard deviation sqrt(1/8), so the mean over 256 directions has 0.022 around 1/2: three
        // of those on the square are 7 % on the root.
        let x = normal(1000, 2, 1);
        let shifted = x.as_slice().chunks(2).flat_map(|p| [p[0] + 3.0, p[1] + 4.0]).collect();
        let wanted = 5.0 / 2f64.sqrt();
        let found = sw2(&x, &Rows::from_vec(2, shifted));
        assert!((found / wanted - 1.0).abs() < 0.07, "{found} against {wanted}");
    }

    #[test]
    fn on_a_line_every_direction_is_the_same() {
        let x = Rows::from_vec(1, vec![3.0, 1.0, 2.0]);
        let y = Rows::from_vec(1, vec![5.0, 3.0, 4.0]);
        assert!((sw2(&x, &y) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn unequal_sizes_meet_at_quantiles() {
        // Two uniform grids on [0, 1] and [2, 3]: every quantile is 2 apart.
        let grid = |n: usize, from: f32| {
            Rows::from_vec(1, (0..n).map(|i| from + i as f32 / (n - 1) as f32).collect())
        };
        assert!((sw2(&grid(101, 0.0), &grid(37, 2.0)) - 2.0).abs() < 1e-6);
    }

    #[test]
    fn quantiles_lie_on_straight_lines() {
        let values = [0.0, 10.0, 40.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75, 1.0].map(|q| quantile(&values, q)),
            [0.0, 5.0, 10.0, 25.0, 40.0]
        );
    }
}
