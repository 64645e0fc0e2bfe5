//! The exact optimal assignment between two sets of rows, which couplings and the 2-Wasserstein distance
//! use.
//!
//! The solver is our own because starting at 512 rows the fastest crate takes 2 to 40 times as long
//! ([`crate::docs::costs`], `cargo xtask bench-crates`).

mod auction;
mod paths;
mod search;
mod solver;

use multiversion::multiversion;

use crate::data::Rows;
use crate::{Error, Result};

/// An optimal assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// For each row of the first set, the index of its partner in the second set. Shape: `[n]`.
    pub partners: Vec<usize>,
    /// The sum of the pairs' squared distances, which no other assignment undercuts.
    pub cost: f64,
}

/// Finds assignments and reuses its memory: allocating the costs of 4,096 rows takes as long as assigning
/// them.
#[derive(Clone, Debug, Default)]
pub struct Assigner {
    costs: Vec<f64>,
}

impl Assigner {
    /// Pairs the rows of `x` with those of `y` so that the sum of squared distances is least.
    ///
    /// Exact up to the rounding of `f64` sums ([`solver`] explains why). It runs on one thread, so that
    /// ties are resolved alike on every machine.
    ///
    /// Shape: `x` and `y` are `[n, dim]`.
    ///
    /// # Errors
    /// If a value is not finite.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn assign(&mut self, x: &Rows, y: &Rows) -> Result<Assignment> {
        assert_eq!((x.len(), x.dim()), (y.len(), y.dim()), "sets of different shapes");
        let (n, dim) = (x.len(), x.dim());
        if [x, y].iter().any(|rows| rows.as_slice().iter().any(|value| !value.is_finite())) {
            return Err(Error::data("the rows to assign", "a number is not finite"));
        }
        let wide = |rows: &Rows| rows.as_slice().iter().copied().map(f64::from).collect::<Vec<_>>();
        reduced_costs(wide(x), wide(y), dim, &mut self.costs);
        let (columns, _) = solver::solve(&self.costs, n);
        let partners: Vec<usize> = columns.iter().map(|&column| column as usize).collect();
        let cost = partners.iter().zip(x.iter()).map(|(&j, a)| squared_distance(a, y.row(j))).sum();
        Ok(Assignment { partners, cost })
    }
}

/// Fills `costs` with a matrix that has the same optimal assignments as the squared distances, but is
/// solved faster.
///
/// `|x - y|^2 = |x|^2 + |y|^2 - 2 x y`, and a term of `x` or `y` alone does not change which assignment
/// is optimal. So each axis may be centred, and `x` multiplied by the factor that `y` is divided by. The
/// factor chosen gives both the same standard deviation, which leaves the solver less to do. Without
/// this, samples that shrank to nearly a point, as after one Euler step, took twice as long.
fn reduced_costs(mut x: Vec<f64>, mut y: Vec<f64>, dim: usize, costs: &mut Vec<f64>) {
    for axis in 0..dim {
        let (x_spread, y_spread) = (centre(&mut x, dim, axis), centre(&mut y, dim, axis));
        // Any positive factor is correct; this term keeps it positive if the standard deviation is 0.
        let least = 1e-9 * (x_spread + y_spread) + f64::MIN_POSITIVE;
        let factor = ((y_spread + least) / (x_spread + least)).sqrt();
        x.iter_mut().skip(axis).step_by(dim).for_each(|value| *value *= factor);
        y.iter_mut().skip(axis).step_by(dim).for_each(|value| *value /= factor);
    }
    // Axis by axis, so that one loop handles many columns at once.
    let axes: Vec<Vec<f64>> =
        (0..dim).map(|axis| y.iter().skip(axis).step_by(dim).copied().collect()).collect();
    let columns = y.len() / dim;
    costs.clear();
    costs.reserve_exact(columns * columns);
    for a in x.chunks_exact(dim) {
        let start = costs.len();
        costs.resize(start + columns, 0.0);
        a.iter().zip(&axes).for_each(|(&a, axis)| add_squares(&mut costs[start..], a, axis));
    }
}

/// Adds the squared differences between one coordinate and others.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn add_squares(costs: &mut [f64], from: f64, to: &[f64]) {
    for (cost, to) in costs.iter_mut().zip(to) {
        let way = from - to;
        *cost += way * way;
    }
}

/// Subtracts the mean from a column of a row-major table, and returns the column's standard deviation.
fn centre(table: &mut [f64], dim: usize, column: usize) -> f64 {
    let count = (table.len() / dim) as f64;
    let values = || table.iter().skip(column).step_by(dim);
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    table.iter_mut().skip(column).step_by(dim).for_each(|value| *value -= mean);
    variance.sqrt()
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, fill_normal, stream};
    use rand::seq::SliceRandom;

    fn assign(x: &Rows, y: &Rows) -> Result<Assignment> {
        Assigner::default().assign(x, y)
    }

    fn normal(n: usize, dim: usize, index: u64) -> Rows {
        let mut values = vec![0.0; n * dim];
        fill_normal(&mut stream(3, Purpose::Block, index), &mut values);
        Rows::from_vec(dim, values)
    }

    fn cost(x0: &Rows, x1: &Rows, columns: &[usize]) -> f64 {
        columns.iter().enumerate().map(|(i, &j)| squared_distance(x0.row(i), x1.row(j))).sum()
    }

    fn is_permutation(columns: &[usize]) -> bool {
        let mut sorted = columns.to_vec();
        sorted.sort_unstable();
        sorted.iter().copied().eq(0..columns.len())
    }

    /// Returns the least cost over all permutations (Heap's algorithm).
    fn brute_force(x0: &Rows, x1: &Rows, columns: &mut [usize], k: usize) -> f64 {
        if k <= 1 {
            return cost(x0, x1, columns);
        }
        let mut best = f64::INFINITY;
        for i in 0..k {
            best = best.min(brute_force(x0, x1, columns, k - 1));
            columns.swap(if k.is_multiple_of(2) { i } else { 0 }, k - 1);
        }
        best
    }

    #[test]
    fn it_is_the_best_of_all_permutations() {
        for n in 1..=7 {
            for case in 0..5 {
                let (mut x0, x1) = (normal(n, 2, case), normal(n, 2, 100 + case));
                // Includes sets that are far apart, and an axis with almost no variance.
                for i in 0..n {
                    x0.row_mut(i)[0] += 10.0;
                    x0.row_mut(i)[1] *= [1.0, 1e-3, 0.0][case as usize % 3];
                }
                let columns = assign(&x0, &x1).expect("finite").partners;
                assert!(is_permutation(&columns));
                let best = brute_force(&x0, &x1, &mut (0..n).collect::<Vec<_>>(), n);
                let got = cost(&x0, &x1, &columns);
                assert!((got - best).abs() <= 1e-9, "n = {n}: {got} for {best}");
            }
        }
    }

    #[test]
    fn kept_memory_changes_nothing() {
        let mut assigner = Assigner::default();
        // Large, small, and large again.
        for n in [300, 20, 290] {
            let (x, y) = (normal(n, 2, n as u64), normal(n, 2, 7));
            let kept = assigner.assign(&x, &y).expect("finite");
            assert_eq!(kept, assign(&x, &y).expect("finite"));
        }
    }

    #[test]
    fn a_block_beats_random_permutations_and_keeps_equal_rows_apart() {
        let (x0, mut x1) = (normal(256, 3, 0), normal(256, 3, 1));
        // Ties: half of the data is one repeated point.
        for i in 0..128 {
            x1.row_mut(i).fill(0.5);
        }
        let columns = assign(&x0, &x1).expect("finite").partners;
        assert!(is_permutation(&columns));
        let best = cost(&x0, &x1, &columns);
        let mut other: Vec<usize> = (0..256).collect();
        for seed in 0..50 {
            other.shuffle(&mut stream(seed, Purpose::Pass, 0));
            assert!(best <= cost(&x0, &x1, &other));
        }
        // No two rows can gain by swapping partners.
        for i in 0..256 {
            for k in 0..i {
                let (a, b) = (columns[i], columns[k]);
                let now =
                    squared_distance(x0.row(i), x1.row(a)) + squared_distance(x0.row(k), x1.row(b));
                let swapped =
                    squared_distance(x0.row(i), x1.row(b)) + squared_distance(x0.row(k), x1.row(a));
                assert!(now <= swapped + 1e-9);
            }
        }
    }

    #[test]
    fn in_one_dimension_it_costs_what_sorting_costs() {
        let (x0, x1) = (normal(64, 1, 0), normal(64, 1, 1));
        let got = cost(&x0, &x1, &assign(&x0, &x1).expect("finite").partners);
        let sorted = |rows: &Rows| {
            let mut values = rows.as_slice().to_vec();
            values.sort_by(f32::total_cmp);
            Rows::from_vec(1, values)
        };
        let best = cost(&sorted(&x0), &sorted(&x1), &(0..64).collect::<Vec<_>>());
        assert!((got - best).abs() <= 1e-9, "{got} for {best}");
    }

    #[test]
    fn identical_rows_and_infinite_ones_end() {
        let same = Rows::from_vec(1, vec![2.0; 4]);
        assert!(is_permutation(&assign(&same, &same).expect("finite").partners));
        let infinite = Rows::from_vec(1, vec![f32::INFINITY, 0.0]);
        assert!(assign(&infinite, &normal(2, 1, 0)).is_err());
    }
}
