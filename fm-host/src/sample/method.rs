//! The samplers by name.

use clap::ValueEnum;
use fm_nostd::blob::{Prediction, Reach};
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

impl Method {
    /// What a model is made for: jumps, or Euler's method.
    pub fn natural(prediction: Prediction) -> Self {
        if prediction.reach().jumps() { Self::Meanflow } else { Self::Euler }
    }

    /// The steps that it takes where nobody says how many: one jump, or 64.
    pub fn default_steps(self) -> u32 {
        match self {
            Self::Meanflow => 1,
            Self::Euler | Self::Midpoint | Self::Heun | Self::Rk4 | Self::Dopri5 | Self::Sde => 64,
        }
    }

    /// The numbers of steps to compare a model at where nobody says which.
    pub fn usual_steps(self, reach: Reach) -> &'static [u32] {
        match (self, reach) {
            (Self::Meanflow, Reach::OneJump) => &[1],
            (Self::Meanflow, Reach::AnyJump | Reach::Velocity) => &[1, 2, 4],
            (Self::Dopri5, _) => &[1],
            (Self::Euler | Self::Midpoint | Self::Heun | Self::Rk4 | Self::Sde, _) => {
                &[1, 2, 4, 8, 16, 32, 64, 128]
            }
        }
    }

    /// Whether it takes the number of steps that it is given.
    pub fn counts_steps(self) -> bool {
        match self {
            Self::Dopri5 => false,
            Self::Euler | Self::Midpoint | Self::Heun | Self::Rk4 | Self::Sde | Self::Meanflow => {
                true
            }
        }
    }

    /// Its name as it is typed.
    pub fn name(self) -> String {
        options::typed(self)
    }
}
