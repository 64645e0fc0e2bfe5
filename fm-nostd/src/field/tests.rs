//! Endpoint predictions of a network small enough to compute by hand.

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

/// Runs `test` on the model of that kind.
fn with(prediction: Prediction, test: impl FnOnce(&Model<'_>)) {
    let [c, d, e, f] = LAST;
    let average = [0.5, 2.0, -1.0, 0.25, 0.5, c, d, e, f];
    let plain = [0.5, 2.0, 0.25, 0.5, c, d, e, f];
    let weights: &[f32] = if prediction.reach().jumps() { &average } else { &plain };
    let mut bytes = Aligned([0; 512]);
    let blob = emit(&spec(prediction, weights), &mut bytes.0).expect("sizes agree");
    test(&Model::new(blob).expect("a valid blob"));
}

/// The velocity at `x = (2, -1)`, where `z = 0.5 + 2 t - h`.
fn expected(z: f32) -> [f32; 2] {
    let relu = z.max(0.0);
    [1.0 + 4.0 * relu - 2.0, -2.0 + 2.0 * relu + 1.0]
}

#[test]
fn an_endpoint_says_its_velocity() {
    for kind in [Prediction::Endpoint, Prediction::AverageEndpoint] {
        with(kind, |model| {
            let mut field = Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
            for t in [0.0, 0.25, 0.5, 1.0] {
                let mut out = [0.0; 2];
                field.velocity(t, &[2.0, -1.0], &mut out);
                assert_eq!(out, expected(0.5 + 2.0 * t), "{kind:?} {t}");
            }
        });
    }
}

#[test]
fn a_jump_is_the_average_velocity_and_one_leads_to_the_endpoint() {
    with(Prediction::AverageEndpoint, |model| {
        let field = || Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
        let mut average = AverageField::new(field()).expect("it jumps");
        let mut out = [0.0; 2];
        average.average_velocity(0.25, 0.75, &[2.0, -1.0], &mut out);
        assert_eq!(out, expected(0.5));
        // From (2, -1) over all of the time, z = -0.5: N = (1, -2), in the data's units (12, 19).
        let mut sampler = Sampler::new(model, average, MeanFlow::new([0.0; 2])).expect("room");
        let mut x = [2.0, -1.0];
        sampler.sample_from([0.0, 1.0], &mut x);
        assert_eq!(x, [12.0, 19.0]);
    });
    with(Prediction::Endpoint, |model| {
        let field = Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
        assert_eq!(AverageField::new(field).map(drop), Err(FieldError::NotAverage));
    });
}

#[test]
fn one_jump_is_no_field() {
    for kind in [Prediction::Jump, Prediction::JumpEndpoint] {
        with(kind, |model| {
            let field = Field::new(model, [[0.0; 1]; 2], []);
            assert_eq!(field.map(drop), Err(FieldError::OneJump));
            let mut jump = Jump::new(model, [[0.0; 1]; 2], [], [0.0; 2]).expect("it jumps");
            // From (2, -1) over all of the time, z = -0.5: N = (1, -2).
            let mut x = [2.0, -1.0];
            jump.jump(&mut x);
            assert_eq!(x, if kind.endpoint() { [1.0, -2.0] } else { [3.0, -3.0] });
        });
    }
    with(Prediction::Velocity, |model| {
        let jump = Jump::new(model, [[0.0; 1]; 2], [], [0.0; 2]);
        assert_eq!(jump.map(drop), Err(FieldError::NotAverage));
    });
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
    with(Prediction::Endpoint, |model| {
        let field = Field::new(model, [[0.0; 1]; 2], []).expect("sizes that fit");
        let mut field = TangentField::new(field, [[0.0; 1]; 2]).expect("floats");
        let (mut out, mut slope) = ([0.0; 2], [0.0; 2]);
        crate::Differentiable::velocity_along(
            &mut field,
            0.5,
            &[2.0, -1.0],
            &[1.0, 0.0],
            &mut out,
            &mut slope,
        );
        assert_eq!(out, expected(1.5));
        // dN - dx = (4, 2) / 4 - (1, 0)
        assert_eq!(slope, [0.0, 0.5]);
    });
}

#[test]
fn a_contrast_is_undone_after_the_way_to_the_endpoint() {
    let [c, d, e, f] = LAST;
    let weights = [0.5, 2.0, 0.25, 0.5, c, d, e, f];
    let mut bytes = Aligned([0; 512]);
    let contrasted =
        Spec { contrast: Contrast::Everywhere(0.5), ..spec(Prediction::Endpoint, &weights) };
    let model = Model::new(emit(&contrasted, &mut bytes.0).expect("sizes agree")).expect("valid");
    let field = Field::new(&model, [[0.0; 1]; 2], []).expect("sizes that fit");
    let mut out = [0.0; 2];
    field.without_contrast().expect("a gain").velocity(0.5, &[2.0, -1.0], &mut out);
    assert_eq!(out, expected(1.5).map(|v| 0.5 * v));
}
