//! Adam with a clipped gradient and a moving average of the parameters (Kingma and Ba, 2015,
//! algorithm 1): one pass over slices on the CPU, dfdx's operations elsewhere.
//!
//! Both hold everything they need in a [`State`] and nothing beside it, so a learner built again
//! from its state goes on bit for bit.

mod host;
mod tensor;

use dfdx::tensor_ops::Device;

use super::compute::{DeviceResult, Vector};
use super::regression::{State, Update};
pub use host::HostAdam;
pub use tensor::TensorAdam;

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// What holds the parameters on a device and moves them.
pub trait Optimiser<E: Device<f32>>: Sized {
    /// Goes on from `state`.
    ///
    /// # Errors
    /// If the device fails.
    fn new(device: &E, state: State) -> DeviceResult<Self, E>;

    /// The live parameters.
    ///
    /// Shape: `[parameters]`.
    ///
    /// # Errors
    /// If the device fails.
    fn parameters(&self) -> DeviceResult<Vector<E>, E>;

    /// The global norm of `gradient`.
    ///
    /// Shape: `[parameters]`.
    ///
    /// # Errors
    /// If the device fails.
    fn norm(&self, gradient: &Vector<E>) -> DeviceResult<f32, E>;

    /// Takes a step along `gradient`, which has the finite `norm`.
    ///
    /// Shape: `[parameters]`.
    ///
    /// # Errors
    /// If the device fails.
    fn update(&mut self, gradient: &Vector<E>, norm: f32, update: &Update) -> DeviceResult<(), E>;

    /// Everything that training needs to go on.
    fn state(&self) -> State;
}

/// The numbers of one step.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// What the gradient is multiplied by, to clip it.
    scale: f32,
    /// The rate over the first moment's bias correction.
    rate: f32,
    /// The second moment's bias correction.
    correction: f32,
    /// The moving average's decay.
    ema: f32,
}

impl Step {
    /// The numbers of step `t`, counted from 1.
    fn new(t: u64, norm: f32, update: &Update) -> Self {
        // Beyond 2^31 steps both corrections are 1.
        let t = i32::try_from(t).unwrap_or(i32::MAX);
        let correction = |decay: f32| 1.0 / (1.0 - f64::from(decay).powi(t));
        Self {
            // Without a gradient the quotient is infinite, and 1 is less.
            scale: (update.clip / norm).min(1.0),
            rate: (f64::from(update.rate) * correction(FIRST_DECAY)) as f32,
            correction: correction(SECOND_DECAY) as f32,
            ema: update.ema,
        }
    }
}
