//! Every hyper-parameter of a training, its default and its limits.

use std::path::PathBuf;
use std::sync::Arc;

use fm_nostd::Activation;
use serde::{Deserialize, Serialize};

use crate::coupling::{Coupling, Examples, Optimal, PoolSettings};
use crate::net::Weighting;
use crate::objective::{
    Contrast, Guidance, Means, Negatives, Objective, Predict, Recipe, Tangent, TimeSampler, Times,
};
use crate::path::{Path, Prediction};
use crate::{Error, Result};

/// What a user can choose about a training. Fields carry the names of their options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// What is trained.
    pub objective: Objective,
    /// What the network says (`fm`, `meanflow`, `reflow`, `distill`).
    #[serde(default)]
    pub predict: Predict,
    /// The curve between noise and data.
    pub path: Path,
    /// How noise and data are paired.
    pub coupling: Coupling,
    /// The run that is learnt from, if any.
    pub teacher: Option<PathBuf>,
    /// The widths of the hidden layers, all equal.
    pub hidden: Vec<usize>,
    /// What follows every hidden layer.
    pub activation: Activation,
    /// Steps in all.
    pub steps: u64,
    /// Rows a step.
    pub batch: usize,
    /// The highest learning rate.
    pub lr: f32,
    /// Steps in which the rate rises to its highest.
    pub warmup: u64,
    /// The last step's share of the highest rate.
    pub final_lr: f32,
    /// The gradient's largest global norm.
    pub clip: f32,
    /// The largest decay of the averaged weights.
    pub ema: f32,
    /// Decides every random number.
    pub seed: u64,
    /// The probability that a row's condition is replaced by "none".
    pub label_dropout: f64,
    /// Rows that are assigned together (`ot`, `c2ot`).
    pub ot_batch: usize,
    /// Pairs made beforehand (`ot`, `c2ot`); 0 pairs every batch anew.
    pub ot_pool: usize,
    /// What a unit of the standardised condition costs (`c2ot`).
    pub condition_weight: f32,
    /// Pairs that the teacher makes (`reflow`, `distill`).
    pub reflow_pairs: usize,
    /// The law of the times.
    pub time_sampler: TimeSampler,
    /// The mean of a logit-normal time's normal number.
    pub time_mean: f32,
    /// Its standard deviation.
    pub time_sd: f32,
    /// Which samples a row is held against (`delta-fm`).
    pub negatives: Negatives,
    /// The contrast's strength (`delta-fm`).
    pub lambda: f64,
    /// Its strength at the last step; `None` keeps it (`delta-fm`).
    pub lambda_end: Option<f64>,
    /// Whether rows without their label are contrasted too (`delta-fm`).
    pub contrast_unconditional: bool,
    /// Whether the negatives' mean stands for them (`delta-fm`).
    pub delta_closed: bool,
    /// The share of the rows with `r != t` (`meanflow`).
    pub meanflow_share: f64,
    /// The share of these with `r = 1` (`meanflow`).
    pub end_share: f64,
    /// The share of the pair's velocity in the target (`meanflow`).
    pub omega: f32,
    /// The share of the network's conditional velocity in the target (`meanflow`).
    pub kappa: f32,
    /// What the derivative is taken along (`meanflow`).
    pub tangent: Tangent,
    /// `p` of the weight `1/(|e|^2 + c)^p`; 0 weights all rows alike.
    pub weight_p: f32,
    /// `c` of that weight.
    pub weight_c: f32,
    /// Steps from one log row to the next.
    pub log_every: u64,
    /// Steps from one checkpoint to the next.
    pub checkpoint_every: u64,
    /// Whether the model keeps its samples inside the range of the training data.
    pub clamp: bool,
}

impl TrainConfig {
    /// What measured best for an objective on rows of `dim` numbers (reference/quality.md,
    /// "Recommended recipe"); `vector` says that the condition is a vector, which `ot` would harm.
    pub fn defaults(objective: Objective, dim: usize, vector: bool) -> Self {
        let (batch, steps, lr) = if dim > 8 { (256, 24_000, 3e-3) } else { (512, 20_000, 5e-3) };
        let coupling = match objective {
            Objective::MeanFlow if !vector => Coupling::Ot,
            _ => Coupling::Independent,
        };
        Self {
            objective,
            predict: Predict::Velocity,
            path: Path::Linear,
            coupling,
            teacher: None,
            hidden: vec![64; 3],
            activation: Activation::Silu,
            steps,
            batch,
            lr,
            warmup: Self::default_warmup(steps),
            final_lr: 0.01,
            clip: 1.0,
            ema: 0.999,
            seed: 0,
            label_dropout: 0.0,
            ot_batch: 256,
            ot_pool: 131_072,
            condition_weight: 10.0,
            reflow_pairs: 65_536,
            time_sampler: TimeSampler::Uniform,
            time_mean: 0.0,
            time_sd: 1.0,
            negatives: Negatives::Any,
            lambda: 0.05,
            lambda_end: None,
            contrast_unconditional: false,
            delta_closed: false,
            meanflow_share: 0.5,
            end_share: 0.5,
            omega: 1.0,
            kappa: 0.0,
            tangent: Tangent::Data,
            weight_p: 0.0,
            weight_c: 1e-3,
            log_every: 100,
            checkpoint_every: 1000,
            clamp: false,
        }
    }

    /// 200 steps, in short trainings a tenth of all.
    pub fn default_warmup(steps: u64) -> u64 {
        (steps / 10).min(200)
    }

    /// Checks every option that can be judged without the data.
    ///
    /// # Errors
    /// Names the option and what it may be.
    pub fn validate(&self) -> Result<()> {
        let need = |holds: bool, option, problem: &str| {
            if holds { Ok(()) } else { Err(Error::usage(option, problem)) }
        };
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let positive = |x: f32| x.is_finite() && x > 0.0;
        let width = self.hidden.first().copied().unwrap_or(0);
        need(
            width > 0,
            "--hidden",
            "give at least one layer of at least one unit, as in 64,64,64",
        )?;
        need(
            self.hidden.iter().all(|&other| other == width),
            "--hidden",
            "all hidden layers have one width, as in 64,64,64",
        )?;
        need(self.steps > 0, "--steps", "give at least 1")?;
        need(self.batch >= 2, "--batch", "give at least 2")?;
        need(positive(self.lr), "--lr", "give a rate above 0, as in 0.005")?;
        need(self.warmup < self.steps, "--warmup", "it takes fewer steps than `--steps`")?;
        need(share(self.final_lr.into()), "--final-lr", "it is a share of `--lr`, from 0 to 1")?;
        need(positive(self.clip), "--clip", "give a norm above 0; a large one never clips")?;
        need((0.0..1.0).contains(&self.ema), "--ema", "give a decay from 0 to below 1")?;
        need(
            (0.0..1.0).contains(&self.label_dropout),
            "--label-dropout",
            "give a probability from 0 to below 1",
        )?;
        need(self.ot_batch >= 2, "--ot-batch", "give at least 2")?;
        need(
            self.condition_weight.is_finite() && self.condition_weight >= 0.0,
            "--condition-weight",
            "give a number from 0 on, as in 10",
        )?;
        need(self.reflow_pairs >= 1, "--reflow-pairs", "give at least 1")?;
        need(self.time_mean.is_finite(), "--time-mean", "give a number, as in 0.4")?;
        need(positive(self.time_sd), "--time-sd", "give a number above 0, as in 1")?;
        for (option, lambda) in [("--lambda", Some(self.lambda)), ("--lambda-end", self.lambda_end)]
        {
            need(
                lambda.is_none_or(|lambda| (0.0..1.0).contains(&lambda)),
                option,
                "give a strength from 0 to below 1: from 1 on the push away from the negatives \
                 outweighs the pull to the sample, and the loss has no minimum",
            )?;
        }
        need(
            (0.0..1.0).contains(&self.kappa),
            "--kappa",
            "give a share from 0 to below 1: the scale of the guidance is omega / (1 - kappa)",
        )?;
        need(positive(self.omega), "--omega", "give a number above 0, as in 1.5")?;
        need(
            !self.guidance().guides() || self.label_dropout > 0.0,
            "--label-dropout",
            "guidance in the target (`--omega`, `--kappa`) leads away from the field without a \
             condition, which only dropped labels train: give a probability, as in 0.1",
        )?;
        need(share(self.meanflow_share), "--meanflow-share", "give a share from 0 to 1")?;
        need(share(self.end_share), "--end-share", "give a share from 0 to 1")?;
        need((0.0..=2.0).contains(&self.weight_p), "--weight-p", "give a power from 0 to 2")?;
        need(positive(self.weight_c), "--weight-c", "give a number above 0, as in 0.001")?;
        need(self.log_every > 0, "--log-every", "give at least 1")?;
        need(self.checkpoint_every > 0, "--checkpoint-every", "give at least 1")?;
        need(
            self.objective != Objective::MeanFlow || self.path == Path::Linear,
            "--path",
            "`meanflow` is trained on the `linear` path",
        )?;
        let name = self.objective.name();
        let data = self.predict == Predict::Data;
        need(
            !data || self.objective.takes_data(),
            "--predict",
            &format!("`{name}` has a prediction of its own; leave it out"),
        )?;
        need(
            !data || self.path == Path::Linear,
            "--predict",
            "`data` is for the `linear` path; take `velocity`",
        )?;
        let taught = self.objective.takes_pairs();
        need(
            self.teacher.is_none() || taught || self.objective.takes_teacher(),
            "--teacher",
            &format!("`{name}` learns from the data alone"),
        )?;
        need(
            self.teacher.is_some() || !taught,
            "--teacher",
            &format!("`{name}` learns from the pairs that a trained model makes: name its run"),
        )?;
        need(
            self.coupling == Coupling::Independent || !taught,
            "--coupling",
            &format!("`{name}` has its pairs from the teacher; leave it `independent`"),
        )?;
        need(
            self.coupling == Coupling::Independent
                || self.objective.prediction() == Prediction::Velocity,
            "--coupling",
            &format!(
                "`{name}` needs `independent` pairs: only there do a score and a noise prediction \
                 say the velocity"
            ),
        )
    }

    /// The objective's part of the settings, for training on `examples`.
    pub fn recipe(&self, examples: &Examples) -> Recipe {
        Recipe {
            objective: self.objective,
            path: self.path,
            times: Times { sampler: self.time_sampler, mean: self.time_mean, sd: self.time_sd },
            share: self.meanflow_share,
            end_share: self.end_share,
            weighting: Weighting { p: self.weight_p, c: self.weight_c },
            label_dropout: self.label_dropout,
            contrast: Contrast {
                lambda: self.lambda,
                lambda_end: self.lambda_end.unwrap_or(self.lambda),
                steps: self.steps,
                negatives: self.negatives,
                unconditional: self.contrast_unconditional,
                means: self.delta_closed.then(|| Arc::new(Means::of(examples))),
            },
        }
    }

    /// The contrast that the trained field carries and a gain of the whole field undoes (METHODS.md,
    /// "`m(t)` in full"): `lambda` where every row was held against any other at one strength, 0
    /// without a contrast, and NaN where no gain undoes it.
    pub fn contrast_left(&self) -> f32 {
        if self.objective != Objective::DeltaFm {
            return 0.0;
        }
        let every_row = self.label_dropout == 0.0 || self.contrast_unconditional;
        let steady = self.lambda_end.is_none_or(|end| end == self.lambda);
        match self.negatives {
            Negatives::Any if every_row && steady => self.lambda as f32,
            _ => f32::NAN,
        }
    }

    /// What MeanFlow takes from the network in training.
    pub fn guidance(&self) -> Guidance {
        match self.objective {
            Objective::MeanFlow => {
                let Self { omega, kappa, tangent, predict, .. } = *self;
                Guidance { omega, kappa, tangent, predict }
            }
            _ => Guidance::NONE,
        }
    }

    /// The coupling's part of the settings.
    pub fn pool(&self) -> PoolSettings {
        let cost = match self.coupling {
            Coupling::C2ot => Optimal::Conditional { weight: self.condition_weight },
            Coupling::Independent | Coupling::Ot => Optimal::Plain,
        };
        PoolSettings { batch: self.ot_batch, rows: self.ot_pool, cost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_the_recipes() {
        for objective in [Objective::Fm, Objective::MeanFlow] {
            for (dim, vector) in [(2, false), (2, true), (64, false)] {
                TrainConfig::defaults(objective, dim, vector).validate().expect("valid");
            }
        }
        let of = |objective, vector| TrainConfig::defaults(objective, 2, vector).coupling;
        assert_eq!(of(Objective::Fm, false), Coupling::Independent);
        assert_eq!(of(Objective::MeanFlow, false), Coupling::Ot);
        assert_eq!(of(Objective::MeanFlow, true), Coupling::Independent);
        let digits = TrainConfig::defaults(Objective::Fm, 64, false);
        assert_eq!((digits.batch, digits.steps, digits.lr), (256, 24_000, 3e-3));
    }

    #[test]
    fn a_bad_value_names_its_option() {
        type Spoil = fn(&mut TrainConfig);
        let cases: [(&str, Spoil); 36] = [
            ("--hidden", |c| c.hidden.clear()),
            ("--hidden", |c| c.hidden = vec![64, 0]),
            ("--hidden", |c| c.hidden = vec![64, 32]),
            ("--steps", |c| c.steps = 0),
            ("--batch", |c| c.batch = 1),
            ("--lr", |c| c.lr = 0.0),
            ("--lr", |c| c.lr = f32::NAN),
            ("--warmup", |c| c.warmup = c.steps),
            ("--final-lr", |c| c.final_lr = 1.5),
            ("--clip", |c| c.clip = -1.0),
            ("--ema", |c| c.ema = 1.0),
            ("--label-dropout", |c| c.label_dropout = 1.0),
            ("--ot-batch", |c| c.ot_batch = 1),
            ("--condition-weight", |c| c.condition_weight = -1.0),
            ("--reflow-pairs", |c| c.reflow_pairs = 0),
            ("--time-sd", |c| c.time_sd = 0.0),
            ("--lambda", |c| c.lambda = 1.0),
            ("--lambda-end", |c| c.lambda_end = Some(1.5)),
            ("--kappa", |c| c.kappa = 1.0),
            ("--omega", |c| c.omega = 0.0),
            ("--label-dropout", |c| c.omega = 1.5),
            ("--teacher", |c| {
                c.objective = Objective::Reflow;
                c.coupling = Coupling::Independent;
            }),
            ("--coupling", |c| {
                c.objective = Objective::Distill;
                c.teacher = Some("runs/teacher".into());
            }),
            ("--coupling", |c| c.objective = Objective::Score),
            ("--coupling", |c| c.objective = Objective::Ddpm),
            ("--predict", |c| (c.objective, c.predict) = (Objective::DeltaFm, Predict::Data)),
            ("--predict", |c| (c.objective, c.predict) = (Objective::Score, Predict::Data)),
            ("--predict", |c| {
                (c.objective, c.path, c.predict) = (Objective::Fm, Path::Trig, Predict::Data);
            }),
            ("--meanflow-share", |c| c.meanflow_share = -0.1),
            ("--end-share", |c| c.end_share = f64::NAN),
            ("--weight-p", |c| c.weight_p = 3.0),
            ("--weight-c", |c| c.weight_c = 0.0),
            ("--log-every", |c| c.log_every = 0),
            ("--checkpoint-every", |c| c.checkpoint_every = 0),
            ("--path", |c| c.path = Path::Trig),
            ("--teacher", |c| {
                c.objective = Objective::Fm;
                c.teacher = Some("runs/teacher".into());
            }),
        ];
        for (option, spoil) in cases {
            let mut config = TrainConfig::defaults(Objective::MeanFlow, 2, false);
            spoil(&mut config);
            let error = config.validate().expect_err(option).to_string();
            assert!(error.starts_with(&format!("{option}: ")), "{option}: {error}");
        }
    }

    #[test]
    fn only_a_plain_contrast_is_one_gain() {
        let delta = TrainConfig::defaults(Objective::DeltaFm, 2, false);
        let with = |spoil: fn(&mut TrainConfig)| {
            let mut config = delta.clone();
            spoil(&mut config);
            config.contrast_left()
        };
        assert_eq!(with(|c| c.objective = Objective::Fm), 0.0);
        assert_eq!(with(|_| {}), 0.05);
        assert!(with(|c| c.negatives = Negatives::OtherClass).is_nan());
        assert!(with(|c| c.lambda_end = Some(0.1)).is_nan());
        assert!(with(|c| c.label_dropout = 0.1).is_nan());
        let everywhere = with(|c| {
            c.label_dropout = 0.1;
            c.contrast_unconditional = true;
        });
        assert_eq!(everywhere, 0.05);
    }

    #[test]
    fn json_keeps_every_field() {
        let config = TrainConfig::defaults(Objective::MeanFlow, 2, false);
        let json = serde_json::to_string(&config).expect("plain fields");
        assert!(json.contains(r#""objective":"meanflow""#), "{json}");
        assert_eq!(serde_json::from_str::<TrainConfig>(&json).expect("its own output"), config);
    }
}
