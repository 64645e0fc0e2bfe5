//! The Euler–Maruyama method for the SDE with the flow's marginals: one evaluation per step.

use libm::sqrtf;

use super::{NoiseSchedule, Solver, advance, front};
use crate::field::Velocity;
use crate::noise::Draw;
use crate::path::Path;

/// `dX = [v + g^2/2 score] dt + g dW` with `g^2 = 2 eta s(t)` (Song et al., 2020, arXiv:2011.13456, for a
/// score; Ma et al., 2024, arXiv:2401.08740, for a velocity), where a [`NoiseSchedule`] defines `s`.
///
/// The drift is `v - eta (s / sigma) eps_hat`. With the default `s = sigma` it needs no division; on the
/// linear path it is then `v + eta (t v - x)`. Other schedules divide by `sigma` or `alpha`, which are small
/// near the ends, so `g^2` is limited to `2 sigma^2 / h` in a step of length `h`: no step removes more noise
/// than there is. This keeps every step stable for any data, and is negligible for small steps. The step that
/// ends where the path has no noise goes to the posterior mean `E[x1 | x_t]` by Tweedie's formula
/// (Jolicoeur-Martineau et al., 2021, arXiv:2009.05475), because noise added there would stay in the sample.
///
/// `eta = 0` is [`Euler`](super::Euler), bit for bit, and so is a step backwards. The noise of a step depends
/// only on the [`Draw`] and the step's number, which starts at 1, so steps can be taken separately:
/// [`EulerMaruyama::seek`].
#[derive(Clone, Debug)]
pub struct EulerMaruyama<B> {
    path: Path,
    eta: f32,
    schedule: NoiseSchedule,
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
        let (schedule, draw) = (NoiseSchedule::default(), Draw { seed: 0, sample: 0 });
        Self { path, eta, schedule, draw, step: 1, slope, noise }
    }

    /// The solver with another schedule of the noise than the default, [`NoiseSchedule::Sigma`].
    pub fn with_schedule(self, schedule: NoiseSchedule) -> Self {
        Self { schedule, ..self }
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
        let h = r - t;
        // Adding zero would still turn -0 into 0.
        if self.eta == 0.0 || h <= 0.0 {
            return advance(x, h, slope);
        }
        let at = self.path.at(t);
        if self.path.at(r).sigma == 0.0 {
            for (x, slope) in x.iter_mut().zip(&*slope) {
                *x = at.data(*x, *slope);
            }
            return;
        }
        let (wanted, most) = (self.eta * self.schedule.per_sigma(t, &at), at.sigma / h);
        let rate = if wanted < most { wanted } else { most };
        for (slope, x) in slope.iter_mut().zip(&*x) {
            *slope -= rate * at.noise(*x, *slope);
        }
        advance(x, h, slope);
        let noise = front(self.noise.as_mut(), x.len());
        self.draw.fill(step, noise);
        advance(x, sqrtf(2.0 * rate * at.sigma * h), noise);
    }
}
