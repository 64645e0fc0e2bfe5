//! How strange a row of data is to a model, by one evaluation of its field, with a share per column.
//!
//! Between the standardised row `z` and noise at its mean, 0, the path has the point `x_t = alpha z` at time `t`
//! ([`TIME`]). The field's velocity `v` there implies what noise the model finds in the point
//! ([`PathPoint::noise`](crate::path::PathPoint::noise)): `eps = (alpha v - alpha' x_t) / det`, on the linear path
//! `t (z - v)`. The score is `|eps|^2`, and the terms of the sum are the shares of the columns.
//!
//! The score is also the distance between the row and the row that the field predicts from the point, in other
//! units: `x1 - z = -(sigma / alpha) eps`. Along independent pairs, `-eps / sigma` is the gradient of the log
//! density of `x_t`, "score" in another sense of the word. Along pairs from optimal transport, `eps` is near the
//! noise from which the flow would draw the row, and the score near a squared Mahalanobis distance. Contraction
//! matching (arXiv:2510.18328) scores a row by a field at a fixed time too, but trains the field for this alone.
//!
//! A score is not a probability: compare it with those of normal rows that the model was not trained on. It can miss
//! a row in a gap between two clusters, because the flow draws the gap from noise near 0, as it draws the clusters.
//! The log density sees such gaps ([`likelihood`](crate::likelihood)); it takes hundreds of evaluations and `f32`
//! weights.

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, ScoreError};
use crate::field::Velocity;
use crate::math::at_most;

/// The time at which rows are scored: near the data. At time 1 itself a field of independent pairs finds no noise in
/// any row.
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
    /// If the model moves rows of a source, not noise, was trained with its first numbers known
    /// ([`Model::known_prefix`]), or `point` is shorter.
    pub fn new(model: &'a Model<'a>, field: F, mut point: W) -> Result<Self, FieldError> {
        if model.has_source() {
            return Err(FieldError::Source);
        }
        if model.known_prefix() > 0 {
            return Err(FieldError::KnownPrefix);
        }
        if point.as_mut().len() < model.dim() {
            return Err(FieldError::Work);
        }
        Ok(Self { model, field, point })
    }

    /// The score of a row in the data's units, at least 0 and never NaN; writes the share of each column. The score
    /// is their sum. What overflows is infinite, and so above every limit.
    ///
    /// Shape: `row` and `shares` are `[dim]`.
    ///
    /// # Errors
    /// If a value is missing (NaN), infinite or too large to be standardised, or is not one of its column's
    /// categories, or a length differs; `shares` keeps its contents. A value outside its column's limits is not an
    /// error but strange: the farther, the more. A number between two of a column's few values is about as strange
    /// as they are ([`Column::apply`](crate::Column::apply)).
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
