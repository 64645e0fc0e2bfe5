//! The Euler–Maruyama method for the SDE with the flow's marginals: one evaluation per step.

use libm::sqrtf;

use super::{Solver, advance, front};
use crate::field::Velocity;
use crate::noise::Draw;
use crate::path::Path;

/// `dX = [v + g^2/2 score] dt + g dW` with `g^2 = 2 eta sigma(t)` (Song et al., 2020,
/// arXiv:2011.13456, for a score; Ma et al., 2024, arXiv:2401.08740, for a velocity).
///
/// With this `g` the drift is `v - eta eps_hat`, which needs no division on any path; on the linear path
/// `sigma` is `1 - t` and the drift is `v + eta (t v - x)`. The step that ends where the path has no
/// noise goes to the posterior mean `E[x1 | x_t]` by Tweedie's formula (Jolicoeur-Martineau et al., 2021,
/// arXiv:2009.05475), because noise added there would stay in the sample. `eta = 0` is
/// [`Euler`](super::Euler), bit for bit. The noise of a step depends only on the [`Draw`] and the step's
/// number, which starts at 1, so steps can be taken separately: [`EulerMaruyama::seek`].
#[derive(Clone, Debug)]
pub struct EulerMaruyama<B> {
    path: Path,
    eta: f32,
    draw: Draw,
    step: u32,
    slope: B,
    noise: B,
}

impl<B: AsMut<[f32]>> EulerMaruyama<B> {
    /// A solver along the path of a velocity that has a score
    /// ([`Field::score_path`](crate::Field::score_path)), with noise strength `eta` (a value that is
    /// not above 0 counts as 0) and with its working memory. Shape: each `[dim]`.
    pub fn new(path: Path, eta: f32, work: [B; 2]) -> Self {
        let [slope, noise] = work;
        let eta = if eta > 0.0 { eta } else { 0.0 };
        Self { path, eta, draw: Draw { seed: 0, sample: 0 }, step: 1, slope, noise }
    }

    /// Sets the number of the next step, counted from 1, in the trajectory of `draw`.
    pub fn seek(&mut self, draw: Draw, step: u32) {
        (self.draw, self.step) = (draw, step);
    }
}

impl<F: Velocity, B: AsMut<[f32]>> Solver<F> for EulerMaruyama<B> {
    const EVALUATIONS: u32 = 1;

    fn capacity(&mut self) -> usize {
        self.slope.as_mut().len().min(self.noise.as_mut().len())
    }

    fn begin(&mut self, draw: Draw) {
        self.seek(draw, 1);
    }

    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]) {
        let slope = front(self.slope.as_mut(), x.len());
        field.velocity(t, x, slope);
        let step = self.step;
        self.step = step.wrapping_add(1);
        // Adding zero would still turn -0 into 0.
        if self.eta == 0.0 {
            return advance(x, r - t, slope);
        }
        let at = self.path.at(t);
        if self.path.at(r).sigma == 0.0 {
            for (x, slope) in x.iter_mut().zip(&*slope) {
                *x = at.data(*x, *slope);
            }
            return;
        }
        for (slope, x) in slope.iter_mut().zip(&*x) {
            *slope -= self.eta * at.noise(*x, *slope);
        }
        advance(x, r - t, slope);
        let noise = front(self.noise.as_mut(), x.len());
        self.draw.fill(step, noise);
        let variance = 2.0 * self.eta * at.sigma * (r - t);
        advance(x, sqrtf(if variance > 0.0 { variance } else { 0.0 }), noise);
    }
}
