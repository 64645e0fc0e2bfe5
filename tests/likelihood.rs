//! Log-likelihoods compared with closed forms, and the network's divergence with finite differences.

mod common;

use common::{Placed, Wanted};
use fm_host::path::Path;
use fm_host::random::{Purpose, stream};
use fm_host::truth::{Coefficients, Component, GaussianMixture};
use fm_nostd::blob::Conditioning;
use fm_nostd::divergence::{Exact, Hutchinson};
use fm_nostd::likelihood::{Augmented, log_density};
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::Rk4;
use fm_nostd::{
    Activation, Condition, Conditional, Differentiable, Divergence, Draw, Field, FieldError,
    LogDensity, Model, TangentField, Velocity, grid,
};

fn mixture() -> GaussianMixture {
    GaussianMixture::new(vec![
        Component::round(&[1.0, 0.5], 0.5).weighing(2.0),
        Component::round(&[-1.0, 1.0], 0.4),
        Component::round(&[0.0, -1.2], 0.6),
    ])
}

/// The mixture's velocity at `(t, x)` and its Jacobian, row by row, by central differences in `f64`.
fn jacobian(law: &GaussianMixture, path: Path, t: f32, x: &[f32]) -> ([f32; 2], [[f64; 2]; 2]) {
    const H: f64 = 1e-5;
    let x = [f64::from(x[0]), f64::from(x[1])];
    let v = law.velocity(path, t.into(), &x);
    let column = |d: usize| {
        let at = |h: f64| {
            let mut x = x;
            x[d] += h;
            law.velocity(path, t.into(), &x)
        };
        let (up, down) = (at(H), at(-H));
        [0, 1].map(|i| (up[i] - down[i]) / (2.0 * H))
    };
    let [a, b] = [column(0), column(1)];
    ([v[0] as f32, v[1] as f32], [[a[0], b[0]], [a[1], b[1]]])
}

/// The closed form as a velocity with its tangent.
fn tangent(law: &GaussianMixture, path: Path) -> impl Differentiable + '_ {
    move |t: f32, x: &[f32], dx: &[f32], out: &mut [f32], dout: &mut [f32]| {
        let (v, rows) = jacobian(law, path, t, x);
        out.copy_from_slice(&v);
        for (slot, row) in dout.iter_mut().zip(rows) {
            *slot = (row[0] * f64::from(dx[0]) + row[1] * f64::from(dx[1])) as f32;
        }
    }
}

fn density(field: impl Divergence, x: &[f32]) -> f32 {
    let mut state = [x[0], x[1], 0.0];
    let times = grid::uniform(0.0, 64).rev();
    log_density(&mut Augmented(field), &mut Rk4::new([[0.0; 3]; 3]), times, &mut state)
}

#[test]
fn the_closed_forms_density_comes_back() {
    let law = mixture();
    let (samples, _) = law.sample(1000, &mut stream(1, Purpose::HeldOut, 0));
    for path in Path::ALL {
        let (mut squares, mut estimated) = (0.0, Vec::new());
        for (i, x) in samples.iter().enumerate() {
            let truth = law.log_density(path, 1.0, &[x[0].into(), x[1].into()]);
            let exact = density(Exact::new(tangent(&law, path), [[0.0; 2]; 2]), x);
            squares += (f64::from(exact) - truth).powi(2);
            let draw = Draw { seed: 2, sample: i as u64 };
            let hutchinson = Hutchinson::new(tangent(&law, path), draw, [[0.0; 2]; 2]);
            estimated.push(f64::from(density(hutchinson, x) - exact));
            if i < 8 {
                // A closed form that computes its own divergence gives the same result.
                let trace = density(
                    |t: f32, x: &[f32], out: &mut [f32]| {
                        let (v, rows) = jacobian(&law, path, t, x);
                        out.copy_from_slice(&v);
                        (rows[0][0] + rows[1][1]) as f32
                    },
                    x,
                );
                assert!((trace - exact).abs() < 1e-4, "{trace} {exact}");
            }
        }
        let rms = (squares / 1000.0).sqrt() / 2.0;
        let mean = estimated.iter().sum::<f64>() / 1000.0;
        let sd = (estimated.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 999.0).sqrt();
        println!(
            "{path:?}: rms {rms:.2e} nats per dimension; Hutchinson's mean error {mean:.4}, sd {sd:.4}"
        );
        assert!(rms <= 2e-3, "{path:?}: {rms}");
        // The estimate is unbiased: its mean is within four standard errors.
        assert!(sd > 1e-3 && mean.abs() < 4.0 * sd / 1000f64.sqrt(), "{path:?}: {mean} {sd}");
    }
}

fn wanted(prediction: Prediction, activation: Activation) -> Wanted {
    Wanted {
        prediction,
        activation,
        conditioning: Conditioning::classes(2),
        unconditional: true,
        dim: 3,
        hidden: 21,
        layers: 3,
    }
}

#[test]
fn the_networks_tangent_is_its_finite_difference() {
    use Activation::{Gelu, Relu, Silu, Tanh};
    use Prediction::{AverageVelocity, Noise, Score, Velocity as Plain};
    let cases = [(Plain, false), (AverageVelocity, false), (Score, false), (Noise, false)];
    for (prediction, gains) in cases.into_iter().chain([(Plain, true), (AverageVelocity, true)]) {
        for activation in [Relu, Silu, Gelu, Tanh] {
            let wanted = wanted(prediction, activation);
            let blob = if gains { wanted.blob_with_gains() } else { wanted.blob() };
            let placed = Placed::new(&blob);
            let model = Model::new(placed.bytes()).expect("a valid blob");
            let field = || Field::new(&model, [[0.0; 21]; 2], []).expect("sizes that fit");
            let mut field = TangentField::new(field(), [[0.0; 21]; 2]).expect("sizes that fit");
            field.set_condition(Condition::Class(1)).expect("two classes");
            let (t, x, dx) = (0.4, [0.3f32, -0.8, 1.1], [0.6f32, 0.5, -0.7]);
            let (mut v, mut out, mut dout) = ([0.0; 3], [0.0; 3], [0.0; 3]);
            field.velocity(t, &x, &mut v);
            field.velocity_along(t, &x, &dx, &mut out, &mut dout);
            assert_eq!(v.map(f32::to_bits), out.map(f32::to_bits), "{prediction:?} {activation:?}");
            const H: f32 = 1.0 / 256.0;
            let mut at = |h: f32| {
                let x = [0, 1, 2].map(|d| x[d] + h * dx[d]);
                field.velocity(t, &x, &mut v);
                v
            };
            let (up, down) = (at(H), at(-H));
            for d in 0..3 {
                let slope = (up[d] - down[d]) / (2.0 * H);
                // Rounding of 1e-6 over 2 H, and H^2 of third derivatives.
                assert!(
                    (slope - dout[d]).abs() < 2e-3 * slope.abs().max(1.0),
                    "{prediction:?} {activation:?}: {slope} {}",
                    dout[d]
                );
            }
        }
    }
}

#[test]
fn the_exact_trace_is_the_mean_of_all_directions_of_signs() {
    let placed = Placed::new(&wanted(Prediction::Velocity, Activation::Silu).blob());
    let model = Model::new(placed.bytes()).expect("a valid blob");
    let field = || {
        let field = Field::new(&model, [[0.0; 21]; 2], []).expect("sizes that fit");
        TangentField::new(field, [[0.0; 21]; 2]).expect("sizes that fit")
    };
    let (x, mut out) = ([0.3, -0.8, 1.1], [0.0; 3]);
    let exact = Exact::new(field(), [[0.0; 3]; 2]).divergence(0.4, &x, &mut out);
    let mut estimate = Hutchinson::new(field(), Draw { seed: 0, sample: 0 }, [[0.0; 3]; 2]);
    let mut sum = 0.0;
    const N: u64 = 4000;
    for sample in 0..N {
        estimate.draw(Draw { seed: 7, sample });
        sum += f64::from(estimate.divergence(0.4, &x, &mut out));
    }
    // The standard deviation of one estimate is at most the sum of the Jacobian's off-diagonal, about 1.
    assert!((sum / N as f64 - f64::from(exact)).abs() < 5.0 / (N as f64).sqrt(), "{exact}");
}

/// The density integrates to 1 over the plane for any network, including the standardisation.
#[test]
fn a_networks_density_sums_to_one() {
    let wanted = Wanted {
        conditioning: Conditioning::NONE,
        unconditional: false,
        dim: 2,
        ..wanted(Prediction::Velocity, Activation::Silu)
    };
    let placed = Placed::new(&wanted.blob());
    let model = Model::new(placed.bytes()).expect("a valid blob");
    let field = || {
        let field = Field::new(&model, [[0.0; 21]; 2], []).expect("sizes that fit");
        TangentField::new(field, [[0.0; 21]; 2]).expect("sizes that fit")
    };
    let exact = Exact::new(field(), [[0.0; 2]; 2]);
    let mut density =
        LogDensity::new(&model, exact, Rk4::new([[0.0; 3]; 3]), [0.0; 3]).expect("room");
    const CELLS: i32 = 60;
    const WIDTH: f32 = 0.5;
    let mut mass = 0.0;
    for i in -CELLS..CELLS {
        for j in -CELLS..CELLS {
            let x = [i as f32 * WIDTH, j as f32 * WIDTH];
            mass += f64::from(density.log_density(16, &x).exp() * WIDTH * WIDTH);
        }
    }
    // A smooth density on a grid finer than its features: sums converge fast.
    assert!((mass - 1.0).abs() < 0.01, "{mass}");
    let exact = Exact::new(field(), [[0.0; 2]; 2]);
    let short = LogDensity::new(&model, exact, Rk4::new([[0.0; 2]; 3]), [0.0; 3]);
    assert_eq!(short.map(drop), Err(FieldError::Work));
}

#[test]
fn a_score_or_a_noise_implies_the_velocity_of_the_formula() {
    for (prediction, factor) in [(Prediction::Noise, 1.0), (Prediction::Score, -0.6)] {
        let wanted = wanted(prediction, Activation::Tanh);
        let placed = Placed::new(&wanted.blob());
        let model = Model::new(placed.bytes()).expect("a valid blob");
        let plain = Placed::new(&Wanted { prediction: Prediction::Velocity, ..wanted }.blob());
        let plain = Model::new(plain.bytes()).expect("a valid blob");
        let (x, t) = ([0.5, -1.0, 0.25], 0.4);
        let velocity = |model: &Model<'_>| {
            let mut out = [0.0; 3];
            let field = Field::new(model, [[0.0; 21]; 2], []);
            field.expect("sizes that fit").velocity(t, &x, &mut out);
            out
        };
        // x = t x1 + (1 - t) eps and v = x1 - eps give v = (x - eps)/t; eps = -sigma s, sigma = 0.6.
        let (output, implied) = (velocity(&plain), velocity(&model));
        for d in 0..3 {
            let expected = (x[d] - factor * output[d]) / t;
            assert!((implied[d] - expected).abs() < 1e-5, "{prediction:?}: {implied:?}");
        }
    }
    let at = Coefficients::at(Path::Linear, 0.4);
    assert_eq!(at.sigma, 0.6);
}
