//! Jumps along an average velocity: one evaluation moves noise to data (MeanFlow; Geng et al., 2025,
//! arXiv:2505.13447).

use super::{Solver, advance, front};
use crate::field::AverageVelocity;

/// `x_r = x_t + (r - t) u(t, r, x_t)`: exact for an exact `u` and steps of any length.
#[derive(Clone, Debug, Default)]
pub struct MeanFlow<B> {
    average: B,
}

impl<B: AsMut<[f32]>> MeanFlow<B> {
    /// A solver with its working memory. Shape: `[dim]`.
    pub fn new(average: B) -> Self {
        Self { average }
    }
}

impl<F: AverageVelocity, B: AsMut<[f32]>> Solver<F> for MeanFlow<B> {
    const EVALUATIONS: u32 = 1;

    fn capacity(&mut self) -> usize {
        self.average.as_mut().len()
    }

    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]) {
        let average = front(self.average.as_mut(), x.len());
        field.average_velocity(t, r, x, average);
        advance(x, r - t, average);
    }
}
