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
    let (blocks, y_blocks) = (x.len() / block, y.len() / block);
    let distances: Vec<f64> = (0..blocks)
        .into_par_iter()
        .map(|i| assignment(x, i * block, y, i % y_blocks * block, block))
        .collect::<Result<_>>()?;
    Ok(distances.iter().sum::<f64>() / blocks as f64)
}

/// The distance between `len` rows of `x` and as many of `y`, from the given rows on.
fn assignment(x: &Rows, x_start: usize, y: &Rows, y_start: usize, len: usize) -> Result<f64> {
    let mut cost = Vec::with_capacity(len * len);
    for i in x_start..x_start + len {
        let squared = |j: usize| -> f64 {
            let pairs = x.row(i).iter().zip(y.row(j));
            pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
        };
        cost.extend((y_start..y_start + len).map(squared));
    }
    // Shortest augmenting paths, as SciPy's `linear_sum_assignment`. At 2048 rows this took a
    // third of the time of the `lapjv` crate.
    let (rows, columns) = lsap::solve(len, len, &cost, false).map_err(|e| {
        let problem =
            format!("the assignment problem has no answer ({e}): are the samples finite?");
        Error::data("the samples", problem)
    })?;
    let total: f64 = rows.iter().zip(&columns).map(|(i, j)| cost[i * len + j]).sum();
    Ok((total / len as f64).sqrt())
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
            let (x, y) = (normal(6, 3, 2 * seed), normal(6, 3, 2 * seed + 1));
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
