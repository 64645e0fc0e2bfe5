//! Known parts and scores have the bits of the Rust interface.

use std::ptr::{null, null_mut};

use fm::sample::*;
use fm::sampler::*;
use fm::status::fm_status::*;
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::{Euler, Heun};
use fm_nostd::{Condition, Draw, KnownMlp, KnownOneStep, Mlp, Model};

use crate::models::{DIGITS, MOONS, between, completing, completing_after, policy};
use crate::ready::{Ready, info, noise};

#[test]
fn known_parts_have_the_bits_of_the_rust_interface() {
    let (row, known) = ([0.0, -2.875], [false, true]);
    let set = |c: &mut Ready, row: [f32; 2], known: [bool; 2], len: usize| {
        // SAFETY: an initialised sampler and this many numbers, here and below.
        unsafe { fm_set_known(&mut c.sampler, row.as_ptr(), known.as_ptr(), len) }
    };
    let one = completing(Prediction::AverageVelocity);
    let model = Model::new(one).expect("valid");
    let mut c = Ready::new(one);
    let facts = info(&c.model);
    assert!(facts.known && !info(&Ready::new(&MOONS.0).model).known);
    // Two hidden layers, "no condition" and three for each number, and the slopes.
    assert_eq!((facts.work, facts.work_heun), (16 + 7 + 2, 16 + 7 + 4));
    let mut rust = KnownOneStep::<2, 7, 8>::new(&model).expect("its sizes");
    rust.set_known(&row, &known).expect("possible values");
    assert_eq!(set(&mut c, row, known, 2), FM_OK);
    let draw = Draw { seed: 3, sample: 4 };
    let x = c.run(vec![0.0; 2], |s, x, n| unsafe { fm_sample(s, 3, 4, x, n) });
    assert_eq!(x, rust.sample(draw));
    assert_eq!(x[1], row[1]);
    let mut jumps = KnownMlp::<2, 7, 8>::new(&model).and_then(KnownMlp::jumps).expect("it jumps");
    jumps.set_known(&row, &known).expect("possible values");
    let mut sample = [0.0; 2];
    jumps.sample(draw, 2, &mut sample);
    assert_eq!(c.run(noise(3, 4, 2), |s, x, n| unsafe { fm_jump(s, 2, x, n) }), sample);
    // Refused values leave the earlier ones.
    assert_eq!(set(&mut c, [0.0, f32::NAN], known, 2), FM_NOT_FINITE);
    assert_eq!(set(&mut c, [0.5, 0.0], [true; 2], 2), FM_IMPOSSIBLE);
    assert_eq!(set(&mut c, row, known, 1), FM_LENGTH);
    assert_eq!(c.run(noise(3, 4, 2), |s, x, n| unsafe { fm_jump(s, 2, x, n) }), sample);
    assert_eq!(set(&mut c, [0.0; 2], [false; 2], 2), FM_OK);
    assert_ne!(c.run(noise(3, 4, 2), |s, x, n| unsafe { fm_jump(s, 2, x, n) }), sample);
    assert_eq!(set(&mut Ready::new(&MOONS.0), row, known, 2), FM_NO_KNOWN);

    // One whose first number was always known takes no other, and has no score.
    let mut c = Ready::new(completing_after(1, Prediction::AverageVelocity));
    assert_eq!((info(&c.model).known_prefix, facts.known_prefix), (1, 0));
    for others in [[false, false], known, [true, true]] {
        assert_eq!(set(&mut c, [1.0, 0.5], others, 2), FM_KNOWN_PREFIX);
    }
    assert_eq!(set(&mut c, [1.0, 0.5], [true, false], 2), FM_OK);
    let (mut shares, mut score) = ([0.0; 2], 0.0);
    // SAFETY: an initialised sampler, and arrays of two numbers.
    let status = unsafe {
        fm_score(&mut c.sampler, [1.0, 0.5].as_ptr(), shares.as_mut_ptr(), 2, &mut score)
    };
    assert_eq!(status, FM_KNOWN_PREFIX);

    let flow = completing(Prediction::Velocity);
    let model = Model::new(flow).expect("valid");
    let (mut euler, mut heun) = ([0.0; 2], [0.0; 2]);
    let mlp = || KnownMlp::<2, 7, 8>::new(&model).expect("its sizes");
    let mut sampler = mlp().sampler(Euler::new([0.0; 2])).expect("room");
    sampler.set_known(&row, &known).expect("possible values");
    sampler.sample(draw, 4, &mut euler);
    let mut sampler = mlp().sampler(Heun::new([[0.0; 2]; 2])).expect("room");
    sampler.set_known(&row, &known).expect("possible values");
    sampler.sample(draw, 4, &mut heun);
    let mut c = Ready::new(flow);
    assert_eq!(set(&mut c, row, known, 2), FM_OK);
    assert_eq!(c.run(noise(3, 4, 2), |s, x, n| unsafe { fm_euler(s, 4, x, n) }), euler);
    assert_eq!(c.run(noise(3, 4, 2), |s, x, n| unsafe { fm_heun(s, 4, x, n) }), heun);
    let mut x = noise(3, 4, 2);
    for k in 0..4 {
        let (t, r) = (k as f32 / 4.0, (k + 1) as f32 / 4.0);
        x = c.run(x, |s, x, n| unsafe { fm_heun_step(s, t, r, x, n) });
    }
    assert_eq!(c.run(x, |s, x, n| unsafe { fm_finish(s, x, n) }), heun);
}

#[test]
fn scores_have_the_bits_of_the_rust_interface() {
    let score = |c: &mut Ready, row: &[f32]| {
        let (mut shares, mut score) = (vec![-1.0; row.len()], -1.0);
        // SAFETY: an initialised sampler and this many numbers.
        let status = unsafe {
            fm_score(&mut c.sampler, row.as_ptr(), shares.as_mut_ptr(), row.len(), &mut score)
        };
        (status, score, shares)
    };
    let model = Model::new(&DIGITS.0).unwrap();
    let mut c = Ready::new(&DIGITS.0);
    for class in [3, 8] {
        let mut mlp = Mlp::<64, 0, 128>::new(&model).unwrap();
        mlp.set_condition(Condition::Class(class)).unwrap();
        // SAFETY: an initialised sampler.
        unsafe { assert_eq!(fm_set_class(&mut c.sampler, class), FM_OK) };
        let row: Vec<f32> = (0..64).map(|pixel| (pixel % 17) as f32).collect();
        let mut shares = vec![0.0; 64];
        let ours = mlp.anomaly_score().unwrap().score(&row, &mut shares).unwrap();
        assert_eq!(score(&mut c, &row), (FM_OK, ours, shares));
    }
    let mut moons = Ready::new(&MOONS.0);
    // What is refused changes nothing.
    let nothing = |status, len| (status, -1.0, vec![-1.0; len]);
    assert_eq!(score(&mut moons, &[0.5, f32::NAN]), nothing(FM_NOT_FINITE, 2));
    assert_eq!(score(&mut moons, &[0.5]), nothing(FM_LENGTH, 1));
    assert_eq!(score(&mut Ready::new(between()), &[0.5, 0.0]), nothing(FM_SOURCE, 2));
    assert_eq!(score(&mut Ready::new(policy(Prediction::Jump)), &[0.5]), nothing(FM_ONE_JUMP, 1));
    let (row, mut shares) = ([0.5, 0.0], [0.0; 2]);
    let none = null_mut::<f32>();
    // SAFETY: the function must refuse a pointer that is NULL.
    unsafe {
        let s = &raw mut moons.sampler;
        assert_eq!(fm_score(s, row.as_ptr(), shares.as_mut_ptr(), 2, none), FM_NULL);
        assert_eq!(fm_score(s, null(), shares.as_mut_ptr(), 2, &mut 0.0), FM_NULL);
        assert_eq!(fm_score(s, row.as_ptr(), none, 2, &mut 0.0), FM_NULL);
    }
    // Known parts are not those of a whole row.
    let row = [1.0, 0.0];
    let mut c = Ready::new(completing(Prediction::Velocity));
    let (status, whole, _) = score(&mut c, &row);
    assert_eq!(status, FM_OK);
    let set = |c: &mut Ready, known: [bool; 2]| {
        // SAFETY: an initialised sampler and this many numbers.
        unsafe { fm_set_known(&mut c.sampler, row.as_ptr(), known.as_ptr(), 2) }
    };
    assert_eq!(set(&mut c, [false, true]), FM_OK);
    assert_eq!(score(&mut c, &row), nothing(FM_KNOWN, 2));
    assert_eq!(set(&mut c, [false; 2]), FM_OK);
    assert_eq!(score(&mut c, &row).1, whole);
}
