//! The log density of a point under a model, by the instantaneous change of variables (Chen et al., 2018,
//! arXiv:1806.07366, theorem 1).
//!
//! `log p(x1) = log N(x0) - integral of div v dt - sum log std`, where the point is moved from data back
//! to noise. Where a column has a transform ([`Column`](crate::Column)), the logarithm of its slope is subtracted too. It is the density of the samples that a [`Sampler`](crate::Sampler) draws, before any clamp,
//! whatever objective trained the velocity. It uses only fixed f32 arithmetic: the same bits on every
//! target.

use libm::logf;

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::divergence::Divergence;
use crate::error::{ConditionError, FieldError};
use crate::field::Velocity;
use crate::grid;
use crate::solver::Solver;

/// A field with its divergence as one more dimension, for any [`Solver`].
///
/// Shape: states are `[dim + 1]`; the last number accumulates the integral of the divergence.
#[derive(Clone, Debug)]
pub struct Augmented<F>(
    /// The field.
    pub F,
);

impl<F: Divergence> Velocity for Augmented<F> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        if let (Some((_, x)), Some((rate, out))) = (x.split_last(), out.split_last_mut()) {
            *rate = self.0.divergence(t, x, out);
        }
    }
}

/// Moves a standardised point along `times` (from data to noise) and returns its log density.
///
/// Shape: `state` is `[dim + 1]`: the point and any number on input; the noise that leads to the point
/// and the logarithm of the change of volume on output.
pub fn log_density<F: Divergence, S: Solver<Augmented<F>>>(
    field: &mut Augmented<F>,
    solver: &mut S,
    times: impl IntoIterator<Item = f32>,
    state: &mut [f32],
) -> f32 {
    if let Some(volume) = state.last_mut() {
        *volume = 0.0;
    }
    let mut times = times.into_iter();
    let Some(mut t) = times.next() else { return 0.0 };
    for r in times {
        solver.step(field, t, r, state);
        t = r;
    }
    let Some((volume, noise)) = state.split_last() else { return 0.0 };
    // ln(2 pi) per dimension
    let squares = noise.iter().fold(0.0, |sum, x| sum + (x * x + 1.837_877_1));
    *volume - 0.5 * squares
}

/// The logarithm of the volume by which standardisation shrinks the data: the sum of `ln std`.
pub fn log_scale(model: &Model<'_>) -> f32 {
    model.std().fold(0.0, |sum, std| sum + logf(std))
}

/// The logarithm of the volume by which the transforms of the columns shrink the data at a standardised
/// point: the sum of [`Column::log_slope`](crate::Column::log_slope).
///
/// Shape: `z` is `[dim]` or longer.
pub fn log_slopes(model: &Model<'_>, z: &[f32]) -> f32 {
    let statistics = model.mean().zip(model.std());
    let numbers = z.iter().zip(statistics).map(|(z, (mean, std))| z * std + mean);
    model.transforms().zip(numbers).fold(0.0, |sum, (column, y)| sum + column.log_slope(y))
}

/// Log densities of points in the data's units under a model.
#[derive(Clone, Debug)]
pub struct LogDensity<'a, F, S, B> {
    model: &'a Model<'a>,
    field: Augmented<F>,
    solver: S,
    state: B,
    log_scale: f32,
}

impl<'a, F, S, B> LogDensity<'a, F, S, B>
where
    F: Divergence,
    S: Solver<Augmented<F>>,
    B: AsMut<[f32]>,
{
    /// The density of `model` along `field`.
    ///
    /// Shape: `state` and the solver's working memory are `[dim + 1]` or longer, as in
    /// `Rk4::new([[0.0; 3]; 3])` and `[0.0; 3]` for two dimensions.
    ///
    /// # Errors
    /// If one of them is shorter, the model moves rows of a source, whose density is not known, or was trained with
    /// its first numbers known ([`Model::known_prefix`]), or a column
    /// has no density because some of its values stand for an interval ([`Column::is_tied`](crate::Column::is_tied)).
    pub fn new(
        model: &'a Model<'a>,
        field: F,
        mut solver: S,
        mut state: B,
    ) -> Result<Self, FieldError> {
        if model.has_source() {
            return Err(FieldError::Source);
        }
        if model.known_prefix() > 0 {
            return Err(FieldError::KnownPrefix);
        }
        if model.transforms().any(|column| column.is_tied()) {
            return Err(FieldError::Tied);
        }
        let len = state.as_mut().len().min(solver.capacity());
        if len <= model.dim() {
            return Err(FieldError::Work);
        }
        let log_scale = log_scale(model);
        Ok(Self { model, field: Augmented(field), solver, state, log_scale })
    }

    /// `ln p(x)` in the data's units, in `steps` equal steps (at least one; 64 steps of RK4 are
    /// accurate). It is -infinity where a column cannot [have](crate::Column::has) its number.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn log_density(&mut self, steps: u32, x: &[f32]) -> f32 {
        let state = self.state.as_mut().get_mut(..=self.model.dim()).unwrap_or_default();
        if !self.model.has(x) {
            return f32::NEG_INFINITY;
        }
        for (slot, x) in state.iter_mut().zip(x) {
            *slot = *x;
        }
        self.model.standardise(state);
        let slopes = log_slopes(self.model, state);
        let times = grid::uniform(self.model.start(), steps).rev();
        log_density(&mut self.field, &mut self.solver, times, state) - self.log_scale - slopes
    }

    /// The noise that leads to the last point. Shape: `[dim]`.
    pub fn noise(&mut self) -> &[f32] {
        self.state.as_mut().get(..self.model.dim()).unwrap_or_default()
    }

    /// The field, to change its condition or its direction between points.
    pub fn field(&mut self) -> &mut F {
        &mut self.field.0
    }
}

impl<F: Conditional, S, B> Conditional for LogDensity<'_, F, S, B> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.0.set_condition(condition)
    }
}
