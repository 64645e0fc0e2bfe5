//! Early stopping: which weights of a training become the model.
//!
//! On few rows, a long training learns the rows by heart: its samples come ever nearer to them, and its loss
//! on held-out rows rises. So the averaged weights are judged on held-out rows from time to time, and the
//! best become the model (Prechelt, 1998, doi:10.1007/3-540-49430-8_3). On many rows the loss falls until the
//! end, and these are the last weights.
//!
//! The loss is the mean squared error of the targets that do not depend on the network itself, on fixed
//! pairs of noise and held-out rows.

use serde::{Deserialize, Serialize};

use super::RunConfig;
use crate::Result;
use crate::coupling::{Coupling, Pairs, PoolSettings};
use crate::data::Dataset;
use crate::net::{self, Architecture, Regression};
use crate::objective::{Recipe, Teaching};
use crate::random::{Purpose, stream};

/// Fewer held-out rows judge nothing: chance decides.
const LEAST_ROWS: usize = 8;
/// The pairs that weights are judged by.
const PAIRS: usize = 8192;
/// Weights are judged at the last step, and at steps that are each the square root of 2 earlier.
const JUDGEMENTS: i32 = 14;

/// The weights that held-out rows prefer so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selected {
    /// The number of steps after which they were reached.
    pub step: u64,
    /// Their loss on held-out rows.
    pub loss: f64,
    /// The averaged parameters.
    pub weights: Vec<f32>,
}

/// Judges weights by held-out rows.
#[derive(Debug)]
pub struct Selector {
    architecture: Architecture,
    pairs: Regression,
}

impl Selector {
    /// A judge for a run, or `None` if its last weights become the model: on request, without held-out rows, and
    /// where no target is independent of the network.
    ///
    /// # Errors
    /// If pairs of noise and held-out rows cannot be made.
    pub fn new(config: &RunConfig, held_out: Option<&Dataset>) -> Result<Option<Self>> {
        let RunConfig { train, architecture, source, .. } = config;
        let facts = train.objective.facts();
        // A teacher was judged by its own training, and a likelihood is no regression.
        let taught = train.teacher.is_some() || facts.teaching == Teaching::Pairs;
        let regression = !taught && !facts.likelihood && !train.guidance().guides();
        let judged = regression && !train.keep_last && source.is_none();
        let Some(held_out) = held_out.filter(|rows| judged && rows.len() >= LEAST_ROWS) else {
            return Ok(None);
        };
        let examples = config.examples(held_out, None);
        let pairs = match train.coupling {
            Coupling::Independent => Pairs::independent(examples),
            Coupling::Ot | Coupling::C2ot => {
                let settings = PoolSettings { rows: PAIRS, ..train.pool() };
                Pairs::ot(examples, &settings, train.seed)?
            }
        };
        let mut rng = stream(train.seed, Purpose::Selection, 0);
        let batch = pairs.draw(PAIRS, &mut rng);
        // The held-out rows may have no missing cells, or be the only ones that have.
        let recipe = Recipe { known: architecture.known, ..train.recipe(pairs.examples()) };
        let regression = recipe.regression(&batch, 0, &mut rng);
        // The first rows' targets contain a derivative of the network.
        let from = regression.tangent.len();
        if from == PAIRS {
            return Ok(None);
        }
        Ok(Some(Self { architecture: architecture.clone(), pairs: regression.after(from) }))
    }

    /// Whether weights are judged after `step` of `steps` steps.
    pub fn is_due(step: u64, steps: u64) -> bool {
        (0..JUDGEMENTS).any(|k| step == (steps as f64 * 0.5f64.powf(f64::from(k) / 2.0)) as u64)
    }

    /// Judges the averaged weights after `step`, and replaces the selected ones unless these are better.
    pub fn judge(&self, selected: Option<Selected>, step: u64, weights: &[f32]) -> Selected {
        let loss = self.loss(weights);
        match selected {
            Some(before) if loss.is_nan() || loss > before.loss => before,
            _ => Selected { step, loss, weights: weights.to_vec() },
        }
    }

    /// The mean over the pairs.
    fn loss(&self, weights: &[f32]) -> f64 {
        let Regression { input, velocity, weight, mask, .. } = &self.pairs;
        let outputs = net::evaluate(&self.architecture, weights, input);
        let losses = outputs.iter().zip(velocity.iter()).enumerate().map(|(i, (u, v))| {
            let counts = |d: usize| mask.is_empty() || mask.row(i)[d] != 0.0;
            let errors = u.iter().zip(v).enumerate().filter(|(d, _)| counts(*d));
            let squares = errors.map(|(_, (u, v))| f64::from(u - v) * f64::from(u - v));
            weight.get(i).map_or(1.0, |weight| f64::from(*weight)) * squares.sum::<f64>()
        });
        losses.sum::<f64>() / input.len() as f64
    }
}

#[cfg(test)]
mod tests;
