//! Solves the linear assignment problem: first an auction, then shortest augmenting paths.
//!
//! Each column has a price, and a pair's *worth* is its cost less that price. If every row is paired with
//! its column of least worth, the assignment is optimal: any other assignment subtracts the same sum of
//! prices, and no row can have a smaller worth (complementary slackness). The search ends in that state:
//!
//! 1. An auction (Bertsekas, 1988, doi:10.1007/BF02186476): a row takes its best column from the row that
//!    holds it, and lowers the price until the second-best column is as good, and by `step` more. Large steps
//!    come near the final prices with few bids, smaller ones nearer.
//! 2. The same with a step of 0, which leaves only pairs of least worth (augmenting row reduction;
//!    Jonker and Volgenant, 1987, doi:10.1007/BF02278710).
//! 3. For each row that is still free, a shortest augmenting path, whose lengths correct the prices
//!    (Dijkstra; as in Jonker and Volgenant).
//!
//! Steps 1 and 2 may stop at any point: this only changes how long step 3 takes. Prices never rise. So
//! after a row has scanned all columns once, it has a lower bound for the worth of all columns but the
//! few in its list, and needs to read only the list until a worth there reaches the bound. This makes
//! the search fast.

use super::paths::Paths;
use super::search::{NONE, Search};

/// Steps of the auction, in units of the average distance from a row's best column to its bound. Half and
/// twice these values, and one step more, took the same time within a third on samples of 2-D laws.
const STEPS: [f64; 3] = [2.0, 2.0 / 8.0, 2.0 / 64.0];
/// Up to this many rows, bids with steps take longer than they save. At least the length of a row's list,
/// or the bounds would be infinite.
const FEW: usize = 96;

/// Returns the optimal column of each row, and the columns' prices, which prove that it is optimal.
///
/// Shape: `costs` is `[n, n]`, row-major, finite; the results are `[n]`.
pub(super) fn solve(costs: &[f64], n: usize) -> (Vec<u32>, Vec<f64>) {
    if n < 2 {
        return (vec![0; n], vec![0.0; n]);
    }
    let mut search = Search::new(costs, n);
    let rows = 0..n as u32;
    rows.clone().for_each(|row| search.look(row));
    if n > FEW {
        let width = |row: u32| search.bound[row as usize] - search.two_least(row)[0].0;
        let unit = rows.clone().map(width).sum::<f64>() / n as f64;
        for step in STEPS {
            search.auction(rows.clone().collect(), step * unit);
            search.row_of.fill(NONE);
        }
    }
    let left = search.auction(rows.collect(), 0.0);
    let left = search.auction(left, 0.0);
    let mut paths = Paths::new(n);
    for row in left {
        paths.augment(&mut search, row);
    }
    (search.column_of, search.prices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};
    use rand::RngExt;

    /// Checks complementary slackness: no row has a column of smaller worth than its own.
    fn check(what: &str, costs: &[f64], n: usize) {
        let (columns, prices) = solve(costs, n);
        let mut taken = vec![false; n];
        columns.iter().for_each(|&column| taken[column as usize] = true);
        assert!(taken.iter().all(|&taken| taken), "{what} {n}: no permutation");
        let largest = costs.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        for (i, row) in costs.chunks_exact(n).enumerate() {
            let own = columns[i] as usize;
            let worths = row.iter().zip(&prices).map(|(cost, price)| cost - price);
            let gain = row[own] - prices[own] - worths.fold(f64::INFINITY, f64::min);
            // A price is a running sum of differences, each rounded to the precision of a cost.
            assert!(gain <= 1e-13 * largest, "{what} {n}, row {i}: a gain of {gain}");
        }
    }

    #[test]
    fn nobody_can_gain() {
        type Point = [f64; 2];
        let sizes = [1, 2, 7, 12, 13, 14, 15, 16, 17, 18, 33, 100, 256, 300];
        for (seed, n) in (0..).zip(sizes) {
            let mut rng = stream(seed, Purpose::Block, 0);
            let mut points = |law: &dyn Fn([f64; 4]) -> Point| -> Vec<Point> {
                (0..n).map(|_| law(std::array::from_fn(|_| rng.random()))).collect()
            };
            let uniform = points(&|u| [u[0], u[1]]);
            let other = points(&|u| [u[0], u[1]]);
            let tiny = points(&|u| [1e-3 * u[0], 1e-3 * u[1]]);
            let far = points(&|u| [1e6 + u[0], u[1]]);
            let clusters = points(&|u| {
                let angle = (u[2] * 8.0).floor() * std::f64::consts::FRAC_PI_4;
                [2.0 * angle.cos() + 0.1 * u[0], 2.0 * angle.sin() + 0.1 * u[1]]
            });
            let few = points(&|u| [(u[0] * 3.0).floor() / 3.0, (u[1] * 3.0).floor() / 7.0]);
            let many_twice: Vec<Point> = (0..n).map(|i| other[i / 4]).collect();
            let grid = points(&|u| [(u[0] * 9.0).floor(), (u[1] * 9.0).floor()]);
            let knights = points(&|u| [(u[0] * 9.0).floor(), (u[1] * 9.0).floor()]);
            let one = vec![[0.3, 0.7]; n];
            for (what, x, y) in [
                ("uniform", &uniform, &other),
                ("tiny", &tiny, &other),
                ("far", &uniform, &far),
                ("clusters", &uniform, &clusters),
                ("clusters both", &clusters, &clusters),
                ("few", &uniform, &few),
                ("few rows", &few, &uniform),
                ("duplicates", &uniform, &many_twice),
                ("integers", &grid, &knights),
                ("one point", &one, &uniform),
                ("to one point", &uniform, &one),
            ] {
                let pairs = x.iter().flat_map(|a| y.iter().map(move |b| (a, b)));
                let squared =
                    |(a, b): (&Point, &Point)| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
                check(what, &pairs.map(squared).collect::<Vec<_>>(), n);
            }
            let mut costs = |levels: f64| -> Vec<f64> {
                (0..n * n).map(|_| (rng.random::<f64>() * levels).floor() - 1.0).collect()
            };
            check("free costs", &costs(1e9), n);
            check("three levels", &costs(3.0), n);
            // Machol and Wien's costs, which are hard for methods based on paths.
            let products: Vec<f64> = (0..n * n).map(|k| ((k / n) * (k % n)) as f64).collect();
            check("products", &products, n);
        }
    }
}
