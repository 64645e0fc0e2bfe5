//! The linear assignment problem: an auction near the answer, then shortest augmenting paths to it.
//!
//! Each column has a price, and a pair's *worth* is its cost less that price. Where every row is
//! paired with its column of least worth the assignment is optimal: any other has the same prices in
//! its sum, and no row that is worth less (complementary slackness). The search ends in that state:
//!
//! 1. An auction (Bertsekas, 1988, doi:10.1007/BF02186476): a row takes its best column from whoever
//!    holds it and lowers the price until the second best is as good, and by `step` more. Coarse steps
//!    come near the final prices in few bids, fine ones nearer.
//! 2. The same with a step of 0, which leaves pairs of least worth only (augmenting row reduction;
//!    Jonker and Volgenant, 1987, doi:10.1007/BF02278710).
//! 3. For each row still free, a shortest augmenting path, whose lengths correct the prices
//!    (Dijkstra; as in Jonker and Volgenant).
//!
//! Steps 1 and 2 may stop anywhere: only the time of step 3 hangs on them. Prices only ever sink, so
//! a row that once looked at all columns knows a bound under which no worth can fall but those of
//! the few columns that it noted, and looks at these alone until they reach the bound. This is what
//! makes the search fast.

use super::paths::Paths;
use super::search::{NONE, Search};

/// Steps of the auction, in distances from a row's best column to the bound, in the mean. Between half
/// and twice these, and one step more, took as long within a third on samples of plane laws.
const STEPS: [f64; 3] = [2.0, 2.0 / 8.0, 2.0 / 64.0];
/// Rows that bids with steps do not pay for. At least as many as a row notes, else the bounds are infinite.
const FEW: usize = 96;

/// The columns of the rows, at least cost, and the columns' prices, which prove it.
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

    /// Optimal by complementary slackness: no row has a column of less worth than its own.
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
            // A price is a running sum of differences, each rounded at the size of a cost.
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
            // Machol and Wien's, hard for methods by paths.
            let products: Vec<f64> = (0..n * n).map(|k| ((k / n) * (k % n)) as f64).collect();
            check("products", &products, n);
        }
    }
}
