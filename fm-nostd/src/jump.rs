//! One jump from noise to data: the sampler that this crate is for, over memory of the caller's choosing.

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError};
use crate::evaluation::Evaluation;
use crate::field::to_average;
use crate::noise::Draw;
use crate::solver::{advance, front};

/// One evaluation per sample: `x_1 = eps + u(0, 1, eps)` (MeanFlow; Geng et al., 2025,
/// arXiv:2505.13447), or the one jump that a distilled network knows.
///
/// `H` holds the hidden layers, `C` the condition vector and `D` a sample: arrays on a device, slices or
/// vectors elsewhere. [`OneStep`](crate::OneStep) is the same with sizes in its type.
#[derive(Clone, Debug)]
pub struct Jump<'a, H, C, D> {
    evaluation: Evaluation<'a, H, C>,
    displacement: D,
    /// What the starting noise is multiplied by, 1 unless set. Below 1 samples crowd together where
    /// the density is high: a heuristic, not the density to a power.
    pub temperature: f32,
}

impl<'a, H: AsMut<[f32]>, C: AsMut<[f32]>, D: AsMut<[f32]>> Jump<'a, H, C, D> {
    /// The jump of a checked model, with the condition that a new [`Field`](crate::Field) has.
    ///
    /// Shape: each of `hidden` is `[hidden]` or longer; `condition` is `[c]` or longer, and may be
    /// empty where the condition is none or a class; `displacement` is `[dim]` or longer.
    ///
    /// # Errors
    /// If the model predicts plain velocities, or a buffer is too short.
    pub fn new(
        model: &'a Model<'a>,
        hidden: [H; 2],
        condition: C,
        mut displacement: D,
    ) -> Result<Self, FieldError> {
        // Before the rest, so that an image of this alone holds no other kind's checks.
        if !model.prediction().reach().jumps() {
            return Err(FieldError::NotAverage);
        }
        if displacement.as_mut().len() < model.dim() {
            return Err(FieldError::Work);
        }
        let evaluation = Evaluation::new(model, hidden, condition)?;
        Ok(Self { evaluation, displacement, temperature: 1.0 })
    }

    /// Draws a sample in the data's units.
    ///
    /// Shape: `x` is `[dim]`; what was in it does not matter.
    pub fn sample(&mut self, draw: Draw, x: &mut [f32]) {
        draw.fill(0, x);
        for value in x.iter_mut() {
            *value *= self.temperature;
        }
        self.sample_from(x);
    }

    /// Carries the caller's own noise, as it is, to a sample in the data's units.
    ///
    /// Shape: `x` is `[dim]`: standard normal noise comes in, the sample goes out.
    pub fn sample_from(&mut self, x: &mut [f32]) {
        self.jump(x);
        self.evaluation.model.destandardise(x);
    }

    /// The jump alone, in standardised units.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn jump(&mut self, x: &mut [f32]) {
        let model = self.evaluation.model;
        let dim = model.dim().min(x.len());
        let Some(x) = x.get_mut(..dim) else { return };
        let displacement = front(self.displacement.as_mut(), dim);
        self.evaluation.output(&[0.0, 1.0], self.evaluation.active, x, displacement);
        to_average(model, x, displacement);
        advance(x, 1.0, displacement);
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>, D> Conditional for Jump<'_, H, C, D> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.evaluation.set_condition(condition)
    }
}
