//! Flow matching's loss equals the conditional loss up to a constant (Lipman et al., 2022, arXiv:2210.02747,
//! theorem 2).

use fm_host::coupling::{Examples, Pairs};
use fm_host::objective::Objective;
use fm_host::path::Path;
use fm_host::random::{Purpose, stream};
use fm_host::train::{DataShape, TrainConfig};
use fm_host::truth::{Component, GaussianMixture};

use crate::trained::wide;

type Field = fn(&GaussianMixture, Path, f64, &[f64]) -> Vec<f64>;

/// Fields to test: the true velocity, zero, the true velocity at another time, and an arbitrary field.
const FIELDS: [Field; 4] = [
    |law, path, t, x| law.velocity(path, t, x),
    |_, _, _, x| vec![0.0; x.len()],
    |law, path, t, x| law.velocity(path, 0.5 * t, x),
    |_, _, t, x| vec![x[1] * x[1] - t, (3.0 * x[0]).sin()],
];

#[test]
fn the_two_losses_differ_by_a_constant() {
    const N: usize = 100_000;
    let law = GaussianMixture::new(vec![
        Component::round(&[1.0, 0.5], 0.5),
        Component::round(&[-1.0, 0.2], 0.8).weighing(0.5),
    ]);
    for path in Path::ALL {
        // Fresh rows, each used once, so that the pairs are independent draws.
        let (x1, _) = law.sample(200_000, &mut stream(3, Purpose::Train, 0));
        let pairs = Pairs::independent(Examples::plain(x1));
        let mut rng = stream(4, Purpose::Batch, 0);
        let batch = pairs.draw(N, &mut rng);
        let settings =
            TrainConfig { path, ..TrainConfig::defaults(Objective::Fm, DataShape::BUILT_IN) };
        let regression = settings.recipe(pairs.examples()).regression(&batch, 0, &mut rng);
        let mut losses = Vec::new();
        for field in FIELDS {
            // Common random numbers: FM's and CFM's loss and the constant on the same rows.
            let (mut fm, mut cfm, mut constant) = (0.0, 0.0, 0.0);
            let (mut sum, mut square) = (0.0, 0.0);
            for (row, conditional) in regression.input.iter().zip(regression.velocity.iter()) {
                let (t, x) = (f64::from(row[0]), wide(&row[1..]));
                let (f, marginal) = (field(&law, path, t, &x), law.velocity(path, t, &x));
                let conditional = wide(conditional);
                let away = |a: &[f64], b: &[f64]| -> f64 {
                    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
                };
                let terms =
                    [away(&f, &marginal), away(&f, &conditional), away(&conditional, &marginal)];
                fm += terms[0] / N as f64;
                cfm += terms[1] / N as f64;
                constant += terms[2] / N as f64;
                let rest = terms[1] - terms[0] - terms[2];
                sum += rest;
                square += rest * rest;
            }
            let mean = sum / N as f64;
            let standard_error = (square / N as f64 - mean * mean).sqrt() / (N as f64).sqrt();
            assert!(
                mean.abs() <= 4.0 * standard_error + 1e-9,
                "{path:?}: CFM {cfm} - FM {fm} for {constant}: off by {mean} +- {standard_error}"
            );
            losses.push(fm);
        }
        // The fields differ by far more than the tolerance.
        assert!(losses[0] < 1e-12 && losses[1..].iter().all(|&loss| loss > 0.1), "{losses:?}");
    }
}
