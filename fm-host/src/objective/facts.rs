//! What the rest of the program needs to know about an objective. Each objective states all of it in its
//! own file; leaving out a fact is a compile error.

use fm_nostd::Prediction;
use rand_chacha::ChaCha8Rng;

use super::Recipe;
use crate::coupling::Batch;
use crate::net::Regression;
use crate::path::Path;

/// The facts of one objective, read by the trainer, the exporter, the sampler, the defaults and the
/// pictures.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The objective's name in words.
    pub title: &'static str,
    /// What the network's output means, which decides which samplers and queries the model supports.
    pub prediction: Prediction,
    /// The time at which sampling starts, later than 0 if the velocity is singular at 0.
    pub start: f32,
    /// What the objective learns from a trained model.
    pub teaching: Teaching,
    /// The paths that the objective can be trained on.
    pub paths: &'static [Path],
    /// Whether the objective contrasts rows with negatives.
    pub contrast: bool,
    /// Whether the target is MeanFlow's: its settings apply, and guidance can be trained in.
    pub guidance: bool,
    /// Whether paths may start at rows of another data set instead of noise.
    pub source: bool,
    /// Whether the loss is the likelihood of the data, for which an ODE is solved: pairs, times and weights of
    /// rows play no part.
    pub likelihood: bool,
    /// Whether noise and data are paired by optimal transport by default.
    pub transport: bool,
    /// How long to train by default.
    pub visits: Visits,
    /// Why no column can be known in training, for an objective of which that is true.
    pub unmasked: Option<&'static str>,
    /// Builds one step's regression, before labels are dropped.
    ///
    /// Shape: `n` rows in, `n` rows out.
    pub regression: fn(&Recipe, &Batch, &mut ChaCha8Rng) -> Regression,
}

/// What an objective learns from a trained model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teaching {
    /// Nothing: it learns from the data alone.
    None,
    /// The teacher's velocity in place of each pair's velocity; a teacher is optional.
    Velocity,
    /// The pairs of noise and data that the teacher's flow makes; a teacher is required.
    Pairs,
}

/// The default number of row visits (steps times rows per step), rows per step and learning rate, as a function
/// of the table's size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visits {
    /// Row visits for a table that is at least as large as the built-in sets.
    pub full: f64,
    /// For smaller tables, `full` is multiplied by (their size / a built-in set's size) to this power.
    pub power: f64,
    /// Rows per step for a table that is at least as large as the built-in sets.
    pub batch: f64,
    /// The learning rate at that batch; for smaller ones it scales with the square root, as Adam's noise does.
    pub rate: f64,
}

impl Visits {
    /// 20,000 steps of 2,048 rows at 0.01.
    pub const USUAL: Self = Self { full: 40_960_000.0, power: 0.5, batch: 2048.0, rate: 0.01 };
}
