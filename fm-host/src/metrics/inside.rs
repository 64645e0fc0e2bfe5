//! The share of samples that lie where the law has its mass.

use crate::data::{Builtin, Rows};

/// The share of samples in raw units inside a built-in law's support; `None` for laws without one.
///
/// Read it beside a distance: samples that all sit in one cell are inside too.
pub fn inside(samples: &Rows, law: Builtin) -> Option<f64> {
    let mut count = 0;
    for row in samples.iter() {
        let &[x, y] = row else { return None };
        count += usize::from(law.contains([x, y])?);
    }
    Some(count as f64 / samples.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn exact_samples_are_inside() {
        let draw = |law: Builtin| law.sample(4096, &mut stream(0, Purpose::Floor, 0)).0;
        assert_eq!(inside(&draw(Builtin::Checkerboard), Builtin::Checkerboard), Some(1.0));
        // A Gaussian leaves exp(-8) = 0.03 % beyond four spreads: 1.4 of 4096.
        let ring = inside(&draw(Builtin::EightGaussians), Builtin::EightGaussians).unwrap();
        assert!(ring > 0.998, "{ring}");
        assert_eq!(inside(&draw(Builtin::Moons), Builtin::Moons), None);
    }

    #[test]
    fn the_rest_of_the_board_is_not() {
        let points = Rows::from_vec(2, vec![1.0, 1.0, 1.0, -1.0, 5.0, 5.0, -1.0, -1.0]);
        assert_eq!(inside(&points, Builtin::Checkerboard), Some(0.5));
    }
}
