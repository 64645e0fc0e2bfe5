//! The options of a training, as the command line has them.

use std::path::PathBuf;

use super::TrainConfig;
use super::rule::{self, DataShape};
use crate::coupling::{Coupling, TransportOptions};
use crate::net::{HiddenOptions, WeightingOptions};
use crate::objective::reflow::ReflowOptions;
use crate::objective::{
    ContrastOptions, LikelihoodOptions, MaskOptions, Masks, MeanFlowOptions, Objective, TimeOptions,
};
use crate::path::{self, Path};
use crate::train::ScheduleOptions;
use crate::{Error, Result, options};

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

impl TrainOptions {
    /// Returns the settings of a new training on data of this shape.
    ///
    /// # Errors
    /// If no objective is given, or an option is given that this training does not use.
    pub fn resolve(&self, shape: DataShape) -> Result<TrainConfig> {
        let Some(objective) = self.objective else {
            return Err(Error::usage("--objective", Self::no_objective()));
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

    /// What to do without an objective.
    pub(crate) fn no_objective() -> String {
        let names = options::names::<Objective>().join(", ");
        format!(
            "no objective is named; use `--objective meanflow` for samples in one step, or `--objective fm` for better \
             ones in several; all are {names}"
        )
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
