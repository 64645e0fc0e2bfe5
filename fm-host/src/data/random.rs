//! The host's random streams: one seed, and one stream of it for each purpose.
//!
//! Streams keep purposes apart: the held-out draws of a built-in set are no copy of its training
//! draws although both may start from seed 0.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// The training rows of a built-in set.
    Train,
    /// The held-out rows of a built-in set.
    HeldOut,
    /// Which rows of a file are held out.
    Split,
    /// The real samples that a metric's floor is measured on.
    Floor,
    /// The noise that a metric's ceiling is measured on.
    Ceiling,
    /// The directions of the sliced distance.
    Projections,
}

/// The generator of `seed` for one purpose.
pub(crate) fn random(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose as u64);
    rng
}
