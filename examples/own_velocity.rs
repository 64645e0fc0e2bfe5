//! The solvers on your own field: here the exact velocity from noise to one Gaussian.
//!
//! `cargo run --example own_velocity`

use fm_nostd::grid;
use fm_nostd::solver::{Euler, Heun, Rk4, Solver};

/// Data `N(MEAN, SPREAD^2)` in each of two dimensions.
const MEAN: [f32; 2] = [2.0, -1.0];
const SPREAD: f32 = 0.5;

/// `v(t, x) = mu + S'/S (x - t mu)` with `S^2 = t^2 s^2 + (1 - t)^2`, on the linear path.
fn velocity(t: f32, x: &[f32], out: &mut [f32]) {
    let variance = t * t * SPREAD * SPREAD + (1.0 - t) * (1.0 - t);
    let rate = (t * SPREAD * SPREAD - (1.0 - t)) / variance;
    for ((slot, x), mean) in out.iter_mut().zip(x).zip(MEAN) {
        *slot = mean + rate * (x - t * mean);
    }
}

fn carry<F>(mut field: F, mut solver: impl Solver<F>, steps: u32) -> [f32; 2] {
    let mut x = [1.0, 1.0];
    let times: Vec<f32> = grid::uniform(0.0, steps).collect();
    for pair in times.windows(2) {
        solver.step(&mut field, pair[0], pair[1], &mut x);
    }
    x
}

fn main() {
    // The exact flow ends at mean + spread * noise.
    println!("exact  {:?}", MEAN.map(|mean| mean + SPREAD));
    println!("euler  {:?}", carry(velocity, Euler::new([0.0; 2]), 16));
    println!("heun   {:?}", carry(velocity, Heun::new([[0.0; 2]; 2]), 16));
    println!("rk4    {:?}", carry(velocity, Rk4::new([[0.0; 2]; 3]), 16));
}
