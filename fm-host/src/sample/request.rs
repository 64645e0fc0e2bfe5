//! A request for samples, and whether a model supports it.

use clap::ValueEnum;
use fm_nostd::Model;
use fm_nostd::blob;
use fm_nostd::prediction::Reach;
use fm_nostd::solver::NoiseSchedule;

use super::method::Way;
use super::{Conditions, KnownCells, LEAST_TOLERANCE, Method, Start, Steps, refusal};
use crate::{Error, Result};

/// How often guidance evaluates the network per velocity: with the condition and without.
pub const GUIDED_EVALUATIONS: u64 = 2;

/// Which samples to draw, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The solver.
    pub method: Method,
    /// The steps; [`Method::Dopri5`] chooses its own.
    pub steps: Steps,
    /// Where the samples start.
    pub start: Start,
    /// The seed of the noise.
    pub seed: u64,
    /// The number of samples, starting at sample 0.
    pub count: usize,
    /// Their conditions.
    pub conditions: Conditions,
    /// Their known parts; `None` for whole samples.
    pub known: Option<KnownCells>,
    /// The scale of classifier-free guidance, if any.
    pub guidance: Option<f32>,
    /// The factor on the initial noise; 1 for none.
    pub temperature: f32,
    /// The strength of the noise in [`Method::Sde`]; 0 is Euler's method.
    pub eta: f32,
    /// How the noise in [`Method::Sde`] depends on time.
    pub sde_noise: NoiseSchedule,
    /// The error allowed per step of [`Method::Dopri5`].
    pub tolerance: f32,
    /// What to do with the contrast of a ΔFM model; [`ContrastHandling::natural`] if `None`.
    pub contrast: Option<ContrastHandling>,
}

/// What to do with the contrast of a ΔFM model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ContrastHandling {
    /// Sample with the contrast; guidance is then naive.
    Keep,
    /// Undo the contrast first, which guidance and the SDE need to be correct.
    Undo,
}

impl ContrastHandling {
    /// Returns the default: undo if the request needs a plain velocity.
    pub fn natural(request: &Request) -> Self {
        let plain = request.guidance.is_some() || request.method.way() == Way::Sde;
        if plain { Self::Undo } else { Self::Keep }
    }
}

impl Request {
    /// A request for `count` samples with seed 0, without a condition, and with defaults for everything else.
    pub fn new(method: Method, steps: u32, count: usize) -> Self {
        Self {
            method,
            steps: Steps::Equal(steps),
            start: Start::Noise,
            seed: 0,
            count,
            conditions: Conditions::NONE,
            known: None,
            guidance: None,
            temperature: 1.0,
            eta: 1.0,
            sde_noise: NoiseSchedule::default(),
            tolerance: 1e-4,
            contrast: None,
        }
    }
}

impl Request {
    /// Refuses a request that the model's prediction does not support.
    fn check_reach(&self, model: &Model<'_>) -> Result<()> {
        let jumps = self.method.way() == Way::Jump;
        if self.guidance.is_some() && model.prediction().reach() == Reach::OneJump {
            return Err(refusal::field_error(fm_nostd::FieldError::OneJump));
        }
        if self.guidance.is_some() && self.conditions == Conditions::NONE && model.unconditional() {
            let problem = "guidance needs a condition; name one with --class or --condition, or omit \
                       this option";
            return Err(Error::usage("--guidance", problem));
        }
        match (model.prediction().reach(), jumps) {
            (Reach::Velocity, true) => {
                let problem = "the model predicts velocities, not jumps; use `euler`, or train with \
                           `--objective meanflow`";
                return Err(Error::usage("--solver", problem));
            }
            (Reach::OneJump, false) => {
                return Err(refusal::field_error(fm_nostd::FieldError::OneJump));
            }
            (Reach::OneJump, true) if self.steps.count() != 1 => {
                let problem = "the model predicts only one jump from noise to data (`--objective \
                           distill`); use 1, or train with `--objective meanflow`";
                return Err(Error::usage("--steps", problem));
            }
            (Reach::OneJump | Reach::AnyJump, true) | (Reach::Velocity | Reach::AnyJump, false) => {
            }
        }
        if jumps && self.guidance.is_some() {
            let problem = "jumps cannot be guided, because the average of guided velocities is not the \
                       guided average velocity; use an ODE solver such as `--solver euler`, or train with \
                       guidance (`fm train --omega` or `--teacher-guidance`)";
            return Err(Error::usage("--guidance", problem));
        }
        let contrasted = model.contrast() != blob::Contrast::None;
        if jumps && contrasted && self.contrast == Some(ContrastHandling::Undo) {
            let problem = "the contrast of a jump cannot be undone; use an ODE solver such as `--solver \
                       euler`, or `keep`";
            return Err(Error::usage("--contrast", problem));
        }
        Ok(())
    }

    /// Refuses a request that the model does not support, or that has invalid numbers.
    ///
    /// # Errors
    /// The error names the option and the way out.
    pub(super) fn check(&self, model: &Model<'_>) -> Result<()> {
        self.start.check(model)?;
        self.check_reach(model)?;
        self.conditions.check(model)?;
        match &self.known {
            Some(known) => known.check(model)?,
            None => KnownCells::check_none(model)?,
        }
        self.steps.check(model.start())?;
        // A file cannot be larger than this. A condition as long as the sample is included.
        let bytes = self.count as u128 * model.dim() as u128 * 2 * size_of::<f32>() as u128;
        if bytes > i64::MAX as u128 {
            return Err(Error::usage(
                "--count",
                "no disk is large enough for so many samples; use fewer",
            ));
        }
        if self.guidance.is_some_and(|scale| !scale.is_finite()) {
            return Err(Error::usage("--guidance", "must be finite; 1 disables guidance"));
        }
        let positive = |x: f32| x.is_finite() && x >= 0.0;
        if !positive(self.eta) {
            return Err(Error::usage("--eta", "must be at least 0; 0 is Euler's method"));
        }
        if !positive(self.temperature) {
            return Err(Error::usage(
                "--temperature",
                "must be at least 0; 1 is the model's distribution",
            ));
        }
        if self.temperature != 1.0 && self.start != Start::Noise {
            let problem = "a model that moves rows of a source has no noise; omit this option";
            return Err(Error::usage("--temperature", problem));
        }
        if !(LEAST_TOLERANCE..=1.0).contains(&self.tolerance) {
            let problem = format!("must be from {LEAST_TOLERANCE} (single precision) to 1");
            return Err(Error::usage("--tolerance", problem));
        }
        Ok(())
    }
}
