//! MeanFlow: the average velocity `u(t, r, x_t)` (Geng et al., 2025, arXiv:2505.13447).
//!
//! `u = v + (r - t) du/dt`, with the derivative along `(dt, dh, dx) = (1, -1, v)` because `r` is fixed. A
//! share of the rows has `r != t`; the rest is plain flow matching at `h = 0`.

use fm_nostd::Prediction;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::fm::interpolate;
use super::{
    Facts, Guidance, InputLayout, Objective, Output, Recipe, Tangent, Teaching, Times, Visits,
};
use crate::Result;
use crate::coupling::Batch;
use crate::data::Rows;
use crate::net::Regression;
use crate::options::{need, refuse};
use crate::path::Path;

/// Options of MeanFlow.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
#[command(next_help_heading = "MeanFlow")]
pub struct MeanFlowOptions {
    /// Share of the rows that learn a jump, from time t to r > t; the others learn the velocity at t
    #[arg(long, value_name = "SHARE")]
    pub meanflow_share: Option<f64>,
    /// Share of the jumps that end at the data, at r = 1
    #[arg(long, value_name = "SHARE")]
    pub end_share: Option<f64>,
    /// Weight of the data velocity in the target; above 1, the model is trained with guidance
    #[arg(long, value_name = "F")]
    pub omega: Option<f32>,
    /// Weight of the network's own velocity in the target; the guidance scale is omega/(1 - kappa)
    #[arg(long, value_name = "F")]
    pub kappa: Option<f32>,
    /// Velocity along which the derivative is taken
    #[arg(long)]
    pub tangent: Option<Tangent>,
}

/// Settings of MeanFlow training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeanFlowSettings {
    /// The share of the rows with `r != t`.
    #[serde(rename = "meanflow_share")]
    pub share: f64,
    /// The share of those rows that have `r = 1`.
    pub end_share: f64,
    /// The weight of the pair's velocity in the target.
    pub omega: f32,
    /// The weight of the network's conditional velocity in the target.
    pub kappa: f32,
    /// The velocity that the derivative is taken along.
    pub tangent: Tangent,
}

impl Default for MeanFlowSettings {
    fn default() -> Self {
        Self { share: 0.5, end_share: 0.5, omega: 1.0, kappa: 0.0, tangent: Tangent::Data }
    }
}

impl MeanFlowOptions {
    /// Returns `base` with the given options replaced.
    ///
    /// # Errors
    /// If an option is given for another objective.
    pub(crate) fn over(
        &self,
        base: MeanFlowSettings,
        objective: Objective,
    ) -> Result<MeanFlowSettings> {
        if !objective.facts().guidance {
            refuse(self, "`--objective meanflow`")?;
        }
        Ok(MeanFlowSettings {
            share: self.meanflow_share.unwrap_or(base.share),
            end_share: self.end_share.unwrap_or(base.end_share),
            omega: self.omega.unwrap_or(base.omega),
            kappa: self.kappa.unwrap_or(base.kappa),
            tangent: self.tangent.unwrap_or(base.tangent),
        })
    }
}

impl MeanFlowSettings {
    /// Checks the settings.
    ///
    /// # Errors
    /// If a share is not in `[0, 1]`, `omega` is not above 0, or `kappa` is not in `[0, 1)`.
    pub(crate) fn validate(&self) -> Result<()> {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        need(share(self.share), "--meanflow-share", "must be from 0 to 1")?;
        need(share(self.end_share), "--end-share", "must be from 0 to 1")?;
        let positive = self.omega.is_finite() && self.omega > 0.0;
        need(positive, "--omega", "must be above 0, for example 1.5")?;
        let problem =
            "must be at least 0 and below 1, because the guidance scale is omega / (1 - kappa)";
        need((0.0..1.0).contains(&self.kappa), "--kappa", problem)
    }

    /// Returns what a step computes with a network of this output.
    pub(crate) fn guidance(&self, output: Output) -> Guidance {
        let Self { omega, kappa, tangent, .. } = *self;
        Guidance { omega, kappa, tangent, output }
    }
}

/// The facts of MeanFlow. On large tables it needs twice the row visits of flow matching to converge; on
/// small tables it needs fewer, because it memorises them sooner.
pub(super) const FACTS: Facts = Facts {
    title: "MeanFlow",
    prediction: Prediction::AverageVelocity,
    start: 0.0,
    teaching: Teaching::Velocity,
    paths: &[Path::Linear],
    contrast: false,
    guidance: true,
    source: true,
    likelihood: false,
    transport: true,
    visits: Visits { full: 2.0 * Visits::USUAL.full, power: 0.65, ..Visits::USUAL },
    unmasked: None,
    regression,
};

/// Builds the inputs `[t, h, condition, x_t]` and the velocity `dx_t`; the first `share` of the rows has a
/// gap and a tangent `(1, -1, 0.., dx_t)`.
pub(super) fn regression(recipe: &Recipe, batch: &Batch, rng: &mut ChaCha8Rng) -> Regression {
    let layout = recipe.layout(batch);
    let n = batch.x1.len();
    let apart = (n as f64 * recipe.meanflow.share).round() as usize;
    let mut input = Rows::from_vec(layout.inputs(), vec![0.0; n * layout.inputs()]);
    let mut tangent = Rows::from_vec(layout.inputs(), vec![0.0; apart * layout.inputs()]);
    let mut velocity = Rows::from_vec(layout.data, vec![0.0; n * layout.data]);
    let mut gap = Vec::with_capacity(apart);
    for i in 0..n {
        let row = input.row_mut(i);
        let (t, h) = match i < apart {
            true => times_apart(&recipe.times, recipe.meanflow.end_share, rng),
            false => (recipe.times.draw(rng), 0.0),
        };
        row[InputLayout::TIME] = t;
        row[InputLayout::GAP] = h;
        row[layout.condition()].copy_from_slice(batch.condition.row(i));
        let pair = [batch.x0.row(i), batch.x1.row(i)];
        interpolate(&recipe.path.at(t), pair, &mut row[layout.x()], velocity.row_mut(i));
        if i < apart {
            let tangent = tangent.row_mut(i);
            tangent[InputLayout::TIME] = 1.0;
            tangent[InputLayout::GAP] = -1.0;
            tangent[layout.x()].copy_from_slice(velocity.row(i));
            gap.push(h);
        }
    }
    Regression { tangent, gap, ..Regression::plain(input, velocity, recipe.weighting) }
}

/// Draws two times in order and returns `(t, r - t)`, with `r = 1` with probability `end_share`.
fn times_apart(times: &Times, end_share: f64, rng: &mut ChaCha8Rng) -> (f32, f32) {
    let (a, b) = (times.draw(rng), times.draw(rng));
    let r = if rng.random_bool(end_share) { 1.0 } else { a.max(b) };
    let t = a.min(b);
    (t, r - t)
}

#[cfg(test)]
mod tests {
    use super::super::{Recipe, fixtures};
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn rows_have_the_shape_of_the_recipe() {
        let n = 1000;
        let batch = fixtures::batch(n, false);
        let meanflow = MeanFlowSettings { share: 0.3, ..MeanFlowSettings::default() };
        let recipe = Recipe { meanflow, ..fixtures::recipe(Objective::MeanFlow) };
        let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        assert_eq!((regression.tangent.len(), regression.gap.len()), (300, 300));
        for i in 0..n {
            let row = regression.input.row(i);
            let (t, h, x_t) = (row[0], row[1], &row[5..]);
            assert_eq!(row[2..5], *batch.condition.row(i));
            let (x0, x1) = (batch.x0.row(i), batch.x1.row(i));
            assert_eq!(x_t, [0, 1].map(|j| t * x1[j] + (1.0 - t) * x0[j]));
            assert_eq!(regression.velocity.row(i), [0, 1].map(|j| x1[j] - x0[j]));
            if i < 300 {
                assert!(h >= 0.0 && t + h <= 1.0 + f32::EPSILON);
                assert_eq!(regression.gap[i], h);
                let v = regression.velocity.row(i);
                assert_eq!(regression.tangent.row(i), [1.0, -1.0, 0.0, 0.0, 0.0, v[0], v[1]]);
            } else {
                assert_eq!(h, 0.0);
            }
        }
    }

    #[test]
    fn times_follow_their_laws() {
        let n = 40_000;
        let batch = fixtures::batch(n, false);
        let meanflow = MeanFlowSettings { end_share: 0.25, ..MeanFlowSettings::default() };
        let recipe = Recipe { meanflow, ..fixtures::recipe(Objective::MeanFlow) };
        let regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        let (mut ends, mut t_apart, mut r_inside, mut t_equal) = (0, 0.0, 0.0, 0.0);
        for (i, row) in regression.input.iter().enumerate() {
            let (t, r) = (f64::from(row[0]), f64::from(row[0] + row[1]));
            if i >= n / 2 {
                t_equal += t;
            } else {
                t_apart += t;
                // `r - t` and back rounds r = 1 by half a unit at most.
                if r >= 1.0 - 1e-7 {
                    ends += 1;
                } else {
                    r_inside += r;
                }
            }
        }
        let half = f64::from(n as u32) / 2.0;
        // Five standard errors: sqrt(.25 * .75 / 20,000) = .0031, and 1/sqrt(12 * 20,000) = .0020.
        assert!((f64::from(ends) / half - 0.25).abs() < 0.016, "{ends}");
        assert!((t_equal / half - 1.0 / 2.0).abs() < 0.011);
        // The smaller of two uniforms has mean 1/3, the larger 2/3.
        assert!((t_apart / half - 1.0 / 3.0).abs() < 0.011);
        assert!((r_inside / (half - f64::from(ends)) - 2.0 / 3.0).abs() < 0.011);
    }
}
