//! The SDE with the flow's marginals, on a mixture whose flow is known in closed form.

use fm_host::data::Rows;
use fm_host::metrics::energy;
use fm_host::path::Path;
use fm_host::truth::{Component, GaussianMixture, MixtureField};
use fm_nostd::solver::{Euler, EulerMaruyama, NoiseSchedule, Rk4, Solver};
use fm_nostd::{Draw, grid};

fn mixture() -> GaussianMixture {
    GaussianMixture::new(vec![
        Component::round(&[1.0, 0.5], 0.5).weighing(2.0),
        Component::round(&[-1.0, 1.0], 0.5),
        Component::round(&[0.0, -1.2], 0.6),
    ])
}

fn carry<F, S: Solver<F>>(field: &mut F, solver: &mut S, steps: u32, draw: Draw) -> [f32; 2] {
    let mut x = [0.0; 2];
    draw.fill(0, &mut x);
    solver.begin(draw);
    let times: Vec<f32> = grid::uniform(0.0, steps).collect();
    for pair in times.windows(2) {
        solver.step(field, pair[0], pair[1], &mut x);
    }
    x
}

fn rows<F, S: Solver<F>>(mut field: F, mut solver: S, steps: u32, seed: u64, n: u64) -> Rows {
    let draws =
        (0..n).flat_map(|sample| carry(&mut field, &mut solver, steps, Draw { seed, sample }));
    Rows::from_vec(2, draws.collect())
}

/// Draws by the SDE and by the ODE, from different noise, and compares the distributions.
fn marginals_agree(path: Path) {
    const N: u64 = 4096;
    let field = || MixtureField { mixture: mixture(), path };
    let sde = rows(field(), EulerMaruyama::new(path, 1.0, [[0.0; 2]; 2]), 1024, 10, N);
    let ode = rows(field(), Rk4::new([[0.0; 2]; 3]), 32, 11, 4 * N);
    let distance = energy(&sde, &ode);
    println!("{path:?}: energy distance {distance:.6}");
    // An unbiased estimate: 28 pairs of ODE sets of 8,192 gave -0.0003 to 0.0010, so the bound holds for
    // these seeds; a tenth too little noise during sampling gives 0.0005 to 0.0006.
    assert!(distance <= 4e-4, "{path:?}: {distance}");
    // Checks that noise is added: more than half of the samples end elsewhere than the ODE's.
    let own = rows(field(), Rk4::new([[0.0; 2]; 3]), 32, 10, 64);
    let far = sde.iter().zip(own.iter()).filter(|(a, b)| (a[0] - b[0]).abs() > 0.1).count();
    assert!(far > 32, "{far} of 64");
}

#[test]
fn marginals_are_those_of_the_ode_on_the_linear_path() {
    marginals_agree(Path::Linear);
}

#[test]
fn marginals_are_those_of_the_ode_on_the_trigonometric_path() {
    marginals_agree(Path::Trigonometric);
}

#[test]
fn no_noise_is_euler_bit_for_bit() {
    for path in Path::ALL {
        let field = || MixtureField { mixture: mixture(), path };
        let euler = rows(field(), Euler::new([0.0; 2]), 16, 3, 32);
        for (eta, schedule) in [0.0, -0.0, -1.0, f32::NAN]
            .into_iter()
            .flat_map(|eta| NoiseSchedule::ALL.map(|schedule| (eta, schedule)))
        {
            let solver = EulerMaruyama::new(path, eta, [[0.0; 2]; 2]).with_schedule(schedule);
            assert_eq!(rows(field(), solver, 16, 3, 32), euler, "{eta} {schedule:?}");
        }
    }
}

/// The mean and the variance of a Gaussian after the steps of the SDE, without sampling: its velocity is
/// linear, so a step is `x -> a x + b + c z`, and single steps tell `a`, `b` and `c`.
fn moments(path: Path, schedule: NoiseSchedule, steps: u32) -> [f64; 2] {
    let mixture = GaussianMixture::new(vec![Component::round(&[MEAN], SD)]);
    let mut field = MixtureField { mixture, path };
    let solver = EulerMaruyama::new(path, 1.0, [[0.0; 1]; 2]).with_schedule(schedule);
    let times: Vec<f32> = grid::uniform(0.0, steps).collect();
    let (mut mean, mut variance) = (0.0, 1.0);
    for (step, pair) in (1..).zip(times.windows(2)) {
        let mut moved = |start: f32, sample: u64| {
            let (draw, mut x, mut z) = (Draw { seed: 1, sample }, [start], [0.0]);
            draw.fill(step, &mut z);
            let mut solver = solver.clone();
            solver.seek(draw, step);
            solver.step(&mut field, pair[0], pair[1], &mut x);
            (f64::from(x[0]), f64::from(z[0]))
        };
        let (from_zero, z) = moved(0.0, 0);
        // Noise far enough from the first that their difference is not lost in rounding.
        let other =
            (1..).map(|sample| moved(0.0, sample)).find(|(_, other)| (other - z).abs() > 1.0);
        let (elsewhere, other) = other.expect("normal numbers differ");
        let a = moved(1.0, 0).0 - from_zero;
        let c = (elsewhere - from_zero) / (other - z);
        mean = a * mean + from_zero - c * z;
        variance = a * a * variance + c * c;
    }
    [mean, variance]
}

const MEAN: f64 = 0.7;
const SD: f64 = 0.5;

#[test]
fn every_schedule_has_the_marginals_of_the_data_to_first_order() {
    for path in Path::ALL {
        for schedule in NoiseSchedule::ALL {
            let off = |steps| {
                let [mean, variance] = moments(path, schedule, steps);
                [(mean - MEAN).abs(), (variance - SD * SD).abs()]
            };
            let (coarse, fine) = (off(64), off(256));
            // A quarter of the step, a quarter of the error: at most 0.0061 and then 0.0016. Rounding over
            // 256 steps is 2e-5.
            for (coarse, fine) in coarse.into_iter().zip(fine) {
                assert!(coarse < 7e-3, "{path:?} {schedule:?}: {coarse}");
                assert!(fine < 0.3 * coarse + 2e-5, "{path:?} {schedule:?}: {coarse} and {fine}");
            }
        }
    }
}

/// Data with almost no variation: any other variation in a sample is noise that the last step left.
#[test]
fn the_last_step_leaves_no_noise_in_the_sample() {
    const SD: f64 = 1e-3;
    for path in Path::ALL {
        for schedule in NoiseSchedule::ALL {
            let mixture = GaussianMixture::new(vec![Component::round(&[0.5, -1.0], SD)]);
            let field = MixtureField { mixture, path };
            let solver = EulerMaruyama::new(path, 1.0, [[0.0; 2]; 2]).with_schedule(schedule);
            let sde = rows(field, solver, 64, 4, 2000);
            for (d, mean) in [0.5, -1.0].into_iter().enumerate() {
                let squares = sde.iter().map(|row| (f64::from(row[d]) - mean).powi(2));
                let sd = (squares.sum::<f64>() / 2000.0).sqrt();
                // The posterior mean of points 1/64 from the end is within SD of the mean; noise in the
                // last step would be 0.022.
                assert!(sd < 2.0 * SD, "{path:?} {schedule:?} {d}: {sd}");
            }
        }
    }
}

#[test]
fn a_step_can_be_taken_alone() {
    let mut field = MixtureField { mixture: mixture(), path: Path::Linear };
    let draw = Draw { seed: 5, sample: 9 };
    let solver = || EulerMaruyama::new(Path::Linear, 0.7, [[0.0; 2]; 2]);
    let whole = carry(&mut field, &mut solver(), 4, draw);
    let mut x = [0.0; 2];
    draw.fill(0, &mut x);
    for k in 0..4u32 {
        // A fresh solver per step, as after a reset of the device.
        let mut alone = solver();
        alone.seek(draw, k + 1);
        alone.step(&mut field, k as f32 / 4.0, (k + 1) as f32 / 4.0, &mut x);
    }
    assert_eq!(x, whole);
}
