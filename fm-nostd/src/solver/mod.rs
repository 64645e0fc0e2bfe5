//! Solvers: one step of each method. [`grid`](crate::grid) defines the times of the steps.

mod euler;
mod euler_maruyama;
mod heun;
mod meanflow;
mod midpoint;
mod noise_schedule;
mod rk4;

pub use euler::Euler;
pub use euler_maruyama::EulerMaruyama;
pub use heun::Heun;
pub use meanflow::MeanFlow;
pub use midpoint::Midpoint;
pub use noise_schedule::NoiseSchedule;
pub use rk4::Rk4;

use crate::noise::Draw;

/// One step along a field of kind `F`.
///
/// A solver owns its working memory, buffers chosen by the caller that are at least as long as a sample:
/// `Euler::new([0.0; 2])` on a device, `Euler::new(vec![0.0; dim])` on a host.
pub trait Solver<F> {
    /// Evaluations of the field per step.
    const EVALUATIONS: u32;

    /// The longest sample for which the working memory suffices.
    fn capacity(&mut self) -> usize;

    /// Starts the trajectory of a draw, for solvers that add noise.
    fn begin(&mut self, _draw: Draw) {}

    /// Moves `x` from time `t` to time `r`, in place.
    ///
    /// Shape: `x` is `[dim]`, no longer than [`Solver::capacity`].
    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]);
}

/// `x += factor * direction`
pub(crate) fn advance(x: &mut [f32], factor: f32, direction: &[f32]) {
    for (value, slope) in x.iter_mut().zip(direction) {
        *value += factor * slope;
    }
}

/// `out = x + factor * direction`
pub(crate) fn displace(out: &mut [f32], x: &[f32], factor: f32, direction: &[f32]) {
    for ((slot, value), slope) in out.iter_mut().zip(x).zip(direction) {
        *slot = value + factor * slope;
    }
}

/// The first `len` numbers of a buffer, or all if it is shorter.
pub(crate) fn front(buffer: &mut [f32], len: usize) -> &mut [f32] {
    let len = len.min(buffer.len());
    buffer.get_mut(..len).unwrap_or_default()
}
