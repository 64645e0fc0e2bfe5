//! The inner loop: a block's sums over pairs of inputs.

mod portable;

pub(super) use portable::{four, two};
