//! Maximum likelihood: `-log p(x1)` of the data under the flow itself (Chen et al., 2018, arXiv:1806.07366;
//! Grathwohl et al., 2018, arXiv:1810.01367).
//!
//! The loss solves the flow from each data point to noise, and its gradient is that of the solver's steps
//! ([`Solve`]). The noise of the pairs plays no part: no path is learnt, so the velocity is not a conditional
//! mean, and has no score.

use fm_nostd::Prediction;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Facts, InputLayout, Objective, Recipe, Teaching, Visits};
use crate::Result;
use crate::coupling::Batch;
use crate::data::Rows;
use crate::divergence::Trace;
use crate::net::{Regression, Solve};
use crate::options::{need, refuse};
use crate::path::Path;

/// The most data columns: each of them costs a derivative per evaluation, and noise to an estimate.
pub const MOST_COLUMNS: usize = 8;

/// Options of maximum likelihood.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
#[command(next_help_heading = "Maximum likelihood (mle)")]
pub struct LikelihoodOptions {
    /// Steps of RK4 from data to noise
    #[arg(long, value_name = "K")]
    pub likelihood_steps: Option<u32>,
    /// How to compute the divergence
    #[arg(long)]
    pub divergence: Option<Trace>,
    /// Weight of the mean integral of |v|^2 along the flow
    #[arg(long, value_name = "F")]
    pub kinetic_penalty: Option<f32>,
    /// Weight of the mean integral of |dv/dx|^2 along the flow
    #[arg(long, value_name = "F")]
    pub jacobian_penalty: Option<f32>,
}

/// Settings of maximum likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LikelihoodSettings {
    /// Steps of RK4 from data to noise.
    #[serde(rename = "likelihood_steps")]
    pub steps: u32,
    /// How the divergence is computed: exactly, or with one direction of signs per row.
    pub divergence: Trace,
    /// The weight of the mean integral of `|v|^2`.
    #[serde(rename = "kinetic_penalty")]
    pub kinetic: f32,
    /// The weight of the mean integral of `|dv/dx|^2`.
    #[serde(rename = "jacobian_penalty")]
    pub jacobian: f32,
}

impl Default for LikelihoodSettings {
    fn default() -> Self {
        Self { steps: 16, divergence: Trace::Exact, kinetic: 0.0, jacobian: 0.0 }
    }
}

impl LikelihoodOptions {
    /// Returns `base` with the given options replaced.
    ///
    /// # Errors
    /// If an option is given for another objective.
    pub(crate) fn over(
        &self,
        base: LikelihoodSettings,
        objective: Objective,
    ) -> Result<LikelihoodSettings> {
        if !objective.facts().likelihood {
            refuse(self, "`--objective mle`")?;
        }
        Ok(LikelihoodSettings {
            steps: self.likelihood_steps.unwrap_or(base.steps),
            divergence: self.divergence.unwrap_or(base.divergence),
            kinetic: self.kinetic_penalty.unwrap_or(base.kinetic),
            jacobian: self.jacobian_penalty.unwrap_or(base.jacobian),
        })
    }
}

impl LikelihoodSettings {
    /// The most steps: far more than any field of this size needs.
    const MOST_STEPS: u32 = 1000;

    /// Checks the settings.
    ///
    /// # Errors
    /// If there are no steps or too many, or a penalty is negative or not finite.
    pub(crate) fn validate(&self) -> Result<()> {
        let steps = (1..=Self::MOST_STEPS).contains(&self.steps);
        let problem = format!("must be from 1 to {}", Self::MOST_STEPS);
        need(steps, "--likelihood-steps", &problem)?;
        let weight = |x: f32| x.is_finite() && x >= 0.0;
        let problem = "must be at least 0; 0 means no penalty";
        need(weight(self.kinetic), "--kinetic-penalty", problem)?;
        need(weight(self.jacobian), "--jacobian-penalty", problem)
    }
}

/// The facts of maximum likelihood.
pub(super) const FACTS: Facts = Facts {
    title: "maximum likelihood",
    prediction: Prediction::Velocity,
    start: 0.0,
    teaching: Teaching::None,
    // No path is learnt: the velocity is the network's output, whatever lies between noise and data.
    paths: &[Path::Linear],
    contrast: false,
    guidance: false,
    source: false,
    likelihood: true,
    transport: false,
    // Each row visit solves an ODE. Above this rate some trainings end in fields that RK4 cannot follow.
    visits: Visits { full: 640_000.0, power: 0.5, batch: 256.0, rate: 0.002 },
    unmasked: Some("its likelihood is of whole rows, not of some columns given others; use `fm`"),
    regression,
};

/// Builds the inputs `[t, condition, x1]`, whose times shift the rows' steps, and, for an estimated divergence,
/// a direction of signs for each.
fn regression(recipe: &Recipe, batch: &Batch, rng: &mut ChaCha8Rng) -> Regression {
    let layout = recipe.layout(batch);
    let n = batch.x1.len();
    let LikelihoodSettings { steps, divergence, kinetic, jacobian } = recipe.likelihood;
    let directions = match divergence {
        Trace::Exact => 0,
        Trace::Hutchinson => n,
    };
    let mut input = Rows::from_vec(layout.inputs(), vec![0.0; n * layout.inputs()]);
    let mut tangent = Rows::from_vec(layout.inputs(), vec![0.0; directions * layout.inputs()]);
    for i in 0..n {
        let row = input.row_mut(i);
        row[InputLayout::TIME] = recipe.times.draw(rng);
        row[layout.condition()].copy_from_slice(batch.condition.row(i));
        row[layout.x()].copy_from_slice(batch.x1.row(i));
        if i < directions {
            let signs = &mut tangent.row_mut(i)[layout.x()];
            signs.fill_with(|| if rng.random() { 1.0 } else { -1.0 });
        }
    }
    let velocity = Rows::from_vec(layout.data, vec![0.0; n * layout.data]);
    let gap = vec![0.0; directions];
    let solve = Some(Solve { steps, kinetic, jacobian });
    let plain = Regression::plain(input, velocity, recipe.weighting);
    Regression { tangent, gap, solve, ..plain }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn rows_are_the_data_and_directions_are_signs() {
        let batch = fixtures::batch(500, true);
        let mut recipe = fixtures::recipe(Objective::Mle);
        for divergence in [Trace::Exact, Trace::Hutchinson] {
            recipe.likelihood =
                LikelihoodSettings { steps: 5, divergence, kinetic: 0.1, jacobian: 0.2 };
            let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
            let solve = Solve { steps: 5, kinetic: 0.1, jacobian: 0.2 };
            assert_eq!(regression.solve, Some(solve));
            for (i, row) in regression.input.iter().enumerate() {
                assert_eq!(&row[1..5], batch.condition.row(i));
                assert_eq!(&row[5..], batch.x1.row(i));
            }
            let count = if divergence == Trace::Exact { 0 } else { 500 };
            assert_eq!(regression.tangent.len(), count);
            let signs = |d: usize| regression.tangent.iter().map(move |row| row[5 + d]);
            for row in regression.tangent.iter() {
                assert!(
                    row[..5].iter().all(|x| *x == 0.0) && row[5..].iter().all(|x| x.abs() == 1.0)
                );
            }
            if count > 0 {
                // Means of 500 signs, and of the products of two of them: five standard errors.
                let bound = 5.0 * (500.0_f32).sqrt();
                for sum in [
                    signs(0).sum::<f32>(),
                    signs(1).sum(),
                    signs(0).zip(signs(1)).map(|(a, b)| a * b).sum(),
                ] {
                    assert!(sum.abs() < bound, "{sum}");
                }
            }
        }
    }
}
