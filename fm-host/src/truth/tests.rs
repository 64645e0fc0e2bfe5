//! Tests of the closed forms against their definitions: derivatives of the density, the continuity
//! equation, the mean over pairs, and numerical integration of the flow.

use fm_nostd::solver::{Rk4, Solver};
use fm_nostd::{AverageVelocity, Velocity};

use super::*;
use crate::data::Standardisation;
use crate::random::{Purpose, stream};

const TIMES: [f64; 4] = [0.05, 0.3, 0.6, 0.95];
const POINTS: [[f64; 2]; 3] = [[0.3, -0.2], [1.4, 0.9], [-1.0, 0.4]];

/// Three unequal Gaussians in two classes, one of them not round.
fn mixture() -> GaussianMixture {
    let long = Component { sd: vec![0.3, 0.8], ..Component::round(&[-1.0, 1.0], 1.0) };
    GaussianMixture::new(vec![
        Component::round(&[1.0, 0.5], 0.5).weighing(2.0).of_class(0),
        long.weighing(1.0).of_class(1),
        Component::round(&[0.0, -1.5], 0.6).weighing(1.0).of_class(1),
    ])
}

fn gaussian() -> SingleGaussian {
    SingleGaussian { mean: vec![0.7, -0.4], sd: vec![0.5, 1.6] }
}

/// Returns the central difference of `f` at 0.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    const H: f64 = 1e-5;
    (f(H) - f(-H)) / (2.0 * H)
}

fn moved(x: &[f64], d: usize, by: f64) -> Vec<f64> {
    let mut x = x.to_vec();
    x[d] += by;
    x
}

/// Calls `check` for every path, time and point.
fn everywhere(check: impl Fn(Path, f64, &[f64])) {
    for path in Path::ALL {
        for t in TIMES {
            for x in POINTS {
                check(path, t, &x);
            }
        }
    }
}

#[test]
fn the_score_is_the_gradient_of_the_log_density() {
    let law = mixture();
    everywhere(|path, t, x| {
        for (d, score) in law.score(path, t, x).into_iter().enumerate() {
            let expected = slope(|h| law.log_density(path, t, &moved(x, d, h)));
            // Central differences: 1e-10 times third derivatives up to about 1e3.
            assert!((score - expected).abs() < 1e-6, "{path:?} {t}: {score} for {expected}");
        }
    });
}

#[test]
fn the_velocity_carries_the_density() {
    // d/dt log p + v . grad log p + div v = 0, the continuity equation over p.
    let law = mixture();
    everywhere(|path, t, x| {
        let (v, score) = (law.velocity(path, t, x), law.score(path, t, x));
        let divergence: f64 =
            (0..2).map(|d| slope(|h| law.velocity(path, t, &moved(x, d, h))[d])).sum();
        let carried: f64 = v.iter().zip(&score).map(|(v, s)| v * s).sum();
        let rest = slope(|h| law.log_density(path, t + h, x)) + carried + divergence;
        assert!(rest.abs() < 1e-6, "{path:?} {t}: {rest}");
    });
}

#[test]
fn velocity_and_score_say_the_same() {
    // `eps = -sigma score`, `x1 = (x - sigma eps) / alpha`, `v = alpha' x1 + sigma' eps`.
    let law = mixture();
    everywhere(|path, t, x| {
        let at = Coefficients::at(path, t);
        let both = law.velocity(path, t, x).into_iter().zip(law.score(path, t, x));
        for ((v, score), x) in both.zip(x) {
            let eps = -at.sigma * score;
            let implied = at.d_alpha * (x - at.sigma * eps) / at.alpha + at.d_sigma * eps;
            assert!((v - implied).abs() < 1e-9, "{path:?} {t}: {v} for {implied}");
        }
    });
}

#[test]
fn the_schedule_is_the_paths() {
    for path in Path::ALL {
        for t in TIMES {
            let (wide, narrow) = (Coefficients::at(path, t), path.at(t as f32));
            let narrow = [narrow.alpha, narrow.sigma, narrow.d_alpha, narrow.d_sigma];
            let wide = [wide.alpha, wide.sigma, wide.d_alpha, wide.d_sigma];
            for (wide, narrow) in wide.into_iter().zip(narrow) {
                // A few f32 roundings.
                assert!((wide - f64::from(narrow)).abs() < 1e-6, "{path:?} {t}");
            }
        }
    }
}

#[test]
fn samples_have_the_moments_and_shares_of_the_law() {
    let (law, n) = (mixture(), 100_000);
    let (rows, labels) = law.sample(n, &mut stream(1, Purpose::Train, 0));
    let fit = Standardisation::fit(&rows);
    for (found, mean) in fit.mean.iter().zip(law.mean()) {
        // Five standard errors of columns with a standard deviation of about 1.
        assert!((f64::from(*found) - mean).abs() < 0.02, "{found} for {mean}");
    }
    let share = labels.iter().filter(|&&label| label == 0).count() as f64 / n as f64;
    assert!((share - law.class_share(0)).abs() < 0.008, "{share}");
    assert_eq!((law.class_share(0), law.classes(), law.dim()), (0.5, 2, 2));
    // Total expectation over the classes.
    let (first, second) = (law.of_class(0).mean(), law.of_class(1).mean());
    for (d, mean) in law.mean().into_iter().enumerate() {
        assert!((0.5 * first[d] + 0.5 * second[d] - mean).abs() < 1e-12);
    }
}

#[test]
fn a_standardised_law_is_the_law_of_standardised_samples() {
    let law = mixture();
    let by =
        Standardisation { transforms: Vec::new(), mean: vec![0.25, -0.5], std: vec![2.0, 0.5] };
    let standardised = law.standardised(&by);
    for x in POINTS {
        let z = [(x[0] - 0.25) / 2.0, (x[1] + 0.5) / 0.5];
        // The density changes by the determinant of the map, 2 * 0.5 = 1.
        let (raw, new) = (
            law.log_density(Path::Linear, 1.0, &x),
            standardised.log_density(Path::Linear, 1.0, &z),
        );
        assert!((raw - new).abs() < 1e-12, "{raw} {new}");
    }
}

#[test]
fn eight_gaussians_are_the_built_in_set() {
    let law = GaussianMixture::ring(8, 2.0, 0.1);
    let (rows, labels) =
        crate::data::Builtin::EightGaussians.sample(4000, &mut stream(1, Purpose::Train, 0));
    for (row, &label) in rows.iter().zip(&labels) {
        let own = law.of_class(label).mean();
        let away = (f64::from(row[0]) - own[0]).hypot(f64::from(row[1]) - own[1]);
        assert!(away < 0.6, "six spreads from its centre: {away}");
    }
}

#[test]
fn one_gaussian_is_a_mixture_of_one() {
    everywhere(|path, t, x| {
        let of_one = gaussian().mixture().velocity(path, t, x);
        for (a, b) in of_one.iter().zip(gaussian().velocity(path, t, x)) {
            assert!((a - b).abs() < 1e-12);
        }
    });
}

#[test]
fn the_flow_is_the_integral_of_the_velocity() {
    for path in Path::ALL {
        let mut field = GaussianField { gaussian: gaussian(), path };
        for (t, r) in [(0.0_f32, 1.0_f32), (0.2, 0.7)] {
            let start = [0.9_f32, -1.1];
            let (mut x, steps) = (start, 64);
            let mut solver = Rk4::new([[0.0; 2]; 3]);
            for k in 0..steps {
                let at = |k: i32| t + (r - t) * k as f32 / steps as f32;
                solver.step(&mut field, at(k), at(k + 1), &mut x);
            }
            let mut u = [0.0; 2];
            field.average_velocity(t, r, &start, &mut u);
            for d in 0..2 {
                let end = start[d] + (r - t) * u[d];
                // 64 steps in f32: some 64 roundings of 1e-7.
                assert!((x[d] - end).abs() < 1e-5, "{path:?}: {} for {end}", x[d]);
            }
        }
    }
}

#[test]
fn the_meanflow_identity_holds() {
    // u = v + (r - t) du/dt (Geng et al., 2025, arXiv:2505.13447, equation 6, with r fixed), du/dt checked
    // by differences along the flow.
    let law = gaussian();
    everywhere(|path, t, x| {
        for r in [0.5, 0.97, 1.0] {
            if r - t < 1e-2 {
                continue;
            }
            let u = law.average_velocity(path, t, r, x);
            let v = law.velocity(path, t, x);
            let slopes = law.average_velocity_slope(path, t, r, x);
            for d in 0..2 {
                let along =
                    |h: f64| law.average_velocity(path, t + h, r, &law.flow(path, t, t + h, x))[d];
                assert!((slopes[d] - slope(along)).abs() < 1e-5, "{path:?} {t} {r}");
                let rest = u[d] - v[d] - (r - t) * slopes[d];
                assert!(rest.abs() < 1e-11, "{path:?} {t} {r}: {rest}");
            }
        }
    });
}

#[test]
fn a_field_is_its_law_in_f32() {
    let mut field = MixtureField { mixture: mixture(), path: Path::Trigonometric };
    let mut out = [0.0; 2];
    field.velocity(0.25, &[0.5, -0.75], &mut out);
    let expected = mixture().velocity(Path::Trigonometric, 0.25, &[0.5, -0.75]);
    assert_eq!(out, [expected[0] as f32, expected[1] as f32]);
}
