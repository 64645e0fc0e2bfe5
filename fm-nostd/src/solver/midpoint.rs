//! The explicit midpoint method: order 2, two evaluations per step.

use super::{Solver, advance, displace, front};
use crate::field::Velocity;

/// `x += h v(t + h/2, x + h/2 v(t, x))`
#[derive(Clone, Debug, Default)]
pub struct Midpoint<B> {
    slope: B,
    middle: B,
}

impl<B: AsMut<[f32]>> Midpoint<B> {
    /// A solver with its working memory. Shape: each `[dim]`.
    pub fn new(work: [B; 2]) -> Self {
        let [slope, middle] = work;
        Self { slope, middle }
    }
}

impl<F: Velocity, B: AsMut<[f32]>> Solver<F> for Midpoint<B> {
    const EVALUATIONS: u32 = 2;

    fn capacity(&mut self) -> usize {
        self.slope.as_mut().len().min(self.middle.as_mut().len())
    }

    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]) {
        let (h, half) = (r - t, 0.5 * (r - t));
        let slope = front(self.slope.as_mut(), x.len());
        let middle = front(self.middle.as_mut(), x.len());
        field.velocity(t, x, slope);
        displace(middle, x, half, slope);
        field.velocity(t + half, middle, slope);
        advance(x, h, slope);
    }
}
