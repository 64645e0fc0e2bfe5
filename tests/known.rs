//! Samples of which a part is known: against plain networks, and with every sampler.

mod common;

use common::{Placed, Wanted};
use fm_host::data::Rows;
use fm_host::sample::{self, Conditions, KnownCells, Method, Request};
use fm_nostd::blob::{Conditioning, KnownInputs};
use fm_nostd::path::Path;
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::{Euler, EulerMaruyama, Heun, Midpoint, Rk4, Solver};
use fm_nostd::{
    Activation, AverageField, Column, Condition, Conditional, Draw, Field, FieldError, Form,
    Guided, Jump, Known, KnownError, KnownMlp, KnownOneStep, KnownParts, KnownSampler, MeanFlow,
    Meaning, Mlp, Model, Sampler, Velocity,
};

const DIM: usize = 4;
const HIDDEN: usize = 11;

/// Classes, a vector of two numbers, and "no condition".
const MODEL: Wanted = Wanted {
    prediction: Prediction::AverageVelocity,
    activation: Activation::Silu,
    conditioning: Conditioning { classes: 3, vector: 2 },
    unconditional: true,
    dim: DIM,
    hidden: HIDDEN,
    layers: 2,
};

/// The memory for the condition and the known parts of [`MODEL`].
const MEMORY: usize = 2 + 1 + 3 * DIM;

/// A plain column, whole numbers within limits, three categories, and a logarithm with a least value.
fn columns() -> Vec<u32> {
    let knots: [f32; 12] = [-9.0, 0.0, 0.0, -0.8, -0.5, 1.0, 0.0, 0.1, 0.5, 2.0, 0.0, 0.9];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let (form, meaning) = (Form::Knots, Meaning::Category);
    let category =
        Column { form, meaning, low: 0.0, high: 2.0, parameters: &parameters, ..Column::PLAIN };
    let whole = Column { step: 1.0, per: 1.0, ..Column::within(-20.0, 20.0) };
    let log = Column { form: Form::Log, low: 0.5, high: 90.0, ..Column::PLAIN };
    let mut words = [Column::PLAIN.words(), whole.words(), category.words()].concat();
    words.extend(knots.map(f32::to_bits));
    words.extend(log.words());
    words
}

/// A row that every column can have. The second number stands for an interval and is no whole one.
const ROW: [f32; DIM] = [-1.25, 3.3, 1.0, 7.7];

/// Runs `test` on a model of either kind of weights.
fn with(prediction: Prediction, test: impl Fn(&Model<'_>)) {
    let wanted = Wanted { prediction, ..MODEL };
    for (known, eight_bits) in [
        (KnownInputs::Values, false),
        (KnownInputs::Values, true),
        (KnownInputs::ValuesAndAbsent, false),
        (KnownInputs::ValuesAndAbsent, true),
    ] {
        let transforms = columns();
        let bytes = wanted.blob_known(known, eight_bits, |spec| {
            spec.transforms = transforms.leak();
            spec.start = if prediction.needs_path() { 0.05 } else { 0.0 };
        });
        let placed = Placed::new(&bytes);
        let model = Model::new(placed.bytes()).expect("a valid model");
        assert_eq!((model.known_inputs(), model.known_memory()), (known, MEMORY));
        assert_eq!(model.conditioning(), MODEL.conditioning);
        test(&model);
    }
}

type Memory<'a> = Field<'a, [f32; HIDDEN], Known<[f32; MEMORY]>>;

fn field<'a>(model: &'a Model<'a>) -> Memory<'a> {
    let mut field = Field::new(model, [[0.0; HIDDEN]; 2], Known([0.0; MEMORY])).expect("sizes");
    field.set_condition(Condition::Class(2)).expect("a class");
    field.set_condition(Condition::Vector(&[0.5, -1.0])).expect("a vector");
    field
}

/// Every choice of the known columns.
fn masks() -> impl Iterator<Item = [bool; DIM]> {
    (0..1 << DIM).map(|bits: u32| std::array::from_fn(|d| bits >> d & 1 == 1))
}

/// Checks a sampler under every mask: known cells return bit for bit and steps taken alone are the same
/// sample; a known value and what is known matter to the other cells.
fn judge<F: KnownParts, S: Solver<F>>(mut sampler: KnownSampler<'_, F, S>, times: &[f32]) {
    let draw = Draw { seed: 3, sample: 8 };
    let sample = |sampler: &mut KnownSampler<'_, F, S>, row: [f32; DIM], mask: [bool; DIM]| {
        sampler.set_known(&row, &mask).expect("possible values");
        let mut x = [f32::NAN; DIM];
        sampler.begin(draw, &mut x);
        sampler.sample_from(times.iter().copied(), &mut x);
        x
    };
    let nothing = sample(&mut sampler, [f32::NAN; DIM], [false; DIM]);
    for mask in masks() {
        let x = sample(&mut sampler, ROW, mask);
        let known = |d: usize| mask[d];
        assert!(
            (0..DIM).all(|d| !known(d) || x[d].to_bits() == ROW[d].to_bits()),
            "{mask:?} {x:?}"
        );
        let mut sliced = [0.0; DIM];
        sampler.begin(draw, &mut sliced);
        for pair in times.windows(2) {
            sampler.step(pair[0], pair[1], &mut sliced);
        }
        sampler.finish(&mut sliced);
        assert_eq!(sliced.map(f32::to_bits), x.map(f32::to_bits), "{mask:?}");
        // The categories and whole numbers of a draw need not change with the condition, the plain column does.
        if known(0) {
            continue;
        }
        let any = mask.contains(&true);
        assert_eq!(x[0] != nothing[0], any, "{mask:?}");
        for d in (0..DIM).filter(|d| known(*d)) {
            let mut other = ROW;
            other[d] = [0.0, 4.0, 2.0, 30.0][d];
            assert_ne!(sample(&mut sampler, other, mask)[0], x[0], "{mask:?}, column {d}");
        }
    }
}

const TIMES: [f32; 4] = [0.05, 0.3, 0.6, 1.0];

#[test]
fn every_sampler_returns_known_cells_and_depends_on_them() {
    let w = [0.0; DIM];
    for kind in
        [Prediction::Velocity, Prediction::Score, Prediction::Noise, Prediction::AverageVelocity]
    {
        with(kind, |model| {
            let sampler = |solver| KnownSampler::new(model, field(model), solver).expect("room");
            judge(sampler(Euler::new(w)), &TIMES);
            judge(KnownSampler::new(model, field(model), Heun::new([w; 2])).expect("room"), &TIMES);
            judge(
                KnownSampler::new(model, field(model), Midpoint::new([w; 2])).expect("room"),
                &TIMES,
            );
            judge(KnownSampler::new(model, field(model), Rk4::new([w; 3])).expect("room"), &TIMES);
            let sde = EulerMaruyama::new(Path::Linear, 0.5, [w; 2]);
            judge(KnownSampler::new(model, field(model), sde).expect("room"), &TIMES);
            let guided = Guided::new(field(model), 1.5, w).expect("label dropout");
            judge(KnownSampler::new(model, guided, Heun::new([w; 2])).expect("room"), &TIMES);
            let mut cold = sampler(Euler::new(w));
            cold.set_temperature(0.5);
            judge(cold, &TIMES);
        });
    }
    with(Prediction::AverageVelocity, |model| {
        let average = || AverageField::new(field(model)).expect("it jumps");
        judge(KnownSampler::new(model, average(), MeanFlow::new(w)).expect("room"), &[0.0, 1.0]);
        judge(KnownSampler::new(model, average(), MeanFlow::new(w)).expect("room"), &TIMES);
    });
}

/// The one-step samplers, from the draw and from the caller's noise, draw what the sampler of jumps draws.
#[test]
fn one_step_has_the_bits_of_one_jump() {
    with(Prediction::AverageVelocity, |model| {
        let mlp = KnownMlp::<DIM, MEMORY, HIDDEN>::new(model).expect("its sizes");
        let mut jumps = mlp.jumps().expect("it jumps");
        let mut one = KnownOneStep::<DIM, MEMORY, HIDDEN>::new(model).expect("its sizes");
        let mut jump =
            Jump::new(model, [vec![0.0; HIDDEN], vec![0.0; HIDDEN]], Known(vec![0.0; MEMORY]), w())
                .expect("room");
        for (sample, mask) in (0..).zip(masks()) {
            let draw = Draw { seed: 5, sample };
            let mut x = [0.0; DIM];
            jumps.set_known(&ROW, &mask).expect("possible values");
            jumps.sample(draw, 1, &mut x);
            one.set_known(&ROW, &mask).expect("possible values");
            assert_eq!(one.sample(draw).map(f32::to_bits), x.map(f32::to_bits));
            let mut noise = [0.0; DIM];
            draw.fill(0, &mut noise);
            assert_eq!(one.sample_from(noise).map(f32::to_bits), x.map(f32::to_bits));
            jump.set_known(&ROW, &mask).expect("possible values");
            jump.sample_from(&mut noise);
            assert_eq!(noise.map(f32::to_bits), x.map(f32::to_bits));
        }
    });
}

fn w() -> Vec<f32> {
    vec![0.0; DIM]
}

/// A model with known parts of which none are set is an ordinary one.
#[test]
fn with_nothing_known_the_samples_are_those_of_a_plain_sampler() {
    with(Prediction::AverageVelocity, |model| {
        let mut plain = Mlp::<DIM, 2, HIDDEN>::new(model).and_then(Mlp::jumps).expect("its sizes");
        let mlp = KnownMlp::<DIM, MEMORY, HIDDEN>::new(model).expect("its sizes");
        let mut known = mlp.jumps().expect("it jumps");
        let mut ode = Sampler::new(
            model,
            Field::new(model, [[0.0; HIDDEN]; 2], [0.0; 2]).expect("sizes"),
            Heun::new([[0.0; DIM]; 2]),
        )
        .expect("room");
        let mut ode_known = KnownMlp::<DIM, MEMORY, HIDDEN>::new(model)
            .and_then(|mlp| mlp.sampler(Heun::new([[0.0; DIM]; 2])))
            .expect("its sizes");
        for (sample, condition) in (0..60).zip(
            [Condition::None, Condition::Class(1), Condition::Vector(&[1.0, 2.0])].iter().cycle(),
        ) {
            let draw = Draw { seed: 9, sample };
            let (mut x, mut y) = ([0.0; DIM], [0.0; DIM]);
            plain.field.set_condition(*condition).expect("a condition");
            known.set_condition(*condition).expect("a condition");
            plain.sample(draw, 2, &mut x);
            known.sample(draw, 2, &mut y);
            assert_eq!(x.map(f32::to_bits), y.map(f32::to_bits));
            ode.field.set_condition(*condition).expect("a condition");
            ode_known.set_condition(*condition).expect("a condition");
            ode.sample(draw, 3, &mut x);
            ode_known.sample(draw, 3, &mut y);
            assert_eq!(x.map(f32::to_bits), y.map(f32::to_bits));
        }
    });
}

/// The same weights as a network whose condition vector is the vector, "no condition", the flags and the values:
/// the inputs have the order that the format states, and known numbers have velocity 0.
#[test]
fn flags_and_values_are_inputs_in_the_order_of_the_format() {
    let conditioning = Conditioning { classes: 2, vector: 1 };
    let wanted = Wanted { conditioning, prediction: Prediction::Velocity, ..MODEL };
    let vector = 1 + 1 + 2 * DIM;
    let spread = Wanted {
        conditioning: Conditioning { classes: 2, vector },
        unconditional: false,
        ..wanted
    };
    for eight_bits in [false, true] {
        let bytes = wanted.blob_known(KnownInputs::Values, eight_bits, |_| {});
        let (zeros, ones) = (vec![0.0; vector], vec![1.0; vector]);
        let other = spread.blob_known(KnownInputs::None, eight_bits, |spec| {
            (spec.condition_mean, spec.condition_scale) = (zeros.leak(), ones.leak());
        });
        let (placed, other) = (Placed::new(&bytes), Placed::new(&other));
        let model = Model::new(placed.bytes()).expect("a valid model");
        let plain = Model::new(other.bytes()).expect("a valid model");
        let known = Known([0.0; 2 + 3 * DIM]);
        let mut field = Field::new(&model, [[0.0; HIDDEN]; 2], known).expect("sizes");
        let mut plain_field =
            Field::new(&plain, [[0.0; HIDDEN]; 2], vec![0.0; vector]).expect("sizes");
        for mask in masks() {
            let flags = mask.map(|known| f32::from(u8::from(known)));
            let mut row = ROW;
            model.standardise(&mut row);
            let values: [f32; DIM] = std::array::from_fn(|d| if mask[d] { row[d] } else { 0.0 });
            field.set_known(&ROW, &mask).expect("possible values");
            let c = model.condition_scale().next().expect("a factor")
                * (0.75 - model.condition_mean().next().expect("a mean"));
            let mut both = |condition, inputs: [f32; 2], class: Option<usize>| {
                match condition {
                    Condition::None => field.set_condition(condition).expect("a condition"),
                    _ => {
                        field.set_condition(Condition::Vector(&[0.75])).expect("a vector");
                        field.set_condition(condition).expect("a condition");
                    }
                }
                let given = [&inputs[..], &flags, &values].concat();
                plain_field.set_condition(Condition::Vector(&given)).expect("a vector");
                plain_field.set_condition(Condition::Class(class.unwrap_or(0))).expect("a class");
                let (mut out, mut expected) = ([0.0; DIM], [0.0; DIM]);
                field.velocity(0.4, &row, &mut out);
                plain_field.velocity(0.4, &row, &mut expected);
                let held = std::array::from_fn(|d| if mask[d] { 0.0 } else { expected[d] });
                (out, held)
            };
            let (out, held): ([f32; DIM], [f32; DIM]) =
                both(Condition::Class(1), [c, 0.0], Some(1));
            assert_eq!(out, held, "{mask:?}");
            let (nothing, given) = both(Condition::None, [0.0, 1.0], None);
            // There class 0 is on in the plain network, so the known one has another velocity.
            assert!(mask == [true; DIM] || nothing != given, "{mask:?}");
        }
    }
}

#[test]
fn impossible_parts_are_refused_and_the_earlier_ones_stay() {
    with(Prediction::AverageVelocity, |model| {
        let mut sampler = KnownOneStep::<DIM, MEMORY, HIDDEN>::new(model).expect("its sizes");
        let draw = Draw { seed: 1, sample: 1 };
        sampler.set_known(&ROW, &[true, false, true, false]).expect("possible values");
        let before = sampler.sample(draw);
        let all = [true; DIM];
        let put = |d: usize, value: f32| {
            let mut row = ROW;
            row[d] = value;
            row
        };
        for (row, error) in [
            (put(0, f32::NAN), KnownError::NotFinite { column: 0 }),
            (put(3, f32::INFINITY), KnownError::NotFinite { column: 3 }),
            (put(2, 0.5), KnownError::Impossible { column: 2 }),
            (put(2, 3.0), KnownError::Impossible { column: 2 }),
        ] {
            assert_eq!(sampler.set_known(&row, &all), Err(error));
            assert_eq!(sampler.sample(draw).map(f32::to_bits), before.map(f32::to_bits));
        }
        // Beyond its limits a number is kept, and stands for the limit.
        sampler.set_known(&put(1, 20.5), &[false, true, false, false]).expect("a number");
        let mut beyond = sampler.sample(draw);
        sampler.set_known(&put(1, 20.0), &[false, true, false, false]).expect("a number");
        assert_eq!(beyond[1], 20.5);
        beyond[1] = 20.0;
        assert_eq!(sampler.sample(draw).map(f32::to_bits), beyond.map(f32::to_bits));
        // What is not known may be anything.
        assert_eq!(sampler.set_known(&put(2, f32::NAN), &[true, true, false, true]), Ok(()));
        let mut field = field(model);
        assert_eq!(field.set_known(&ROW[1..], &all), Err(KnownError::Length));
        assert_eq!(field.set_known(&ROW, &all[1..]), Err(KnownError::Length));
        let mut plain = Field::new(model, [[0.0; HIDDEN]; 2], [0.0; 2]).expect("sizes");
        assert_eq!(plain.set_known(&ROW, &all), Err(KnownError::NoMemory));
        let short = Field::new(model, [[0.0; HIDDEN]; 2], Known([0.0; MEMORY - 1]));
        assert_eq!(short.map(drop), Err(FieldError::Condition));
    });
    let placed = Placed::new(&MODEL.blob());
    let model = Model::new(placed.bytes()).expect("a valid model");
    assert!(!model.has_known());
    let none = KnownOneStep::<DIM, MEMORY, HIDDEN>::new(&model);
    assert_eq!(none.map(drop), Err(FieldError::NoKnown));
    let none = Field::new(&model, [[0.0; HIDDEN]; 2], Known([0.0; MEMORY]));
    assert_eq!(none.map(drop), Err(FieldError::NoKnown));
}

/// The host draws what a device draws, in every row with its own known parts; and in tiles, without known parts,
/// what a plain sampler draws.
#[test]
fn the_host_has_the_bits_of_a_device() {
    const COUNT: usize = 48;
    let draw = |sample: usize| Draw { seed: 6, sample: sample as u64 };
    let vector = || Conditions::vectors(Rows::from_vec(2, vec![0.5, -1.0]));
    let conditions = || Conditions::classes(vec![2]).or(vector());
    let cells = || {
        let flags = masks().flatten().collect();
        let rows: Vec<f32> = masks().flat_map(|_| ROW).collect();
        KnownCells::new(Rows::from_vec(DIM, rows), flags)
    };
    let request = |method, known| Request {
        seed: 6,
        conditions: conditions(),
        known,
        temperature: 0.75,
        ..Request::new(method, 3, COUNT)
    };
    let w = [0.0; DIM];
    with(Prediction::AverageVelocity, |model| {
        let average = AverageField::new(field(model)).expect("it jumps");
        let mut jumps = KnownSampler::new(model, average, MeanFlow::new(w)).expect("room");
        let mut heun = KnownSampler::new(model, field(model), Heun::new([w; 2])).expect("room");
        jumps.set_temperature(0.75);
        heun.set_temperature(0.75);
        for known in [None, Some(cells())] {
            let host =
                |method| sample::draw(model, &request(method, known.clone())).expect("drawn");
            let (by_jumps, by_heun) = (host(Method::Meanflow), host(Method::Heun));
            for i in 0..COUNT {
                let all = cells();
                let (values, flags) = match known {
                    Some(_) => all.of(i),
                    None => (&[0.0; DIM][..], &[false; DIM][..]),
                };
                let mut x = [0.0; DIM];
                jumps.set_known(values, flags).expect("possible values");
                jumps.sample(draw(i), 3, &mut x);
                assert_eq!(by_jumps.row(i), x);
                heun.set_known(values, flags).expect("possible values");
                heun.sample(draw(i), 3, &mut x);
                assert_eq!(by_heun.row(i), x);
            }
        }
    });
}
