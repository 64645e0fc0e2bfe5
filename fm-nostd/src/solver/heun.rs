//! Heun's method, the explicit trapezoid: order 2, two evaluations per step.

use super::{Solver, advance, displace, front};
use crate::field::Velocity;

/// `x += h/2 (v(t, x) + v(r, x + h v(t, x)))`
#[derive(Clone, Debug, Default)]
pub struct Heun<B> {
    slope: B,
    end: B,
}

impl<B: AsMut<[f32]>> Heun<B> {
    /// A solver with its working memory. Shape: each `[dim]`.
    pub fn new(work: [B; 2]) -> Self {
        let [slope, end] = work;
        Self { slope, end }
    }
}

impl<F: Velocity, B: AsMut<[f32]>> Solver<F> for Heun<B> {
    const EVALUATIONS: u32 = 2;

    fn capacity(&mut self) -> usize {
        self.slope.as_mut().len().min(self.end.as_mut().len())
    }

    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]) {
        let (h, half) = (r - t, 0.5 * (r - t));
        let slope = front(self.slope.as_mut(), x.len());
        let end = front(self.end.as_mut(), x.len());
        field.velocity(t, x, slope);
        displace(end, x, h, slope);
        // The first slope is no longer needed before the second is written to its memory.
        advance(x, half, slope);
        field.velocity(r, end, slope);
        advance(x, half, slope);
    }
}
