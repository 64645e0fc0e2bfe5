//! The exact 2-Wasserstein distance: the least work that turns one sample into the other.

use rayon::prelude::*;

use crate::data::Rows;
use crate::{Error, Result};

/// The most rows that one assignment problem takes: its time grows with the cube.
const BLOCK: usize = 2048;

/// The exact 2-Wasserstein distance, as the mean over disjoint blocks of equal size.
///
/// `W2 = sqrt(min over permutations p of mean_i |x_i - y_p(i)|^2)`, one assignment problem a block
/// of 2048 rows (or of all rows of the smaller sample); where `y` has fewer blocks than `x`, its
/// blocks are used in turn. A finite sample of the same law is not at distance 0: judge a value
/// beside its floor.
///
/// # Errors
/// If the assignment solver gives up.
///
/// # Panics
/// If a sample is empty.
pub fn w2(x: &Rows, y: &Rows) -> Result<f64> {
    let block = BLOCK.min(x.len()).min(y.len());
    assert!(block > 0, "an empty sample");
    by_blocks(x, y, block)
}

/// The mean distance between the blocks of `x` and those of `y`, taken in turn.
fn by_blocks(x: &Rows, y: &Rows, block: usize) -> Result<f64> {
    let (blocks, y_blocks) = (x.len() / block, y.len() / block);
    let distances: Vec<f64> = (0..blocks)
        .into_par_iter()
        .map(|i| assignment(x, i * block, y, i % y_blocks * block, block))
        .collect::<Result<_>>()?;
    Ok(distances.iter().sum::<f64>() / blocks as f64)
}

/// The distance between `len` rows of `x` and as many of `y`, from the given rows on.
fn assignment(x: &Rows, x_start: usize, y: &Rows, y_start: usize, len: usize) -> Result<f64> {
    let block = |rows: &Rows, start: usize| -> Vec<f64> {
        let values = &rows.as_slice()[start * rows.dim()..(start + len) * rows.dim()];
        values.iter().map(|&value| f64::from(value)).collect()
    };
    let (x, y, dim) = (block(x, x_start), block(y, y_start), x.dim());
    let cost = reduced_cost(x.clone(), y.clone(), dim);
    // Shortest augmenting paths, as SciPy's `linear_sum_assignment`. At 2048 rows this took a
    // third of the time of the `lapjv` crate.
    let (rows, columns) = lsap::solve(len, len, &cost, false).map_err(|e| {
        let problem =
            format!("the assignment problem has no answer ({e}): are the samples finite?");
        Error::data("the samples", problem)
    })?;
    let pairs = rows.iter().zip(&columns);
    let total: f64 =
        pairs.map(|(i, j)| squared(&x[i * dim..(i + 1) * dim], &y[j * dim..(j + 1) * dim])).sum();
    Ok((total / len as f64).sqrt())
}

/// A cost matrix with the same best assignment as the squared distances, but solved sooner.
///
/// `|x - y|^2 = |x|^2 + |y|^2 - 2 x y`, and a term of `x` or of `y` alone changes no assignment's
/// order. So each axis may be centred, and `x` multiplied by what `y` is divided by: here by what
/// gives both the same spread, which leaves little for the solver to find. Samples that shrank to
/// nearly a point, as one Euler step draws them, took 5 to 12 times as long without this.
fn reduced_cost(mut x: Vec<f64>, mut y: Vec<f64>, dim: usize) -> Vec<f64> {
    for axis in 0..dim {
        let (x_spread, y_spread) = (centre(&mut x, dim, axis), centre(&mut y, dim, axis));
        // Any positive factor will do; this one stays so where there is no spread.
        let least = 1e-9 * (x_spread + y_spread) + f64::MIN_POSITIVE;
        let factor = ((y_spread + least) / (x_spread + least)).sqrt();
        x.iter_mut().skip(axis).step_by(dim).for_each(|value| *value *= factor);
        y.iter_mut().skip(axis).step_by(dim).for_each(|value| *value /= factor);
    }
    let width = y.len() / dim;
    let mut cost = Vec::with_capacity(width * width);
    for a in x.chunks_exact(dim) {
        cost.extend(y.chunks_exact(dim).map(|b| squared(a, b)));
    }
    // Where all rows of `x` are one point this leaves zeros alone: milliseconds, not seconds.
    let mut least = vec![f64::INFINITY; width];
    for row in cost.chunks_exact(width) {
        least.iter_mut().zip(row).for_each(|(least, &cost)| *least = least.min(cost));
    }
    for row in cost.chunks_exact_mut(width) {
        row.iter_mut().zip(&least).for_each(|(cost, least)| *cost -= least);
    }
    cost
}

/// Takes the mean off a column of a row-major table, and returns its spread.
fn centre(table: &mut [f64], dim: usize, column: usize) -> f64 {
    let count = (table.len() / dim) as f64;
    let values = || table.iter().skip(column).step_by(dim);
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    table.iter_mut().skip(column).step_by(dim).for_each(|value| *value -= mean);
    variance.sqrt()
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::super::tests::normal;
    use super::*;
    use crate::data::random::{Purpose, random};

    #[test]
    fn a_shift_costs_its_length() {
        let x = normal(300, 2, 1);
        let shifted = x.as_slice().chunks(2).flat_map(|p| [p[0] + 0.3, p[1] - 0.4]).collect();
        // The cost is a sum over the shift and a term that the identity makes least.
        let distance = w2(&x, &Rows::from_vec(2, shifted)).unwrap();
        assert!((distance - 0.5).abs() < 1e-6, "{distance}");
    }

    #[test]
    fn no_permutation_is_cheaper() {
        /// The least mean cost over the ways to pair rows `i..` with the columns left.
        fn brute(cost: &dyn Fn(usize, usize) -> f64, i: usize, left: &[usize]) -> f64 {
            if left.is_empty() {
                return 0.0;
            }
            let rest = |j: usize| left.iter().copied().filter(|&k| k != j).collect::<Vec<_>>();
            left.iter()
                .map(|&j| cost(i, j) + brute(cost, i + 1, &rest(j)))
                .fold(f64::INFINITY, f64::min)
        }
        for seed in 0..20 {
            let (mut x, y) = (normal(6, 3, 2 * seed), normal(6, 3, 2 * seed + 1));
            // Also where the samples lie far apart, and where an axis has hardly any spread.
            for i in 0..6 {
                x.row_mut(i)[0] += 10.0;
                x.row_mut(i)[1] *= [1.0, 1e-3, 0.0][seed as usize % 3];
            }
            let cost = |i: usize, j: usize| {
                let (a, b) = (x.row(i), y.row(j));
                a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
            };
            let wanted = (brute(&cost, 0, &[0, 1, 2, 3, 4, 5]) / 6.0).sqrt();
            assert!((w2(&x, &y).unwrap() - wanted).abs() < 1e-12, "seed {seed}");
        }
    }

    #[test]
    fn on_a_line_it_pairs_in_order() {
        let (x, y) = (normal(500, 1, 3), normal(500, 1, 4));
        let sorted = |rows: &Rows| {
            let mut values = rows.as_slice().to_vec();
            values.sort_by(f32::total_cmp);
            values
        };
        let pairs = sorted(&x).into_iter().zip(sorted(&y));
        let wanted = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 500.0;
        assert!((w2(&x, &y).unwrap() - wanted.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn blocks_are_averaged_and_the_smaller_sample_is_used_again() {
        let y = normal(40, 2, 5);
        let far = |by: f32| y.as_slice().iter().map(|v| v + by).collect::<Vec<_>>();
        // Shifts by 1 and by 3 on both axes: lengths sqrt 2 and 3 sqrt 2; a part block is left out.
        let x = Rows::from_vec(2, [far(1.0), far(3.0), vec![9.0, 9.0]].concat());
        assert!((w2(&x, &y).unwrap() - 2.0 * 2f64.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn blocks_meet_in_turn() {
        let (near, far) = (normal(20, 2, 5), normal(20, 2, 6));
        let by = |rows: &Rows, by: f32| rows.as_slice().iter().map(|v| v + by).collect::<Vec<_>>();
        let y = Rows::from_vec(2, [by(&near, 0.0), by(&far, 100.0)].concat());
        let x = Rows::from_vec(2, [by(&near, 1.0), by(&far, 101.0), by(&near, 1.0)].concat());
        // Every block is its own one shifted by 1 on both axes; 100 is rounded to 1e-5.
        assert!((by_blocks(&x, &y, 20).unwrap() - 2f64.sqrt()).abs() < 1e-4);
    }

    #[test]
    fn ties_and_single_rows_are_fine() {
        let ones = Rows::from_vec(1, vec![1.0; 64]);
        let zeros = Rows::from_vec(1, vec![0.0; 64]);
        assert_eq!(w2(&ones, &zeros).unwrap(), 1.0);
        assert_eq!(w2(&zeros, &zeros).unwrap(), 0.0);
        let one = |x| Rows::from_vec(1, vec![x]);
        assert_eq!(w2(&one(5.0), &one(2.0)).unwrap(), 3.0);
        // Few grey levels: most costs are equal to many others.
        let mut rng = random(0, Purpose::Floor);
        let mut levels =
            || Rows::from_vec(2, (0..512).map(|_| rng.random_range(0..3) as f32).collect());
        assert!(w2(&levels(), &levels()).unwrap() < 1.0);
    }
}
