//! The guarantees for control loops: single steps, a failed sensor, outputs in range.

mod common;

use common::{Placed, Wanted, parameters, wobble};
use fm_nostd::blob::{Conditioning, Spec, emit, emitted_len, peek};
use fm_nostd::net::Weights;
use fm_nostd::net::f32::pack;
use fm_nostd::path::Path;
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::{EulerMaruyama, Heun, Solver};
use fm_nostd::{
    Activation, AverageField, BlobError, Column, Condition, ConditionError, Conditional, Draw,
    Field, MeanFlow, Mlp, Model, OneStep, Sampler, Velocity,
};

const POLICY: Wanted = Wanted {
    prediction: Prediction::AverageVelocity,
    activation: Activation::Silu,
    conditioning: Conditioning::vector(3),
    unconditional: false,
    dim: 2,
    hidden: 8,
    layers: 2,
};

/// The policy with a range for its outputs.
fn clamped() -> Vec<u8> {
    let shape = POLICY.shape();
    let mut weights = vec![0.0; shape.parameters().unwrap()];
    pack(shape, &parameters(shape), &mut weights).unwrap();
    let limits =
        [Column::within(-0.5, 0.5), Column::within(9.0, 11.0)].map(|column| column.words());
    let spec = Spec {
        id: 7,
        name: "policy",
        mean: &[0.0, 10.0],
        std: &[1.0, 2.0],
        transforms: limits.as_flattened(),
        condition_mean: &[1.0, 2.0, 3.0],
        condition_scale: &[1.0, 0.5, 4.0],
        weights: Weights::F32(&weights),
        ..POLICY.spec()
    };
    let mut out = vec![0; emitted_len(&spec).unwrap()];
    emit(&spec, &mut out).unwrap();
    out
}

#[test]
fn steps_taken_one_at_a_time_are_the_sample() {
    let blob = Placed::new(&POLICY.blob());
    let model = Model::new(blob.bytes()).unwrap();
    let draw = Draw { seed: 3, sample: 5 };
    let mut whole = [0.0; 2];
    let sde = || EulerMaruyama::new(Path::Linear, 0.7, [[0.0; 2]; 2]);
    let mut sampler = Mlp::<2, 3, 8>::new(&model).unwrap().sampler(sde()).unwrap();
    sampler.temperature = 0.5;
    sampler.sample(draw, 4, &mut whole);
    let mut x = [f32::NAN; 2];
    sampler.begin(draw, &mut x);
    for step in 0..4u8 {
        // Another task samples in between, on its own sampler over the same model.
        let mut other = OneStep::<2, 3, 8>::new(&model).unwrap();
        other.sample(Draw { seed: 9, sample: u64::from(step) });
        sampler.step(f32::from(step) / 4.0, f32::from(step + 1) / 4.0, &mut x);
    }
    sampler.finish(&mut x);
    assert_eq!(x.map(f32::to_bits), whole.map(f32::to_bits));
}

#[test]
fn the_callers_noise_is_taken_as_it_is() {
    let blob = Placed::new(&POLICY.blob());
    let model = Model::new(blob.bytes()).unwrap();
    let mut policy = OneStep::<2, 3, 8>::new(&model).unwrap();
    let draw = Draw { seed: 3, sample: 5 };
    let mut noise = [0.0; 2];
    draw.fill(0, &mut noise);
    assert_eq!(policy.sample_from(noise), policy.sample(draw));
    assert_ne!(policy.sample_from([0.0; 2]), policy.sample(draw));
}

#[test]
fn a_failed_sensor_is_refused_and_the_observation_before_stays() {
    let blob = Placed::new(&clamped());
    let model = Model::new(blob.bytes()).unwrap();
    let mut policy = OneStep::<2, 3, 8>::new(&model).unwrap();
    policy.set_condition(Condition::Vector(&[0.5, 2.5, 3.5])).unwrap();
    let draw = Draw { seed: 1, sample: 0 };
    let before = policy.sample(draw);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        // Only the last number is refused; those before it must not have been written either. `MAX` is
        // finite, but not after it is scaled by 4.
        let observed = policy.set_condition(Condition::Vector(&[9.0, 9.0, bad]));
        assert_eq!(observed, Err(ConditionError::NotFinite), "{bad}");
        assert_eq!(policy.sample(draw).map(f32::to_bits), before.map(f32::to_bits));
    }
    policy.set_condition(Condition::Vector(&[9.0, 9.0, 9.0])).unwrap();
    assert_ne!(policy.sample(draw), before);
}

#[test]
fn the_device_standardises_conditions_as_training_did() {
    let blob = Placed::new(&clamped());
    let model = Model::new(blob.bytes()).unwrap();
    // Standardised means are zero, which is the initial condition of a field.
    let mut start = OneStep::<2, 3, 8>::new(&model).unwrap();
    let mut set = start.clone();
    set.set_condition(Condition::Vector(&[1.0, 2.0, 3.0])).unwrap();
    let draw = Draw { seed: 2, sample: 2 };
    assert_eq!(start.sample(draw), set.sample(draw));
}

#[test]
fn a_clamp_holds_whatever_comes_in() {
    let blob = Placed::new(&clamped());
    let model = Model::new(blob.bytes()).unwrap();
    let mut policy = OneStep::<2, 3, 8>::new(&model).unwrap();
    for noise in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, -1e38] {
        let [a, b] = policy.sample_from([noise, 0.0]);
        assert!((-0.5..=0.5).contains(&a) && (9.0..=11.0).contains(&b), "{noise}: {a} {b}");
    }
    let mut x = [f32::NAN, 0.25];
    model.destandardise(&mut x);
    assert_eq!(x, [-0.5, 10.5]);
}

#[test]
fn solvers_take_an_average_field_as_its_velocity() {
    let blob = Placed::new(&POLICY.blob());
    let model = Model::new(blob.bytes()).unwrap();
    let field = || Field::new(&model, [[0.0; 8]; 2], [0.0; 3]).unwrap();
    let mut average = AverageField::new(field()).unwrap();
    average.set_condition(Condition::Vector(&[wobble(1), wobble(2), wobble(3)])).unwrap();
    let mut plain = field();
    plain.set_condition(Condition::Vector(&[wobble(1), wobble(2), wobble(3)])).unwrap();
    let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
    average.velocity(0.3, &[0.1, -0.4], &mut a);
    plain.velocity(0.3, &[0.1, -0.4], &mut b);
    assert_eq!(a, b);
    let heun = || Heun::new([[0.0; 2]; 2]);
    let draw = Draw { seed: 4, sample: 1 };
    Sampler::new(&model, average, heun()).unwrap().sample(draw, 3, &mut a);
    Sampler::new(&model, plain, heun()).unwrap().sample(draw, 3, &mut b);
    assert_eq!(a, b);
    // A step of length zero moves nothing.
    let mut x = [0.5, -0.5];
    MeanFlow::new([0.0; 2]).step(&mut AverageField::new(field()).unwrap(), 0.5, 0.5, &mut x);
    assert_eq!(x, [0.5, -0.5]);
}

#[test]
fn a_label_can_be_read_before_the_check() {
    let blob = clamped();
    let label = peek(&blob).unwrap();
    let placed = Placed::new(&blob);
    let model = Model::new(placed.bytes()).unwrap();
    assert_eq!((label.id, label.len), (model.id(), model.len()));
    // In a longer slot, and with damage that only the check can find.
    let mut slot = blob.clone();
    slot.extend([0xff; 32]);
    assert_eq!(peek(&slot), Ok(label));
    *slot.get_mut(blob.len() - 1).unwrap() ^= 1;
    assert_eq!(peek(&slot), Ok(label));
    assert_eq!(Model::new(Placed::new(&slot).bytes()).unwrap_err(), BlobError::BadCrc);
    assert_eq!(peek(&[0xff; 64]), Err(BlobError::NotABlob));
    assert_eq!(peek(&blob[..blob.len() - 1]), Err(BlobError::Truncated));
    let changed = |at: usize, to: u8| {
        let mut bytes = blob.clone();
        bytes[at] = to;
        peek(&bytes)
    };
    assert_eq!(changed(12, 99), Err(BlobError::Format(99)));
    assert_eq!(changed(13, 99), Err(BlobError::Numbers(99)));
    let short = [b"flow".as_slice(), &16u32.to_le_bytes(), &[0; 4], &blob[12..16]].concat();
    assert_eq!(peek(&short), Err(BlobError::Malformed));
}
