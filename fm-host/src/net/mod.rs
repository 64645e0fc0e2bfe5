//! Stand-in for the network's contract until the `h-net` branch lands.

use serde::{Deserialize, Serialize};

use crate::data::Rows;
use crate::{Error, Result};

/// An MLP's sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Numbers in a data row.
    pub data: usize,
    /// Whether `h` is an input.
    pub average: bool,
    /// Condition inputs.
    pub condition: usize,
    /// Width.
    pub hidden: usize,
    /// Hidden layers.
    pub layers: usize,
    /// Activation.
    pub activation: fm_nostd::Activation,
}

impl Architecture {
    /// Inputs.
    pub fn inputs(&self) -> usize {
        1 + usize::from(self.average) + self.condition + self.data
    }

    /// Parameters.
    pub fn parameters(&self) -> usize {
        (self.inputs() + 1) * self.hidden
            + (self.layers - 1) * (self.hidden + 1) * self.hidden
            + (self.hidden + 1) * self.data
    }
}

/// One step's weighted least squares.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// `[n, inputs]`.
    pub input: Rows,
    /// `[m, inputs]`.
    pub tangent: Rows,
    /// `[n, data]`.
    pub velocity: Rows,
    /// `[m]`.
    pub gap: Vec<f32>,
    /// Weights.
    pub weighting: Weighting,
}

/// `w = stopgrad(1/(|e|^2 + c)^p)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighting {
    /// Power.
    pub p: f32,
    /// Offset.
    pub c: f32,
}

/// One step's optimiser settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Learning rate.
    pub rate: f32,
    /// Global norm.
    pub clip: f32,
    /// Decay.
    pub ema: f32,
}

/// What a step measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Weighted.
    pub weighted: f32,
    /// Raw.
    pub raw: f32,
    /// Norm before clipping.
    pub gradient_norm: f32,
}

/// All numbers of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Adam's t.
    pub step: u64,
    /// Live.
    pub parameters: Vec<f32>,
    /// EMA.
    pub average: Vec<f32>,
    /// Adam's m.
    pub first_moment: Vec<f32>,
    /// Adam's v.
    pub second_moment: Vec<f32>,
}

impl State {
    /// Zeros.
    pub fn fresh(arch: &Architecture, _seed: u64) -> Self {
        let zeros = vec![0.0; arch.parameters()];
        Self {
            step: 0,
            parameters: zeros.clone(),
            average: zeros.clone(),
            first_moment: zeros.clone(),
            second_moment: zeros,
        }
    }
}

/// A network on a device.
pub trait Learner {
    /// One step.
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss>;
    /// Outputs.
    fn evaluate(&self, input: &Rows) -> Result<Rows>;
    /// Everything.
    fn state(&self) -> State;
    /// Device.
    fn device_name(&self) -> &str;
}

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// Cuda if there is one.
    Auto,
    /// Cpu.
    Cpu,
    /// Cuda.
    Cuda,
}

/// A learner.
pub fn learner(_: &Architecture, _: State, _: DeviceChoice) -> Result<Box<dyn Learner>> {
    Err(Error::device("the network is not merged yet"))
}
