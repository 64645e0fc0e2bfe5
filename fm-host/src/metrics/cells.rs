//! Whether samples are where a law has its mass, and how evenly they fill its cells or modes.

use crate::data::{Builtin, Rows};

/// The number of cells or modes of a law, which have equal shares.
const CELLS: usize = 8;
/// The number of parts along a cell's side.
const SIDE: usize = 4;

/// Returns the share of samples in raw units inside a built-in law's support; `None` for laws without one.
///
/// Read it next to a distance: samples that are all in one cell are inside too.
pub fn inside(samples: &Rows, law: Builtin) -> Option<f64> {
    let mut count = 0;
    for row in samples.iter() {
        let &[x, y] = row else { return None };
        count += usize::from(law.contains([x, y])?);
    }
    Some(count as f64 / samples.len() as f64)
}

/// Returns the largest relative deviation of a cell's share from even, among the samples in raw units that
/// are inside any cell; 1 if a cell is empty, `None` for laws without cells.
pub fn share_worst(samples: &Rows, law: Builtin) -> Option<f64> {
    law.contains([0.0; 2])?;
    let mut counts = [0_u32; CELLS];
    for row in samples.iter() {
        let &[x, y] = row else { return None };
        if let Some(cell) = law.cell([x, y]) {
            counts[cell as usize] += 1;
        }
    }
    let even = f64::from(counts.iter().sum::<u32>()) / CELLS as f64;
    // If no sample is inside, every cell is empty.
    let departure = |n: &u32| if even > 0.0 { (f64::from(*n) / even - 1.0).abs() } else { 1.0 };
    Some(counts.iter().map(departure).fold(0.0, f64::max))
}

/// Returns how uneven the samples in raw units are within the cells of `checkerboard`: the mean over a 4x4
/// grid in each cell of `(share / even - 1)^2`, computed as `(chi^2 - degrees of freedom) / samples`, which
/// has mean 0 for samples of the law. `None` for other laws.
pub fn uneven(samples: &Rows, law: Builtin) -> Option<f64> {
    if law != Builtin::Checkerboard {
        return None;
    }
    let mut counts = [[0_u32; SIDE * SIDE]; CELLS];
    for row in samples.iter() {
        let &[x, y] = row else { return None };
        if let Some(cell) = law.cell([x, y]) {
            // Cells have a side of 2.
            let part = |x: f32| (x.rem_euclid(2.0) / 2.0 * SIDE as f32) as usize;
            let (i, j) = (part(x).min(SIDE - 1), part(y).min(SIDE - 1));
            counts[cell as usize][i * SIDE + j] += 1;
        }
    }
    let (mut excess, mut total) = (0.0, 0.0);
    for cell in counts {
        let inside = f64::from(cell.iter().sum::<u32>());
        if inside > 0.0 {
            let even = inside / cell.len() as f64;
            let square = |n: u32| (f64::from(n) - even).powi(2) / even;
            excess += cell.into_iter().map(square).sum::<f64>() - (cell.len() - 1) as f64;
            total += inside;
        }
    }
    Some(if total > 0.0 { excess / total } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    const BOARD: Builtin = Builtin::Checkerboard;

    fn draw(law: Builtin) -> Rows {
        law.sample(1 << 16, &mut stream(5, Purpose::Floor, 0)).0
    }

    #[test]
    fn exact_samples_are_inside() {
        let draw = |law: Builtin| law.sample(4096, &mut stream(0, Purpose::Floor, 0)).0;
        assert_eq!(inside(&draw(Builtin::Checkerboard), Builtin::Checkerboard), Some(1.0));
        // A Gaussian has exp(-8) = 0.03 % beyond four standard deviations: 1.4 of 4096.
        let ring = inside(&draw(Builtin::EightGaussians), Builtin::EightGaussians).unwrap();
        assert!(ring > 0.998, "{ring}");
        assert_eq!(inside(&draw(Builtin::Moons), Builtin::Moons), None);
    }

    #[test]
    fn the_rest_of_the_board_is_not() {
        let points = Rows::from_vec(2, vec![1.0, 1.0, 1.0, -1.0, 5.0, 5.0, -1.0, -1.0]);
        assert_eq!(inside(&points, Builtin::Checkerboard), Some(0.5));
    }

    #[test]
    fn exact_samples_are_even() {
        for law in [BOARD, Builtin::EightGaussians] {
            // A share of 8192 has a relative standard deviation of 1.0 %; the worst of eight is below
            // five of them.
            assert!(share_worst(&draw(law), law).unwrap() < 0.05);
        }
        // 120 degrees of freedom: a standard deviation of sqrt(240) / 65536 = 0.00024; five of those.
        assert!(uneven(&draw(BOARD), BOARD).unwrap().abs() < 0.0012);
        assert_eq!(share_worst(&draw(Builtin::Moons), Builtin::Moons), None);
        assert_eq!(uneven(&draw(Builtin::EightGaussians), Builtin::EightGaussians), None);
    }

    #[test]
    fn a_known_departure_is_found() {
        let all = draw(BOARD);
        let keep = |keep: &dyn Fn(&[f32]) -> bool| {
            let kept: Vec<usize> = (0..all.len()).filter(|&i| keep(all.row(i))).collect();
            all.select(&kept)
        };
        // One cell of eight is empty: the other seven have 8/7 of even, the empty one deviates by 1.
        let less = keep(&|p| BOARD.cell([p[0], p[1]]) != Some(3));
        assert_eq!(share_worst(&less, BOARD), Some(1.0));
        // Only the left halves of all cells: densities of 2 and 0, each 1 from even; squared, 1.
        let left = keep(&|p| p[0].rem_euclid(2.0) < 1.0);
        let found = uneven(&left, BOARD).unwrap();
        // The mean of squares is exact except for counts within the half: 0.005 is five standard
        // deviations.
        assert!((found - 1.0).abs() < 0.005, "{found}");
        let nowhere = Rows::from_vec(2, vec![9.0; 8]);
        assert_eq!((share_worst(&nowhere, BOARD), uneven(&nowhere, BOARD)), (Some(1.0), Some(0.0)));
    }
}
