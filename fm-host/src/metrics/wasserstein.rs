//! The exact 2-Wasserstein distance: the least cost of moving one sample onto another.

use rayon::prelude::*;

use crate::Result;
use crate::assignment::Assigner;
use crate::data::Rows;

/// The largest number of rows in one assignment problem, whose memory grows with the square.
const BLOCK: usize = 2048;

/// Returns the exact 2-Wasserstein distance, averaged over disjoint blocks of equal size.
///
/// `W2 = sqrt(min over permutations p of mean_i |x_i - y_p(i)|^2)`, with one assignment problem per block
/// of 2048 rows (or of all rows of the smaller sample); if `y` has fewer blocks than `x`, its blocks are
/// reused in turn. Finite samples of the same law are not at distance 0: compare a value with its floor.
///
/// # Errors
/// If the assignment solver fails.
///
/// # Panics
/// If a sample is empty.
pub fn w2(x: &Rows, y: &Rows) -> Result<f64> {
    let block = BLOCK.min(x.len()).min(y.len());
    assert!(block > 0, "an empty sample");
    by_blocks(x, y, block)
}

/// Returns the mean distance between the blocks of `x` and those of `y`, which are reused in turn.
fn by_blocks(x: &Rows, y: &Rows, block: usize) -> Result<f64> {
    let (blocks, y_blocks) = (x.len() / block, y.len() / block);
    let distances: Vec<f64> = (0..blocks)
        .into_par_iter()
        .map_init(Assigner::default, |assigner, i| {
            let rows = |of: &Rows, block_at: usize| {
                let start = block_at * block * of.dim();
                Rows::from_vec(of.dim(), of.as_slice()[start..start + block * of.dim()].to_vec())
            };
            let assignment = assigner.assign(&rows(x, i), &rows(y, i % y_blocks))?;
            Ok((assignment.cost / block as f64).sqrt())
        })
        .collect::<Result<_>>()?;
    Ok(distances.iter().sum::<f64>() / blocks as f64)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::super::tests::normal;
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn a_shift_costs_its_length() {
        let x = normal(300, 2, 1);
        let shifted = x.as_slice().chunks(2).flat_map(|p| [p[0] + 0.3, p[1] - 0.4]).collect();
        // The cost is the shift's plus a term that is least for the identity.
        let distance = w2(&x, &Rows::from_vec(2, shifted)).unwrap();
        assert!((distance - 0.5).abs() < 1e-6, "{distance}");
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
        // Shifts by 1 and by 3 on both axes: lengths sqrt 2 and 3 sqrt 2; the incomplete block is left out.
        let x = Rows::from_vec(2, [far(1.0), far(3.0), vec![9.0, 9.0]].concat());
        assert!((w2(&x, &y).unwrap() - 2.0 * 2f64.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn blocks_meet_in_turn() {
        let (near, far) = (normal(20, 2, 5), normal(20, 2, 6));
        let by = |rows: &Rows, by: f32| rows.as_slice().iter().map(|v| v + by).collect::<Vec<_>>();
        let y = Rows::from_vec(2, [by(&near, 0.0), by(&far, 100.0)].concat());
        let x = Rows::from_vec(2, [by(&near, 1.0), by(&far, 101.0), by(&near, 1.0)].concat());
        // Every block equals its partner shifted by 1 on both axes; 100 is rounded to 1e-5.
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
        let mut rng = stream(0, Purpose::Floor, 0);
        let mut levels =
            || Rows::from_vec(2, (0..512).map(|_| rng.random_range(0..3) as f32).collect());
        assert!(w2(&levels(), &levels()).unwrap() < 1.0);
    }
}
