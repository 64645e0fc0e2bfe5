//! Every mistake is reported, and leaves what was there.

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use fm::model::*;
use fm::sample::*;
use fm::sampler::*;
use fm::status::fm_status::*;
use fm::status::fm_status_text;
use fm_nostd::prediction::Prediction;

use crate::models::{DIGITS, MOONS, policy};
use crate::ready::{Ready, empty_model, empty_sampler};

#[test]
fn every_mistake_has_its_status() {
    let (bytes, len) = (MOONS.0.as_ptr(), MOONS.0.len());
    let mut model = empty_model();
    let mut sampler = empty_sampler();
    let mut work = vec![0.0; 2 * 32 + 2];
    let mut x = [0.0; 2];
    // SAFETY: the pointers are valid, or the functions must refuse them.
    unsafe {
        assert_eq!(fm_model_init(null_mut(), bytes, len), FM_NULL);
        assert_eq!(fm_model_init(&mut model, null(), len), FM_NULL);
        let askew = (&raw mut model).cast::<u8>().add(4).cast::<fm_model>();
        assert_eq!(fm_model_init(askew, bytes, len), FM_MISALIGNED);
        assert_eq!(fm_model_init(&mut model, bytes, usize::MAX), FM_LENGTH);
        assert_eq!(fm_model_init(&mut model, null(), 0), FM_NOT_A_BLOB);
        assert_eq!(fm_model_init(&mut model, bytes, len - 1), FM_TRUNCATED);
        assert_eq!(fm_model_init(&mut model, bytes.add(1), len - 1), FM_NOT_A_BLOB);
        // A model that failed is not ready, and neither is one that was never initialised.
        assert_eq!(fm_sampler_init(&mut sampler, &model, work.as_mut_ptr(), 66), FM_NOT_READY);
        assert_eq!(fm_sample(&mut sampler, 1, 0, x.as_mut_ptr(), 2), FM_NOT_READY);
        assert_eq!(fm_set_none(&mut sampler), FM_NOT_READY);
        assert_eq!(fm_model_init(&mut model, bytes, len), FM_OK);
        assert_eq!(fm_model_info(&model, null_mut()), FM_NULL);
        assert_eq!(fm_sampler_init(&mut sampler, &model, work.as_mut_ptr(), 65), FM_WORK);
        assert_eq!(fm_sampler_init(&mut sampler, &model, null_mut(), 66), FM_NULL);
        let askew = work.as_mut_ptr().cast::<u8>().add(2).cast::<f32>();
        assert_eq!(fm_sampler_init(&mut sampler, &model, askew, 65), FM_MISALIGNED);
        assert_eq!(fm_sample(&mut sampler, 1, 0, x.as_mut_ptr(), 2), FM_NOT_READY);
        assert_eq!(fm_sampler_init(&mut sampler, &model, work.as_mut_ptr(), 66), FM_OK);
        assert_eq!(fm_sample(&mut sampler, 1, 0, x.as_mut_ptr(), 1), FM_LENGTH);
        assert_eq!(fm_sample(&mut sampler, 1, 0, null_mut(), 2), FM_NULL);
        assert_eq!(fm_sample(null_mut(), 1, 0, x.as_mut_ptr(), 2), FM_NULL);
        // Enough for Euler, but not for Heun.
        assert_eq!(fm_heun(&mut sampler, 1, x.as_mut_ptr(), 2), FM_WORK);
        assert_eq!(fm_euler(&mut sampler, 1, x.as_mut_ptr(), 2), FM_OK);
        assert_eq!(fm_set_class(&mut sampler, 0), FM_OTHER_CONDITION);
        assert_eq!(fm_set_vector(&mut sampler, x.as_ptr(), 2), FM_OTHER_CONDITION);
        assert_eq!(fm_set_none(&mut sampler), FM_OK);
        let mut digits = Ready::new(&DIGITS.0);
        assert_eq!(fm_set_class(&mut digits.sampler, 10), FM_NO_SUCH_CLASS);
        assert_eq!(fm_set_none(&mut digits.sampler), FM_CONDITION_REQUIRED);
        assert_eq!(fm_peek(bytes, 4, null_mut()), FM_TRUNCATED);
        assert_eq!(fm_peek(bytes, len, null_mut()), FM_NULL);
    }
}

#[test]
fn a_failed_sensor_leaves_the_condition_before() {
    let mut c = Ready::new(policy(Prediction::Velocity));
    let set = |c: &mut Ready, values: [f32; 2]| {
        // SAFETY: an initialised sampler and two numbers.
        unsafe { fm_set_vector(&mut c.sampler, values.as_ptr(), 2) }
    };
    // SAFETY: an initialised sampler and this many numbers, here and below.
    let draw = |c: &mut Ready| c.run(vec![0.25], |s, x, n| unsafe { fm_euler(s, 2, x, n) });
    assert_eq!(set(&mut c, [1.0, -2.0]), FM_OK);
    let before = draw(&mut c);
    assert_eq!(set(&mut c, [9.0, f32::NAN]), FM_NOT_FINITE);
    assert_eq!(draw(&mut c), before);
    assert_eq!(set(&mut c, [9.0, 9.0]), FM_OK);
    assert_ne!(draw(&mut c), before);
    let mut x = [0.0];
    // SAFETY: as above.
    unsafe {
        assert_eq!(fm_set_vector(&mut c.sampler, x.as_ptr(), 1), FM_LENGTH);
        assert_eq!(fm_sample(&mut c.sampler, 1, 0, x.as_mut_ptr(), 1), FM_NOT_AVERAGE);
    }
    assert_eq!(x, [0.0], "a refused call changes nothing");
}

#[test]
fn a_failed_initialisation_leaves_what_was_there() {
    let mut c = Ready::new(&MOONS.0);
    // SAFETY: an initialised sampler and this many numbers, here and below.
    let draw = |c: &mut Ready| c.run(vec![0.0; 2], |s, x, n| unsafe { fm_sample(s, 1, 0, x, n) });
    let before = draw(&mut c);
    let mut work = [0.0; 3];
    // SAFETY: the pointers are valid, or the functions must refuse them.
    unsafe {
        assert_eq!(fm_model_init(&mut *c.model, MOONS.0.as_ptr(), 40), FM_TRUNCATED);
        assert_eq!(fm_model_init(&mut *c.model, null(), 40), FM_NULL);
        assert_eq!(fm_sampler_init(&mut c.sampler, &*c.model, work.as_mut_ptr(), 3), FM_WORK);
    }
    assert_eq!(draw(&mut c), before);
}

#[test]
fn every_status_has_words_of_its_own() {
    let text = |status: i32| {
        // SAFETY: a static string.
        unsafe { CStr::from_ptr(fm_status_text(status)) }.to_str().unwrap()
    };
    let codes = (0..=5).chain(16..=23).chain(32..=38).chain(48..=52);
    let texts: Vec<&str> = codes.map(text).collect();
    let other = text(-1);
    assert!(texts.iter().all(|text| !text.is_empty() && *text != other), "{texts:?}");
    assert_eq!(text(FM_OTHER as i32), other);
}
