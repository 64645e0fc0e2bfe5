//! The state of a search for an assignment: pairs, prices, and each row's short list of good columns.

use multiversion::multiversion;

/// How many columns a row's list holds: 8 require too many scans of all columns, 32 take too long to read.
const NOTED: usize = 16;
/// How many of the best columns a scan is sure to find (all, if there are fewer).
const SURE: usize = 13;
/// Means "no row" or "no column".
pub(super) const NONE: u32 = u32::MAX;

/// A column in a row's list.
#[derive(Clone, Copy)]
pub(super) struct Noted {
    pub(super) cost: f64,
    pub(super) column: u32,
}

const NOTHING: Noted = Noted { cost: f64::INFINITY, column: 0 };

/// The state of a search for an assignment.
pub(super) struct Search<'a> {
    costs: &'a [f64],
    pub(super) prices: Vec<f64>,
    /// Arbitrary for a row that is free.
    pub(super) column_of: Vec<u32>,
    pub(super) row_of: Vec<u32>,
    /// For each row, the columns of least worth when it last scanned all columns.
    pub(super) noted: Vec<[Noted; NOTED]>,
    /// The least worth of all other columns at that time. Prices only fall, so it is still a lower bound.
    pub(super) bound: Vec<f64>,
    minima: Vec<f64>,
    sorted: Vec<f64>,
    near: Vec<(f64, u32)>,
}

impl<'a> Search<'a> {
    /// Starts without pairs; every column's price is its least cost.
    ///
    /// Shape: `costs` is `[n, n]`, row-major, finite.
    pub(super) fn new(costs: &'a [f64], n: usize) -> Self {
        let mut prices = vec![f64::INFINITY; n];
        let nothing = vec![0.0; n];
        costs.chunks_exact(n).for_each(|row| keep_less(&mut prices, row, &nothing));
        Self {
            costs,
            prices,
            column_of: vec![NONE; n],
            row_of: vec![NONE; n],
            noted: vec![[NOTHING; NOTED]; n],
            bound: vec![f64::INFINITY; n],
            minima: Vec::new(),
            sorted: Vec::new(),
            near: Vec::new(),
        }
    }

    /// Returns a row of the costs.
    pub(super) fn costs_of(&self, row: u32) -> &[f64] {
        let n = self.prices.len();
        &self.costs[row as usize * n..][..n]
    }

    /// Returns a pair's worth at the present price.
    pub(super) fn worth(&self, row: u32, column: u32) -> f64 {
        self.costs_of(row)[column as usize] - self.prices[column as usize]
    }

    /// Pairs a row with a column.
    pub(super) fn join(&mut self, row: u32, column: u32) {
        self.column_of[row as usize] = column;
        self.row_of[column as usize] = row;
    }

    /// Returns the two columns of least worth in a row's list.
    pub(super) fn two_least(&self, row: u32) -> [(f64, u32); 2] {
        let noted = &self.noted[row as usize];
        let mut worths = noted.map(|noted| noted.cost - self.prices[noted.column as usize]);
        // Branches here would be mispredicted too often.
        let mut two = [(0.0, 0); 2];
        for found in &mut two {
            let least = worths.iter().fold(f64::INFINITY, |a, &b| if b < a { b } else { a });
            let place = worths.iter().position(|&worth| worth == least).unwrap_or(0);
            worths[place] = f64::INFINITY;
            *found = (least, noted[place].column);
        }
        two
    }

    /// Scans all columns and lists those of least worth; if several tie for the last place, the first.
    pub(super) fn look(&mut self, row: u32) {
        let n = self.prices.len();
        let (costs, prices) = (&self.costs[row as usize * n..][..n], &self.prices[..]);
        // Columns `t`, `t + stripes`, ... share a minimum. So the worth of at least `SURE` columns is
        // at most `limit`, and rarely that of more columns than fit in the list.
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

/// Lowers each minimum to the cost less the price where that is smaller.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn keep_less(minima: &mut [f64], costs: &[f64], prices: &[f64]) {
    for ((least, cost), price) in minima.iter_mut().zip(costs).zip(prices) {
        let worth = cost - price;
        *least = if worth < *least { worth } else { *least };
    }
}
