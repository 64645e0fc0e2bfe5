//! All settings of a training that a user can choose, and their defaults.
//!
//! Every module declares its own options (`*Options`) and the settings that a run stores. This one
//! combines them, adds the few that belong to no module, and checks the dependencies between them.

mod checks;
mod options;
mod rule;

use std::path::PathBuf;

use fm_nostd::blob::{Contrast, KnownInputs};
use serde::{Deserialize, Serialize};

use crate::coupling::{Coupling, Examples, PoolSettings, Transport};
use crate::net::{HiddenLayers, Weighting};
use crate::objective::reflow::Reflow;
use crate::objective::{
    ContrastSettings, Guidance, LikelihoodSettings, Masks, MeanFlowSettings, Objective, Output,
    Recipe, Teaching, Times,
};
use crate::path::Path;
use crate::train::Schedule;
pub use options::TrainOptions;
pub use rule::DataShape;
use rule::Work;

/// A training's settings. Each stored field has the name of its option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The objective that is trained.
    pub objective: Objective,
    /// The path between noise and data.
    pub path: Path,
    /// The run to learn from, if there is one.
    pub teacher: Option<PathBuf>,
    /// The scale of the teacher's guidance; 1 for none.
    pub teacher_guidance: f32,
    /// The run whose weights the training started with, if there is one.
    pub from: Option<PathBuf>,
    /// The number of steps, and the learning rate of each.
    pub schedule: Schedule,
    /// Rows per step.
    pub batch: usize,
    /// The probability that a row's condition is replaced by "none".
    pub label_dropout: f64,
    /// The distribution of the times.
    pub times: Times,
    /// How rows are weighted by their error.
    pub weighting: Weighting,
    /// The seed of all random numbers.
    pub seed: u64,
    /// Steps from one log row to the next.
    pub log_every: u64,
    /// Steps from one checkpoint to the next.
    pub checkpoint_every: u64,
    /// Whether the model keeps its samples inside the range of the training data.
    pub clamp: bool,
    /// Whether the last weights become the model even if held-out rows fit earlier ones better.
    pub keep_last: bool,
    /// The network's hidden layers.
    pub layers: HiddenLayers,
    /// How noise and data are paired.
    pub coupling: Coupling,
    /// Settings of assignments (`ot`, `c2ot`).
    pub transport: Transport,
    /// Settings of the teacher's pairs (`reflow`, `distill`).
    pub reflow: Reflow,
    /// Settings of the time spans and the guidance (`meanflow`).
    pub meanflow: MeanFlowSettings,
    /// Settings of the contrast (`delta-fm`).
    pub contrast: ContrastSettings,
    /// Settings of the likelihood (`mle`).
    pub likelihood: LikelihoodSettings,
    /// Which columns are known in training.
    pub masks: Masks,
}

impl TrainConfig {
    /// Returns the settings that measured best for an objective on data of this shape
    /// (`examples/defaults`); [`TrainConfig::rule`] describes them in words.
    pub fn defaults(objective: Objective, shape: DataShape) -> Self {
        let Work { steps, batch, lr, ot_batch, ot_pool } = Work::of(objective, shape);
        let facts = objective.facts();
        let coupling = match (facts.transport, shape.vector) {
            _ if facts.teaching == Teaching::Pairs || shape.masked => Coupling::Independent,
            (_, true) if shape.source => Coupling::C2ot,
            (true, false) => Coupling::Ot,
            (_, true) | (false, false) => Coupling::Independent,
        };
        let condition_weight = Transport::CONDITION_WEIGHT;
        Self {
            objective,
            path: Path::Linear,
            teacher: None,
            teacher_guidance: 1.0,
            from: None,
            schedule: Schedule::new(steps, lr),
            batch,
            label_dropout: 0.0,
            times: Times::default(),
            weighting: Weighting::default(),
            seed: 0,
            log_every: 100,
            checkpoint_every: 1000,
            clamp: false,
            keep_last: false,
            layers: HiddenLayers::default(),
            coupling,
            transport: Transport { batch: ot_batch, pool: ot_pool, condition_weight },
            reflow: Reflow::default(),
            meanflow: MeanFlowSettings::default(),
            contrast: ContrastSettings::default(),
            likelihood: LikelihoodSettings::default(),
            masks: Masks::default(),
        }
    }

    /// Returns the objective's settings for training on `examples`.
    pub fn recipe(&self, examples: &Examples) -> Recipe {
        Recipe {
            objective: self.objective,
            path: self.path,
            times: self.times,
            meanflow: self.meanflow,
            likelihood: self.likelihood,
            weighting: self.weighting,
            label_dropout: self.label_dropout,
            contrast: self.contrast.contrast(self.schedule.steps, examples),
            known: self.known_inputs(examples.has_missing()),
            masks: self.masks,
        }
    }

    /// The inputs that tell which columns are known, for data with or without `missing` cells. A teacher's pairs
    /// have no missing cells.
    pub fn known_inputs(&self, missing: bool) -> KnownInputs {
        match self.masks.masked {
            false => KnownInputs::None,
            true if missing && !self.objective.takes_pairs() => KnownInputs::ValuesAndAbsent,
            true => KnownInputs::Values,
        }
    }

    /// Returns how training on the data changes the field by contrast.
    pub fn contrast_of_field(&self) -> Contrast {
        match self.objective.facts().contrast {
            true => self.contrast.of_field(self.label_dropout > 0.0),
            false => Contrast::None,
        }
    }

    /// Returns what a step computes with the network before its regression (MeanFlow).
    pub fn guidance(&self) -> Guidance {
        match self.objective.facts().guidance {
            true => self.meanflow.guidance(self.output()),
            false => Guidance::NONE,
        }
    }

    /// Returns what the network's output means.
    pub fn output(&self) -> Output {
        Output { prediction: self.objective.facts().prediction, path: self.path }
    }

    /// Returns the coupling's settings.
    pub fn pool(&self) -> PoolSettings {
        self.transport.settings(self.coupling)
    }
}

#[cfg(test)]
mod tests;
