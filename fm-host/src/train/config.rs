//! Every hyper-parameter of a training, and its default.

mod limits;
mod rule;

use std::path::PathBuf;
use std::sync::Arc;

use fm_nostd::Activation;
use fm_nostd::blob as field;
use serde::{Deserialize, Serialize};

use crate::coupling::{Coupling, Examples, Optimal, PoolSettings};
use crate::net::Weighting;
use crate::objective::{
    Contrast, Guidance, Means, Negatives, Objective, Predict, Recipe, Tangent, TimeSampler, Times,
};
use crate::path::Path;
pub use rule::DataShape;
use rule::Work;

/// Columns beyond which the network predicts endpoints. A choice of two has an
/// edge somewhere: the more columns, the more noise has to pass through the network for a velocity.
const FEW_COLUMNS: usize = 8;

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
    /// What measured best for an objective on data of this shape (`examples/defaults`);
    /// [`TrainConfig::rule`] says it in words.
    pub fn defaults(objective: Objective, shape: DataShape) -> Self {
        let Work { steps, batch, lr, ot_batch, ot_pool } = Work::of(objective, shape);
        let predict = match shape.columns > FEW_COLUMNS && objective.takes_endpoint() {
            true => Predict::Endpoint,
            false => Predict::Velocity,
        };
        let coupling = match objective {
            Objective::MeanFlow if !shape.vector => Coupling::Ot,
            _ => Coupling::Independent,
        };
        Self {
            objective,
            predict,
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
            ot_batch,
            ot_pool,
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

    /// The longest warm-up where nobody says how long.
    const MOST_WARMUP: u64 = 200;

    /// 200 steps, in short trainings a tenth of all.
    pub fn default_warmup(steps: u64) -> u64 {
        (steps / 10).min(Self::MOST_WARMUP)
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

    /// The contrast that training on the data puts into the field. An affine map undoes it where
    /// every row under a condition was held against the same law of negatives at one strength; without
    /// a condition, negatives of another class have a mean that depends on `x`.
    pub fn contrast(&self) -> field::Contrast {
        use field::Contrast::{Conditional, Everywhere, Irreversible, None};
        let lambda = self.lambda as f32;
        let steady = self.lambda_end.is_none_or(|end| end == self.lambda);
        let dropped = self.label_dropout > 0.0;
        match (self.negatives, dropped, self.contrast_unconditional) {
            _ if self.objective != Objective::DeltaFm => None,
            _ if !steady => Irreversible,
            _ if self.lambda == 0.0 => None,
            (Negatives::Any, true, false) => Conditional(lambda),
            (Negatives::Any, _, _) => Everywhere(lambda),
            (Negatives::OtherClass, true, true) => Irreversible,
            (Negatives::OtherClass, _, _) => Conditional(lambda),
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
    fn the_defaults_are_valid_and_follow_the_data() {
        let built_in = DataShape::BUILT_IN;
        let vector = DataShape { vector: true, ..built_in };
        for objective in [Objective::Fm, Objective::MeanFlow] {
            for rows in [1, 2, 100, 10_000, 1_000_000] {
                for shape in [built_in, vector, DataShape { columns: 64, ..built_in }] {
                    let shape = DataShape { rows, ..shape };
                    TrainConfig::defaults(objective, shape).validate().expect("valid");
                }
            }
        }
        let coupling = |objective, shape| TrainConfig::defaults(objective, shape).coupling;
        assert_eq!(coupling(Objective::Fm, built_in), Coupling::Independent);
        assert_eq!(coupling(Objective::MeanFlow, built_in), Coupling::Ot);
        assert_eq!(coupling(Objective::MeanFlow, vector), Coupling::Independent);
        let predict = |objective, columns| {
            TrainConfig::defaults(objective, DataShape { columns, ..built_in }).predict
        };
        assert_eq!(predict(Objective::MeanFlow, 8), Predict::Velocity);
        assert_eq!(predict(Objective::MeanFlow, 9), Predict::Endpoint);
        assert_eq!(predict(Objective::Score, 9), Predict::Velocity);
    }

    #[test]
    fn a_contrast_is_known_by_the_rows_that_carry_it() {
        use field::Contrast::{Conditional, Everywhere, Irreversible, None};
        let delta = TrainConfig::defaults(Objective::DeltaFm, DataShape::BUILT_IN);
        let with = |change: fn(&mut TrainConfig)| {
            let mut config = delta.clone();
            change(&mut config);
            config.contrast()
        };
        assert_eq!(with(|c| c.objective = Objective::Fm), None);
        assert_eq!(with(|c| c.lambda = 0.0), None);
        assert_eq!(with(|_| {}), Everywhere(0.05));
        assert_eq!(with(|c| c.label_dropout = 0.1), Conditional(0.05));
        assert_eq!(with(|c| c.negatives = Negatives::OtherClass), Conditional(0.05));
        assert_eq!(with(|c| c.lambda_end = Some(0.1)), Irreversible);
        let everywhere = |c: &mut TrainConfig| {
            (c.label_dropout, c.contrast_unconditional) = (0.1, true);
        };
        assert_eq!(with(everywhere), Everywhere(0.05));
        let by_class = |c: &mut TrainConfig| {
            (c.label_dropout, c.contrast_unconditional) = (0.1, true);
            c.negatives = Negatives::OtherClass;
        };
        assert_eq!(with(by_class), Irreversible);
    }

    #[test]
    fn json_keeps_every_field() {
        let config = TrainConfig::defaults(Objective::MeanFlow, DataShape::BUILT_IN);
        let json = serde_json::to_string(&config).expect("plain fields");
        assert!(json.contains(r#""objective":"meanflow""#), "{json}");
        assert_eq!(serde_json::from_str::<TrainConfig>(&json).expect("its own output"), config);
    }
}
