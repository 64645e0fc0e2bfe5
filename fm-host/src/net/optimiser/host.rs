//! The optimiser on the CPU: one pass over the state's vectors.

use dfdx::tensor::{Cpu, TensorFromVec};
use multiversion::multiversion;

use super::{EPSILON, FIRST_DECAY, SECOND_DECAY, Step};
use crate::net::compute::{DeviceResult, Vector, download};
use crate::net::regression::{State, Update};

/// Adam on the CPU.
#[derive(Debug)]
pub struct HostAdam {
    device: Cpu,
    state: State,
}

impl HostAdam {
    /// Continues from `state`.
    pub fn new(state: State) -> Self {
        Self { device: Cpu::default(), state }
    }

    /// Returns the live parameters.
    ///
    /// Shape: `[parameters]`.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn parameters(&self) -> DeviceResult<Vector<Cpu>, Cpu> {
        let parameters = self.state.parameters.clone();
        let len = parameters.len();
        self.device.try_tensor_from_vec(parameters, (len,))
    }

    /// Returns the global norm of `gradient`.
    ///
    /// Shape: `[parameters]`.
    pub fn norm(gradient: &Vector<Cpu>) -> f32 {
        sum_of_squares(&download(gradient)).sqrt() as f32
    }

    /// Takes a step along `gradient`, whose norm, which must be finite, is `norm`.
    ///
    /// Shape: `[parameters]`.
    pub fn update(&mut self, gradient: &Vector<Cpu>, norm: f32, update: &Update) {
        self.state.step += 1;
        let step = Step::new(self.state.step, norm, update);
        adam(&mut self.state, &download(gradient), step);
    }

    /// Returns the state that training can resume from.
    pub fn state(&self) -> &State {
        &self.state
    }
}

/// In f64, which no finite f32 gradient overflows; sixteen sums, so that it is vectorised.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn sum_of_squares(values: &[f32]) -> f64 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut sums = [0.0f64; 16];
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(x) * f64::from(x);
        }
    }
    let rest: f64 = rest.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    sums.iter().sum::<f64>() + rest
}

#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn adam(state: &mut State, gradient: &[f32], step: Step) {
    let moments = state.first_moment.iter_mut().zip(&mut state.second_moment);
    let parameters = state.parameters.iter_mut().zip(&mut state.average);
    for (((parameter, average), (first, second)), gradient) in parameters.zip(moments).zip(gradient)
    {
        let gradient = gradient * step.scale;
        let mean = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * gradient;
        // A unit that is dead for long would leave a subnormal mean, which is slow on many CPUs.
        *first = if mean.abs() < f32::MIN_POSITIVE { 0.0 } else { mean };
        *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * (gradient * gradient);
        *parameter -= step.rate * *first / ((*second * step.correction).sqrt() + EPSILON);
        *average = step.ema * *average + (1.0 - step.ema) * *parameter;
    }
}
