//! How strange a row of data is to a model, by one evaluation of its field, with a share per column.
//!
//! The standardised row `z` and noise at its mean, 0, have the point `x_t = alpha z` between them at time
//! `t`. The field's velocity there says what noise it finds in the point, `eps = (alpha v - alpha' x_t) / det`
//! ([`PathPoint::noise`](crate::path::PathPoint::noise)); on the linear path this is `t (z - v)`. In a row like the data there is
//! little. The score is `|eps|^2`, and the terms of the sum are the shares of the columns.
//!
//! It is the error of the row that the field predicts from the point, in other units: `z - x1` is
//! `(sigma / alpha) eps`. Along pairs that are independent, `-eps / sigma` is the gradient of the log density of
//! `x_t`. Related: contraction matching scores a row by the field at one fixed time too (arXiv:2510.18328), with
//! a field that is trained for it; this score needs only the sampler's model.
//!
//! A score is no probability: compare it with those of normal rows that the model was not trained on. For the log density, see
//! [`likelihood`](crate::likelihood), which integrates over time and needs `f32` weights.

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, ScoreError};
use crate::field::Velocity;
use crate::math::at_most;

/// The time at which rows are scored.
pub const TIME: f32 = 0.95;

/// Scores of rows in the data's units under a model: the higher, the stranger.
///
/// With 8-bit weights as with `f32`. The field is a [`Field`](crate::Field) or
/// [`AverageField`](crate::AverageField) of the model, whose condition is the row's, without known parts.
///
/// ```no_run
/// # use fm_nostd::{Mlp, Model};
/// # fn main() -> Result<(), Box<dyn core::error::Error>> {
/// # let (flash, limit): (&[u8], f32) = (&[], 0.0);
/// let model = Model::new(flash)?;
/// let mut detector = Mlp::<3, 0, 64>::new(&model)?.anomaly_score()?;
/// let mut shares = [0.0; 3];
/// // A failed sensor, whose reading is NaN, is an error.
/// let score = detector.score(&[21.5, 48.0, 1.02], &mut shares)?;
/// if score > limit {
///     // `shares` tells which reading is strange.
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AnomalyScore<'a, F, W> {
    model: &'a Model<'a>,
    field: F,
    point: W,
}

impl<'a, F: Velocity, W: AsMut<[f32]>> AnomalyScore<'a, F, W> {
    /// The score of rows of `model` by `field`, with the condition that is set on `field`.
    ///
    /// Shape: `point` is `[dim]` or longer.
    ///
    /// # Errors
    /// If the model moves rows of a source, not noise, or `point` is shorter.
    pub fn new(model: &'a Model<'a>, field: F, mut point: W) -> Result<Self, FieldError> {
        if model.has_source() {
            return Err(FieldError::Source);
        }
        if point.as_mut().len() < model.dim() {
            return Err(FieldError::Work);
        }
        Ok(Self { model, field, point })
    }

    /// The score of a row in the data's units, at least 0 and never NaN; writes the share of each column,
    /// whose sum the score is. What overflows is infinite, so that it is above every limit.
    ///
    /// Shape: `row` and `shares` are `[dim]`.
    ///
    /// # Errors
    /// If a value is missing (NaN), infinite or too large to be standardised, or is not one of its column's
    /// categories, or a length differs. `shares` keeps its contents. A value outside the limits of a column is no error.
    pub fn score(&mut self, row: &[f32], shares: &mut [f32]) -> Result<f32, ScoreError> {
        let dim = self.model.dim();
        let point = self.point.as_mut().get_mut(..dim).unwrap_or_default();
        if [row.len(), shares.len(), point.len()] != [dim; 3] {
            return Err(ScoreError::Length);
        }
        let path = self.model.path().at(TIME);
        for (column, ((value, place), (possible, standardised))) in
            row.iter().zip(&mut *point).zip(self.model.columns_of(row, false)).enumerate()
        {
            if !(value.is_finite() && standardised.is_finite()) {
                return Err(ScoreError::NotFinite { column });
            }
            if !possible {
                return Err(ScoreError::Impossible { column });
            }
            *place = path.point(standardised, 0.0);
        }
        self.field.velocity(TIME, point, shares);
        let mut score = 0.0;
        for (share, x) in shares.iter_mut().zip(&*point) {
            let noise = path.noise(*x, *share);
            let square = noise * noise;
            *share = if at_most(square, f32::MAX) { square } else { f32::INFINITY };
            score += *share;
        }
        Ok(score)
    }

    /// The field, to set its condition.
    pub fn field(&mut self) -> &mut F {
        &mut self.field
    }
}

impl<F: Conditional, W> Conditional for AnomalyScore<'_, F, W> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.set_condition(condition)
    }
}
