//! Fields and jumps of networks small enough to compute by hand.

use super::*;
use crate::blob::{Aligned, Conditioning, Spec, emit};
use crate::net::Weights;
use crate::prediction::Prediction;
use crate::sampler::Sampler;
use crate::solver::MeanFlow;
use crate::{Guided, Jump, TangentField};

/// `N = (1, -2) + (4, 2) relu(z)`.
const LAST: [f32; 4] = [1.0, -2.0, 4.0, 2.0];

/// One hidden unit: with `z = 0.5 + 2 t - h + x0 / 4 + x1 / 2` for an average field, without `h` for a
/// plain field.
fn spec(prediction: Prediction, weights: &[f32]) -> Spec<'_> {
    Spec {
        prediction,
        dim: 2,
        widths: &[1],
        mean: &[10.0, 20.0],
        std: &[2.0, 0.5],
        weights: Weights::F32(weights),
        ..Spec::PLAIN
    }
}

/// Gains of both columns: `-1` and `0.5`, what the time adds to them, and what the gap adds.
const GAINS: [f32; 6] = [-1.0, 0.5, 2.0, 0.0, 0.0, -4.0];

/// Runs `test` on the model of that kind, with gains.
fn with(prediction: Prediction, test: impl FnOnce(&Model<'_>)) {
    let [c, d, e, f] = LAST;
    let [g, k, l, m, o, p] = GAINS;
    let average = [0.5, 2.0, -1.0, 0.25, 0.5, c, d, e, f, g, k, l, m, o, p];
    let plain = [0.5, 2.0, 0.25, 0.5, c, d, e, f, g, k, l, m];
    let weights: &[f32] = if prediction.reach().jumps() { &average } else { &plain };
    let mut bytes = Aligned([0; 512]);
    let blob = emit(&spec(prediction, weights), &mut bytes.0).expect("sizes agree");
    test(&Model::new(blob).expect("a valid blob"));
}

/// The output at `x = (2, -1)`, where `z = 0.5 + 2 t - h`: the network's, and the gains times `x`.
fn expected(t: f32, h: f32) -> [f32; 2] {
    let relu = (0.5 + 2.0 * t - h).max(0.0);
    let gains = [-1.0 + 2.0 * t, 0.5 - 4.0 * h];
    [1.0 + 4.0 * relu + gains[0] * 2.0, -2.0 + 2.0 * relu - gains[1]]
}

#[test]
fn gains_depend_on_the_time() {
    for kind in [Prediction::Velocity, Prediction::AverageVelocity] {
        with(kind, |model| {
            let mut field = Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
            for t in [0.0, 0.25, 0.5, 1.0] {
                let mut out = [0.0; 2];
                field.velocity(t, &[2.0, -1.0], &mut out);
                assert_eq!(out, expected(t, 0.0), "{kind:?} {t}");
            }
        });
    }
}

#[test]
fn gains_depend_on_the_gap_of_a_jump() {
    with(Prediction::AverageVelocity, |model| {
        let field = || Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
        let mut average = AverageField::new(field()).expect("it jumps");
        let mut out = [0.0; 2];
        average.average_velocity(0.25, 0.75, &[2.0, -1.0], &mut out);
        assert_eq!(out, expected(0.25, 0.5));
        // From (2, -1) over all of the time the change is (-1, 1.5): to (1, 0.5), in the data's units (12, 20.25).
        assert_eq!(expected(0.0, 1.0), [-1.0, 1.5]);
        let mut sampler = Sampler::new(model, average, MeanFlow::new([0.0; 2])).expect("room");
        let mut x = [2.0, -1.0];
        sampler.sample_from([0.0, 1.0], &mut x);
        assert_eq!(x, [12.0, 20.25]);
    });
    with(Prediction::Velocity, |model| {
        let field = Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
        assert_eq!(AverageField::new(field).map(drop), Err(FieldError::NotAverage));
    });
}

#[test]
fn one_jump_is_no_field() {
    with(Prediction::Jump, |model| {
        let field = Field::new(model, [[0.0; 1]; 2], []);
        assert_eq!(field.map(drop), Err(FieldError::OneJump));
        let mut jump = Jump::new(model, [[0.0; 1]; 2], [], [0.0; 2]).expect("it jumps");
        let mut x = [2.0, -1.0];
        jump.jump(&mut x);
        assert_eq!(x, [1.0, 0.5]);
    });
    with(Prediction::Velocity, |model| {
        let jump = Jump::new(model, [[0.0; 1]; 2], [], [0.0; 2]);
        assert_eq!(jump.map(drop), Err(FieldError::NotAverage));
    });
}

/// Gains are there completely or not at all.
#[test]
fn a_part_of_the_gains_is_refused() {
    let [c, d, e, f] = LAST;
    let [g, k, l, m, ..] = GAINS;
    let weights = [0.5, 2.0, 0.25, 0.5, c, d, e, f, g, k, l, m, 1.0];
    for (count, fits) in [(8, true), (9, false), (10, false), (11, false), (12, true), (13, false)]
    {
        let mut bytes = Aligned([0; 512]);
        let spec = spec(Prediction::Velocity, &weights[..count]);
        assert_eq!(emit(&spec, &mut bytes.0).is_ok(), fits, "{count}");
        assert_eq!(
            crate::net::Network::new(spec.shape(), spec.activation, spec.weights).is_some(),
            fits
        );
    }
}

/// The network is 0, so that the output is the sum of the gains times `x = 1`: 1, the time 0.5 at 10, the class,
/// and the standardised vector `2 (c - 1)` at 1,000 and 10,000.
#[test]
fn each_input_adds_to_the_gains() {
    let mut weights = [0.0; 1 + 7 + 2 + 7];
    weights[10..].copy_from_slice(&[1.0, 10.0, 100.0, 200.0, 1000.0, 10_000.0, 0.25]);
    let spec = Spec {
        conditioning: Conditioning { classes: 2, vector: 2 },
        unconditional: true,
        dim: 1,
        widths: &[1],
        mean: &[0.0],
        std: &[1.0],
        condition_mean: &[1.0; 2],
        condition_scale: &[2.0; 2],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let mut bytes = Aligned([0; 512]);
    let model = Model::new(emit(&spec, &mut bytes.0).expect("sizes agree")).expect("valid");
    let mut field = Field::new(&model, [[0.0; 1]; 2], [0.0; 2]).expect("sizes that fit");
    let mut at = |condition| {
        field.set_condition(condition).expect("the model's");
        let mut out = [0.0];
        field.velocity(0.5, &[1.0], &mut out);
        out[0]
    };
    assert_eq!(at(Condition::None), 1.0 + 5.0 + 0.25);
    assert_eq!(at(Condition::Class(1)), 1.0 + 5.0 + 200.0);
    assert_eq!(at(Condition::Vector(&[1.5, 2.0])), 1.0 + 5.0 + 200.0 + 1000.0 + 20_000.0);
    assert_eq!(at(Condition::Class(0)), 1.0 + 5.0 + 100.0 + 1000.0 + 20_000.0);
    assert_eq!(at(Condition::None), 1.0 + 5.0 + 0.25);
}

/// A network of one unit that reads only its condition, with three rows for it: `v = 8, 4, 2`.
fn classes(contrast: Contrast, negatives: &[f32], test: impl FnOnce(&Model<'_>)) {
    // No bias; weights of time, two classes, no class, x.
    let weights = [0.0, 0.0, 8.0, 4.0, 2.0, 0.0, 0.0, 1.0];
    let spec = Spec {
        conditioning: Conditioning::classes(2),
        unconditional: true,
        dim: 1,
        widths: &[1],
        contrast,
        negatives,
        mean: &[0.0],
        std: &[1.0],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let mut bytes = Aligned([0; 512]);
    test(&Model::new(emit(&spec, &mut bytes.0).expect("sizes agree")).expect("valid"));
}

fn field<'a>(model: &'a Model<'a>, class: usize) -> Field<'a, [f32; 1], [f32; 0]> {
    let mut field = Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
    field.set_condition(Condition::Class(class)).expect("a class");
    field
}

/// `v_null + w ((1 - lambda) v_c + lambda alpha' mu_c - v_null)`, by hand.
#[test]
fn guidance_frees_the_rows_that_carry_a_contrast() {
    let guided = |model: &Model<'_>, class: usize| {
        let plain = field(model, class).without_contrast().expect("an affine map");
        let mut out = [0.0];
        let mut guided = Guided::new(plain, 2.0, [0.0]).expect("labels were dropped");
        guided.velocity(0.5, &[0.0], &mut out);
        out[0]
    };
    classes(Contrast::Conditional(0.25), &[], |model| {
        assert_eq!(
            [0, 1].map(|k| guided(model, k)),
            [2.0 + 2.0 * (6.0 - 2.0), 2.0 + 2.0 * (3.0 - 2.0)]
        );
    });
    classes(Contrast::Everywhere(0.25), &[], |model| {
        assert_eq!(guided(model, 0), 1.5 + 2.0 * (6.0 - 1.5));
    });
    // On the linear path alpha' = 1.
    classes(Contrast::Conditional(0.25), &[4.0, -8.0], |model| {
        assert_eq!(
            [0, 1].map(|k| guided(model, k)),
            [2.0 + 2.0 * (7.0 - 2.0), 2.0 + 2.0 * (1.0 - 2.0)]
        );
    });
    classes(Contrast::Irreversible, &[], |model| {
        assert_eq!(field(model, 0).without_contrast().map(drop), Err(FieldError::Contrast));
        assert_eq!(field(model, 0).score_path(), Err(FieldError::Contrast));
        let guided = Guided::new(field(model, 0), f32::NAN, [0.0]);
        assert_eq!(guided.map(drop), Err(FieldError::Scale));
    });
}

#[test]
fn only_a_plain_field_has_a_score() {
    let refused = |spoil: fn(&mut Spec<'_>)| {
        let [c, d, e, f] = LAST;
        let weights = [0.5, 2.0, 0.25, 0.5, c, d, e, f];
        let mut spec = spec(Prediction::Velocity, &weights);
        spoil(&mut spec);
        let mut bytes = Aligned([0; 512]);
        let model = Model::new(emit(&spec, &mut bytes.0).expect("sizes agree")).expect("valid");
        Field::new(&model, [[0.0; 1]; 2], []).expect("sizes that fit").score_path()
    };
    assert_eq!(refused(|_| {}), Ok(Path::Linear));
    assert_eq!(refused(|s| s.coupling = Pairing::OptimalTransport), Err(FieldError::Coupling));
    assert_eq!(refused(|s| s.coupling = Pairing::Reflow), Err(FieldError::Coupling));
    assert_eq!(refused(|s| s.coupling = Pairing::Likelihood), Err(FieldError::Likelihood));
    assert_eq!(refused(|s| s.contrast = Contrast::Everywhere(0.1)), Err(FieldError::Contrast));
    assert_eq!(refused(|s| s.guidance = 1.5), Err(FieldError::Guidance));
    assert_eq!(refused(|s| s.reweighted = true), Err(FieldError::Reweighted));
}

#[test]
fn the_tangent_is_that_of_the_velocity() {
    with(Prediction::Velocity, |model| {
        let field = Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
        let mut field = TangentField::new(field, [[0.0; 1]; 2]).expect("floats");
        let (mut out, mut slope) = ([0.0; 2], [0.0; 2]);
        crate::Differentiable::velocity_along(
            &mut field,
            0.25,
            &[2.0, -1.0],
            &[1.0, 0.0],
            &mut out,
            &mut slope,
        );
        assert_eq!(out, expected(0.25, 0.0));
        // dN + g dx = (4, 2) / 4 + (-0.5, 0)
        assert_eq!(slope, [0.5, 0.5]);
    });
}

#[test]
fn a_contrast_is_undone_after_the_gains() {
    let [c, d, e, f] = LAST;
    let [g, k, l, m, ..] = GAINS;
    let weights = [0.5, 2.0, 0.25, 0.5, c, d, e, f, g, k, l, m];
    let mut bytes = Aligned([0; 512]);
    let contrasted =
        Spec { contrast: Contrast::Everywhere(0.5), ..spec(Prediction::Velocity, &weights) };
    let model = Model::new(emit(&contrasted, &mut bytes.0).expect("sizes agree")).expect("valid");
    let field = Field::new(&model, [[0.0; 1]; 2], []).expect("sizes that fit");
    let mut out = [0.0; 2];
    field.without_contrast().expect("a factor").velocity(0.5, &[2.0, -1.0], &mut out);
    assert_eq!(out, expected(0.5, 0.0).map(|v| 0.5 * v));
}
