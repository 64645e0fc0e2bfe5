//! Tests of the contrast against its definition.

use super::super::{Objective, fixtures};
use super::*;
use crate::data::Rows;
use crate::net::{Architecture, DeviceChoice, State, Update, learner};
use crate::path::Path;
use crate::random::{Purpose, stream};

const KINDS: [Negatives; 2] = [Negatives::Any, Negatives::OtherClass];

fn recipe(lambda: f64, negatives: Negatives) -> Recipe {
    let plain = fixtures::recipe(Objective::DeltaFm);
    let contrast =
        ContrastSchedule { lambda, lambda_end: lambda, negatives, ..plain.contrast.clone() };
    Recipe { contrast, ..plain }
}

fn regression(recipe: &Recipe, batch: &Batch) -> Regression {
    recipe.regression(batch, 0, &mut stream(1, Purpose::Batch, 0))
}

/// Finds the row of the batch that the velocity `v` at time `t` belongs to.
fn owner(batch: &Batch, path: Path, t: f32, v: &[f32]) -> usize {
    let away = |i: usize| {
        let (x0, x1) = (batch.x0.row(i), batch.x1.row(i));
        let of = |d: usize| path.at(t).velocity(x1[d], x0[d]);
        v.iter().enumerate().map(|(d, v)| (v - of(d)).abs()).fold(0.0, f32::max)
    };
    let nearest = (0..batch.x1.len()).min_by(|&a, &b| away(a).total_cmp(&away(b))).expect("rows");
    assert!(away(nearest) < 1e-4, "no row's velocity");
    nearest
}

#[test]
fn a_negative_is_another_sample_at_the_rows_own_time() {
    let batch = fixtures::batch(60, false);
    for path in Path::ALL {
        for negatives in KINDS {
            let delta = Recipe { path, ..recipe(0.25, negatives) };
            let plain = Recipe { objective: Objective::Fm, ..delta.clone() };
            let (delta, plain) = (regression(&delta, &batch), regression(&plain, &batch));
            assert_eq!(delta.input, plain.input);
            let mut used = std::collections::BTreeSet::new();
            for i in 0..60 {
                assert_eq!(delta.weight[i], 0.75);
                let pairs = plain.velocity.row(i).iter().zip(delta.velocity.row(i));
                let negative: Vec<f32> = pairs.map(|(v, target)| 4.0 * v - 3.0 * target).collect();
                let j = owner(&batch, path, plain.input.row(i)[0], &negative);
                assert_ne!(i, j);
                if negatives == Negatives::OtherClass {
                    assert_ne!(batch.labels[i], batch.labels[j]);
                }
                used.insert(j);
            }
            // 60 draws from about 60 rows leave 1/e of the rows out.
            assert!(used.len() > 25, "{}", used.len());
        }
    }
}

#[test]
fn its_gradient_is_that_of_the_two_squares() {
    let batch = fixtures::batch(40, false);
    let delta = recipe(0.3, Negatives::OtherClass);
    let fm = Recipe { objective: Objective::Fm, ..delta.clone() };
    let (delta, positive) = (regression(&delta, &batch), regression(&fm, &batch));
    let mut negative = positive.clone();
    let targets = negative.velocity.as_mut_slice().iter_mut().zip(delta.velocity.as_slice());
    targets.for_each(|(v, target)| *v = (*v - 0.7 * target) / 0.3);
    let architecture = Architecture {
        data: 2,
        average: false,
        condition: 3,
        hidden: 16,
        layers: 2,
        activation: fm_nostd::Activation::Silu,
        known: fm_nostd::blob::KnownInputs::None,
        gain: true,
    };
    // After one unclipped step Adam's first moment is a tenth of the gradient.
    let gradient = |regression: &Regression| {
        let state = State::fresh(&architecture, 1);
        let mut learner = learner(&architecture, state, DeviceChoice::Cpu).expect("a CPU");
        let update = Update { rate: 1e-3, clip: f32::INFINITY, ema: 0.0 };
        learner.step(regression, &update).expect("finite");
        learner.state().unwrap().first_moment
    };
    let (delta, positive, negative) = (gradient(&delta), gradient(&positive), gradient(&negative));
    let largest = positive.iter().fold(0.0_f32, |a, g| a.max(g.abs()));
    for ((delta, positive), negative) in delta.iter().zip(&positive).zip(&negative) {
        // Rounding in sums over 40 rows.
        assert!((delta - (positive - 0.3 * negative)).abs() < 1e-5 * largest);
    }
}

#[test]
fn dropped_rows_are_left_out_unless_asked_for() {
    let batch = fixtures::batch(2000, true);
    for unconditional in [false, true] {
        let mut delta = Recipe { label_dropout: 0.3, ..recipe(0.5, Negatives::OtherClass) };
        delta.contrast.unconditional = unconditional;
        let fm = Recipe { objective: Objective::Fm, ..delta.clone() };
        let (delta, plain) = (regression(&delta, &batch), regression(&fm, &batch));
        for i in 0..2000 {
            let contrasted = unconditional || delta.input.row(i)[4] == 0.0;
            assert_eq!(delta.weight[i], if contrasted { 0.5 } else { 1.0 });
            assert_eq!(delta.velocity.row(i) != plain.velocity.row(i), contrasted);
        }
    }
}

#[test]
fn a_batch_of_one_class_has_no_negatives() {
    let mut batch = fixtures::batch(10, false);
    batch.labels.fill(2);
    let delta = recipe(0.5, Negatives::OtherClass);
    assert!(regression(&delta, &batch).weight.iter().all(|&w| w == 1.0));
}

#[test]
fn the_closed_form_takes_the_mean_of_the_negatives() {
    // Means 2 and -1, shares 1/4 and 3/4: all -0.25, others -1 and 2.
    let x1 = Rows::from_vec(1, vec![2.0, -1.0, -1.0, -1.0]);
    let examples = Examples::with_classes(x1, vec![0, 1, 1, 1], 2, false);
    let means = Means::of(&examples);
    assert_eq!((&means.all, &means.others), (&vec![-0.25], &vec![vec![-1.0], vec![2.0]]));
    let pairs = crate::coupling::Pairs::independent(examples);
    let batch = pairs.draw(50, &mut stream(3, Purpose::Batch, 0));
    for negatives in KINDS {
        let mut delta = Recipe { path: Path::Trigonometric, ..recipe(0.5, negatives) };
        delta.contrast.means = Some(Arc::new(means.clone()));
        let fm = Recipe { objective: Objective::Fm, ..delta.clone() };
        let (delta, plain) = (regression(&delta, &batch), regression(&fm, &batch));
        for i in 0..50 {
            let mean = match negatives {
                Negatives::Any => -0.25,
                Negatives::OtherClass => [-1.0, 2.0][batch.labels[i] as usize],
            };
            let m = Path::Trigonometric.at(plain.input.row(i)[0]).d_alpha * mean;
            let expected = 2.0 * plain.velocity.row(i)[0] - m;
            assert!((delta.velocity.row(i)[0] - expected).abs() < 1e-5);
        }
    }
}

#[test]
fn a_schedule_is_a_straight_line() {
    let contrast = ContrastSchedule {
        lambda: 0.1,
        lambda_end: 0.5,
        steps: 101,
        ..recipe(0.1, Negatives::Any).contrast
    };
    for (step, lambda) in [(0, 0.1), (25, 0.2), (100, 0.5), (1000, 0.5)] {
        assert!((contrast.lambda_at(step) - lambda).abs() < 1e-12);
    }
}
