//! Samples have the bits of the Rust interface.

use fm::sample::*;
use fm::sampler::*;
use fm::status::fm_status;
use fm::status::fm_status::*;
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::{Euler, Heun};
use fm_nostd::{Condition, Draw, Mlp, Model, OneStep};

use crate::models::{DIGITS, MOONS, between, policy};
use crate::ready::{Ready, info, noise};

#[test]
fn samples_have_the_bits_of_the_rust_interface() {
    let model = Model::new(&DIGITS.0).unwrap();
    let mut rust = OneStep::<64, 0, 128>::new(&model).unwrap();
    let mut c = Ready::new(&DIGITS.0);
    for class in 0..10 {
        rust.set_condition(Condition::Class(class)).unwrap();
        // SAFETY: an initialised sampler and this many numbers, here and below.
        unsafe { assert_eq!(fm_set_class(&mut c.sampler, class), FM_OK) };
        let draw = Draw { seed: 1, sample: class as u64 };
        let x = c.run(vec![0.0; 64], |s, x, n| unsafe { fm_sample(s, 1, class as u64, x, n) });
        assert_eq!(x, rust.sample(draw));
        let x = c.run(noise(1, class as u64, 64), |s, x, n| unsafe { fm_jump(s, 3, x, n) });
        let mut mlp = Mlp::<64, 0, 128>::new(&model).unwrap();
        mlp.set_condition(Condition::Class(class)).unwrap();
        let mut jumped = [0.0; 64];
        mlp.jumps().unwrap().sample(draw, 3, &mut jumped);
        assert_eq!(x, jumped);
    }
}

#[test]
fn solvers_whole_and_step_by_step_have_the_bits_of_the_rust_interface() {
    let model = Model::new(&MOONS.0).unwrap();
    let mlp = || Mlp::<2, 0, 32>::new(&model).unwrap();
    let draw = Draw { seed: 5, sample: 7 };
    let (mut euler, mut heun) = ([0.0; 2], [0.0; 2]);
    mlp().sampler(Euler::new([0.0; 2])).unwrap().sample(draw, 4, &mut euler);
    mlp().sampler(Heun::new([[0.0; 2]; 2])).unwrap().sample(draw, 4, &mut heun);
    let mut c = Ready::new(&MOONS.0);
    let start = || noise(5, 7, 2);
    // SAFETY: an initialised sampler and this many numbers, here and below.
    assert_eq!(c.run(start(), |s, x, n| unsafe { fm_euler(s, 4, x, n) }), euler);
    assert_eq!(c.run(start(), |s, x, n| unsafe { fm_heun(s, 4, x, n) }), heun);
    let times = [0.0, 0.25, 0.5, 0.75, 1.0];
    type Step = unsafe extern "C" fn(*mut fm_sampler, f32, f32, *mut f32, usize) -> fm_status;
    let mut stepwise = |step: Step| {
        let mut x = start();
        for pair in times.windows(2) {
            x = c.run(x, |s, x, n| unsafe { step(s, pair[0], pair[1], x, n) });
        }
        c.run(x, |s, x, n| unsafe { fm_finish(s, x, n) })
    };
    assert_eq!(stepwise(fm_euler_step), euler);
    assert_eq!(stepwise(fm_heun_step), heun);
    let mut jumps = [0.0; 2];
    mlp().jumps().unwrap().sample(draw, 4, &mut jumps);
    assert_eq!(stepwise(fm_jump_step), jumps);
}

#[test]
fn one_jump_is_all_that_a_distilled_model_takes() {
    let mut c = Ready::new(policy(Prediction::Jump));
    let info = info(&c.model);
    assert!(info.jumps && !info.velocity);
    // SAFETY: an initialised sampler and this many numbers, here and below.
    let whole = c.run(vec![0.25], |s, x, n| unsafe { fm_jump(s, 1, x, n) });
    let step = c.run(vec![0.25], |s, x, n| unsafe { fm_jump_step(s, 0.0, 1.0, x, n) });
    assert_eq!(c.run(step, |s, x, n| unsafe { fm_finish(s, x, n) }), whole);
    let mut noise = noise(1, 2, 1);
    let drawn = c.run(vec![0.0], |s, x, n| unsafe { fm_sample(s, 1, 2, x, n) });
    noise = c.run(noise, |s, x, n| unsafe { fm_jump(s, 1, x, n) });
    assert_eq!(drawn, noise);
    let mut x = [0.25];
    // SAFETY: as above.
    unsafe {
        let (s, x) = (&raw mut c.sampler, x.as_mut_ptr());
        assert_eq!(fm_jump(s, 2, x, 1), FM_ONE_JUMP);
        assert_eq!(fm_jump_step(s, 0.0, 0.5, x, 1), FM_ONE_JUMP);
        assert_eq!(fm_euler(s, 4, x, 1), FM_ONE_JUMP);
        assert_eq!(fm_heun(s, 4, x, 1), FM_ONE_JUMP);
        assert_eq!(fm_euler_step(s, 0.0, 1.0, x, 1), FM_ONE_JUMP);
        assert_eq!(fm_heun_step(s, 0.0, 1.0, x, 1), FM_ONE_JUMP);
    }
    assert_eq!(x, [0.25], "a refused call changes nothing");
}

#[test]
fn a_row_of_a_source_is_moved_with_the_bits_of_the_rust_interface() {
    let blob = between();
    let model = Model::new(blob).expect("valid");
    let row = [11.25, 17.5];
    let ours = OneStep::<2, 0, 8>::with_source(&model).expect("a source").transport(row);
    let mut c = Ready::new(blob);
    assert!(info(&c.model).source);
    // SAFETY: memory of `Ready`.
    unsafe {
        let theirs = c.run(row.to_vec(), |s, x, n| fm_transport(s, x, n));
        assert_eq!(theirs, ours);
        let apart = c.run(row.to_vec(), |s, x, n| match fm_standardise_source(s, x, n) {
            FM_OK => fm_jump(s, 1, x, n),
            refused => refused,
        });
        assert_eq!(apart, ours);
        let mut x = [0.0; 2];
        assert_eq!(fm_sample(&mut c.sampler, 1, 0, x.as_mut_ptr(), 2), FM_SOURCE);
        let mut noise = Ready::new(&MOONS.0);
        assert!(!info(&noise.model).source);
        assert_eq!(fm_transport(&mut noise.sampler, x.as_mut_ptr(), 2), FM_NO_SOURCE);
        assert_eq!(fm_standardise_source(&mut noise.sampler, x.as_mut_ptr(), 2), FM_NO_SOURCE);
    }
}
