//! Adam with a clipped gradient and a moving average of the parameters (Kingma and Ba, 2014,
//! arXiv:1412.6980, algorithm 1): one pass over slices on the CPU; dfdx's operations are in `stacked`.
//!
//! Both keep all of their state in a [`State`](super::State), so a learner that is rebuilt from its state
//! continues bit for bit.

mod host;

use super::regression::Update;
pub use host::HostAdam;

pub(super) const FIRST_DECAY: f32 = 0.9;
pub(super) const SECOND_DECAY: f32 = 0.999;
pub(super) const EPSILON: f32 = 1e-8;

/// The factors of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// The factor that clips the gradient.
    pub scale: f32,
    /// The learning rate over the first moment's bias correction.
    pub rate: f32,
    /// The second moment's bias correction.
    pub correction: f32,
    /// The moving average's decay.
    pub ema: f32,
}

impl Step {
    /// Returns the factors of step `t`, counted from 1.
    pub fn new(t: u64, norm: f32, update: &Update) -> Self {
        // Beyond 2^31 steps both corrections are 1.
        let t = i32::try_from(t).unwrap_or(i32::MAX);
        let correction = |decay: f32| 1.0 / (1.0 - f64::from(decay).powi(t));
        Self {
            // For a zero gradient the quotient is infinite, and the minimum is 1.
            //
            scale: (update.clip / norm).min(1.0),
            rate: (f64::from(update.rate) * correction(FIRST_DECAY)) as f32,
            correction: correction(SECOND_DECAY) as f32,
            ema: update.ema,
        }
    }
}
