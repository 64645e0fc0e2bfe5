//! What to draw from a model, and whether the model can.

use clap::ValueEnum;
use fm_nostd::Model;
use fm_nostd::blob;
use fm_nostd::prediction::Reach;

use super::method::Way;
use super::{Conditions, LEAST_TOLERANCE, Method, refusal};
use crate::{Error, Result};

/// How often guidance evaluates the network per velocity: with the condition and without.
pub const GUIDED_EVALUATIONS: u64 = 2;

/// Which samples to draw, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The solver.
    pub method: Method,
    /// Steps of equal length; [`Method::Dopri5`] chooses its own.
    pub steps: u32,
    /// The seed of the noise.
    pub seed: u64,
    /// How many samples, from sample 0 on.
    pub count: usize,
    /// What conditions them.
    pub conditions: Conditions,
    /// The scale of classifier-free guidance, if any.
    pub guidance: Option<f32>,
    /// What the starting noise is multiplied by; 1 leaves it.
    pub temperature: f32,
    /// How much noise [`Method::Sde`] takes on the way; 0 is Euler.
    pub eta: f32,
    /// The error that a step of [`Method::Dopri5`] may make.
    pub tolerance: f32,
    /// What becomes of a contrast in the model; as [`Contrast::natural`] says if not given.
    pub contrast: Option<Contrast>,
}

/// What becomes of a contrast that a ΔFM model carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contrast {
    /// It stays: the model's own samples, and naive guidance.
    Keep,
    /// It is undone first, by the gain: what guidance and the SDE are meant for.
    Undo,
}

impl Contrast {
    /// It is undone where a method needs a plain velocity.
    pub fn natural(request: &Request) -> Self {
        let plain = request.guidance.is_some() || request.method.way() == Way::Sde;
        if plain { Self::Undo } else { Self::Keep }
    }
}

impl Request {
    /// `count` samples of seed 0 with no condition and every other setting at its default.
    pub fn new(method: Method, steps: u32, count: usize) -> Self {
        Self {
            method,
            steps,
            seed: 0,
            count,
            conditions: Conditions::None,
            guidance: None,
            temperature: 1.0,
            eta: 1.0,
            tolerance: 1e-4,
            contrast: None,
        }
    }
}

impl Request {
    /// Refuses what the model's network does not know.
    fn check_reach(&self, model: &Model<'_>) -> Result<()> {
        let jumps = self.method.way() == Way::Jump;
        if self.guidance.is_some() && model.prediction().reach() == Reach::OneJump {
            return Err(refusal::field_error(fm_nostd::FieldError::OneJump));
        }
        if self.guidance.is_some() && self.conditions == Conditions::None && model.unconditional() {
            let problem = "guidance leads towards a condition, and none is asked for: name one, or leave it \
                       out";
            return Err(Error::usage("--guidance", problem));
        }
        match (model.prediction().reach(), jumps) {
            (Reach::Velocity, true) => {
                let problem = "the model predicts velocities and cannot jump; take `euler`, or train with \
                           `--objective meanflow`";
                return Err(Error::usage("--solver", problem));
            }
            (Reach::OneJump, false) => {
                return Err(refusal::field_error(fm_nostd::FieldError::OneJump));
            }
            (Reach::OneJump, true) if self.steps != 1 => {
                let problem = "the model knows the one jump from noise to data (`--objective distill`): \
                           take 1, or train with `--objective meanflow` for more";
                return Err(Error::usage("--steps", problem));
            }
            (Reach::OneJump | Reach::AnyJump, true) | (Reach::Velocity | Reach::AnyJump, false) => {
            }
        }
        if jumps && self.guidance.is_some() {
            let problem = "a jump cannot be guided afterwards: the average of a guided velocity is another \
                       one; take an ODE solver such as `--solver euler`, or train the guidance in \
                       (`fm train --omega`)";
            return Err(Error::usage("--guidance", problem));
        }
        let contrasted = model.contrast() != blob::Contrast::None;
        if jumps && contrasted && self.contrast == Some(Contrast::Undo) {
            let problem = "a contrast can be taken off a velocity, not off a jump: take an ODE solver such \
                       as `--solver euler`, or `keep`";
            return Err(Error::usage("--contrast", problem));
        }
        Ok(())
    }

    /// Refuses what cannot be drawn.
    ///
    /// # Errors
    /// Names the option and the way out.
    pub(super) fn check(&self, model: &Model<'_>) -> Result<()> {
        self.check_reach(model)?;
        if self.steps == 0 {
            return Err(Error::usage("--steps", "give at least 1"));
        }
        // A file holds no more bytes than that, a condition as long as the sample included.
        let bytes = self.count as u128 * model.dim() as u128 * 2 * size_of::<f32>() as u128;
        if bytes > i64::MAX as u128 {
            return Err(Error::usage(
                "--count",
                "no disk has room for so many samples: give fewer",
            ));
        }
        if self.guidance.is_some_and(|scale| !scale.is_finite()) {
            return Err(Error::usage("--guidance", "give a finite number; 1 is the plain model"));
        }
        let positive = |x: f32| x.is_finite() && x >= 0.0;
        if !positive(self.eta) {
            return Err(Error::usage("--eta", "give a number of at least 0; 0 is Euler's method"));
        }
        if !positive(self.temperature) {
            return Err(Error::usage(
                "--temperature",
                "give a number of at least 0; 1 is the model's",
            ));
        }
        if !(LEAST_TOLERANCE..=1.0).contains(&self.tolerance) {
            let problem = format!("give a number from {LEAST_TOLERANCE} (single precision) to 1");
            return Err(Error::usage("--tolerance", problem));
        }
        Ok(())
    }
}
