//! From the options of `fm train` to a configuration.

use clap::ValueEnum;

use super::Args;
use crate::coupling::Coupling;
use crate::data::Split;
use crate::objective::{Objective, TimeSampler};
use crate::train::{DataShape, TrainConfig};
use crate::{Error, Result};

impl Args {
    /// Refuses options that this training would not read.
    pub(super) fn check_use(&self, chosen: &TrainConfig) -> Result<()> {
        let TrainConfig { objective, coupling, time_sampler, .. } = chosen;
        let contrast = *objective == Objective::DeltaFm;
        let meanflow = *objective == Objective::MeanFlow;
        let logit = *time_sampler == TimeSampler::LogitNormal;
        let taught = objective.takes_pairs();
        let reads = [
            ("--negatives", self.negatives.is_some(), contrast, "--objective delta-fm"),
            ("--lambda", self.lambda.is_some(), contrast, "--objective delta-fm"),
            ("--lambda-end", self.lambda_end.is_some(), contrast, "--objective delta-fm"),
            ("--delta-closed", self.delta_closed, contrast, "--objective delta-fm"),
            (
                "--contrast-unconditional",
                self.contrast_unconditional,
                contrast && chosen.label_dropout > 0.0,
                "--objective delta-fm and --label-dropout",
            ),
            ("--meanflow-share", self.meanflow_share.is_some(), meanflow, "--objective meanflow"),
            ("--end-share", self.end_share.is_some(), meanflow, "--objective meanflow"),
            ("--omega", self.omega.is_some(), meanflow, "--objective meanflow"),
            ("--kappa", self.kappa.is_some(), meanflow, "--objective meanflow"),
            ("--tangent", self.tangent.is_some(), meanflow, "--objective meanflow"),
            (
                "--reflow-pairs",
                self.reflow_pairs.is_some(),
                taught,
                "--objective reflow or distill",
            ),
            ("--time-mean", self.time_mean.is_some(), logit, "--time-sampler logit-normal"),
            ("--time-sd", self.time_sd.is_some(), logit, "--time-sampler logit-normal"),
            (
                "--condition-weight",
                self.condition_weight.is_some(),
                *coupling == Coupling::C2ot,
                "--coupling c2ot",
            ),
        ];
        for (option, given, read, by) in reads {
            if given && !read {
                return Err(Error::usage(option, format!("only {by} reads it; leave it out")));
            }
        }
        Ok(())
    }

    /// What the objective and the data call for.
    pub(super) fn defaults(&self, split: &Split) -> Result<TrainConfig> {
        let Some(objective) = self.objective else {
            let names: Vec<String> = Objective::value_variants()
                .iter()
                .map(|objective| format!("`{}`", objective.name()))
                .collect();
            return Err(Error::usage("--objective", format!("choose one: {}", names.join(", "))));
        };
        let mut config = TrainConfig::defaults(objective, DataShape::of(&split.train));
        if let Some(steps) = self.steps {
            config.warmup = TrainConfig::default_warmup(steps);
        }
        Ok(config)
    }

    /// `config` with what was given on the command line in its place.
    pub(super) fn over(&self, config: TrainConfig) -> TrainConfig {
        TrainConfig {
            objective: self.objective.unwrap_or(config.objective),
            predict: self.predict.unwrap_or(config.predict),
            path: self.path.unwrap_or(config.path),
            coupling: self.coupling.unwrap_or(config.coupling),
            teacher: self.teacher.clone().or(config.teacher),
            hidden: self.hidden.clone().unwrap_or(config.hidden),
            activation: self.activation.unwrap_or(config.activation),
            steps: self.steps.unwrap_or(config.steps),
            batch: self.batch.unwrap_or(config.batch),
            lr: self.lr.unwrap_or(config.lr),
            warmup: self.warmup.unwrap_or(config.warmup),
            final_lr: self.final_lr.unwrap_or(config.final_lr),
            clip: self.clip.unwrap_or(config.clip),
            ema: self.ema.unwrap_or(config.ema),
            seed: self.seed.unwrap_or(config.seed),
            label_dropout: self.label_dropout.unwrap_or(config.label_dropout),
            ot_batch: self.ot_batch.unwrap_or(config.ot_batch),
            ot_pool: self.ot_pool.unwrap_or(config.ot_pool),
            condition_weight: self.condition_weight.unwrap_or(config.condition_weight),
            reflow_pairs: self.reflow_pairs.unwrap_or(config.reflow_pairs),
            time_sampler: self.time_sampler.unwrap_or(config.time_sampler),
            time_mean: self.time_mean.unwrap_or(config.time_mean),
            time_sd: self.time_sd.unwrap_or(config.time_sd),
            negatives: self.negatives.unwrap_or(config.negatives),
            lambda: self.lambda.unwrap_or(config.lambda),
            lambda_end: self.lambda_end.or(config.lambda_end),
            contrast_unconditional: self.contrast_unconditional || config.contrast_unconditional,
            delta_closed: self.delta_closed || config.delta_closed,
            meanflow_share: self.meanflow_share.unwrap_or(config.meanflow_share),
            end_share: self.end_share.unwrap_or(config.end_share),
            omega: self.omega.unwrap_or(config.omega),
            kappa: self.kappa.unwrap_or(config.kappa),
            tangent: self.tangent.unwrap_or(config.tangent),
            weight_p: self.weight_p.unwrap_or(config.weight_p),
            weight_c: self.weight_c.unwrap_or(config.weight_c),
            log_every: self.log_every.unwrap_or(config.log_every),
            checkpoint_every: self.checkpoint_every.unwrap_or(config.checkpoint_every),
            clamp: self.clamp || config.clamp,
        }
    }
}
