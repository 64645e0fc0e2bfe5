//! Where a search for an assignment stands: pairs, prices, and what each row has at hand.

use multiversion::multiversion;

/// How many columns a row notes: with 8 it looks too often, with 32 it reads too many.
const NOTED: usize = 16;
/// How many of them it is sure to find (all, where there are fewer).
const SURE: usize = 13;
/// No row.
pub(super) const NONE: u32 = u32::MAX;

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

impl<'a> Search<'a> {
    /// No pairs yet; every column's price is its least cost.
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

    /// The two columns of least worth that a row noted.
    pub(super) fn two_least(&self, row: u32) -> [(f64, u32); 2] {
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
