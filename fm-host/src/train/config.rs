//! All settings of a training that a user can choose, and their defaults.
//!
//! Every module declares its own options (`*Options`) and the settings that a run stores. This file
//! combines them, adds the few that belong to no module, and checks the dependencies between them.

mod rule;

use std::path::PathBuf;

use fm_nostd::Activation;
use fm_nostd::blob::{Contrast, KnownInputs};
use fm_nostd::prediction::Reach;
use serde::{Deserialize, Serialize};

use crate::coupling::{Coupling, Examples, PoolSettings, Transport, TransportOptions};
use crate::net::{HiddenLayers, HiddenOptions, Weighting, WeightingOptions};
use crate::objective::reflow::{Reflow, ReflowOptions};
use crate::objective::{
    ContrastOptions, ContrastSettings, Guidance, LikelihoodOptions, LikelihoodSettings,
    MaskOptions, Masks, MeanFlowOptions, MeanFlowSettings, Objective, Output, Recipe, Teaching,
    TimeOptions, Times,
};
use crate::options::need;
use crate::path::{self, Path};
use crate::train::{Schedule, ScheduleOptions};
use crate::{Error, Result, options};
pub use rule::DataShape;
use rule::Work;

/// Options of a training. Missing ones have the default that measured best for the objective and the data.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Training")]
pub struct TrainOptions {
    /// Objective to train; not needed with --resume
    #[arg(long)]
    pub objective: Option<Objective>,
    /// Path between noise and data
    #[arg(long, value_parser = path::by_name())]
    pub path: Option<Path>,
    /// Trained run that provides velocities (meanflow) or pairs (reflow, distill) to learn from
    #[arg(long, value_name = "RUN")]
    pub teacher: Option<PathBuf>,
    /// Scale of classifier-free guidance of the teacher; 1 learns from it without guidance
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    pub teacher_guidance: Option<f32>,
    /// Trained run whose weights the training starts with, such as a flow-matching run for mle
    #[arg(long, value_name = "RUN")]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    schedule: ScheduleOptions,
    /// Rows per step
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Probability of hiding a row's condition; must be above 0 for guidance
    #[arg(long, value_name = "P")]
    pub label_dropout: Option<f64>,
    #[command(flatten)]
    times: TimeOptions,
    #[command(flatten)]
    weighting: WeightingOptions,
    /// Seed of weights, noise and batches
    #[arg(long, value_name = "SEED")]
    pub seed: Option<u64>,
    /// Steps between two rows of the log
    #[arg(long, value_name = "N")]
    pub log_every: Option<u64>,
    /// Steps between two checkpoints
    #[arg(long, value_name = "N")]
    pub checkpoint_every: Option<u64>,
    /// Clamp the model's samples to the range of the training data
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub clamp: Option<bool>,
    /// Keep the weights of the last step even if held-out rows fit earlier ones better
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub keep_last: Option<bool>,
    #[command(flatten)]
    layers: HiddenOptions,
    /// How noise, or the source, and data are paired
    #[arg(long, help_heading = "Pairs of noise and data")]
    pub coupling: Option<Coupling>,
    #[command(flatten)]
    transport: TransportOptions,
    #[command(flatten)]
    reflow: ReflowOptions,
    #[command(flatten)]
    meanflow: MeanFlowOptions,
    #[command(flatten)]
    contrast: ContrastOptions,
    #[command(flatten)]
    likelihood: LikelihoodOptions,
    /// Which columns are known.
    #[command(flatten)]
    pub masks: MaskOptions,
}

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

impl TrainOptions {
    /// Returns the settings of a new training on data of this shape.
    ///
    /// # Errors
    /// If no objective is given, or an option is given that this training does not use.
    pub fn resolve(&self, shape: DataShape) -> Result<TrainConfig> {
        let Some(objective) = self.objective else {
            let names = options::names::<Objective>().join("`, `");
            return Err(Error::usage(
                "--objective",
                format!("no objective is named; use one of `{names}`"),
            ));
        };
        let masked = shape.masked || self.masks.over(Masks::default()).masked;
        let mut base = TrainConfig::defaults(objective, DataShape { masked, ..shape });
        if let Some(run) = &self.from {
            base = base.starting_from(run);
        }
        if let Some(steps) = self.schedule.steps {
            base.schedule = base.schedule.with_steps(steps);
        }
        if self.schedule.steps.is_some() || self.batch.is_some() {
            let visits = base.schedule.steps as f64 * self.batch.unwrap_or(base.batch) as f64;
            base.transport.pool = rule::pool(visits, base.transport.batch);
        }
        self.over(base)
    }

    /// Returns `base` with the given options replaced.
    ///
    /// # Errors
    /// If an option is given that this training does not use.
    pub fn over(&self, base: TrainConfig) -> Result<TrainConfig> {
        let objective = self.objective.unwrap_or(base.objective);
        let coupling = self.coupling.unwrap_or(base.coupling);
        let label_dropout = self.label_dropout.unwrap_or(base.label_dropout);
        let dropout = label_dropout > 0.0;
        Ok(TrainConfig {
            objective,
            path: self.path.unwrap_or(base.path),
            teacher: self.teacher.clone().or(base.teacher),
            teacher_guidance: self.teacher_guidance.unwrap_or(base.teacher_guidance),
            from: self.from.clone().or(base.from),
            schedule: self.schedule.over(base.schedule),
            batch: self.batch.unwrap_or(base.batch),
            label_dropout,
            times: self.times.over(base.times)?,
            weighting: self.weighting.over(base.weighting)?,
            seed: self.seed.unwrap_or(base.seed),
            log_every: self.log_every.unwrap_or(base.log_every),
            checkpoint_every: self.checkpoint_every.unwrap_or(base.checkpoint_every),
            clamp: self.clamp.unwrap_or(base.clamp),
            keep_last: self.keep_last.unwrap_or(base.keep_last),
            layers: self.layers.over(base.layers),
            coupling,
            transport: self.transport.over(base.transport, coupling)?,
            reflow: self.reflow.over(base.reflow, objective)?,
            meanflow: self.meanflow.over(base.meanflow, objective)?,
            contrast: self.contrast.over(base.contrast, objective, dropout)?,
            likelihood: self.likelihood.over(base.likelihood, objective)?,
            masks: self.masks.over(base.masks),
        })
    }
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

    /// Checks every option that can be checked without the data.
    ///
    /// # Errors
    /// If a value is not allowed; the error names the option and the allowed values.
    pub fn validate(&self) -> Result<()> {
        self.layers.validate()?;
        self.schedule.validate()?;
        self.transport.validate()?;
        self.reflow.validate()?;
        self.times.validate()?;
        self.contrast.validate()?;
        self.meanflow.validate()?;
        self.likelihood.validate()?;
        self.weighting.validate()?;
        need(self.batch >= 2, "--batch", "must be at least 2")?;
        let dropout = (0.0..1.0).contains(&self.label_dropout);
        need(dropout, "--label-dropout", "must be at least 0 and below 1")?;
        need(self.log_every > 0, "--log-every", "must be at least 1")?;
        need(self.checkpoint_every > 0, "--checkpoint-every", "must be at least 1")?;
        self.check_objective()
    }

    /// Checks the options that the objective restricts.
    fn check_objective(&self) -> Result<()> {
        let (name, facts) = (self.objective.name(), self.objective.facts());
        need(
            !self.guidance().guides() || self.label_dropout > 0.0,
            "--label-dropout",
            "guidance in the target (`--omega`, `--kappa`) needs a model without condition too, which \
             only dropped labels train; use a probability such as 0.1",
        )?;
        let paths: Vec<&str> = facts.paths.iter().map(|path| path.name()).collect();
        need(
            facts.paths.contains(&self.path),
            "--path",
            &format!("`{name}` supports only `{}`", paths.join("` and `")),
        )?;
        need(
            self.weighting.p == 0.0 || !facts.prediction.needs_path(),
            "--weight-p",
            &format!(
                "`{name}` needs plain least squares; use 0 (error-dependent weights move the minimum away \
                 from the conditional mean, which the velocity is computed from)"
            ),
        )?;
        need(
            self.label_dropout == 0.0 || self.objective.reach() != Reach::OneJump,
            "--label-dropout",
            &format!(
                "`{name}` learns one jump per pair, and without labels it would learn the mean over all \
                 classes; omit this option, or use `meanflow` with a teacher"
            ),
        )?;
        let taught = facts.teaching == Teaching::Pairs;
        need(
            self.teacher.is_none() || facts.teaching != Teaching::None,
            "--teacher",
            &format!("`{name}` does not use a teacher; omit this option"),
        )?;
        need(
            self.teacher.is_some() || !taught,
            "--teacher",
            &format!("`{name}` needs pairs from a trained model; name its run"),
        )?;
        need(
            self.teacher_guidance.is_finite() && self.teacher_guidance > 0.0,
            "--teacher-guidance",
            "must be above 0; 1 learns from the teacher without guidance",
        )?;
        need(
            self.teacher.is_some() || self.teacher_guidance == 1.0,
            "--teacher-guidance",
            "there is no teacher to guide; name its run with `--teacher`, or omit this option",
        )?;
        need(
            self.coupling == Coupling::Independent || !taught,
            "--coupling",
            &format!("`{name}` gets its pairs from the teacher; omit this option"),
        )?;
        need(
            self.coupling == Coupling::Independent || !facts.prediction.needs_path(),
            "--coupling",
            &format!(
                "`{name}` needs `independent`: with other pairs, a score or noise prediction does not \
                 determine the velocity"
            ),
        )?;
        self.check_masks(&name)?;
        if facts.likelihood { self.check_likelihood(&name) } else { Ok(()) }
    }

    /// Checks the options that known columns restrict.
    fn check_masks(&self, name: &str) -> Result<()> {
        if !self.masks.masked {
            return Ok(());
        }
        if let Some(reason) = self.objective.facts().unmasked {
            let problem = format!("`{name}` cannot be trained with known columns: {reason}");
            return Err(Error::usage("--masked", problem));
        }
        need(
            self.coupling == Coupling::Independent,
            "--coupling",
            "known columns need `independent`: optimal transport ties a row's noise to its values, so the noise \
             of the other columns would depend on the known ones; omit this option",
        )
    }

    /// Checks the options that the likelihood of the data restricts.
    fn check_likelihood(&self, name: &str) -> Result<()> {
        need(
            self.layers.activation != Activation::Relu,
            "--activation",
            &format!(
                "`{name}` needs a smooth activation, because the divergence of a network with `relu` is \
                 piecewise constant; use `silu`, `gelu` or `tanh`"
            ),
        )?;
        let unused = |option| {
            let problem =
                format!("`{name}` has no pairs, times or weights of rows; omit this option");
            Err(Error::usage(option, problem))
        };
        match self {
            Self { coupling: Coupling::Ot | Coupling::C2ot, .. } => unused("--coupling"),
            Self { times, .. } if *times != Times::default() => unused("--time-sampler"),
            Self { weighting, .. } if weighting.p != 0.0 => unused("--weight-p"),
            _ => Ok(()),
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
