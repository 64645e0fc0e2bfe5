//! The divergence of a field, for likelihoods: exact, or estimated with one random direction.

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError};
use crate::field::{Field, Velocity};
use crate::noise::Draw;

/// A velocity that can be differentiated along a direction.
pub trait Differentiable {
    /// Writes `v(t, x)` and its Jacobian in `x` times `dx`.
    ///
    /// Shape: all slices are `[dim]`.
    fn velocity_along(&mut self, t: f32, x: &[f32], dx: &[f32], out: &mut [f32], dout: &mut [f32]);
}

/// A velocity that can compute its divergence, the trace of its Jacobian in `x`.
pub trait Divergence {
    /// Writes `v(t, x)` and returns its divergence.
    ///
    /// Shape: `x` and `out` are `[dim]`.
    fn divergence(&mut self, t: f32, x: &[f32], out: &mut [f32]) -> f32;
}

/// Any function `(t, x, dx, out, dout)` is a velocity with its tangent.
impl<F: FnMut(f32, &[f32], &[f32], &mut [f32], &mut [f32])> Differentiable for F {
    fn velocity_along(&mut self, t: f32, x: &[f32], dx: &[f32], out: &mut [f32], dout: &mut [f32]) {
        self(t, x, dx, out, dout);
    }
}

/// Any function `(t, x, out)` that returns a number is a velocity with its divergence.
impl<F: FnMut(f32, &[f32], &mut [f32]) -> f32> Divergence for F {
    fn divergence(&mut self, t: f32, x: &[f32], out: &mut [f32]) -> f32 {
        self(t, x, out)
    }
}

/// A [`Field`] with memory for the tangents of its hidden layers (forward mode).
#[derive(Clone, Debug)]
pub struct TangentField<'a, H, C> {
    field: Field<'a, H, C>,
    tangents: [H; 2],
}

impl<'a, H: AsMut<[f32]>, C: AsMut<[f32]>> TangentField<'a, H, C> {
    /// A field to differentiate.
    ///
    /// Shape: each of `tangents` is `[hidden]` or longer.
    ///
    /// # Errors
    /// If a buffer is too short, or the network has integer weights.
    pub fn new(field: Field<'a, H, C>, mut tangents: [H; 2]) -> Result<Self, FieldError> {
        if field.model().network().differentiable().is_none() {
            return Err(FieldError::NoSlope);
        }
        let width = field.model().network().shape().hidden;
        if tangents.iter_mut().any(|buffer| buffer.as_mut().len() < width) {
            return Err(FieldError::Hidden);
        }
        Ok(Self { field, tangents })
    }

    /// The model of the field.
    pub fn model(&self) -> &'a Model<'a> {
        self.field.model()
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Differentiable for TangentField<'_, H, C> {
    fn velocity_along(&mut self, t: f32, x: &[f32], dx: &[f32], out: &mut [f32], dout: &mut [f32]) {
        let [a, b] = &mut self.tangents;
        self.field.velocity_along(t, [x, dx], [a.as_mut(), b.as_mut()], [out, dout]);
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Velocity for TangentField<'_, H, C> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.field.velocity(t, x, out);
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Conditional for TangentField<'_, H, C> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.set_condition(condition)
    }
}

/// The exact divergence: one derivative along every axis, summed in their order.
#[derive(Clone, Debug)]
pub struct Exact<F, B> {
    field: F,
    axis: B,
    slope: B,
}

impl<F, B: AsMut<[f32]>> Exact<F, B> {
    /// The divergence of `field`, with working memory. Shape: each `[dim]` or longer.
    pub fn new(field: F, work: [B; 2]) -> Self {
        let [axis, slope] = work;
        Self { field, axis, slope }
    }
}

impl<F: Differentiable, B: AsMut<[f32]>> Divergence for Exact<F, B> {
    fn divergence(&mut self, t: f32, x: &[f32], out: &mut [f32]) -> f32 {
        let (axis, slope) = (self.axis.as_mut(), self.slope.as_mut());
        let (Some(axis), Some(slope)) = (axis.get_mut(..x.len()), slope.get_mut(..x.len())) else {
            return 0.0;
        };
        axis.fill(0.0);
        let mut trace = 0.0;
        for d in 0..x.len() {
            set(axis, d, 1.0);
            self.field.velocity_along(t, x, axis, out, slope);
            trace += slope.get(d).copied().unwrap_or_default();
            set(axis, d, 0.0);
        }
        trace
    }
}

fn set(values: &mut [f32], at: usize, to: f32) {
    if let Some(value) = values.get_mut(at) {
        *value = to;
    }
}

/// Hutchinson's estimate of the divergence: `z · J z` for a direction `z` of random signs (for flows:
/// Grathwohl et al., 2018, arXiv:1810.01367).
///
/// The direction stays the same until another is drawn, so one solve sees a smooth integrand; the mean
/// over draws is the exact divergence.
#[derive(Clone, Debug)]
pub struct Hutchinson<F, B> {
    field: F,
    direction: B,
    slope: B,
}

/// The [`Draw`] step of the directions: no trajectory is that long.
const DIRECTION: u32 = u32::MAX;

impl<F, B: AsMut<[f32]>> Hutchinson<F, B> {
    /// The divergence of `field` along the direction of `draw`, with working memory.
    ///
    /// Shape: each of `work` is `[dim]`.
    pub fn new(field: F, draw: Draw, work: [B; 2]) -> Self {
        let [direction, slope] = work;
        let mut hutchinson = Self { field, direction, slope };
        hutchinson.draw(draw);
        hutchinson
    }

    /// Draws another direction.
    pub fn draw(&mut self, draw: Draw) {
        draw.signs(DIRECTION, self.direction.as_mut());
    }
}

impl<F: Differentiable, B: AsMut<[f32]>> Divergence for Hutchinson<F, B> {
    fn divergence(&mut self, t: f32, x: &[f32], out: &mut [f32]) -> f32 {
        let (direction, slope) = (self.direction.as_mut(), self.slope.as_mut());
        let (Some(direction), Some(slope)) = (direction.get(..x.len()), slope.get_mut(..x.len()))
        else {
            return 0.0;
        };
        self.field.velocity_along(t, x, direction, out, slope);
        // Not `sum`: its starting value, the sign of a zero, has changed between releases of Rust.
        direction.iter().zip(slope).fold(0.0, |trace, (z, dz)| trace + z * *dz)
    }
}

impl<F: Conditional, B> Conditional for Exact<F, B> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.set_condition(condition)
    }
}

impl<F: Conditional, B> Conditional for Hutchinson<F, B> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.set_condition(condition)
    }
}
