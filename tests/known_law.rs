//! Draws given known numbers from a network whose law is a Gaussian in closed form.

use fm_host::model::AlignedBytes;
use fm_nostd::blob::{KnownInputs, Spec, emit, emitted_len};
use fm_nostd::net::Weights;
use fm_nostd::net::f32::{pack, pack_gains};
use fm_nostd::prediction::Prediction;
use fm_nostd::{Draw, KnownOneStep, Model};

/// The correlation of the Gaussian.
const RHO: f32 = 0.8;

/// A network that draws from `N(0, [[1, rho], [rho, 1]])` exactly in one jump, whatever is known: the second
/// number is `rho x0 + s eps` and, if it is known, the first one is `rho x1 + s eps`, with `s^2 = 1 - rho^2`.
fn gaussian() -> Vec<u8> {
    let prediction = Prediction::AverageVelocity;
    let wanted = Spec {
        prediction,
        dim: 2,
        widths: &[4],
        mean: &[10.0, -20.0],
        std: &[2.0, 0.5],
        known: KnownInputs::Values,
        ..Spec::PLAIN
    };
    let shape = wanted.shape();
    let s = (1.0 - RHO * RHO).sqrt() - 1.0;
    // Inputs: t, h, two flags, two values, x. A pair of units is +-rho times the known x1 or x0.
    let mut parameters = vec![0.0; shape.parameters().expect("sizes")];
    let at = |input: usize, unit: usize| input * 4 + unit;
    for (unit, sign) in [(0, RHO), (1, -RHO)] {
        parameters[at(5, unit)] = sign;
        parameters[at(6, unit + 2)] = sign;
    }
    // After four biases, the outputs: the first pair moves x0, the second x1.
    let last = 8 * 4 + 4;
    for (unit, output, sign) in [(0, 0, 1.0), (1, 0, -1.0), (2, 1, 1.0), (3, 1, -1.0)] {
        parameters[last + 2 * unit + output] = sign;
    }
    let mut weights = vec![0.0; parameters.len()];
    pack(shape, &parameters, &mut weights).expect("sizes agree");
    // Gains: that of x0 where x1 is known (input 3); that of x1 always.
    let mut gains = vec![0.0; shape.gains().expect("sizes")];
    (gains[3 * 2], gains[6 * 2 + 1]) = (s, s);
    let mut packed = vec![0.0; gains.len()];
    pack_gains(shape, &gains, &mut packed).expect("sizes agree");
    weights.extend(packed);
    let spec = Spec { weights: Weights::F32(&weights), ..wanted };
    let mut out = vec![0; emitted_len(&spec).expect("sizes agree")];
    emit(&spec, &mut out).expect("room");
    out
}

/// Mean and standard deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, square.sqrt())
}

#[test]
fn draws_of_a_gaussian_have_its_conditional_mean_and_spread() {
    const N: u64 = 40_000;
    let placed = AlignedBytes::new(&gaussian());
    let model = Model::new(placed.bytes()).expect("a valid model");
    let mut sampler = KnownOneStep::<2, 6, 4>::new(&model).expect("its sizes");
    let (mean, std) = ([10.0f64, -20.0], [2.0f64, 0.5]);
    let (rho, root) = (f64::from(RHO), (N as f64).sqrt());
    let spread = (1.0 - rho * rho).sqrt();
    for (known, c) in [(0, -1.5), (0, 0.0), (0, 2.0), (1, -0.5), (1, 1.0)] {
        let drawn = 1 - known;
        let mut row = [f32::NAN; 2];
        row[known] = (mean[known] + std[known] * c) as f32;
        sampler.set_known(&row, &[known == 0, known == 1]).expect("possible values");
        let draw = |sample| sampler.sample(Draw { seed: 1, sample });
        let draws: Vec<[f32; 2]> = (0..N).map(draw).collect();
        assert!(draws.iter().all(|x| x[known].to_bits() == row[known].to_bits()));
        let standard = |x: &[f32; 2]| (f64::from(x[drawn]) - mean[drawn]) / std[drawn];
        let (m, sd) = moments(&draws.iter().map(standard).collect::<Vec<_>>());
        // Four standard errors of a normal mean and of its spread.
        assert!((m - rho * c).abs() < 4.0 * spread / root, "column {known} at {c}: mean {m}");
        assert!((sd - spread).abs() < 4.0 * spread / (2.0f64.sqrt() * root), "at {c}: sd {sd}");
    }
    sampler.set_known(&[0.0; 2], &[false; 2]).expect("nothing");
    let products = (0..N).map(|sample| {
        let x = sampler.sample(Draw { seed: 1, sample });
        let [a, b] = [0, 1].map(|d| (f64::from(x[d]) - mean[d]) / std[d]);
        a * b
    });
    let (m, sd) = moments(&products.collect::<Vec<_>>());
    assert!((m - rho).abs() < 4.0 * sd / root, "correlation {m}");
}
