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

use multiversion::multiversion;

use super::paths::Paths;

/// How many columns a row notes: with 8 it looks too often, with 32 it reads too many.
const NOTED: usize = 16;
/// How many of them it is sure to find (all, where there are fewer).
const SURE: usize = 13;
/// Steps of the auction, in distances from a row's best column to the bound, in the mean. Between half
/// and twice these, and one step more, took as long within a third on samples of plane laws.
const STEPS: [f64; 3] = [2.0, 2.0 / 8.0, 2.0 / 64.0];
/// Rows that bids with steps do not pay for. At least `NOTED`, else the bounds are infinite.
const FEW: usize = 96;
/// Bids a row in a round, in the mean, that are worth it: among ties rows outbid each other for long.
const PATIENCE: usize = 16;
/// No row.
pub(super) const NONE: u32 = u32::MAX;

/// The columns of the rows, at least cost, and the columns' prices, which prove it.
///
/// Shape: `costs` is `[n, n]`, row-major, finite; the results are `[n]`.
pub(super) fn solve(costs: &[f64], n: usize) -> (Vec<u32>, Vec<f64>) {
    if n < 2 {
        return (vec![0; n], vec![0.0; n]);
    }
    let mut prices = vec![f64::INFINITY; n];
    let nothing = vec![0.0; n];
    costs.chunks_exact(n).for_each(|row| keep_less(&mut prices, row, &nothing));
    let mut search = Search {
        costs,
        prices,
        column_of: vec![NONE; n],
        row_of: vec![NONE; n],
        noted: vec![[NOTHING; NOTED]; n],
        bound: vec![f64::INFINITY; n],
        minima: Vec::new(),
        sorted: Vec::new(),
        near: Vec::new(),
    };
    search.run();
    (search.column_of, search.prices)
}

/// A column that a row keeps at hand.
#[derive(Clone, Copy)]
pub(super) struct Noted {
    pub(super) cost: f64,
    pub(super) column: u32,
}

const NOTHING: Noted = Noted { cost: f64::INFINITY, column: 0 };

/// The state of a search.
pub(super) struct Search<'a> {
    costs: &'a [f64],
    pub(super) prices: Vec<f64>,
    /// Of a row that is free, any.
    pub(super) column_of: Vec<u32>,
    pub(super) row_of: Vec<u32>,
    /// Each row's columns of least worth when it last looked.
    pub(super) noted: Vec<[Noted; NOTED]>,
    /// The least worth of all others then; prices sink, so theirs is no less now.
    pub(super) bound: Vec<f64>,
    minima: Vec<f64>,
    sorted: Vec<f64>,
    near: Vec<(f64, u32)>,
}

impl Search<'_> {
    fn run(&mut self) {
        let n = self.prices.len() as u32;
        (0..n).for_each(|row| self.look(row));
        if n as usize > FEW {
            let width = |row| self.bound[row as usize] - self.two_least(row)[0].0;
            let unit = (0..n).map(width).sum::<f64>() / f64::from(n);
            for step in STEPS {
                self.auction((0..n).collect(), step * unit);
                self.row_of.fill(NONE);
            }
        }
        let left = self.auction((0..n).collect(), 0.0);
        let left = self.auction(left, 0.0);
        let mut paths = Paths::new(n as usize);
        for row in left {
            paths.augment(self, row);
        }
    }

    /// A row of the costs.
    pub(super) fn costs_of(&self, row: u32) -> &[f64] {
        let n = self.prices.len();
        &self.costs[row as usize * n..][..n]
    }

    /// What a pair is worth at the present price.
    pub(super) fn worth(&self, row: u32, column: u32) -> f64 {
        self.costs_of(row)[column as usize] - self.prices[column as usize]
    }

    /// Makes a pair.
    pub(super) fn join(&mut self, row: u32, column: u32) {
        self.column_of[row as usize] = column;
        self.row_of[column as usize] = row;
    }

    /// Rows bid in turn, each that is outbid at once; those without a column come back.
    fn auction(&mut self, free: Vec<u32>, step: f64) -> Vec<u32> {
        let mut patience = PATIENCE * self.prices.len();
        let mut left = Vec::new();
        for mut row in free {
            loop {
                let [(least, best), (next, second)] = self.two_least_now(row);
                let rise = next - least + step;
                // Outbidding at a tie gains nothing.
                let tie = rise <= 0.0;
                let column = if tie && self.row_of[best as usize] != NONE { second } else { best };
                let before = self.row_of[column as usize];
                if before != NONE && (tie || patience == 0) {
                    left.push(row);
                    break;
                }
                patience = patience.saturating_sub(1);
                self.prices[column as usize] -= rise;
                self.join(row, column);
                if before == NONE {
                    break;
                }
                row = before;
            }
        }
        left
    }

    /// The two columns of least worth to a row.
    fn two_least_now(&mut self, row: u32) -> [(f64, u32); 2] {
        let noted = self.two_least(row);
        if noted[1].0 <= self.bound[row as usize] {
            return noted;
        }
        self.look(row);
        self.two_least(row)
    }

    /// The two columns of least worth that a row noted.
    fn two_least(&self, row: u32) -> [(f64, u32); 2] {
        let noted = &self.noted[row as usize];
        let mut worths = noted.map(|noted| noted.cost - self.prices[noted.column as usize]);
        // No branch a column: which is less is hard to foretell.
        let mut two = [(0.0, 0); 2];
        for found in &mut two {
            let least = worths.iter().fold(f64::INFINITY, |a, &b| if b < a { b } else { a });
            let place = worths.iter().position(|&worth| worth == least).unwrap_or(0);
            worths[place] = f64::INFINITY;
            *found = (least, noted[place].column);
        }
        two
    }

    /// Notes a row's columns of least worth; of equals at the end of the list, the first.
    pub(super) fn look(&mut self, row: u32) {
        let n = self.prices.len();
        let (costs, prices) = (&self.costs[row as usize * n..][..n], &self.prices[..]);
        // Columns `t`, `t + stripes`, ... share a minimum, so that at least `SURE` columns are worth
        // no more than `limit`, and seldom more than fit.
        let stripes = (n * NOTED).isqrt().max(SURE);
        self.minima.clear();
        self.minima.resize(stripes, f64::INFINITY);
        for (costs, prices) in costs.chunks(stripes).zip(prices.chunks(stripes)) {
            keep_less(&mut self.minima, costs, prices);
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.minima);
        let limit = *self.sorted.select_nth_unstable_by(SURE - 1, f64::total_cmp).1;
        self.near.clear();
        for (stripe, _) in self.minima.iter().enumerate().filter(|(_, least)| **least <= limit) {
            let mut column = stripe;
            while column < n {
                let worth = costs[column] - prices[column];
                if worth <= limit {
                    self.near.push((worth, column as u32));
                }
                column += stripes;
            }
        }
        self.bound[row as usize] = limit;
        if self.near.len() > NOTED {
            let by_worth = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            self.bound[row as usize] = self.near.select_nth_unstable_by(NOTED, by_worth).1.0;
        }
        let noted = &mut self.noted[row as usize];
        *noted = [NOTHING; NOTED];
        for (noted, &(_, column)) in noted.iter_mut().zip(&self.near) {
            *noted = Noted { cost: costs[column as usize], column };
        }
    }
}

/// Lowers each minimum to its cost less its price.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn keep_less(minima: &mut [f64], costs: &[f64], prices: &[f64]) {
    for ((least, cost), price) in minima.iter_mut().zip(costs).zip(prices) {
        let worth = cost - price;
        *least = if worth < *least { worth } else { *least };
    }
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
