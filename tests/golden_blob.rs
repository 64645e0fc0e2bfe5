//! The blob's bytes, pinned in both directions: the current reader must read every blob of an earlier
//! release.

mod common;

use common::{Placed, Wanted, parameters};
use fm_nostd::blob::{Conditioning, Contrast, KnownInputs, Pairing};
use fm_nostd::path::Path;
use fm_nostd::prediction::Prediction;
use fm_nostd::{
    Activation, AnomalyScore, BlobError, Column, Draw, Field, FieldError, Form, KnownError,
    KnownMlp, KnownOneStep, Meaning, Mlp, Model,
};

/// A 2-D one-step model of ten hidden units: one block of eight outputs and a tail of two.
const GOLDEN: Wanted = Wanted {
    prediction: Prediction::AverageVelocity,
    activation: Activation::Silu,
    conditioning: Conditioning::classes(2),
    unconditional: true,
    dim: 2,
    hidden: 10,
    layers: 1,
};

const BYTES: &[u8] = include_bytes!("golden/f32.fm");

#[test]
fn emitting_gives_the_golden_bytes() {
    let emitted = GOLDEN.blob();
    assert!(emitted == BYTES, "the bytes changed: that is a new FORMAT or NUMBERS revision");
}

const BYTES_Q8: &[u8] = include_bytes!("golden/q8.fm");

#[test]
fn emitting_gives_the_golden_bytes_of_8_bit_weights() {
    assert!(GOLDEN.blob_q8() == BYTES_Q8, "the bytes changed: a new FORMAT or NUMBERS revision");
}

/// The position and order of the weights, byte by byte and without the library.
#[test]
fn the_layout_of_8_bit_weights_is_what_the_docs_say() {
    let (inputs, hidden) = (2 + 3 + 2, 10);
    let layers = common::integers(GOLDEN.shape());
    // Times, then three condition rows and a gap, then x: four pairs. Ten outputs: two blocks of four
    // and one of two. The second layer: five pairs to two outputs.
    let words = [129, 1 + hidden + hidden / 2, 4 * 5, 2 + 2 + 5];
    let section = &BYTES_Q8[BYTES_Q8.len() - 4 * words.iter().sum::<usize>()..];
    let (table, rest) = section.split_at(4 * words[0]);
    // SiLU: the difference from ReLU is 0 at 0, and at 1/16 it is 1/16 sigmoid(-1/16) = 992.0 / 2^15.
    assert_eq!(table[..4], [[0, 0], 992u16.to_le_bytes()].concat());
    let (scales, rest) = rest.split_at(4 * words[1]);
    assert_eq!(scales[..4], [layers[0].shift, layers[0].fraction, 0, 0]);
    assert_eq!(scales[4..8], layers[0].bias[0].to_le_bytes());
    assert_eq!(scales[4 + 4 * hidden..][..2], layers[0].multipliers[0].to_le_bytes());
    let (weights, last) = rest.split_at(4 * words[2]);
    let place = |input: usize| if input < 5 { input } else { input + 1 };
    for input in 0..inputs {
        for output in 0..hidden {
            let (block, width) = (output / 4, if output < 8 { 4 } else { 2 });
            let row = block * 4 * 4 * 2 + place(input) / 2 * 2 * width;
            let at = row + output % 4 / 2 * 4 + place(input) % 2 * 2 + output % 2;
            assert_eq!(weights[at] as i8, layers[0].weights[input * hidden + output]);
        }
    }
    assert_eq!(last[..4], layers[1].bias[0].to_le_bytes());
    assert_eq!(last[8..12], layers[1].scale[0].to_le_bytes());
    let pairs = layers[1].weights.as_chunks::<4>().0;
    for ([a, b, c, d], word) in pairs.iter().zip(last[16..].as_chunks::<4>().0) {
        assert_eq!(word.map(|byte| byte as i8), [*a, *b, *c, *d]);
    }
}

/// Days that end at 100, and two colours.
const DAYS: Column<'static> = Column {
    meaning: Meaning::Date,
    form: Form::Log,
    low: 0.0,
    high: 100.0,
    shift: -0.5,
    scale: 4.0,
    step: 1.0,
    per: 1.0,
    ..Column::PLAIN
};
const COLOURS: [f32; 8] = [-8.0, 0.0, 0.0, -0.5, 0.25, 1.0, 0.0, 1.0];

fn colours() -> Column<'static> {
    let parameters: Vec<u8> = COLOURS.iter().flat_map(|number| number.to_le_bytes()).collect();
    let (meaning, form, low, high) = (Meaning::Category, Form::Knots, 0.0, 1.0);
    Column { meaning, form, low, high, parameters: parameters.leak(), ..Column::PLAIN }
}

/// A field with every feature that a blob can record.
const BYTES_FULL: &[u8] = include_bytes!("golden/full.fm");

#[test]
fn the_golden_bytes_of_a_full_header_go_both_ways() {
    let wanted = Wanted { prediction: Prediction::Velocity, ..GOLDEN };
    let transforms = [&DAYS.words()[..], &colours().words(), &COLOURS.map(f32::to_bits)].concat();
    let full = wanted.blob_with(|spec| {
        (spec.path, spec.coupling) = (Path::Trigonometric, Pairing::OptimalTransport);
        (spec.start, spec.guidance, spec.reweighted) = (0.125, 1.5, true);
        (spec.contrast, spec.negatives) = (Contrast::Conditional(0.25), &[0.5, -0.5, 0.25, 2.0]);
        spec.shares = &[0.75, 0.25];
        spec.transforms = transforms.leak();
        spec.names = "x\0y\0kind\0even\0odd\x002026-11-27\0red\0green\0";
    });
    assert!(full == BYTES_FULL, "the bytes changed: a new FORMAT or NUMBERS revision");
    let placed = Placed::new(BYTES_FULL);
    let model = Model::new(placed.bytes()).expect("the golden blob is valid");
    assert_eq!((model.path(), model.coupling()), (Path::Trigonometric, Pairing::OptimalTransport));
    assert_eq!((model.start(), model.guidance(), model.reweighted()), (0.125, 1.5, true));
    assert_eq!(model.contrast(), Contrast::Conditional(0.25));
    assert!(model.negatives(0).eq([0.5, -0.5]) && model.negatives(1).eq([0.25, 2.0]));
    assert_eq!(model.negatives(2).count(), 0);
    assert!(model.shares().eq([0.75, 0.25]));
    assert!(model.columns().eq(["x", "y"]) && model.condition_names().eq(["even", "odd"]));
    assert_eq!((model.class_column(), model.name()), ("kind", "test"));
    assert!(model.transforms().eq([DAYS, colours()]));
    assert!(model.values().eq(["2026-11-27", "red", "green"]));
}

const BYTES_GAINS: &[u8] = include_bytes!("golden/gains.fm");

/// A model with gains, read from flash: its numbers and samples.
#[test]
fn the_golden_bytes_of_gains_go_both_ways() {
    let emitted = GOLDEN.blob_with_gains();
    assert!(emitted == BYTES_GAINS, "the bytes changed: a new FORMAT or NUMBERS revision");
    let placed = Placed::new(BYTES_GAINS);
    let model = Model::new(placed.bytes()).expect("the golden blob is valid");
    // Two times, two classes and "no condition", of two columns each; the gains without them come first.
    let numbers: Vec<f32> = GOLDEN.gains();
    let (rows, constant) = numbers.split_at(10);
    let tail = [constant, rows].concat().into_iter().flat_map(f32::to_le_bytes);
    assert!(BYTES_GAINS[BYTES_GAINS.len() - 48..].iter().copied().eq(tail));
    let mut sampler = Mlp::<2, 0, 10>::new(&model).and_then(Mlp::jumps).expect("it jumps");
    let mut sample = [0.0; 2];
    sampler.sample(Draw { seed: 1, sample: 2 }, 3, &mut sample);
    assert_eq!(sample.map(f32::to_bits), SAMPLE_GAINS, "{sample:?}");
}

/// The model's sample 2 of seed 1 in three jumps, as bits.
const SAMPLE_GAINS: [u32; 2] = [0xbd42_3b60, 0xbfa9_1f78];

const BYTES_KNOWN: &[u8] = include_bytes!("golden/known.fm");

/// A model with known parts, whose first column is known.
#[test]
fn the_golden_bytes_of_known_parts_go_both_ways() {
    let emitted = GOLDEN.blob_known(KnownInputs::Values, false, |_| {});
    assert!(emitted == BYTES_KNOWN, "the bytes changed: a new FORMAT or NUMBERS revision");
    let placed = Placed::new(BYTES_KNOWN);
    let model = Model::new(placed.bytes()).expect("the golden blob is valid");
    assert_eq!(model.known_inputs(), KnownInputs::Values);
    assert_eq!(model.conditioning(), Conditioning::classes(2));
    // Two times, two classes, "no condition", two flags, two values and x.
    assert_eq!(model.network().shape().inputs(), Some(2 + 3 + 4 + 2));
    let mut sampler =
        KnownMlp::<2, 7, 10>::new(&model).and_then(KnownMlp::jumps).expect("it jumps");
    sampler.set_known(&[0.25, 0.0], &[true, false]).expect("possible values");
    let mut sample = [0.0; 2];
    sampler.sample(Draw { seed: 1, sample: 2 }, 3, &mut sample);
    assert_eq!(sample.map(f32::to_bits), SAMPLE_KNOWN, "{sample:?}");
}

/// The model's sample 2 of seed 1 in three jumps, as bits; the first number is 0.25.
const SAMPLE_KNOWN: [u32; 2] = [0x3e80_0000, 0xc032_e407];

const BYTES_ABSENT: &[u8] = include_bytes!("golden/absent.fm");

/// A model with known parts and flags of absent ones, in 8 bits, whose second column is known.
#[test]
fn the_golden_bytes_of_absent_flags_go_both_ways() {
    let emitted = GOLDEN.blob_known(KnownInputs::ValuesAndAbsent, true, |_| {});
    assert!(emitted == BYTES_ABSENT, "the bytes changed: a new FORMAT or NUMBERS revision");
    let placed = Placed::new(BYTES_ABSENT);
    let model = Model::new(placed.bytes()).expect("the golden blob is valid");
    assert_eq!(model.known_inputs(), KnownInputs::ValuesAndAbsent);
    assert_eq!(model.conditioning(), Conditioning::classes(2));
    assert_eq!(model.network().shape().inputs(), Some(2 + 3 + 6 + 2));
    let mut sampler = KnownOneStep::<2, 7, 10>::new(&model).expect("it jumps");
    sampler.set_known(&[0.0, 0.25], &[false, true]).expect("possible values");
    let sample = sampler.sample(Draw { seed: 1, sample: 2 });
    assert_eq!(sample.map(f32::to_bits), SAMPLE_ABSENT, "{sample:?}");
}

/// The model's sample 2 of seed 1, as bits; the second number is 0.25.
const SAMPLE_ABSENT: [u32; 2] = [0x406b_b594, 0x3e80_0000];

const BYTES_PREFIX: &[u8] = include_bytes!("golden/prefix.fm");

/// A model whose first column was always known, between 0 and 2.
#[test]
fn the_golden_bytes_of_a_known_prefix_go_both_ways() {
    let range: Vec<u8> = [0f32, 2.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let first = Column { parameters: &range, ..Column::PLAIN };
    let words =
        [&first.words()[..], &[0f32, 2.0].map(f32::to_bits), &Column::PLAIN.words()].concat();
    let emitted = GOLDEN.blob_known(KnownInputs::Values, false, |spec| {
        spec.known_prefix = 1;
        spec.transforms = words.leak();
    });
    assert!(emitted == BYTES_PREFIX, "the bytes changed: a new FORMAT or NUMBERS revision");
    let placed = Placed::new(BYTES_PREFIX);
    let model = Model::new(placed.bytes()).expect("the golden blob is valid");
    assert_eq!((model.known_inputs(), model.known_prefix()), (KnownInputs::Values, 1));
    assert!(
        model
            .transforms()
            .map(|column| column.range())
            .eq([[0.0, 2.0], [f32::NEG_INFINITY, f32::INFINITY]])
    );
    let mut sampler = KnownOneStep::<2, 7, 10>::new(&model).expect("it jumps");
    for others in [[false, false], [false, true], [true, true]] {
        assert_eq!(sampler.set_known(&[0.25; 2], &others), Err(KnownError::Prefix));
    }
    // What is drawn beside 2.5 is drawn as for 2, the greatest number of the training rows.
    let mut drawn = |known: f32| {
        sampler.set_known(&[known, 0.0], &[true, false]).expect("the prefix");
        sampler.sample(Draw { seed: 1, sample: 2 })
    };
    let ([a, beyond], [b, end], [_, inside]) = (drawn(2.5), drawn(2.0), drawn(0.25));
    assert_eq!((a, b, beyond.to_bits()), (2.5, 2.0, end.to_bits()));
    assert_ne!(inside, end);
    let field = Field::new(&model, [[0.0; 10]; 2], [0.0; 7]).expect("its sizes");
    let score = AnomalyScore::new(&model, field, [0.0; 2]);
    assert_eq!(score.map(|_| ()), Err(FieldError::KnownPrefix));
}

/// Every other set of inputs is refused.
#[test]
fn a_byte_of_inputs_without_a_meaning_is_refused() {
    // Format, numbers, dtype, block, prediction, activation, path, coupling and conditioning come before it.
    let at = 12 + 9;
    assert_eq!([BYTES, BYTES_KNOWN, BYTES_ABSENT].map(|bytes| bytes[at]), [1, 3, 7]);
    let result = |inputs: u8, departures: u8| {
        let mut bytes = BYTES_KNOWN.to_vec();
        (bytes[at], bytes[at + 2]) = (inputs, departures);
        let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&bytes[12..]);
        bytes[8..12].copy_from_slice(&crc.to_le_bytes());
        Model::new(Placed::new(&bytes).bytes()).map(drop)
    };
    assert_eq!(result(3, 0), Ok(()));
    for inputs in 0..=u8::MAX {
        let meant = [0, 1, 2, 3, 6, 7].contains(&inputs);
        // The sizes of the others may be wrong.
        assert_eq!(result(inputs, 0) == Err(BlobError::Malformed), !meant, "{inputs}");
    }
    // A row of a source has no known parts.
    assert_eq!(result(3, 2), Err(BlobError::Malformed));
}

#[test]
fn reading_the_golden_bytes_gives_everything_back() {
    let placed = Placed::new(BYTES);
    let model = Model::new(placed.bytes()).expect("the golden blob is valid");
    assert_eq!(model.prediction(), Prediction::AverageVelocity);
    assert_eq!(model.path(), Path::Linear);
    assert_eq!(model.coupling(), Pairing::Independent);
    assert_eq!(model.conditioning(), Conditioning::classes(2));
    assert!(model.unconditional());
    assert_eq!(model.network().activation(), Activation::Silu);
    assert_eq!(model.network().shape(), GOLDEN.shape());
    assert_eq!((model.id(), model.name()), (0x0123_4567_89ab_cdef, "test"));
    assert_eq!((model.start(), model.contrast()), (0.0, Contrast::None));
    assert_eq!(model.transforms().count(), 0);
    assert!(model.std().eq([90, 91].map(|i| 1.5 + common::wobble(i))));
    assert!(model.mean().eq([7, 8].map(common::wobble)));
    assert_eq!(model.len(), BYTES.len());
}

/// The prefix, and the position and order of the weights, byte by byte and without the library.
#[test]
fn the_layout_is_what_the_docs_say() {
    assert_eq!(&BYTES[..4], b"flow");
    assert_eq!(u32::from_le_bytes(BYTES[4..8].try_into().unwrap()) as usize, BYTES.len());
    let count = GOLDEN.shape().parameters().unwrap();
    let weights_at = BYTES.len() - 4 * count;
    assert_eq!(weights_at % 16, 0);
    let weights: &[f32] = &Placed::new(&BYTES[weights_at..])
        .bytes()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect::<Vec<_>>();
    let theta = parameters(GOLDEN.shape());
    let (inputs, hidden) = (2 + 3 + 2, 10);
    // The first layer: biases, a block of eight outputs, then the remaining two.
    let (first, second) = theta.split_at((inputs + 1) * hidden);
    assert_eq!(weights[..hidden], first[inputs * hidden..]);
    for input in 0..inputs {
        for output in 0..hidden {
            let at =
                if output < 8 { input * 8 + output } else { inputs * 8 + input * 2 + output - 8 };
            assert_eq!(weights[hidden + at], first[input * hidden + output]);
        }
    }
    // The second layer: two outputs make one narrow block, which is plain input-major.
    let packed = &weights[(inputs + 1) * hidden..];
    assert_eq!(packed[..2], second[2 * hidden..]);
    assert_eq!(packed[2..], second[..2 * hidden]);
}
