//! Noise prediction: `|e(t, x_t, c) - eps|^2` (Ho et al., 2020, arXiv:2006.11239, equation 14).
//!
//! The minimiser is the mean of `eps` given `x_t`. At `t = 0` that is `x` itself for any data, and the
//! velocity computed from it is singular there, so sampling begins slightly later.

use fm_nostd::Prediction;
use rand_chacha::ChaCha8Rng;

use super::{Facts, Recipe, Teaching, Visits, fm};
use crate::coupling::Batch;
use crate::net::Regression;
use crate::path::Path;

/// The facts of noise prediction. The start time is the one that measured best.
pub(super) const FACTS: Facts = Facts {
    title: "noise prediction",
    prediction: Prediction::Noise,
    start: 0.01,
    teaching: Teaching::None,
    paths: &Path::ALL,
    contrast: false,
    guidance: false,
    source: false,
    likelihood: false,
    transport: false,
    visits: Visits::USUAL,
    unmasked: Some("a known column has no noise to predict; use `fm`"),
    regression,
};

/// Builds flow matching's inputs with the target `eps`.
pub(super) fn regression(recipe: &Recipe, batch: &Batch, rng: &mut ChaCha8Rng) -> Regression {
    Regression { velocity: batch.x0.clone(), ..fm::regression(recipe, batch, rng) }
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, Recipe, fixtures};
    use crate::path::Path;
    use crate::random::{Purpose, stream};

    #[test]
    fn the_target_tells_the_pairs_data() {
        let batch = fixtures::batch(300, false);
        let recipe = Recipe { path: Path::Trigonometric, ..fixtures::recipe(Objective::Ddpm) };
        let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        assert!(regression.weight.is_empty());
        for i in 0..300 {
            let row = regression.input.row(i);
            for j in 0..2 {
                let (x, noise) = (row[4 + j], regression.velocity.row(i)[j]);
                let at = Path::Trigonometric.at(row[0]);
                let x1 = at.data(x, at.velocity_of_noise(x, noise));
                // The rounding of `x_t`, divided by `alpha`, which is about `pi t / 2`.
                let tolerance = 1e-6 / row[0];
                assert!((x1 - batch.x1.row(i)[j]).abs() < tolerance, "{x1}");
            }
        }
    }
}
