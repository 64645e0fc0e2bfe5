//! One-jump distillation: `u(0, 1, eps)` learns the whole displacement `x1 - eps` of the teacher's pairs
//! (Liu et al., 2022, arXiv:2209.03003).
//!
//! In these pairs `x1` is a function of `eps`, so the minimiser is the teacher's flow itself, not a mean.
//! No other jump is trained: such a network takes one step, and has no velocity.

use fm_nostd::Prediction;
use rand_chacha::ChaCha8Rng;

use super::{Facts, InputLayout, Recipe, Teaching, Visits};
use crate::coupling::Batch;
use crate::data::Rows;
use crate::net::Regression;
use crate::path::Path;

/// The facts of one-jump distillation.
pub(super) const FACTS: Facts = Facts {
    title: "distillation",
    prediction: Prediction::Jump,
    start: 0.0,
    teaching: Teaching::Pairs,
    // The jump is from noise to data, whatever lies between.
    paths: &[Path::Linear],
    contrast: false,
    guidance: false,
    source: true,
    likelihood: false,
    transport: false,
    visits: Visits::USUAL,
    unmasked: None,
    regression,
};

/// Builds the inputs `[0, 1, condition, x0]` and the target `x1 - x0`.
fn regression(recipe: &Recipe, batch: &Batch, _: &mut ChaCha8Rng) -> Regression {
    let layout = recipe.layout(batch);
    let n = batch.x1.len();
    let mut input = Rows::from_vec(layout.inputs(), vec![0.0; n * layout.inputs()]);
    let mut velocity = batch.x1.clone();
    for (i, x0) in batch.x0.iter().enumerate() {
        let row = input.row_mut(i);
        row[InputLayout::GAP] = 1.0;
        row[layout.condition()].copy_from_slice(batch.condition.row(i));
        row[layout.x()].copy_from_slice(x0);
        velocity.row_mut(i).iter_mut().zip(x0).for_each(|(v, x0)| *v -= x0);
    }
    Regression::plain(input, velocity, recipe.weighting)
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, fixtures};
    use crate::random::{Purpose, stream};

    #[test]
    fn a_row_is_the_whole_way() {
        let batch = fixtures::batch(50, false);
        let recipe = fixtures::recipe(Objective::Distill);
        let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        for i in 0..50 {
            let (row, v) = (regression.input.row(i), regression.velocity.row(i));
            assert_eq!(row[..2], [0.0, 1.0]);
            assert_eq!((&row[2..5], &row[5..]), (batch.condition.row(i), batch.x0.row(i)));
            for (d, v) in v.iter().enumerate() {
                assert_eq!(*v, batch.x1.row(i)[d] - batch.x0.row(i)[d]);
            }
        }
    }
}
