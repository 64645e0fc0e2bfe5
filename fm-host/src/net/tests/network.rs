//! Tests that the fused loss, the one in dfdx's operations and the f64 network agree: output, loss and
//! gradient.

use super::training::{PLAIN, regression};
use fm_nostd::Activation;

use super::{architecture, distance, parameters, reference, wide};
use crate::data::Rows;
use crate::net::{
    Architecture, DeviceChoice, Learner, Regression, State, Update, learner, plain_learner,
};

/// Sums of up to 70 f32 products in another order, a few layers deep, and polynomials instead of the
/// platform's functions: some tens of units in the last place (6e-8 each).
pub(in crate::net) const TOLERANCE: f64 = 1e-5;
/// Leaves the parameters unchanged, and does not clip the gradient.
const STILL: Update = Update { rate: 0.0, clip: f32::INFINITY, ema: 0.0 };
/// The gradient's share of Adam's first moment after two steps with the same gradient: 1 - 0.9^2.
const SHARE: f64 = 0.19;

/// What a learner computes for one regression.
pub(super) struct Pass {
    u: Vec<f32>,
    pub(super) loss: f64,
    pub(super) gradient: Vec<f64>,
}

impl Pass {
    /// Steps twice, so that the second step runs in the work space that the first one left.
    fn of(mut learner: Box<dyn Learner>, regression: &Regression) -> Self {
        let mut step = || learner.step(regression, &STILL).expect("the CPU does not fail");
        let (first, second) = (step(), step());
        assert_eq!(first, second);
        let moment = learner.state().expect("the CPU does not fail").first_moment;
        Self {
            u: learner.evaluate(&regression.input).expect("the CPU does not fail").into_vec(),
            loss: f64::from(second.weighted),
            gradient: moment.iter().map(|&m| f64::from(m) / SHARE).collect(),
        }
    }

    pub(super) fn fused(
        architecture: &Architecture,
        theta: &[f32],
        regression: &Regression,
    ) -> Self {
        let state = start(architecture, theta);
        let learner = learner(architecture, state, DeviceChoice::Cpu);
        Self::of(learner.expect("the CPU is always there"), regression)
    }

    pub(super) fn plain(
        architecture: &Architecture,
        theta: &[f32],
        regression: &Regression,
    ) -> Self {
        let learner = plain_learner(architecture, start(architecture, theta));
        Self::of(learner.expect("the CPU is always there"), regression)
    }

    pub(super) fn check(&self, truth: &Self, at: &str) {
        assert!(distance(&self.u, &truth.u) < TOLERANCE, "u, {at}");
        assert!((self.loss / truth.loss - 1.0).abs() < TOLERANCE, "loss, {at}");
        assert!(distance(&self.gradient, &truth.gradient) < TOLERANCE, "gradient, {at}");
    }
}

fn start(architecture: &Architecture, theta: &[f32]) -> State {
    State { parameters: theta.to_vec(), ..State::fresh(architecture, 0) }
}

#[test]
fn fused_and_plain_agree() {
    // Widths that are and are not whole registers and blocks; batches of one row, part of a tile, whole
    // tiles, several tiles with a remainder, and so many that sums are shared; tangents for no rows,
    // some rows and all rows.
    let shapes = [(64, 3), (16, 1), (33, 2), (5, 2), (100, 2), (1, 0)];
    let batches = [(1, 0), (1, 1), (37, 37), (64, 0), (130, 65), (321, 100), (1100, 70)];
    let mut seed = 0;
    for activation in Activation::ALL {
        for (hidden, layers) in shapes {
            for (n, m) in batches {
                seed += 1;
                let architecture = architecture(activation, hidden, layers);
                let theta = parameters(&architecture, seed);
                let regression =
                    Regression { weighting: PLAIN, ..regression(&architecture, seed, n, m) };
                let fused = Pass::fused(&architecture, &theta, &regression);
                let at = format!("{activation:?} {hidden}x{layers}, {n} rows, {m} tangents");
                fused.check(&Pass::plain(&architecture, &theta, &regression), &at);
            }
        }
    }
}

/// Returns the central difference of `f` at 0 in f64. With this step its error is below 1e-8 for the smooth
/// functions here, and a ReLU's kink is rarely within the step.
pub(super) fn slope(f: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1e-6;
    (f(STEP) - f(-STEP)) / (2.0 * STEP)
}

#[test]
fn gradients_are_those_of_the_f64_network() {
    for (i, activation) in Activation::ALL.into_iter().enumerate() {
        let architecture = architecture(activation, 20, 2);
        let theta = parameters(&architecture, 7 + i as u64);
        let regression = Regression { weighting: PLAIN, ..regression(&architecture, 11, 9, 5) };
        let got = Pass::fused(&architecture, &theta, &regression);

        let theta = wide(&theta);
        let rows = regression.input.iter().map(wide);
        let u: Vec<f64> = rows.flat_map(|row| reference(&architecture, &theta, &row)).collect();
        assert!(distance(&got.u, &u) < TOLERANCE, "u, {activation:?}");

        // A target does not change while the parameters change.
        let targets: Vec<Vec<f64>> = (0..regression.input.len())
            .map(|i| target(&architecture, &theta, &regression, i))
            .collect();
        let loss = |theta: &[f64]| loss(&architecture, theta, &regression, &targets);
        assert!((got.loss / loss(&theta) - 1.0).abs() < TOLERANCE, "loss, {activation:?}");
        let moved = |p: usize, step: f64| {
            let mut theta = theta.clone();
            theta[p] += step;
            loss(&theta)
        };
        let gradient: Vec<f64> = (0..theta.len()).map(|p| slope(|step| moved(p, step))).collect();
        assert!(distance(&got.gradient, &gradient) < TOLERANCE, "gradient, {activation:?}");
    }
}

/// Returns `velocity + gap du` of row `i`, or the velocity if the row has no tangent.
pub(in crate::net) fn target(
    architecture: &Architecture,
    theta: &[f64],
    regression: &Regression,
    i: usize,
) -> Vec<f64> {
    let mut target = wide(regression.velocity.row(i));
    if let Some(&gap) = regression.gap.get(i) {
        let (row, direction) = (wide(regression.input.row(i)), wide(regression.tangent.row(i)));
        for (k, target) in target.iter_mut().enumerate() {
            *target += f64::from(gap)
                * slope(|step| {
                    let row: Vec<f64> =
                        row.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
                    reference(architecture, theta, &row)[k]
                });
        }
    }
    target
}

/// Returns the mean over the rows of `weight |mask (u - target)|^2`.
fn loss(
    architecture: &Architecture,
    theta: &[f64],
    regression: &Regression,
    targets: &[Vec<f64>],
) -> f64 {
    let rows = regression.input.iter().zip(regression.mask.iter()).zip(targets);
    let squares = rows.zip(&regression.weight).map(|(((row, mask), target), &weight)| {
        let u = reference(architecture, theta, &wide(row));
        let cells = u.iter().zip(target).zip(wide(mask));
        let square: f64 = cells.map(|((u, target), mask)| mask * (u - target).powi(2)).sum();
        f64::from(weight) * square
    });
    squares.sum::<f64>() / targets.len() as f64
}

#[test]
fn large_values_stay_finite() {
    for activation in Activation::ALL {
        let architecture = architecture(activation, 16, 2);
        let theta = parameters(&architecture, 3);
        let plain = Regression { weighting: PLAIN, ..regression(&architecture, 5, 10, 10) };
        let scaled = plain.input.as_slice().iter().map(|x| x * 1e4).collect();
        let input = Rows::from_vec(architecture.inputs(), scaled);
        let regression = Regression { input, ..plain };
        let fused = Pass::fused(&architecture, &theta, &regression);
        assert!(fused.u.iter().all(|x| x.is_finite()), "{activation:?}");
        assert!(fused.gradient.iter().all(|x| x.is_finite()), "{activation:?}");
        let truth = Pass::plain(&architecture, &theta, &regression);
        fused.check(&truth, &format!("{activation:?}"));
    }
}
