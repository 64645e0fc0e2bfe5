//! Tests every solver's order on a mixture whose velocity is known in closed form.
//!
//! The mixture is wide (standard deviation 0.5), so that its field is smooth enough to show the leading term
//! of the error before the rounding of f32 dominates. The reference is RK4 in `f64` on the same velocity, with
//! enough steps that its error is below 1e-10.

use fm_host::path::Path;
use fm_host::truth::{Component, GaussianMixture};
use fm_nostd::grid;
use fm_nostd::solver::{Euler, Heun, Midpoint, Rk4, Solver};

const STARTS: usize = 24;

fn law() -> GaussianMixture {
    GaussianMixture::new(vec![
        Component::round(&[1.2, 0.4], 0.5).weighing(2.0),
        Component::round(&[-0.9, 0.8], 0.5),
        Component::round(&[0.2, -1.1], 0.5),
    ])
}

/// Initial noise on a spiral, in all directions, with lengths from 0.3 to 1.8.
fn start(i: usize) -> [f64; 2] {
    let (sine, cosine) = (2.4 * i as f64).sin_cos();
    let radius = 0.3 + 1.5 * i as f64 / STARTS as f64;
    [radius * cosine, radius * sine]
}

fn exact(law: &GaussianMixture, start: [f64; 2]) -> [f64; 2] {
    const STEPS: u32 = 2000;
    let at = |t: f64, x: [f64; 2]| -> [f64; 2] {
        let v = law.velocity(Path::Linear, t, &x);
        [v[0], v[1]]
    };
    let plus = |x: [f64; 2], h: f64, v: [f64; 2]| [x[0] + h * v[0], x[1] + h * v[1]];
    let h = 1.0 / f64::from(STEPS);
    (0..STEPS).fold(start, |x, k| {
        let t = h * f64::from(k);
        let k1 = at(t, x);
        let k2 = at(t + h / 2.0, plus(x, h / 2.0, k1));
        let k3 = at(t + h / 2.0, plus(x, h / 2.0, k2));
        let k4 = at(t + h, plus(x, h, k3));
        [0, 1].map(|d| x[d] + h / 6.0 * (k1[d] + 2.0 * k2[d] + 2.0 * k3[d] + k4[d]))
    })
}

/// The root mean square error over the starts.
fn error<F: FnMut(f32, &[f32], &mut [f32])>(
    field: &mut F,
    solver: &mut impl Solver<F>,
    steps: u32,
    ends: &[[f64; 2]],
) -> f64 {
    let times: Vec<f32> = grid::uniform(0.0, steps).collect();
    let squares = ends.iter().enumerate().map(|(i, end)| {
        let mut x = start(i).map(|value| value as f32);
        for pair in times.windows(2) {
            solver.step(field, pair[0], pair[1], &mut x);
        }
        (f64::from(x[0]) - end[0]).powi(2) + (f64::from(x[1]) - end[1]).powi(2)
    });
    (squares.sum::<f64>() / ends.len() as f64).sqrt()
}

/// The slope over two halvings of the step, starting at a number of steps where the next term is negligible.
#[test]
fn measured_orders_are_the_methods() {
    let law = law();
    let ends: Vec<[f64; 2]> = (0..STARTS).map(|i| exact(&law, start(i))).collect();
    let mut field = |t: f32, x: &[f32], out: &mut [f32]| {
        let wide = [f64::from(x[0]), f64::from(x[1])];
        let v = law.velocity(Path::Linear, t.into(), &wide);
        out.iter_mut().zip(v).for_each(|(slot, v)| *slot = v as f32);
    };
    let work = || [0.0; 2];
    let mut orders = Vec::new();
    let mut measure = |name: &'static str, order: f64, errors: [f64; 3]| {
        let slopes = [(errors[0] / errors[1]).log2(), (errors[1] / errors[2]).log2()];
        eprintln!("{name}: {slopes:.3?}, errors {errors:?}");
        orders.push((name, order, slopes, errors[2]));
    };
    let mut at = |solver: &mut Euler<[f32; 2]>, steps| error(&mut field, solver, steps, &ends);
    measure("euler", 1.0, [64, 128, 256].map(|steps| at(&mut Euler::new(work()), steps)));
    let mut at = |solver: &mut Midpoint<[f32; 2]>, steps| error(&mut field, solver, steps, &ends);
    let midpoint = || Midpoint::new([work(), work()]);
    measure("midpoint", 2.0, [32, 64, 128].map(|steps| at(&mut midpoint(), steps)));
    let mut at = |solver: &mut Heun<[f32; 2]>, steps| error(&mut field, solver, steps, &ends);
    let heun = || Heun::new([work(), work()]);
    measure("heun", 2.0, [32, 64, 128].map(|steps| at(&mut heun(), steps)));
    let mut at = |solver: &mut Rk4<[f32; 2]>, steps| error(&mut field, solver, steps, &ends);
    let rk4 = || Rk4::new([work(), work(), work()]);
    measure("rk4", 4.0, [4, 8, 16].map(|steps| at(&mut rk4(), steps)));
    for (name, order, slopes, last) in orders {
        // f32 rounding over this number of steps is about 1e-6.
        assert!(last > 4e-6, "{name}: {last} is rounding");
        assert!(slopes.iter().all(|slope| (slope - order).abs() < 0.2), "{name}: {slopes:?}");
    }
}
