//! What the settings of a training demand of each other.

use fm_nostd::Activation;
use fm_nostd::prediction::Reach;

use super::TrainConfig;
use crate::coupling::Coupling;
use crate::objective::{Teaching, Times};
use crate::options::need;
use crate::{Error, Result};

impl TrainConfig {
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
}
