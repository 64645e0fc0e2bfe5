//! How a step of maximum likelihood follows the flow, and RK4's coefficients.

/// How the log likelihood of data points is computed and penalised: `log p(x1)` by steps of RK4 from data to
/// noise, whose gradient is that of the steps themselves (Chen et al., 2018, arXiv:1806.07366; Grathwohl et
/// al., 2018, arXiv:1810.01367). The penalties are those of Finlay et al., 2020, arXiv:2002.02798.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solve {
    /// The number of steps.
    pub steps: u32,
    /// The weight of the integral of `|v|^2` in the loss.
    pub kinetic: f32,
    /// The weight of the integral of `|dv/dx|^2` in the loss, the sum of the squares of its entries.
    pub jacobian: f32,
}

/// Where in a step RK4 evaluates the velocity, as a share of the step, which is also how far it follows the
/// evaluation before.
pub(super) const REACH: [f32; 4] = [0.0, 0.5, 0.5, 1.0];

/// The weights of the evaluations in a step of RK4.
pub(super) const WEIGHTS: [f32; 4] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];

/// `ln(2 pi) / 2`: a dimension's constant in the negative log density of noise.
pub(super) const NORMAL: f64 = 0.918_938_533_204_672_8;

impl Solve {
    /// The time of evaluation `i` of a step from data to noise.
    pub(super) fn time(&self, step: u32, i: usize) -> f32 {
        1.0 - (step as f32 + REACH[i]) / self.steps as f32
    }

    /// The length of a step, below 0.
    pub(super) fn step(&self) -> f32 {
        -1.0 / self.steps as f32
    }
}
