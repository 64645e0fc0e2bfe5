//! Vector fields that move noise to data. Arguments are in the order `(t, x)`, where `t = 0` is noise.

use crate::blob::{Contrast, Model, Pairing};
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, KnownError};
use crate::evaluation::{Active, Evaluation};
use crate::known::{ConditionMemory, KnownParts};
use crate::path::Path;
use crate::prediction::{Reach, ToVelocity};

/// A velocity `dx/dt = v(t, x)`.
pub trait Velocity {
    /// Writes `v(t, x)`.
    ///
    /// Shape: `x` and `out` are `[dim]`, standardised units per unit of time.
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]);
}

/// An average velocity: `u(t, r, x_t) (r - t)` carries `x_t` to `x_r` (MeanFlow; Geng et al., 2025,
/// arXiv:2505.13447, equation 3).
pub trait AverageVelocity {
    /// Writes `u(t, r, x)` for `t <= r`.
    ///
    /// Shape: `x` and `out` are `[dim]`, standardised units per unit of time.
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]);
}

/// Any function `(t, x, out)` is a velocity: closed forms, tests, networks of other libraries.
impl<F: FnMut(f32, &[f32], &mut [f32])> Velocity for F {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self(t, x, out);
    }
}

/// A model's network with its working memory, as a velocity.
///
/// `H` is the memory for the hidden layers and `C` for the condition vector: arrays on a device, slices
/// or vectors on a host, in [`Known`](crate::Known) for samples with known parts. A velocity network returns `v(t, x)`, and an average-velocity network
/// `u(t, t, x)`, which is the same. For a network that predicts scores or noise, the field is the
/// velocity derived from them, which is singular at `t = 0`, so start at [`Model::start`].
///
/// Until [`Conditional::set_condition`] is called, the condition is [`Condition::None`] if the model was
/// trained with that, else class 0, or the mean of the condition vector.
#[derive(Clone, Debug)]
pub struct Field<'a, H, C> {
    evaluation: Evaluation<'a, H, C>,
    /// The contrast that is removed from the velocity.
    undone: Contrast,
}

impl<'a, H: AsMut<[f32]>, C: ConditionMemory> Field<'a, H, C> {
    /// A field over a checked model.
    ///
    /// Shape: each of `hidden` is `[hidden]` or longer; `condition` is `[c]` or longer, and may be
    /// empty for a model without a condition vector. For known parts, it is as [`Model::known_memory`] says.
    ///
    /// # Errors
    /// If a buffer is too short or is for known parts that the model does not have, the network supports only one jump, or it predicts scores or noise but
    /// was trained so that they imply no velocity.
    pub fn new(model: &'a Model<'a>, hidden: [H; 2], condition: C) -> Result<Self, FieldError> {
        if model.prediction().reach() == Reach::OneJump {
            return Err(FieldError::OneJump);
        }
        if model.prediction().needs_path() {
            score_path(model, Contrast::None)?;
        }
        let evaluation = Evaluation::new(model, hidden, condition)?;
        Ok(Self { evaluation, undone: Contrast::None })
    }

    /// The path along which the velocity has a score, which an SDE requires.
    ///
    /// # Errors
    /// If the velocity has no score: the model moves rows of a source, was not trained on independent
    /// pairs, or was trained with guidance, with rows weighted by their error, or with a contrast that was not undone.
    pub fn score_path(&self) -> Result<Path, FieldError> {
        score_path(self.model(), self.undone)
    }

    /// Removes the contrast: `v_plain = (1 - lambda) v + lambda alpha'(t) mu`, where `mu` is the mean
    /// of the condition's negatives ([`Contrast`]). The contrast of the field of "no condition" is
    /// removed too, if it has one. A plain field stays as it is.
    ///
    /// # Errors
    /// If the model was trained with a contrast that no affine map can undo.
    pub fn without_contrast(mut self) -> Result<Self, FieldError> {
        match self.model().contrast() {
            Contrast::Irreversible => return Err(FieldError::Contrast),
            contrast => self.undone = contrast,
        }
        Ok(self)
    }

    pub(crate) fn model(&self) -> &'a Model<'a> {
        self.evaluation.model
    }

    /// The velocity without a condition, whatever condition is set.
    pub(crate) fn unconditional_velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.velocity_given(self.evaluation.unconditional(), t, x, out);
    }

    fn velocity_given(&mut self, active: Active, t: f32, x: &[f32], out: &mut [f32]) {
        self.evaluation.output(&[t, 0.0], active, x, out);
        self.to_velocity(active, t, x, out);
        let strength = self.undone_under(active);
        if let (Some(class), true) = (active, strength > 0.0) {
            let shift = strength * self.model().path().at(t).d_alpha;
            for (value, mean) in out.iter_mut().zip(self.model().negatives(class)) {
                *value += shift * mean;
            }
        }
        self.evaluation.hold(out);
    }

    /// Turns the network's output into a velocity, except for the term with the negatives' mean.
    ///
    /// Linear in `(x, out)` together, so it turns tangents into tangents too.
    fn to_velocity(&self, active: Active, t: f32, x: &[f32], out: &mut [f32]) {
        let model = self.model();
        let factor = 1.0 - self.undone_under(active);
        let to = ToVelocity::new(model.prediction(), model.path().at(t), factor);
        for (value, x) in out.iter_mut().zip(x).take(model.dim()) {
            *value = to.apply(*x, *value);
        }
    }

    /// The strength of the contrast to remove from the field under that condition.
    fn undone_under(&self, active: Active) -> f32 {
        self.undone.strength(active != self.evaluation.unconditional())
    }

    /// The velocity and its derivative along `dx`, in the memory of `tangents`.
    pub(crate) fn velocity_along(
        &mut self,
        t: f32,
        [x, dx]: [&[f32]; 2],
        tangents: [&mut [f32]; 2],
        [out, dout]: [&mut [f32]; 2],
    ) {
        self.evaluation.output_along(&[t, 0.0], [x, dx], tangents, [&mut *out, &mut *dout]);
        let active = self.evaluation.active;
        self.to_velocity(active, t, x, out);
        self.to_velocity(active, t, dx, dout);
    }
}

/// [`Field::score_path`] of a velocity from which the contrast `undone` was removed.
fn score_path(model: &Model<'_>, undone: Contrast) -> Result<Path, FieldError> {
    if model.has_source() {
        return Err(FieldError::Source);
    }
    match model.coupling() {
        Pairing::Independent => {}
        Pairing::Likelihood => return Err(FieldError::Likelihood),
        Pairing::OptimalTransport | Pairing::Reflow => return Err(FieldError::Coupling),
    }
    if undone == Contrast::None && model.contrast() != Contrast::None {
        return Err(FieldError::Contrast);
    }
    if model.guided() {
        return Err(FieldError::Guidance);
    }
    if model.reweighted() {
        return Err(FieldError::Reweighted);
    }
    Ok(model.path())
}

impl<H: AsMut<[f32]>, C: ConditionMemory> Conditional for Field<'_, H, C> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.evaluation.set_condition(condition)
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory> KnownParts for Field<'_, H, C> {
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

impl<H: AsMut<[f32]>, C: ConditionMemory> Velocity for Field<'_, H, C> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.velocity_given(self.evaluation.active, t, x, out);
    }
}

/// A [`Field`] whose network was checked to predict average velocities.
#[derive(Clone, Debug)]
pub struct AverageField<'a, H, C>(Field<'a, H, C>);

impl<'a, H: AsMut<[f32]>, C: ConditionMemory> AverageField<'a, H, C> {
    /// The average field of `field`'s network.
    ///
    /// # Errors
    /// If the network predicts plain velocities, or a contrast was removed from the velocity, which is
    /// not possible for an average velocity.
    pub fn new(field: Field<'a, H, C>) -> Result<Self, FieldError> {
        match field.model().prediction().reach() {
            Reach::AnyJump if field.undone != Contrast::None => Err(FieldError::Contrast),
            Reach::AnyJump => Ok(Self(field)),
            // `Field::new` already refuses such a model.
            Reach::OneJump => Err(FieldError::OneJump),
            Reach::Velocity => Err(FieldError::NotAverage),
        }
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory> Conditional for AverageField<'_, H, C> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.0.set_condition(condition)
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory> KnownParts for AverageField<'_, H, C> {
    fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError> {
        self.0.set_known(values, known)
    }

    fn pin(&mut self, x: &mut [f32]) {
        self.0.pin(x);
    }

    fn put_back(&mut self, x: &mut [f32]) {
        self.0.put_back(x);
    }
}

/// `u(t, t, x)`: an ODE solver accepts an average field too.
impl<H: AsMut<[f32]>, C: ConditionMemory> Velocity for AverageField<'_, H, C> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.0.velocity(t, x, out);
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory> AverageVelocity for AverageField<'_, H, C> {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        let evaluation = &mut self.0.evaluation;
        evaluation.output(&[t, r - t], evaluation.active, x, out);
        evaluation.hold(out);
    }
}

#[cfg(test)]
mod tests;
