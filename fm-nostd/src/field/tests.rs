//! Endpoint predictions of a network that can be reckoned by hand.

use super::*;
use crate::blob::{Aligned, Spec, emit};
use crate::meanflow::MeanFlow;
use crate::net::Weights;
use crate::sampler::Sampler;
use crate::{Activation, TangentField};

/// `N = (1, -2) + (4, 2) relu(z)`.
const LAST: [f32; 4] = [1.0, -2.0, 4.0, 2.0];

/// One hidden unit: with `z = 0.5 + 2 t - h + x0 / 4 + x1 / 2` of an average field, without `h` of a
/// plain one.
fn spec(prediction: Prediction, weights: &[f32]) -> Spec<'_> {
    Spec {
        prediction,
        activation: Activation::Relu,
        path: Path::Linear,
        coupling: Coupling::Independent,
        conditioning: Conditioning::None,
        unconditional: false,
        dim: 2,
        hidden: 1,
        layers: 1,
        id: 0,
        start: 0.0,
        contrast: 0.0,
        name: "",
        mean: &[10.0, 20.0],
        std: &[2.0, 0.5],
        clamp: &[],
        condition_mean: &[],
        condition_scale: &[],
        weights: Weights::F32(weights),
    }
}

/// Runs `test` on the model of that kind.
fn with(prediction: Prediction, test: impl FnOnce(&Model<'_>)) {
    let [c, d, e, f] = LAST;
    let average = [0.5, 2.0, -1.0, 0.25, 0.5, c, d, e, f];
    let plain = [0.5, 2.0, 0.25, 0.5, c, d, e, f];
    let weights: &[f32] = if prediction.average() { &average } else { &plain };
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
    let contrasted = Spec { contrast: 0.5, ..spec(Prediction::Endpoint, &weights) };
    let model = Model::new(emit(&contrasted, &mut bytes.0).expect("sizes agree")).expect("valid");
    let field = Field::new(&model, [[0.0; 1]; 2], []).expect("sizes that fit");
    let mut out = [0.0; 2];
    field.without_contrast().expect("a gain").velocity(0.5, &[2.0, -1.0], &mut out);
    assert_eq!(out, expected(1.5).map(|v| 0.5 * v));
}
