//! Euler's method: order 1, one evaluation per step.

use super::{Solver, advance, front};
use crate::field::Velocity;

/// `x += h v(t, x)`
#[derive(Clone, Debug, Default)]
pub struct Euler<B> {
    slope: B,
}

impl<B: AsMut<[f32]>> Euler<B> {
    /// A solver with its working memory. Shape: `[dim]`.
    pub fn new(slope: B) -> Self {
        Self { slope }
    }
}

impl<F: Velocity, B: AsMut<[f32]>> Solver<F> for Euler<B> {
    const EVALUATIONS: u32 = 1;

    fn capacity(&mut self) -> usize {
        self.slope.as_mut().len()
    }

    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]) {
        let slope = front(self.slope.as_mut(), x.len());
        field.velocity(t, x, slope);
        advance(x, r - t, slope);
    }
}
