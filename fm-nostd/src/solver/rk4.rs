//! The classical Runge–Kutta method: order 4, four evaluations per step.

use super::{Solver, advance, displace, front};
use crate::field::Velocity;

/// `x += h/6 (k1 + 2 k2 + 2 k3 + k4)`
#[derive(Clone, Debug, Default)]
pub struct Rk4<B> {
    start: B,
    stage: B,
    slope: B,
}

impl<B: AsMut<[f32]>> Rk4<B> {
    /// A solver with its working memory. Shape: each `[dim]`.
    pub fn new(work: [B; 3]) -> Self {
        let [start, stage, slope] = work;
        Self { start, stage, slope }
    }
}

impl<F: Velocity, B: AsMut<[f32]>> Solver<F> for Rk4<B> {
    const EVALUATIONS: u32 = 4;

    fn capacity(&mut self) -> usize {
        let rest = self.stage.as_mut().len().min(self.slope.as_mut().len());
        self.start.as_mut().len().min(rest)
    }

    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]) {
        let (h, half) = (r - t, 0.5 * (r - t));
        let start = front(self.start.as_mut(), x.len());
        let stage = front(self.stage.as_mut(), x.len());
        let slope = front(self.slope.as_mut(), x.len());
        for (slot, value) in start.iter_mut().zip(&*x) {
            *slot = *value;
        }
        field.velocity(t, start, slope);
        advance(x, h / 6.0, slope);
        displace(stage, start, half, slope);
        field.velocity(t + half, stage, slope);
        advance(x, h / 3.0, slope);
        displace(stage, start, half, slope);
        field.velocity(t + half, stage, slope);
        advance(x, h / 3.0, slope);
        displace(stage, start, h, slope);
        field.velocity(r, stage, slope);
        advance(x, h / 6.0, slope);
    }
}
