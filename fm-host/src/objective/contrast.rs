//! Contrastive flow matching: `|v - v_i|^2 - lambda |v - v_j|^2` with a negative `j` (ΔFM; Stoica et al.,
//! 2025, arXiv:2506.05350, equation 6), and its closed form with the negatives' mean in place of `v_j`
//! (cloneofsimo, "Simplifying the Contrastive Flow Matching Objective", 2025,
//! <https://gist.github.com/cloneofsimo/af0caa0cd4b75561275be456c8f1e3bb>).
//!
//! The two squares equal `(1 - lambda) |v - (v_i - lambda v_j) / (1 - lambda)|^2` plus a term without `v`.
//! So a contrasted row is a regression with another target and the weight `1 - lambda`, and its gradient
//! is that of the contrastive loss. For `lambda >= 1` the loss has no minimum.

mod options;

pub use options::{ContrastOptions, ContrastSettings};

use std::sync::Arc;

use clap::ValueEnum;
use fm_nostd::Prediction;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Facts, InputLayout, Recipe, Teaching, Visits, fm};
use crate::coupling::{Batch, Examples};
use crate::net::Regression;
use crate::path::Path;

/// Which samples serve as a row's negatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Negatives {
    /// Any other sample of the batch.
    #[default]
    Any,
    /// A sample of another class.
    OtherClass,
}

/// How `delta-fm` contrasts rows with negatives.
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastSchedule {
    /// The contrast's strength at the first step, below 1.
    pub lambda: f64,
    /// The contrast's strength at the last step; in between it changes linearly.
    pub lambda_end: f64,
    /// The total number of training steps.
    pub steps: u64,
    /// Which samples serve as a row's negatives.
    pub negatives: Negatives,
    /// Whether rows without their condition are contrasted too.
    pub unconditional: bool,
    /// The negatives' means, for the closed form; `None` draws a negative for each row instead.
    pub means: Option<Arc<Means>>,
}

impl ContrastSchedule {
    /// Returns the contrast's strength at `step`, counted from 0.
    pub fn lambda_at(&self, step: u64) -> f64 {
        let done = step as f64 / self.steps.saturating_sub(1).max(1) as f64;
        self.lambda + (self.lambda_end - self.lambda) * done.min(1.0)
    }
}

/// The means of the data that serve as negatives. Since noise has mean 0, the negatives' mean velocity is
/// `alpha'(t)` times such a mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Means {
    /// The mean over all rows. Shape: `[dim]`.
    all: Vec<f32>,
    /// For each class, the mean over the rows of all other classes. Shape: `[classes, dim]`, empty without
    /// classes.
    others: Vec<Vec<f32>>,
}

impl Means {
    /// Computes the means of the training rows.
    pub fn of(examples: &Examples) -> Self {
        let labels = examples.labels().unwrap_or_default();
        let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
        let dim = examples.x1().dim();
        // The last entry is the sum over all rows.
        let mut sums = vec![(0.0, vec![0.0; dim]); classes + 1];
        for (i, row) in examples.x1().iter().enumerate() {
            for k in labels.get(i).map(|&k| k as usize).into_iter().chain([classes]) {
                sums[k].0 += 1.0;
                sums[k].1.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
            }
        }
        let (total, sum) = &sums[classes];
        let others = sums[..classes].iter().map(|(count, of_class)| {
            let rest = sum.iter().zip(of_class).map(|(all, own)| all - own);
            rest.map(|rest| (rest / (total - count)) as f32).collect()
        });
        Self { all: sum.iter().map(|x| (x / total) as f32).collect(), others: others.collect() }
    }

    /// For each class, the mean over the rows of all other classes. Shape: `[classes, dim]`, as one vector.
    pub fn by_class(&self) -> Vec<f32> {
        self.others.concat()
    }
}

/// The facts of contrastive flow matching. Its regression is that of flow matching, which [`apply`] turns
/// into the contrastive one.
pub(super) const FACTS: Facts = Facts {
    title: "contrastive flow matching",
    prediction: Prediction::Velocity,
    start: 0.0,
    teaching: Teaching::None,
    paths: &Path::ALL,
    contrast: true,
    guidance: false,
    source: false,
    likelihood: false,
    transport: false,
    visits: Visits::USUAL,
    unmasked: Some(
        "its negatives are velocities of other rows, in which other columns are known; use `fm`",
    ),
    regression: fm::regression,
};

/// Turns flow matching's regression into the contrastive one.
///
/// Rows for which the batch contains no negative stay as they are. So do rows without their condition,
/// unless `unconditional` is set.
pub(super) fn apply(
    recipe: &Recipe,
    layout: &InputLayout,
    batch: &Batch,
    step: u64,
    regression: &mut Regression,
    rng: &mut ChaCha8Rng,
) {
    let contrast = &recipe.contrast;
    let lambda = contrast.lambda_at(step) as f32;
    let draw = NegativeSampler::new(batch, contrast.negatives);
    regression.weight = vec![1.0; batch.x1.len()];
    let mut negative = vec![0.0; layout.data];
    for i in 0..batch.x1.len() {
        let row = regression.input.row(i);
        let dropped = recipe.label_dropout > 0.0 && layout.is_dropped(row);
        if dropped && !contrast.unconditional {
            continue;
        }
        let t = row[InputLayout::TIME];
        let at = recipe.path.at(t);
        if let Some(means) = &contrast.means {
            let mean = match contrast.negatives {
                Negatives::Any => &means.all,
                Negatives::OtherClass => &means.others[batch.labels[i] as usize],
            };
            negative.iter_mut().zip(mean).for_each(|(v, mean)| *v = at.d_alpha * mean);
        } else {
            let Some(j) = draw.negative_of(i, rng) else { continue };
            for (d, v) in negative.iter_mut().enumerate() {
                *v = at.velocity(batch.x1.row(j)[d], batch.x0.row(j)[d]);
            }
        }
        for (target, negative) in regression.velocity.row_mut(i).iter_mut().zip(&negative) {
            *target = (*target - lambda * negative) / (1.0 - lambda);
        }
        regression.weight[i] = 1.0 - lambda;
    }
}

/// The rows of a batch sorted by class, to draw negatives from.
struct NegativeSampler<'a> {
    order: Vec<usize>,
    /// Empty if any other row may be a negative.
    labels: &'a [u32],
    /// Where each class starts in `order`, followed by the end of the last class.
    starts: Vec<usize>,
}

impl<'a> NegativeSampler<'a> {
    fn new(batch: &'a Batch, negatives: Negatives) -> Self {
        let mut order: Vec<usize> = (0..batch.x1.len()).collect();
        let labels: &[u32] = match negatives {
            Negatives::Any => &[],
            Negatives::OtherClass => &batch.labels,
        };
        if labels.is_empty() {
            return Self { order, labels, starts: Vec::new() };
        }
        order.sort_by_key(|&i| labels[i]);
        let classes = labels.iter().max().map_or(0, |&last| last + 1);
        let starts = (0..=classes).map(|k| order.partition_point(|&i| labels[i] < k)).collect();
        Self { order, labels, starts }
    }

    /// Draws a negative for row `i`, uniformly; `None` if the batch contains none.
    fn negative_of(&self, i: usize, rng: &mut ChaCha8Rng) -> Option<usize> {
        let barred = match self.labels.get(i) {
            None => i..i + 1,
            Some(&label) => self.starts[label as usize]..self.starts[label as usize + 1],
        };
        let allowed = self.order.len() - barred.len();
        if allowed == 0 {
            return None;
        }
        let at = rng.random_range(0..allowed);
        Some(self.order[if at < barred.start { at } else { at + barred.len() }])
    }
}

#[cfg(test)]
mod tests;
