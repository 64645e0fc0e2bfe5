//! The samplers by name.

use clap::ValueEnum;
use fm_nostd::Velocity;
use fm_nostd::prediction::{Prediction, Reach};
use fm_nostd::solver::{Euler, Heun, Midpoint, Rk4, Solver};
use serde::{Deserialize, Serialize};

use crate::options;

/// How a sample is carried from noise to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Euler's method, 1 evaluation a step.
    Euler,
    /// The midpoint method, 2 evaluations a step.
    Midpoint,
    /// Heun's method, 2 evaluations a step.
    Heun,
    /// The classical Runge–Kutta method, 4 evaluations a step.
    Rk4,
    /// Dormand and Prince's 5(4), as many evaluations as `--tolerance` takes.
    Dopri5,
    /// Euler and Maruyama on the SDE with the flow's marginals, 1 evaluation a step.
    Sde,
    /// Jumps along an average velocity, 1 evaluation a step.
    Meanflow,
}

/// What kind of way leads a sample to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Steps of equal length along a velocity.
    Ode(Ode),
    /// Such steps with noise.
    Sde,
    /// Steps along a velocity whose length follows the sample.
    Adaptive,
    /// Jumps along an average velocity.
    Jump,
}

/// Solvers whose steps have equal lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ode {
    Euler,
    Midpoint,
    Heun,
    Rk4,
}

/// What is done with a solver, whichever it is.
pub trait WithSolver<F> {
    /// What comes of it.
    type Output;

    /// Does it.
    fn with<S: Solver<F>>(self, solver: S) -> Self::Output;
}

impl Ode {
    /// Hands over the solver, for states of `length` numbers.
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
    /// What a model is made for: jumps, or Euler's method.
    pub fn natural(prediction: Prediction) -> Self {
        if prediction.reach().jumps() { Self::Meanflow } else { Self::Euler }
    }

    /// The kind of way that it takes.
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

    /// The steps that it takes where nobody says how many: one jump, or 64.
    pub fn default_steps(self) -> u32 {
        match self.way() {
            Way::Jump => 1,
            Way::Ode(_) | Way::Sde | Way::Adaptive => 64,
        }
    }

    /// The numbers of steps to compare a model at where nobody says which.
    pub fn usual_steps(self, reach: Reach) -> &'static [u32] {
        match (self.way(), reach) {
            (Way::Jump, Reach::OneJump) | (Way::Adaptive, _) => &[1],
            (Way::Jump, Reach::AnyJump | Reach::Velocity) => &[1, 2, 4],
            (Way::Ode(_) | Way::Sde, _) => &[1, 2, 4, 8, 16, 32, 64, 128],
        }
    }

    /// Whether it takes the number of steps that it is given.
    pub fn counts_steps(self) -> bool {
        self.way() != Way::Adaptive
    }

    /// What its steps are called; nothing for jumps, which are steps and no more.
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

    /// Its name as it is typed.
    pub fn name(self) -> String {
        options::typed(self)
    }
}
