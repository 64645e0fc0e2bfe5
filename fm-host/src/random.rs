//! Random numbers of the host, each a function of only (seed, purpose, index).
//!
//! ChaCha is counter-based, so a stream can be opened at any position at no cost. So no generator state is
//! stored, the order of threads does not matter, and a resumed run needs only its step.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// The purpose of a stream: streams of different purposes differ even with equal seeds and indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// One training step: its rows, times and dropped labels. Index: the step.
    Batch = 1,
    /// The noise of one block of a pool of pairs. Index: the block.
    Block = 2,
    /// The order of one pass over the data. Index: the pass.
    Pass = 3,
    /// The training rows of a built-in set.
    Train = 4,
    /// The held-out rows of a built-in set.
    HeldOut = 5,
    /// Which rows of a file are held out.
    Split = 6,
    /// The real samples that a metric's floor is measured on. Index: the draw.
    Floor = 7,
    /// The noise that a metric's ceiling is measured on.
    Ceiling = 8,
    /// The directions of the sliced Wasserstein distance.
    Projections = 9,
    /// The noise and conditions of one block of a teacher's pairs. Index: the block.
    Taught = 10,
    /// The noise and conditions that rounding to integers is fitted to or tested on. Index: which of these.
    Rounding = 11,
    /// Which rows of a large set are evaluated. Index: the part.
    Evaluation = 12,
    /// Which rows a classifier is trained on and tested on.
    Folds = 13,
    /// The order in which samples start at the rows of a source.
    Starts = 14,
    /// Where rows with equal values lie in the interval of their value. Index: the column.
    Ties = 15,
    /// The pairs of noise and held-out rows that weights are judged by.
    Selection = 16,
}

/// Returns the stream of `seed` for `purpose` with number `index`.
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

/// Fills `out` with independent draws from `N(0, 1)`.
pub fn fill_normal(rng: &mut ChaCha8Rng, out: &mut [f32]) {
    for value in out {
        *value = rng.sample(StandardNormal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seed: u64, purpose: Purpose, index: u64) -> [u64; 2] {
        let mut rng = stream(seed, purpose, index);
        [rng.random(), rng.random()]
    }

    #[test]
    fn streams_repeat_and_differ() {
        assert_eq!(head(7, Purpose::Batch, 3), head(7, Purpose::Batch, 3));
        let others =
            [head(8, Purpose::Batch, 3), head(7, Purpose::Block, 3), head(7, Purpose::Batch, 4)];
        for other in others {
            assert_ne!(head(7, Purpose::Batch, 3), other);
        }
    }

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let mut x = vec![0.0; 100_000];
        fill_normal(&mut stream(1, Purpose::Block, 0), &mut x);
        let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / x.len() as f64;
        let square = x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / x.len() as f64;
        // Five standard errors, which are 1 / sqrt(n) for the mean and sqrt(2 / n) for the square.
        assert!(mean.abs() < 0.016, "{mean}");
        assert!((square - 1.0).abs() < 0.023, "{square}");
    }
}
