//! The adaptive Dormand–Prince pair of order 5(4) (1980, doi:10.1016/0771-050X(80)90013-3), with steps as
//! long as a tolerance allows.
//!
//! Only on the host, because its cost depends on the sample, which a device could not plan for. The step
//! control is the basic one of Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I"
//! (1993, doi:10.1007/978-3-540-78862-1), section II.4.

use fm_nostd::Velocity;
use fm_nostd::solver::Solver;

/// The times of the stages.
const C: [f32; 7] = [0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0];
/// The weights of the slopes in stage `i`; the last row is the step of order 5.
const A: [[f32; 6]; 7] = [
    [0.0; 6],
    [1.0 / 5.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [3.0 / 40.0, 9.0 / 40.0, 0.0, 0.0, 0.0, 0.0],
    [44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0, 0.0, 0.0, 0.0],
    [19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0, 0.0, 0.0],
    [9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0, 0.0],
    [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// The weights of the difference between the steps of order 5 and 4.
const E: [f32; 7] = [
    71.0 / 57600.0,
    0.0,
    -71.0 / 16695.0,
    71.0 / 1920.0,
    -17253.0 / 339_200.0,
    22.0 / 525.0,
    -1.0 / 40.0,
];

/// The least tolerance; below it, the error estimate would only measure the rounding of `f32`.
pub const LEAST_TOLERANCE: f32 = 1e-6;
/// The least step as a share of the whole interval, regardless of the estimate, so that there are at most
/// 10,000 steps.
const SHORTEST: f32 = 1e-4;

/// The adaptive solver; one "step" of it integrates the whole interval.
#[derive(Clone, Debug)]
pub struct Dopri5 {
    tolerance: f32,
    slopes: [Vec<f32>; 7],
    stage: Vec<f32>,
    evaluations: u64,
}

impl Dopri5 {
    /// Returns a solver for samples of `dim` numbers. The error allowed per step is `tolerance (1 + |x|)` per
    /// coordinate, as a root mean square. The tolerance is at least [`LEAST_TOLERANCE`].
    pub fn new(dim: usize, tolerance: f32) -> Self {
        let vector = || vec![0.0; dim];
        Self {
            tolerance: tolerance.max(LEAST_TOLERANCE),
            slopes: std::array::from_fn(|_| vector()),
            stage: vector(),
            evaluations: 0,
        }
    }

    /// Evaluations of the field so far.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    fn evaluate<F: Velocity>(&mut self, field: &mut F, t: f32, slope: usize) {
        self.evaluations += 1;
        field.velocity(t, &self.stage, &mut self.slopes[slope]);
    }

    /// `stage = x + h (weighted sum of the slopes)`
    fn mix(&mut self, x: &[f32], h: f32, weights: &[f32]) {
        for (d, x) in x.iter().enumerate() {
            let slopes = self.slopes.iter().zip(weights);
            self.stage[d] = x + h * slopes.map(|(slope, weight)| weight * slope[d]).sum::<f32>();
        }
    }

    /// The error of the step from `x` to the stage, as a multiple of the tolerance.
    fn error(&self, x: &[f32], h: f32) -> f32 {
        let squares = x.iter().zip(&self.stage).enumerate().map(|(d, (from, to))| {
            let slopes = self.slopes.iter().zip(E);
            let error = h * slopes.map(|(slope, weight)| weight * slope[d]).sum::<f32>();
            let allowed = self.tolerance * (1.0 + from.abs().max(to.abs()));
            (error / allowed).powi(2)
        });
        (squares.sum::<f32>() / x.len() as f32).sqrt()
    }
}

impl<F: Velocity> Solver<F> for Dopri5 {
    /// The least number; [`Dopri5::evaluations`] counts the actual one.
    const EVALUATIONS: u32 = 7;

    fn capacity(&mut self) -> usize {
        self.stage.len()
    }

    fn step(&mut self, field: &mut F, start: f32, end: f32, x: &mut [f32]) {
        let span = end - start;
        // Otherwise the loop would not end.
        if !span.is_finite() {
            return x.fill(f32::NAN);
        }
        let (mut t, mut h) = (start, span / 16.0);
        self.stage.copy_from_slice(x);
        self.evaluate(field, t, 0);
        while t != end {
            let least = (span * SHORTEST).abs();
            let last = (end - t).abs() <= h.abs().max(least);
            if last {
                h = end - t;
            }
            for stage in 1..7 {
                self.mix(x, h, &A[stage]);
                self.evaluate(field, t + C[stage] * h, stage);
            }
            let error = self.error(x, h);
            // A NaN counts as an error too. At the least step it is accepted, so that the user sees it.
            if error <= 1.0 || h.abs() <= least {
                x.copy_from_slice(&self.stage);
                t = if last { end } else { t + h };
                // The last slope is the next step's first.
                self.slopes.swap(0, 6);
            }
            // `max` would ignore a NaN.
            let factor = if error.is_nan() {
                0.2
            } else {
                (0.9 * error.max(1e-10).powf(-0.2)).clamp(0.2, 5.0)
            };
            h = span.signum() * (h.abs() * factor).max(least);
        }
    }
}

#[cfg(test)]
mod tests {
    use fm_nostd::grid;
    use fm_nostd::solver::Rk4;

    use super::*;

    /// The field `dx/dt` of the curved path `x = exp(sin 5t) c`, and its endpoint.
    fn field(t: f32, x: &[f32], out: &mut [f32]) {
        for (slot, x) in out.iter_mut().zip(x) {
            *slot = 5.0 * (5.0 * t).cos() * x;
        }
    }

    #[test]
    fn rows_are_consistent() {
        for (stage, row) in A.iter().enumerate() {
            // The rounding of six numbers up to 12.
            assert!((row.iter().sum::<f32>() - C[stage]).abs() < 5e-6, "{stage}");
        }
        assert!(E.iter().sum::<f32>().abs() < 1e-8);
    }

    #[test]
    fn the_error_follows_the_tolerance_and_the_work_follows_it_too() {
        let truth = 5.0f64.sin().exp();
        let mut work = Vec::new();
        for tolerance in [1e-2f32, 1e-3, 1e-4, 1e-5] {
            let mut solver = Dopri5::new(1, tolerance);
            let mut x = [1.0];
            solver.step(&mut field, 0.0, 1.0, &mut x);
            // The errors of a few dozen steps add up.
            assert!(
                (f64::from(x[0]) - truth).abs() < 20.0 * f64::from(tolerance),
                "{tolerance} {x:?}"
            );
            work.push(solver.evaluations());
            // Back in the opposite direction of time.
            solver.step(&mut field, 1.0, 0.0, &mut x);
            assert!((x[0] - 1.0).abs() < 50.0 * tolerance, "{tolerance} {x:?}");
        }
        assert!(work.is_sorted_by(|a, b| a < b), "{work:?}");
        let mut rk4 = [1.0];
        let (mut solver, times) = (Rk4::new([[0.0; 1]; 3]), grid::uniform(0.0, 256));
        for (t, r) in times.clone().zip(times.skip(1)) {
            solver.step(&mut field, t, r, &mut rk4);
        }
        let mut dopri5 = [1.0];
        Dopri5::new(1, 1e-6).step(&mut field, 0.0, 1.0, &mut dopri5);
        // The rounding of f32 over hundreds of steps.
        assert!((rk4[0] - dopri5[0]).abs() < 1e-5, "{rk4:?} {dopri5:?}");
    }

    #[test]
    fn a_way_without_an_end_is_not_begun() {
        let mut field = |_: f32, _: &[f32], out: &mut [f32]| out.fill(1.0);
        for (start, end) in [(f32::NAN, 1.0), (f32::INFINITY, 1.0), (0.0, f32::NAN)] {
            let mut x = [1.0];
            Dopri5::new(1, 1e-3).step(&mut field, start, end, &mut x);
            assert!(x[0].is_nan());
        }
    }

    #[test]
    fn a_field_that_is_not_a_number_ends_the_way() {
        let mut field = |_: f32, _: &[f32], out: &mut [f32]| out.fill(f32::NAN);
        let mut x = [1.0];
        Dopri5::new(1, 1e-3).step(&mut field, 0.0, 1.0, &mut x);
        assert!(x[0].is_nan());
    }
}
