//! What the hyper-parameters of a training may be.

use super::TrainConfig;
use crate::coupling::Coupling;
use crate::objective::{Objective, Predict};
use crate::path::{Path, Prediction};
use crate::{Error, Result};

impl TrainConfig {
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
        need(
            self.predict == Predict::Velocity || self.objective.takes_endpoint(),
            "--predict",
            &format!("`{name}` has a prediction of its own; leave it out"),
        )?;
        need(
            self.weight_p == 0.0 || self.objective.prediction() == Prediction::Velocity,
            "--weight-p",
            &format!(
                "`{name}` is trained by plain least squares: weights that follow the error move the \
                 minimiser away from the conditional mean, and then it implies no velocity"
            ),
        )?;
        need(
            self.label_dropout == 0.0 || self.objective != Objective::Distill,
            "--label-dropout",
            "`distill` learns one jump per pair, and without the label that is the mean of the classes: \
             leave it out, or use `meanflow` with a teacher",
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::DataShape;

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
            ("--predict", |c| (c.objective, c.predict) = (Objective::DeltaFm, Predict::Endpoint)),
            ("--predict", |c| (c.objective, c.predict) = (Objective::Score, Predict::Endpoint)),
            ("--meanflow-share", |c| c.meanflow_share = -0.1),
            ("--end-share", |c| c.end_share = f64::NAN),
            ("--weight-p", |c| c.weight_p = 3.0),
            ("--weight-c", |c| c.weight_c = 0.0),
            ("--weight-p", |c| {
                (c.objective, c.weight_p, c.coupling) =
                    (Objective::Ddpm, 1.0, Coupling::Independent);
            }),
            ("--log-every", |c| c.log_every = 0),
            ("--checkpoint-every", |c| c.checkpoint_every = 0),
            ("--path", |c| c.path = Path::Trig),
            ("--teacher", |c| {
                c.objective = Objective::Fm;
                c.teacher = Some("runs/teacher".into());
            }),
        ];
        for (option, spoil) in cases {
            let mut config = TrainConfig::defaults(Objective::MeanFlow, DataShape::BUILT_IN);
            spoil(&mut config);
            let error = config.validate().expect_err(option).to_string();
            assert!(error.starts_with(&format!("{option}: ")), "{option}: {error}");
        }
    }
}
