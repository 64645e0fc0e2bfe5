//! Classifier-free guidance: two evaluations per velocity.

use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, KnownError};
use crate::field::{Field, Velocity};
use crate::known::{ConditionMemory, KnownParts};

/// Classifier-free guidance: `v_null + w (v_c - v_null)` (Ho and Salimans, 2022, arXiv:2207.12598).
///
/// A contrasted field (ΔFM) is guided with its contrast. Call [`Field::without_contrast`] first to guide
/// the plain field, `v_null + w ((1 - lambda) v_c + lambda m_c - v_null)` if only rows with a condition
/// were contrasted. Only velocities can be guided: the average of a guided field is not the guided
/// average field.
#[derive(Clone, Debug)]
pub struct Guided<'a, H, C, D> {
    field: Field<'a, H, C>,
    scale: f32,
    null: D,
}

impl<'a, H: AsMut<[f32]>, C: ConditionMemory, D: AsMut<[f32]>> Guided<'a, H, C, D> {
    /// Guides `field` with scale `w`: 0 ignores the condition, 1 is the plain conditional field.
    ///
    /// Shape: `null` is `[dim]` or longer.
    ///
    /// # Errors
    /// If the model was not trained with labels dropped, `scale` is not finite, or `null` is too short.
    pub fn new(field: Field<'a, H, C>, scale: f32, null: D) -> Result<Self, FieldError> {
        let mut guided = Self { field, scale, null };
        if !guided.field.model().unconditional() {
            return Err(FieldError::NoUnconditional);
        }
        if !scale.is_finite() {
            return Err(FieldError::Scale);
        }
        if guided.null.as_mut().len() < guided.field.model().dim() {
            return Err(FieldError::Work);
        }
        Ok(guided)
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory, D: AsMut<[f32]>> Conditional for Guided<'_, H, C, D> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.set_condition(condition)
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory, D> KnownParts for Guided<'_, H, C, D> {
    fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError> {
        self.field.set_known(values, known)
    }

    fn pin(&mut self, x: &mut [f32]) {
        self.field.pin(x);
    }

    fn put_back(&mut self, x: &mut [f32]) {
        self.field.put_back(x);
    }
}

impl<H: AsMut<[f32]>, C: ConditionMemory, D: AsMut<[f32]>> Velocity for Guided<'_, H, C, D> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        let null = self.null.as_mut();
        let Some(null) = null.get_mut(..x.len()) else { return };
        self.field.unconditional_velocity(t, x, null);
        self.field.velocity(t, x, out);
        for (value, null) in out.iter_mut().zip(null) {
            *value = *null + self.scale * (*value - *null);
        }
    }
}
