//! The samplers by name.

use clap::ValueEnum;
use fm_nostd::Velocity;
use fm_nostd::prediction::{Prediction, Reach};
use fm_nostd::solver::{Euler, Heun, Midpoint, Rk4, Solver};
use serde::{Deserialize, Serialize};

use crate::options;

/// How a sample moves from noise to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Euler's method, 1 evaluation per step.
    Euler,
    /// The midpoint method, 2 evaluations per step.
    Midpoint,
    /// Heun's method, 2 evaluations per step.
    Heun,
    /// The classical Runge–Kutta method, 4 evaluations per step.
    Rk4,
    /// The adaptive Dormand–Prince method 5(4), as many evaluations as `--tolerance` requires.
    Dopri5,
    /// The Euler–Maruyama method on the SDE with the flow's marginals, 1 evaluation per step.
    Sde,
    /// Jumps along an average velocity, 1 evaluation per step.
    Meanflow,
}

/// The kinds of ways from noise to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Steps of equal length along a velocity.
    Ode(Ode),
    /// Steps of equal length along a velocity, with added noise.
    Sde,
    /// Steps along a velocity, of lengths that depend on the sample.
    Adaptive,
    /// Jumps along an average velocity.
    Jump,
}

/// ODE solvers with steps of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ode {
    Euler,
    Midpoint,
    Heun,
    Rk4,
}

/// Work that needs a solver of any type.
pub trait WithSolver<F> {
    /// The result of the work.
    type Output;

    /// Does the work with this solver.
    fn with<S: Solver<F>>(self, solver: S) -> Self::Output;
}

impl Ode {
    /// Passes the solver to `user`, for states of `length` numbers.
    pub fn with<F: Velocity, U: WithSolver<F>>(self, length: usize, user: U) -> U::Output {
        let state = || vec![0.0; length];
        match self {
            Self::Euler => user.with(Euler::new(state())),
            Self::Midpoint => user.with(Midpoint::new([state(), state()])),
            Self::Heun => user.with(Heun::new([state(), state()])),
            Self::Rk4 => user.with(Rk4::new([state(), state(), state()])),
        }
    }
}

impl Method {
    /// Returns the default method for a model: jumps if it predicts jumps, else Euler's method.
    pub fn natural(prediction: Prediction) -> Self {
        if prediction.reach().jumps() { Self::Meanflow } else { Self::Euler }
    }

    /// The kind of way from noise to data.
    pub(crate) fn way(self) -> Way {
        match self {
            Self::Euler => Way::Ode(Ode::Euler),
            Self::Midpoint => Way::Ode(Ode::Midpoint),
            Self::Heun => Way::Ode(Ode::Heun),
            Self::Rk4 => Way::Ode(Ode::Rk4),
            Self::Dopri5 => Way::Adaptive,
            Self::Sde => Way::Sde,
            Self::Meanflow => Way::Jump,
        }
    }

    /// The default number of steps: 1 for jumps, else 64.
    pub fn default_steps(self) -> u32 {
        match self.way() {
            Way::Jump => 1,
            Way::Ode(_) | Way::Sde | Way::Adaptive => 64,
        }
    }

    /// The default numbers of steps to compare a model at.
    pub fn usual_steps(self, reach: Reach) -> &'static [u32] {
        match (self.way(), reach) {
            (Way::Jump, Reach::OneJump) | (Way::Adaptive, _) => &[1],
            (Way::Jump, Reach::AnyJump | Reach::Velocity) => &[1, 2, 4],
            (Way::Ode(_) | Way::Sde, _) => &[1, 2, 4, 8, 16, 32, 64, 128],
        }
    }

    /// Whether the method uses the requested number of steps; otherwise it chooses its own.
    pub fn counts_steps(self) -> bool {
        self.way() != Way::Adaptive
    }

    /// What its steps are called, as in "4 Euler steps"; empty for jumps.
    pub fn label(self) -> &'static str {
        match self {
            Self::Euler => "Euler",
            Self::Midpoint => "midpoint",
            Self::Heun => "Heun",
            Self::Rk4 => "Runge–Kutta",
            Self::Dopri5 => "Dormand–Prince",
            Self::Sde => "SDE",
            Self::Meanflow => "",
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        options::typed(self)
    }
}
