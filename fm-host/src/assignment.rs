//! The exact optimal assignment between two sets of rows, which couplings and the 2-Wasserstein
//! distance are made of.

use crate::data::Rows;
use crate::{Error, Result};

/// Who goes with whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// For each row of the first set, its row of the second. Shape: `[n]`.
    pub partners: Vec<usize>,
    /// The sum of the pairs' squared distances: the least of all assignments.
    pub cost: f64,
}

/// Pairs the rows of `x` with those of `y` so that the sum of squared distances is least, by
/// shortest augmenting paths (Jonker and Volgenant, 1987; as in SciPy).
///
/// Shape: `x` and `y` are `[n, dim]`.
///
/// # Errors
/// If a number is not finite.
///
/// # Panics
/// If the shapes differ.
pub fn assign(x: &Rows, y: &Rows) -> Result<Assignment> {
    assert_eq!((x.len(), x.dim()), (y.len(), y.dim()), "sets of different shapes");
    let n = x.len();
    let mut costs = Vec::with_capacity(n * n);
    for a in x.iter() {
        costs.extend(y.iter().map(|b| squared_distance(a, b)));
    }
    // The rows come back in order.
    let (_, partners) = lsap::solve(n, n, &costs, false)
        .map_err(|e| Error::data("the rows to assign", format!("{e}: are they all finite?")))?;
    let cost = partners.iter().enumerate().map(|(i, &j)| costs[i * n + j]).sum();
    Ok(Assignment { partners, cost })
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, fill_normal, stream};
    use rand::seq::SliceRandom;

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

    /// The least cost over every permutation (Heap's algorithm).
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
                let (x0, x1) = (normal(n, 2, case), normal(n, 2, 100 + case));
                let columns = assign(&x0, &x1).expect("finite").partners;
                assert!(is_permutation(&columns));
                let best = brute_force(&x0, &x1, &mut (0..n).collect::<Vec<_>>(), n);
                let got = cost(&x0, &x1, &columns);
                assert!((got - best).abs() <= 1e-9, "n = {n}: {got} for {best}");
            }
        }
    }

    #[test]
    fn a_block_beats_random_permutations_and_keeps_equal_rows_apart() {
        let (x0, mut x1) = (normal(256, 3, 0), normal(256, 3, 1));
        // Ties: half of the data is one point.
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
        // No two rows can gain by swapping their partners.
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
