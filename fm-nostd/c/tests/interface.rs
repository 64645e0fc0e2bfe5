//! The interface as C calls it: it draws the samples of the Rust interface and reports every mistake.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one comment covers the similar calls of a test"
)]

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use fm::model::*;
use fm::sample::*;
use fm::sampler::*;
use fm::status::fm_status::*;
use fm::status::{fm_status, fm_status_text};
use fm_nostd::blob::{Aligned, Conditioning, KnownInputs, Spec, emit};
use fm_nostd::net::Weights;
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::{Euler, Heun};
use fm_nostd::{
    Activation, Column, Condition, Draw, Form, KnownMlp, KnownOneStep, Meaning, Mlp, Model, OneStep,
};

static MOONS: &Aligned<[u8]> =
    &Aligned(*include_bytes!("../../../examples/firmware/models/moons.fm"));
static DIGITS: &Aligned<[u8]> =
    &Aligned(*include_bytes!("../../../examples/firmware/models/digits.fm"));

fn empty_model() -> fm_model {
    // SAFETY: static memory in C is zero; the type is integers.
    unsafe { std::mem::zeroed() }
}

fn empty_sampler() -> fm_sampler {
    // SAFETY: as above.
    unsafe { std::mem::zeroed() }
}

/// An initialised sampler over a model, with enough working memory for Heun.
struct Ready {
    model: Box<fm_model>,
    sampler: fm_sampler,
    _work: Vec<f32>,
}

impl Ready {
    fn new(blob: &'static [u8]) -> Self {
        let (mut model, mut sampler) = (Box::new(empty_model()), empty_sampler());
        // SAFETY: the model stays in its box, the working memory in its vector.
        unsafe {
            assert_eq!(fm_model_init(&mut *model, blob.as_ptr(), blob.len()), FM_OK);
            let mut work = vec![0.0; info(&model).work_heun];
            assert_eq!(
                fm_sampler_init(&mut sampler, &*model, work.as_mut_ptr(), work.len()),
                FM_OK
            );
            Self { model, sampler, _work: work }
        }
    }

    fn run(
        &mut self,
        mut x: Vec<f32>,
        call: impl FnOnce(*mut fm_sampler, *mut f32, usize) -> fm_status,
    ) -> Vec<f32> {
        assert_eq!(call(&mut self.sampler, x.as_mut_ptr(), x.len()), FM_OK);
        x
    }
}

fn info(model: &fm_model) -> fm_info {
    let mut info = std::mem::MaybeUninit::uninit();
    // SAFETY: an initialised model, and memory for its facts.
    unsafe {
        assert_eq!(fm_model_info(model, info.as_mut_ptr()), FM_OK);
        info.assume_init()
    }
}

fn noise(seed: u64, sample: u64, dim: usize) -> Vec<f32> {
    let mut x = vec![f32::NAN; dim];
    // SAFETY: this many numbers.
    unsafe { assert_eq!(fm_noise(seed, sample, x.as_mut_ptr(), dim), FM_OK) };
    x
}

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
fn a_model_says_what_it_is() {
    let c = Ready::new(&DIGITS.0);
    let (info, model) = (info(&c.model), Model::new(&DIGITS.0).unwrap());
    assert_eq!((info.id, info.len), (model.id(), DIGITS.0.len()));
    assert_eq!((info.dim, info.hidden, info.layers), (64, 128, 3));
    assert_eq!((info.classes, info.condition), (10, 0));
    assert_eq!((info.work, info.work_heun), (2 * 128 + 64, 2 * 128 + 2 * 64));
    assert!(info.jumps && info.velocity && !info.unconditional && info.start == 0.0);
    // SAFETY: the name is inside the model.
    let name = unsafe { std::slice::from_raw_parts(info.name.cast::<u8>(), info.name_len) };
    assert_eq!(name, model.name().as_bytes());
    let mut label = fm_label { id: 0, len: 0 };
    // SAFETY: this many bytes, and a label.
    unsafe { assert_eq!(fm_peek(DIGITS.0.as_ptr(), DIGITS.0.len(), &mut label), FM_OK) };
    assert_eq!(label, fm_label { id: model.id(), len: DIGITS.0.len() });
}

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

/// A model of one hidden unit with a condition vector of two numbers.
fn policy(prediction: Prediction) -> &'static [u8] {
    let inputs = 1 + 2 + 1 + usize::from(prediction.reach().jumps());
    let weights = vec![0.5f32; 1 + inputs + 2];
    let spec = Spec {
        prediction,
        activation: Activation::Tanh,
        conditioning: Conditioning::vector(2),
        dim: 1,
        widths: &[1],
        id: 3,
        name: "policy",
        mean: &[0.0],
        std: &[1.0],
        condition_mean: &[0.0; 2],
        condition_scale: &[1.0; 2],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let memory = Box::leak(Box::new(Aligned([0; 256])));
    emit(&spec, &mut memory.0).unwrap()
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
fn a_name_that_is_not_text_is_an_empty_string() {
    let weights = [0.5f32; 1 + 2 + 2];
    let spec = Spec {
        dim: 1,
        widths: &[1],
        name: "x",
        mean: &[0.0],
        std: &[1.0],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let memory = Box::leak(Box::new(Aligned([0; 256])));
    let len = emit(&spec, &mut memory.0).unwrap().len();
    // Replaces the only `x` of the header with a byte that is invalid UTF-8.
    let at = memory.0[..len].iter().position(|byte| *byte == b'x').unwrap();
    memory.0[at] = 0xff;
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&memory.0[12..len]);
    memory.0[8..12].copy_from_slice(&crc.to_le_bytes());
    let info = info(&Ready::new(&memory.0[..len]).model);
    assert_eq!(info.name_len, 0);
    // SAFETY: a string of the library.
    assert!(unsafe { CStr::from_ptr(info.name) }.is_empty());
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

/// A model of average velocities between a source and data in 2-D.
fn between() -> &'static [u8] {
    let weights: Vec<f32> =
        (0..(4 + 1) * 8 + (8 + 1) * 2).map(|i| ((i * 37 % 19) as f32 - 9.0) / 13.0).collect();
    let spec = Spec {
        prediction: Prediction::AverageVelocity,
        activation: Activation::Silu,
        dim: 2,
        widths: &[8],
        mean: &[0.5, -3.0, 10.0, 20.0],
        std: &[2.0, 0.25, 0.5, 0.125],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let out: &'static mut Aligned<[u8; 2048]> = Box::leak(Box::new(Aligned([0; 2048])));
    emit(&spec, &mut out.0).expect("valid")
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

/// A model with known parts, with a class, of a column of two categories and one with limits.
fn completing(prediction: Prediction) -> &'static [u8] {
    let knots: [f32; 8] = [-9.0, 0.0, 0.0, -0.8, 0.0, 1.0, 0.0, 0.8];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let (form, meaning) = (Form::Knots, Meaning::Category);
    let category =
        Column { form, meaning, low: 0.0, high: 1.0, parameters: &parameters, ..Column::PLAIN };
    let mut columns = category.words().to_vec();
    columns.extend(knots.map(f32::to_bits));
    columns.extend(Column::within(-5.0, 5.0).words());
    let spec = Spec {
        prediction,
        activation: Activation::Silu,
        conditioning: Conditioning::classes(2),
        unconditional: true,
        known: KnownInputs::ValuesAndAbsent,
        dim: 2,
        widths: &[8],
        mean: &[0.5, -3.0],
        std: &[2.0, 0.25],
        transforms: &columns,
        ..Spec::PLAIN
    };
    let count = spec.shape().parameters().expect("valid sizes");
    let weights: Vec<f32> = (0..count).map(|i| ((i * 37 % 19) as f32 - 9.0) / 13.0).collect();
    let out: &'static mut Aligned<[u8; 2048]> = Box::leak(Box::new(Aligned([0; 2048])));
    emit(&Spec { weights: Weights::F32(&weights), ..spec }, &mut out.0).expect("valid")
}

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
