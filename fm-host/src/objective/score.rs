//! Denoising score matching: `sigma^2 |s(t, x_t, c) + eps / sigma|^2` (Song et al., 2020,
//! arXiv:2011.13456, equation 7).
//!
//! The minimiser is the score of the marginal, `-E[eps | x_t] / sigma`. With the weight `sigma^2` the error
//! at every time is an error in `eps`, of the same size throughout.

use fm_nostd::Prediction;
use rand_chacha::ChaCha8Rng;

use super::{Facts, InputLayout, Recipe, Teaching, Visits, fm};
use crate::coupling::Batch;
use crate::net::Regression;
use crate::path::Path;

/// The facts of score matching. The start time is the one that measured best.
pub(super) const FACTS: Facts = Facts {
    title: "score matching",
    prediction: Prediction::Score,
    start: 0.01,
    teaching: Teaching::None,
    paths: &Path::ALL,
    contrast: false,
    guidance: false,
    source: false,
    likelihood: false,
    transport: false,
    visits: Visits::USUAL,
    unmasked: Some("a known column has no noise whose score could be learnt; use `fm`"),
    regression,
};

/// Builds flow matching's inputs with the target `-eps / sigma` and the row weight `sigma^2`.
pub(super) fn regression(recipe: &Recipe, batch: &Batch, rng: &mut ChaCha8Rng) -> Regression {
    let mut regression = fm::regression(recipe, batch, rng);
    for (i, eps) in batch.x0.iter().enumerate() {
        let sigma = recipe.path.at(regression.input.row(i)[InputLayout::TIME]).sigma;
        for (target, eps) in regression.velocity.row_mut(i).iter_mut().zip(eps) {
            *target = -eps / sigma;
        }
        regression.weight.push(sigma * sigma);
    }
    regression
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, Recipe, fixtures};
    use crate::path::Path;
    use crate::random::{Purpose, stream};

    #[test]
    fn the_target_is_the_pairs_score_and_its_error_that_of_the_noise() {
        for path in Path::ALL {
            let batch = fixtures::batch(300, false);
            let recipe = Recipe { path, ..fixtures::recipe(Objective::Score) };
            let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
            for i in 0..300 {
                let (t, weight) = (regression.input.row(i)[0], regression.weight[i]);
                for (score, eps) in regression.velocity.row(i).iter().zip(batch.x0.row(i)) {
                    let noise = -path.at(t).sigma * score;
                    // The error of two roundings.
                    assert!((noise - eps).abs() <= 1e-6 * eps.abs());
                    assert!((score * weight.sqrt() + eps).abs() <= 1e-6 * eps.abs());
                }
            }
        }
    }
}
