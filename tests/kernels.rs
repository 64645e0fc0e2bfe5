//! The network's bits: every kernel compared with the plain formula, under every condition.

mod common;

use common::{Placed, Wanted, parameters, wobble};
use fm_nostd::blob::Conditioning;
use fm_nostd::prediction::Prediction;
use fm_nostd::{
    Activation, AverageField, AverageVelocity, Condition, ConditionError, Conditional, Field,
    FieldError, Guided, Model, Velocity,
};
use proptest::prelude::*;

/// The network as the numbers contract defines it: bias, then inputs in order, one rounding each.
fn plainly(wanted: &Wanted, inputs: &[(usize, f32)]) -> Vec<f32> {
    let shape = wanted.shape();
    let theta = parameters(shape);
    let mut offset = 0;
    let mut x: Vec<(usize, f32)> = inputs.to_vec();
    for layer in 0..=shape.layers {
        let (rows, columns) = shape.layer(layer).expect("the layer is there");
        let weights = &theta[offset..offset + rows * columns];
        let bias = &theta[offset + rows * columns..][..columns];
        offset += (rows + 1) * columns;
        let mut out: Vec<f32> = (0..columns)
            .map(|o| x.iter().fold(bias[o], |sum, (row, v)| sum + weights[row * columns + o] * v))
            .collect();
        if layer < shape.layers {
            wanted.activation.apply(&mut out);
        }
        x = out.into_iter().enumerate().collect();
    }
    x.into_iter().map(|(_, value)| value).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn every_size_gives_the_bits_of_the_plain_formula() {
    for (i, activation) in Activation::ALL.into_iter().enumerate() {
        for (dim, hidden, layers) in
            [(1, 1, 1), (2, 8, 3), (3, 13, 2), (64, 40, 2), (9, 64, 3), (5, 33, 1), (2, 100, 2)]
        {
            let wanted = Wanted {
                prediction: Prediction::AverageVelocity,
                activation,
                conditioning: Conditioning::classes(3),
                unconditional: true,
                dim,
                hidden,
                layers,
            };
            let placed = Placed::new(&wanted.blob());
            let model = Model::new(placed.bytes()).expect("a valid blob");
            let field = Field::new(&model, [vec![0.0; hidden], vec![0.0; hidden]], []).unwrap();
            let mut field = AverageField::new(field).unwrap();
            let x: Vec<f32> = (0..dim).map(|d| 2.0 * wobble(d + 31 * i)).collect();
            let mut out = vec![0.0; dim];
            for (condition, row) in [(Condition::Class(2), 2), (Condition::None, 3)] {
                field.set_condition(condition).unwrap();
                field.average_velocity(0.25, 0.875, &x, &mut out);
                let mut inputs = vec![(0, 0.25), (1, 0.625), (2 + row, 1.0)];
                inputs.extend(x.iter().enumerate().map(|(d, v)| (2 + 4 + d, *v)));
                assert_eq!(bits(&out), bits(&plainly(&wanted, &inputs)), "{wanted:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every number of outputs after the last whole block, of inputs after the last four, and every cut
    /// of the first layer's inputs into pieces.
    #[test]
    fn any_shape_gives_the_bits_of_the_plain_formula(
        dim in 1..40usize,
        hidden in 1..75usize,
        layers in 1..4usize,
        (conditioning, unconditional) in prop_oneof![
            Just((Conditioning::NONE, false)),
            (1..6usize, any::<bool>()).prop_map(|(n, drop)| (Conditioning::classes(n), drop)),
            (1..10usize, any::<bool>()).prop_map(|(n, drop)| (Conditioning::vector(n), drop)),
            (1..6usize, 1..10usize, any::<bool>())
                .prop_map(|(classes, vector, drop)| (Conditioning { classes, vector }, drop)),
        ],
        average in any::<bool>(),
        activation in prop_oneof![Just(Activation::Relu), Just(Activation::Tanh)],
        shift in 0..1000usize,
    ) {
        let prediction = if average { Prediction::AverageVelocity } else { Prediction::Velocity };
        let wanted =
            Wanted { prediction, activation, conditioning, unconditional, dim, hidden, layers };
        let placed = Placed::new(&wanted.blob());
        let model = Model::new(placed.bytes()).expect("a valid blob");
        let condition: Vec<f32> = (0..conditioning.vector).map(|d| wobble(d + shift)).collect();
        let mut field =
            Field::new(&model, [vec![0.0; hidden], vec![0.0; hidden]], condition.clone()).unwrap();
        let t = wobble(shift + 100);
        let mut inputs = vec![(0, t)];
        if average {
            inputs.push((1, 0.0));
        }
        let first = inputs.len();
        let Conditioning { classes, vector } = conditioning;
        if classes > 0 {
            field.set_condition(Condition::Class(shift % classes)).unwrap();
            inputs.push((first + shift % classes, 1.0));
        }
        if vector > 0 {
            field.set_condition(Condition::Vector(&condition)).unwrap();
            let standard = condition
                .iter()
                .zip(model.condition_mean())
                .zip(model.condition_scale())
                .map(|((value, mean), scale)| (value - mean) * scale);
            inputs.extend(standard.enumerate().map(|(d, value)| (first + classes + d, value)));
        }
        let first = wanted.shape().times + wanted.shape().condition;
        let x: Vec<f32> = (0..dim).map(|d| 2.0 * wobble(d + 31 * shift)).collect();
        inputs.extend(x.iter().enumerate().map(|(d, value)| (first + d, *value)));
        let mut out = vec![0.0; dim];
        field.velocity(t, &x, &mut out);
        prop_assert_eq!(bits(&out), bits(&plainly(&wanted, &inputs)));
    }
}

#[test]
fn a_condition_vector_is_standardised_and_guidance_mixes_two_fields() {
    let wanted = Wanted {
        prediction: Prediction::Velocity,
        activation: Activation::Silu,
        conditioning: Conditioning::vector(2),
        unconditional: true,
        dim: 3,
        hidden: 16,
        layers: 2,
    };
    let placed = Placed::new(&wanted.blob());
    let model = Model::new(placed.bytes()).expect("a valid blob");
    let field = Field::new(&model, [[0.0; 16]; 2], [0.0; 2]).unwrap();
    let (x, c) = ([0.5, -1.0, 2.0], [0.75, -0.25]);
    let standard = [0, 1].map(|d| (c[d] - wobble(d + 50)) * (2.0 + wobble(d + 60)));
    let rows = |head: &[(usize, f32)]| {
        let tail = x.iter().enumerate().map(|(d, v)| (4 + d, *v));
        head.iter().copied().chain(tail).collect::<Vec<_>>()
    };
    let conditional = plainly(&wanted, &rows(&[(0, 0.5), (1, standard[0]), (2, standard[1])]));
    let null = plainly(&wanted, &rows(&[(0, 0.5), (3, 1.0)]));
    let mut guided = Guided::new(field, 2.5, [0.0; 3]).unwrap();
    guided.set_condition(Condition::Vector(&c)).unwrap();
    let mut out = [0.0; 3];
    guided.velocity(0.5, &x, &mut out);
    let expected: Vec<f32> =
        conditional.iter().zip(&null).map(|(c, n)| n + 2.5 * (c - n)).collect();
    assert_eq!(bits(&out), bits(&expected));
}

#[test]
fn a_field_begins_with_no_condition_else_with_class_0_or_the_mean_vector() {
    let (mean, other) = ([0, 1].map(|d| wobble(d + 50)), [4.0, -4.0]);
    let classes = (Conditioning::classes(2), Condition::Class(0), Condition::Class(1));
    let vector =
        (Conditioning::vector(2), Condition::Vector(&mean[..]), Condition::Vector(&other[..]));
    for (conditioning, first, other) in [classes, vector] {
        for (unconditional, first) in [(false, first), (true, Condition::None)] {
            let prediction = Prediction::Velocity;
            let (activation, dim, hidden, layers) = (Activation::Tanh, 3, 9, 2);
            let wanted =
                Wanted { prediction, activation, conditioning, unconditional, dim, hidden, layers };
            let placed = Placed::new(&wanted.blob());
            let model = Model::new(placed.bytes()).expect("a valid blob");
            let mut field = Field::new(&model, [[0.0; 9]; 2], [7.0; 2]).unwrap();
            let mut velocity = |condition: Option<Condition<'_>>| {
                if let Some(condition) = condition {
                    field.set_condition(condition).unwrap();
                }
                let mut out = [0.0; 3];
                field.velocity(0.5, &[0.3, -0.7, 1.1], &mut out);
                bits(&out)
            };
            let begun = velocity(None);
            assert_ne!(velocity(Some(other)), begun, "{wanted:?}");
            assert_eq!(velocity(Some(first)), begun, "{wanted:?}");
        }
    }
}

/// With classes and a vector, each can be set alone: the other one stays, and begins at class 0 or the mean.
#[test]
fn a_class_and_a_vector_are_set_one_at_a_time() {
    let conditioning = Conditioning { classes: 3, vector: 2 };
    let (mean, given) = ([0, 1].map(|d| wobble(d + 50)), [4.0, -4.0]);
    for (unconditional, quantised) in [(false, false), (true, false), (false, true), (true, true)] {
        let wanted = Wanted {
            prediction: Prediction::AverageVelocity,
            activation: Activation::Silu,
            conditioning,
            unconditional,
            dim: 3,
            hidden: 9,
            layers: 2,
        };
        let placed = Placed::new(&if quantised { wanted.blob_q8() } else { wanted.blob() });
        let model = Model::new(placed.bytes()).expect("a valid blob");
        assert_eq!(model.conditioning(), conditioning);
        let velocity = |conditions: &[Condition<'_>]| {
            let mut field = Field::new(&model, [[0.0; 9]; 2], [7.0; 2]).unwrap();
            conditions.iter().for_each(|condition| field.set_condition(*condition).unwrap());
            let mut out = [0.0; 3];
            field.velocity(0.5, &[0.3, -0.7, 1.1], &mut out);
            bits(&out)
        };
        let (class, vector) = (Condition::Class, Condition::Vector);
        let both = velocity(&[class(2), vector(&given)]);
        assert_eq!(velocity(&[vector(&given), class(2)]), both);
        assert_eq!(velocity(&[class(1), vector(&mean), vector(&given), class(2)]), both);
        assert_eq!(velocity(&[class(2)]), velocity(&[class(2), vector(&mean)]));
        assert_eq!(velocity(&[vector(&given)]), velocity(&[class(0), vector(&given)]));
        let others = [velocity(&[class(1), vector(&given)]), velocity(&[class(2), vector(&mean)])];
        assert!(!others.contains(&both));
        let mut field = Field::new(&model, [[0.0; 9]; 2], [0.0; 2]).unwrap();
        if unconditional {
            assert_eq!(velocity(&[]), velocity(&[class(2), vector(&given), Condition::None]));
            assert!(!others.contains(&velocity(&[])) && velocity(&[]) != both);
        } else {
            assert_eq!(velocity(&[]), velocity(&[class(0), vector(&mean)]));
            assert_eq!(field.set_condition(Condition::None), Err(ConditionError::Required));
        }
        assert_eq!(field.set_condition(class(3)), Err(ConditionError::NoSuchClass));
        assert_eq!(field.set_condition(vector(&[1.0])), Err(ConditionError::Length));
        assert_eq!(field.set_condition(vector(&[1.0, f32::NAN])), Err(ConditionError::NotFinite));
    }
}

/// A caller's memory may be longer than a sample: both kinds of weights fill only the sample.
#[test]
fn a_longer_output_is_filled_as_far_as_the_sample_goes() {
    let wanted = Wanted {
        prediction: Prediction::Velocity,
        activation: Activation::Silu,
        conditioning: Conditioning::NONE,
        unconditional: false,
        dim: 3,
        hidden: 9,
        layers: 2,
    };
    for blob in [wanted.blob_with_gains(), wanted.blob_q8_with_gains()] {
        let placed = Placed::new(&blob);
        let model = Model::new(placed.bytes()).expect("a valid blob");
        let mut field = Field::new(&model, [[0.0; 9]; 2], []).unwrap();
        let x = [0.3, -0.7, 1.1, 9.0, 9.0];
        let (mut out, mut longer) = ([0.0; 3], [7.0; 5]);
        field.velocity(0.25, &x[..3], &mut out);
        field.velocity(0.25, &x, &mut longer);
        assert_eq!(longer, [out[0], out[1], out[2], 7.0, 7.0]);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let wanted = Wanted {
        prediction: Prediction::Velocity,
        activation: Activation::Relu,
        conditioning: Conditioning::classes(10),
        unconditional: false,
        dim: 2,
        hidden: 8,
        layers: 1,
    };
    let placed = Placed::new(&wanted.blob());
    let model = Model::new(placed.bytes()).expect("a valid blob");
    assert_eq!(Field::new(&model, [[0.0; 7]; 2], []).unwrap_err(), FieldError::Hidden);
    let mut field = Field::new(&model, [[0.0; 8]; 2], []).unwrap();
    assert_eq!(field.set_condition(Condition::Class(10)), Err(ConditionError::NoSuchClass));
    assert_eq!(field.set_condition(Condition::None), Err(ConditionError::Required));
    assert_eq!(field.set_condition(Condition::Vector(&[1.0])), Err(ConditionError::OtherKind));
    assert_eq!(AverageField::new(field.clone()).unwrap_err(), FieldError::NotAverage);
    assert_eq!(Guided::new(field, 2.0, [0.0; 2]).unwrap_err(), FieldError::NoUnconditional);
    let refused = |error| move |result: Result<(), FieldError>| assert_eq!(result, Err(error));
    refused(FieldError::Dim)(fm_nostd::Mlp::<3, 0, 8>::new(&model).map(drop));
    refused(FieldError::Hidden)(fm_nostd::Mlp::<2, 0, 9>::new(&model).map(drop));
    refused(FieldError::Condition)(fm_nostd::Mlp::<2, 1, 8>::new(&model).map(drop));
    refused(FieldError::NotAverage)(fm_nostd::OneStep::<2, 0, 8>::new(&model).map(drop));
    let short = fm_nostd::Mlp::<2, 0, 8>::new(&model).unwrap();
    refused(FieldError::Work)(short.sampler(fm_nostd::solver::Euler::new([0.0; 1])).map(drop));
}
