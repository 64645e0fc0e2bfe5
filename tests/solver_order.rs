//! The solvers compared with a flow in closed form: their orders, exact jumps, and single steps.
//!
//! The flow is that of one Gaussian, data N(mu, s^2) on the trigonometric path: with
//! a = pi t / 2, m(t) = mu sin a and S(t)^2 = s^2 sin^2 a + cos^2 a, noise x_0 is carried to
//! `x_r = m(r) + S(r)/S(t) (x_t - m(t))`, so `v(t, x) = m'(t) + S'(t)/S(t) (x - m(t))`.
//! (On the linear path the midpoint method is of order 3 for this distribution, which would hide its
//! order 2.)

mod common;

use std::f64::consts::FRAC_PI_2;

use common::{Placed, Wanted};
use fm_nostd::blob::Conditioning;
use fm_nostd::grid::{TimeGrid, uniform};
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::{Euler, Heun, Midpoint, Rk4, Solver};
use fm_nostd::{Activation, AverageVelocity, Draw, MeanFlow, Model, Sampler, Velocity};

const MEAN: f64 = 2.0;
const SPREAD: f64 = 3.0;

/// `m(t)`, `S(t)`
fn moments(t: f64) -> (f64, f64) {
    let (sine, cosine) = (FRAC_PI_2 * t).sin_cos();
    (MEAN * sine, (SPREAD * sine).hypot(cosine))
}

/// The point to which the flow moves `x` from `t` to `r`.
fn carried(t: f64, r: f64, x: f64) -> f64 {
    let ((m_t, s_t), (m_r, s_r)) = (moments(t), moments(r));
    m_r + s_r / s_t * (x - m_t)
}

/// The flow's velocity, computed in f32 like a network's.
fn velocity(t: f32, x: &[f32], out: &mut [f32]) {
    let (mean, spread, quarter) = (MEAN as f32, SPREAD as f32, std::f32::consts::FRAC_PI_2);
    let (sine, cosine) = (quarter * t).sin_cos();
    let variance = spread * spread * sine * sine + cosine * cosine;
    let rate = quarter * sine * cosine * (spread * spread - 1.0) / variance;
    for (slot, value) in out.iter_mut().zip(x) {
        *slot = quarter * cosine * mean + rate * (value - sine * mean);
    }
}

/// The flow's average velocity.
struct Average;

impl AverageVelocity for Average {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        for (slot, &value) in out.iter_mut().zip(x) {
            let (t, r, value) = (f64::from(t), f64::from(r), f64::from(value));
            *slot = ((carried(t, r, value) - value) / (r - t)) as f32;
        }
    }
}

/// Starting points whose errors are averaged, which reduces the effect of rounding.
const STARTS: usize = 64;

/// The mean error at t = 3/4: not at the end, because the slope's odd symmetry about t = 1/2 and its
/// zeros at 0 and 1 make the error of whole runs fall faster than the order.
fn error<F, S: Solver<F>>(field: &mut F, solver: &mut S, steps: u32) -> f64 {
    const END: f32 = 0.75;
    let starts: Vec<f32> = (0..STARTS).map(|i| 1.0 + i as f32 / 32.0).collect();
    let mut x = starts.clone();
    let mut t = 0.0;
    for r in uniform(0.0, steps).skip(1) {
        solver.step(field, t, END * r, &mut x);
        t = END * r;
    }
    let far = |(x, start): (&f32, &f32)| f64::from(*x) - carried(0.0, END.into(), (*start).into());
    x.iter().zip(&starts).map(far).sum::<f64>().abs() / STARTS as f64
}

/// Halves the steps and compares the decrease of the error with the order.
///
/// `steps` is large enough that the next term of the error adds less than a tenth to the order, and small
/// enough that the error is still fifteen times the rounding, 1e-6.
#[track_caller]
fn has_order(order: f64, mut solver: impl Solver<fn(f32, &[f32], &mut [f32])>, steps: [u32; 2]) {
    let mut field: fn(f32, &[f32], &mut [f32]) = velocity;
    for steps in steps {
        let [coarse, fine] = [steps, 2 * steps].map(|n| error(&mut field, &mut solver, n));
        let found = (coarse / fine).log2();
        assert!(fine > 1.5e-5, "{steps} steps: an error of {fine} is only rounding");
        assert!(
            (found - order).abs() < 0.2,
            "{steps} steps: order {found}, errors {coarse} {fine}"
        );
    }
}

fn work() -> Vec<f32> {
    vec![0.0; STARTS]
}

#[test]
fn euler_has_order_1() {
    has_order(1.0, Euler::new(work()), [32, 64]);
}

#[test]
fn midpoint_has_order_2() {
    has_order(2.0, Midpoint::new([work(), work()]), [16, 32]);
}

#[test]
fn heun_has_order_2() {
    has_order(2.0, Heun::new([work(), work()]), [16, 32]);
}

#[test]
fn rk4_has_order_4() {
    has_order(4.0, Rk4::new([work(), work(), work()]), [4, 8]);
}

/// Ralston's method (1962, doi:10.1090/S0025-5718-1962-0150954-0), written outside the crates: a solver
/// only has to implement the trait.
struct Ralston([Vec<f32>; 3]);

impl<F: Velocity> Solver<F> for Ralston {
    const EVALUATIONS: u32 = 2;

    fn capacity(&mut self) -> usize {
        self.0[0].len()
    }

    fn step(&mut self, field: &mut F, t: f32, r: f32, x: &mut [f32]) {
        let (h, [first, second, at]) = (r - t, &mut self.0);
        field.velocity(t, x, first);
        for ((at, x), slope) in at.iter_mut().zip(&*x).zip(&*first) {
            *at = x + 2.0 / 3.0 * h * slope;
        }
        field.velocity(t + 2.0 / 3.0 * h, at, second);
        for ((x, first), second) in x.iter_mut().zip(first).zip(second) {
            *x += h * (0.25 * *first + 0.75 * *second);
        }
    }
}

#[test]
fn a_solver_of_ones_own_has_its_order() {
    has_order(2.0, Ralston([work(), work(), work()]), [16, 32]);
}

/// A model that provides sizes and units; the fields here do not use its network.
fn blob() -> Vec<u8> {
    let wanted = Wanted {
        prediction: Prediction::Velocity,
        activation: Activation::Relu,
        conditioning: Conditioning::NONE,
        unconditional: false,
        dim: 5,
        hidden: 8,
        layers: 1,
    };
    wanted.blob()
}

const DRAW: Draw = Draw { seed: 3, sample: 11 };

/// The draw's noise, moved to the data by the closed form, in the data's units.
fn exact(model: &Model<'_>) -> Vec<f64> {
    let mut noise = [0.0; 5];
    DRAW.fill(0, &mut noise);
    let units = model.mean().zip(model.std());
    let place = |(x, (mean, std)): (f32, (f32, f32))| {
        f64::from(mean) + f64::from(std) * carried(0.0, 1.0, x.into())
    };
    noise.into_iter().zip(units).map(place).collect()
}

#[track_caller]
fn near(x: &[f32], wanted: &[f64], tolerance: f64) {
    for (&x, wanted) in x.iter().zip(wanted) {
        assert!((f64::from(x) - wanted).abs() < tolerance, "{x} against {wanted}");
    }
}

#[test]
fn an_average_velocity_lands_on_the_end_in_any_number_of_jumps() {
    let blob = Placed::new(&blob());
    let model = Model::new(blob.bytes()).expect("a valid blob");
    let wanted = exact(&model);
    let mut sampler = Sampler::new(&model, Average, MeanFlow::new([0.0; 5])).expect("it fits");
    for jumps in [1, 2, 5] {
        let mut x = [0.0; 5];
        sampler.sample(DRAW, jumps, &mut x);
        // Values are up to 6 here, so 2.4e-7 per rounding; a jump rounds the average, its product with
        // r - t and the sum, and the flow stretches the error of an early jump by up to 3.
        near(&x, &wanted, 5e-6);
    }
}

#[test]
fn steps_taken_alone_are_the_sample_bit_for_bit() {
    let blob = Placed::new(&blob());
    let model = Model::new(blob.bytes()).expect("a valid blob");
    same_bits(&model, velocity, Euler::new([0.0; 5]));
    same_bits(&model, velocity, Midpoint::new([[0.0; 5]; 2]));
    same_bits(&model, velocity, Heun::new([[0.0; 5]; 2]));
    same_bits(&model, velocity, Rk4::new([[0.0; 5]; 3]));
    same_bits(&model, Average, MeanFlow::new([0.0; 5]));
}

#[track_caller]
fn same_bits<F, S: Solver<F>>(model: &Model<'_>, field: F, solver: S) {
    let mut sampler = Sampler::new(model, field, solver).expect("it fits");
    for steps in [1, 3, 7] {
        let (mut whole, mut alone) = ([0.0; 5], [0.0; 5]);
        sampler.sample(DRAW, steps, &mut whole);
        DRAW.fill(0, &mut alone);
        for k in 0..steps {
            let [t, r] = [k, k + 1].map(|k| k as f32 / steps as f32);
            sampler.step(t, r, &mut alone);
        }
        sampler.finish(&mut alone);
        assert_eq!(whole.map(f32::to_bits), alone.map(f32::to_bits), "{steps} steps");
    }
}

#[test]
fn a_grid_of_ones_own_carries_noise_to_the_data() {
    let blob = Placed::new(&blob());
    let model = Model::new(blob.bytes()).expect("a valid blob");
    let field: fn(f32, &[f32], &mut [f32]) = velocity;
    let mut sampler = Sampler::new(&model, field, Rk4::new([[0.0; 5]; 3])).expect("it fits");
    let mut noise = [0.0; 5];
    DRAW.fill(0, &mut noise);

    let (mut even, mut own) = ([0.0; 5], noise);
    sampler.sample(DRAW, 4, &mut even);
    let grid = TimeGrid::<8>::new(&[0.0, 0.25, 0.5, 0.75, 1.0]).expect("it increases");
    sampler.sample_from(grid.times(), &mut own);
    assert_eq!(own.map(f32::to_bits), even.map(f32::to_bits));

    // Uneven steps: small ones early, where the slope bends.
    let times: Vec<f32> = (0..=24).map(|k| (k as f32 / 24.0).powf(1.5)).collect();
    let grid = TimeGrid::<25>::new(&times).expect("it increases");
    let mut uneven = noise;
    sampler.sample_from(grid.times(), &mut uneven);
    // Steps of at most 1/16; even steps of 3/64 have an error of 2e-5 (see `rk4_has_order_4`), which by
    // order 4 becomes 6e-5. With a missing step the error is far larger.
    near(&uneven, &exact(&model), 6e-5);
}

#[test]
fn the_velocity_is_the_flows_derivative() {
    // The orders above rely on this velocity. A central difference of 1e-4 has an error of 1e-7 in f64;
    // the velocity is computed in f32 and up to 20 large.
    for (t, x) in [(0.1f32, 1.5f32), (0.4, -2.0), (0.75, 3.0), (0.95, 0.2)] {
        let mut v = [0.0];
        (velocity as fn(f32, &[f32], &mut [f32])).velocity(t, &[x], &mut v);
        let (t, x, h) = (f64::from(t), f64::from(x), 1e-4);
        let slope = (carried(t, t + h, x) - carried(t, t - h, x)) / (2.0 * h);
        assert!((f64::from(v[0]) - slope).abs() < 1e-5, "{} against {slope}", v[0]);
    }
}
