//! The samplers by name.

use clap::ValueEnum;
use fm_nostd::blob::Prediction;
use serde::{Deserialize, Serialize};

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
    /// Jumps along an average velocity, 1 evaluation a step.
    Meanflow,
}

impl Method {
    /// What a model is made for, with its number of steps: one jump, or 64 steps of Euler.
    pub fn natural(prediction: Prediction) -> (Self, u32) {
        match prediction {
            Prediction::AverageVelocity => (Self::Meanflow, 1),
            Prediction::Velocity => (Self::Euler, 64),
        }
    }

    /// Evaluations of the network that a step takes, guidance aside.
    pub fn evaluations(self) -> u32 {
        match self {
            Self::Euler | Self::Meanflow => 1,
            Self::Midpoint | Self::Heun => 2,
            Self::Rk4 => 4,
        }
    }

    /// Its name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::Midpoint => "midpoint",
            Self::Heun => "heun",
            Self::Rk4 => "rk4",
            Self::Meanflow => "meanflow",
        }
    }
}
