//! The jump from noise to data, the main sampler of this crate, over memory that the caller chooses.

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, KnownError};
use crate::evaluation::Evaluation;
use crate::known::{ConditionMemory, KnownParts};
use crate::noise::Draw;
use crate::solver::{advance, front};

/// One evaluation per sample: `x_1 = eps + u(0, 1, eps)` (MeanFlow; Geng et al., 2025,
/// arXiv:2505.13447), or the single jump of a distilled network.
///
/// `H` is the memory for the hidden layers, `C` for the condition vector and `D` for a sample: arrays
/// on a device, slices or vectors on a host, `C` in [`Known`](crate::Known) for samples with known parts. [`OneStep`](crate::OneStep) is the same with sizes in its
/// type.
#[derive(Clone, Debug)]
pub struct Jump<'a, H, C, D> {
    evaluation: Evaluation<'a, H, C>,
    displacement: D,
    /// The factor of the starting noise, 1 unless set. Below 1 samples concentrate where the density is
    /// high; this is a heuristic and does not sample from a power of the density.
    pub temperature: f32,
}

impl<'a, H: AsMut<[f32]>, C: ConditionMemory, D: AsMut<[f32]>> Jump<'a, H, C, D> {
    /// The jump of a checked model, with the initial condition of a new [`Field`](crate::Field).
    ///
    /// Shape: each of `hidden` is `[hidden]` or longer; `condition` is `[c]` or longer, and may be
    /// empty for a model without a condition vector; `displacement` is `[dim]` or longer.
    ///
    /// # Errors
    /// If the model predicts plain velocities or moves rows of a source, or a buffer is too short.
    pub fn new(
        model: &'a Model<'a>,
        hidden: [H; 2],
        condition: C,
        displacement: D,
    ) -> Result<Self, FieldError> {
        match model.has_source() {
            true => Err(FieldError::Source),
            false => Self::any(model, hidden, condition, displacement),
        }
    }

    /// The jump of a model that moves rows of a source: call [`Jump::transport`].
    ///
    /// Shape: as for [`Jump::new`].
    ///
    /// # Errors
    /// If the model predicts plain velocities or moves noise, or a buffer is too short.
    pub fn with_source(
        model: &'a Model<'a>,
        hidden: [H; 2],
        condition: C,
        displacement: D,
    ) -> Result<Self, FieldError> {
        match model.has_source() {
            true => Self::any(model, hidden, condition, displacement),
            false => Err(FieldError::NoSource),
        }
    }

    fn any(
        model: &'a Model<'a>,
        hidden: [H; 2],
        condition: C,
        mut displacement: D,
    ) -> Result<Self, FieldError> {
        // Checked first, so that an image with only this sampler does not contain the checks of the
        // others.
        if !model.prediction().reach().jumps() {
            return Err(FieldError::NotAverage);
        }
        if displacement.as_mut().len() < model.dim() {
            return Err(FieldError::Work);
        }
        let evaluation = Evaluation::new(model, hidden, condition)?;
        Ok(Self { evaluation, displacement, temperature: 1.0 })
    }

    /// Draws a sample of a model that moves noise, in the data's units.
    ///
    /// Shape: `x` is `[dim]`; its previous contents are ignored.
    pub fn sample(&mut self, draw: Draw, x: &mut [f32]) {
        draw.fill(0, x);
        for value in x.iter_mut() {
            *value *= self.temperature;
        }
        self.sample_from(x);
    }

    /// Turns the caller's own noise into a sample in the data's units.
    ///
    /// Shape: `x` is `[dim]`: standard normal noise on input, the sample on output.
    pub fn sample_from(&mut self, x: &mut [f32]) {
        self.jump(x);
        self.evaluation.model.destandardise(x);
        self.evaluation.put_back(x);
    }

    /// Moves a row of the source to a row of the data in one evaluation, for example one sensor's
    /// readings to another's scale.
    ///
    /// Shape: `x` is `[dim]`: the row of the source in its own units on input, the row of the data in its
    /// own units on output.
    pub fn transport(&mut self, x: &mut [f32]) {
        self.evaluation.model.standardise_source(x);
        self.sample_from(x);
    }

    /// The jump in standardised units, without the conversion to the data's units.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn jump(&mut self, x: &mut [f32]) {
        let model = self.evaluation.model;
        let dim = model.dim().min(x.len());
        let Some(x) = x.get_mut(..dim) else { return };
        self.evaluation.pin(x);
        let displacement = front(self.displacement.as_mut(), dim);
        self.evaluation.output(&[0.0, 1.0], self.evaluation.active, x, displacement);
        self.evaluation.hold(displacement);
        advance(x, 1.0, displacement);
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory, D> Conditional for Jump<'_, H, C, D> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.evaluation.set_condition(condition)
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory, D> KnownParts for Jump<'_, H, C, D> {
    fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError> {
        self.evaluation.set_known(values, known)
    }

    fn pin(&mut self, x: &mut [f32]) {
        self.evaluation.pin(x);
    }

    fn put_back(&mut self, x: &mut [f32]) {
        self.evaluation.put_back(x);
    }
}
