//! Label dropout: a share of the rows is trained without a condition, which classifier-free guidance
//! needs later (Ho and Salimans, 2022, arXiv:2207.12598).

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::InputLayout;
use crate::data::Rows;

/// Replaces the condition of each row of `input` by "none" with probability `p`.
///
/// At `p = 0` no random number is drawn.
///
/// Shape: `input` is `[n, layout.inputs()]`.
pub(super) fn apply(layout: &InputLayout, p: f64, input: &mut Rows, rng: &mut ChaCha8Rng) {
    if p == 0.0 || layout.condition == 0 {
        return;
    }
    for i in 0..input.len() {
        if rng.random_bool(p) {
            layout.drop_condition(input.row_mut(i));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, Recipe, fixtures};
    use crate::random::{Purpose, stream};

    #[test]
    fn the_share_is_dropped_and_nothing_else_moves() {
        for objective in [Objective::Fm, Objective::MeanFlow] {
            let batch = fixtures::batch(10_000, true);
            let kept = fixtures::recipe(objective);
            let dropping = Recipe { label_dropout: 0.2, ..kept.clone() };
            let before = kept.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
            let after = dropping.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
            assert_eq!((&before.velocity, &before.tangent), (&after.velocity, &after.tangent));
            let condition = kept.layout(&batch).condition();
            let mut dropped = 0;
            for (old, new) in before.input.iter().zip(after.input.iter()) {
                assert_eq!(old[..condition.start], new[..condition.start]);
                assert_eq!(old[condition.end..], new[condition.end..]);
                if new[condition.clone()] == [0.0, 0.0, 0.0, 1.0] {
                    dropped += 1;
                } else {
                    assert_eq!(old, new);
                }
            }
            // Five standard deviations of a binomial: 5 sqrt(10,000 * 0.2 * 0.8).
            assert!((1800..=2200).contains(&dropped), "{dropped}");
        }
    }
}
