//! What the rest of the program must know of an objective. Each objective states all of it in its own
//! file; one that leaves a fact out does not compile.

use crate::path::Path;
use fm_nostd::Prediction;
use rand_chacha::ChaCha8Rng;

use super::Recipe;
use crate::coupling::Batch;
use crate::net::Regression;

/// One objective, for the trainer, the exporter, the sampler, the defaults and the pictures.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its name in words.
    pub title: &'static str,
    /// What the network's output means; it decides what the model can be asked for.
    pub prediction: Prediction,
    /// What it means with `--predict endpoint`, where that is possible.
    pub endpoint: Option<Prediction>,
    /// The time at which sampling starts, later than 0 where the velocity is singular there.
    pub start: f32,
    /// What it takes from a trained model.
    pub teaching: Teaching,
    /// The paths that it can be trained on.
    pub paths: &'static [Path],
    /// Whether it can be trained with labels dropped.
    pub label_dropout: bool,
    /// Whether rows are held against negatives.
    pub contrast: bool,
    /// Whether the target can be guided.
    pub guidance: bool,
    /// Whether noise and data are paired by optimal transport unless told otherwise.
    pub transport: bool,
    /// How much training it is worth.
    pub visits: Visits,
    /// One step's regression, before labels are dropped.
    ///
    /// Shape: `n` rows in, `n` rows out.
    pub regression: fn(&Recipe, &Batch, &mut ChaCha8Rng) -> Regression,
}

/// What an objective takes from a trained model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teaching {
    /// Nothing: it learns from the data alone.
    None,
    /// The velocity, in place of each pair's own, if a teacher is given.
    Velocity,
    /// The pairs of noise and data that its flow makes; a teacher must be given.
    Pairs,
}

/// Row visits of a training, steps times rows per step, as a power of the table's rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visits {
    /// Visits on as many rows as the built-in sets have, and on more.
    pub full: f64,
    /// The power of the share of these rows on fewer.
    pub power: f64,
}

impl Visits {
    /// 20,000 steps of 2,048 rows.
    pub const USUAL: Self = Self { full: 40_960_000.0, power: 0.5 };
}
