//! Models whose weights are written by hand, and small files.

use fm_nostd::blob::{Conditioning, KnownInputs, Spec, emit, emitted_len};
use fm_nostd::net::Weights;
use fm_nostd::net::f32::{pack, pack_gains};
use fm_nostd::{Activation, Column, Form, Meaning, Prediction};

use super::*;

/// The correlation of the columns `a` and `b`, their means and standard deviations.
pub const RHO: f64 = 0.8;
pub const MEAN: [f64; 2] = [10.0, -20.0];
pub const STD: [f64; 2] = [2.0, 0.5];

fn write(directory: &TempDir, name: &str, spec: &Spec<'_>) {
    let mut bytes = vec![0; emitted_len(spec).expect("sizes agree")];
    emit(spec, &mut bytes).expect("room");
    fs::write(directory.path().join(name), bytes).expect("a model");
}

/// Writes `gauss.fm`, which draws a pair of normal numbers exactly in one jump, whatever is known of it.
pub fn gaussian(directory: &TempDir) {
    let shaped = Spec {
        prediction: Prediction::AverageVelocity,
        known: KnownInputs::ValuesAndAbsent,
        dim: 2,
        widths: &[4],
        ..Spec::PLAIN
    };
    let (shape, s) = (shaped.shape(), (1.0 - RHO * RHO).sqrt() as f32 - 1.0);
    // Inputs: t, h, two flags, two values, two flags of absent ones, x.
    let inputs = 10;
    let mut parameters = vec![0.0; shape.parameters().expect("sizes")];
    for (unit, sign) in [(0, RHO as f32), (1, -RHO as f32)] {
        parameters[5 * 4 + unit] = sign;
        parameters[8 * 4 + unit + 2] = sign;
        let last = (inputs + 1) * 4;
        parameters[last + 2 * unit] = sign.signum();
        parameters[last + 2 * (unit + 2) + 1] = sign.signum();
    }
    let mut weights = vec![0.0; parameters.len()];
    pack(shape, &parameters, &mut weights).expect("sizes agree");
    let mut gains = vec![0.0; shape.gains().expect("sizes")];
    (gains[3 * 2], gains[8 * 2 + 1]) = (s, s);
    let mut packed = vec![0.0; gains.len()];
    pack_gains(shape, &gains, &mut packed).expect("sizes agree");
    weights.extend(packed);
    let spec = Spec {
        mean: &MEAN.map(|x| x as f32),
        std: &STD.map(|x| x as f32),
        names: "a\0b\0",
        weights: Weights::F32(&weights),
        ..shaped
    };
    write(directory, "gauss.fm", &spec);
}

/// Writes `people.fm`: a velocity of pseudorandom weights with the columns `age` from 17 to 90, `colour` and
/// `born`, for teams `x` and `y`, and `plain.fm` without known parts.
pub fn people(directory: &TempDir) {
    let knots: [f32; 12] = [-9.0, 0.0, 0.0, -0.8, -0.3, 1.0, 0.0, 0.0, 0.3, 2.0, 0.0, 0.8];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let age = Column { step: 1.0, per: 1.0, ..Column::within(17.0, 90.0) };
    let (form, meaning) = (Form::Knots, Meaning::Category);
    let colour =
        Column { form, meaning, low: 0.0, high: 2.0, parameters: &parameters, ..Column::PLAIN };
    let (meaning, step) = (Meaning::Date, 1.0);
    let born = Column { meaning, step, per: 1.0, low: 0.0, high: 9000.0, ..Column::PLAIN };
    let transforms = [&age.words()[..], &colour.words(), &knots.map(f32::to_bits), &born.words()];
    let transforms = transforms.concat();
    for (name, known) in [("people.fm", KnownInputs::Values), ("plain.fm", KnownInputs::None)] {
        let spec = Spec {
            activation: Activation::Silu,
            conditioning: Conditioning::classes(2),
            unconditional: true,
            known,
            dim: 3,
            widths: &[8],
            mean: &[40.0, 0.0, 4000.0],
            std: &[12.0, 0.5, 2000.0],
            transforms: &transforms,
            shares: &[0.5, 0.5],
            names: "age\0colour\0born\0team\0x\0y\0blue\0red\0white\x001990-01-01\0",
            ..Spec::PLAIN
        };
        let count = spec.shape().parameters().expect("sizes");
        let weights: Vec<f32> = (0..count).map(|i| ((i * 37 % 61) as f32 - 30.0) / 30.0).collect();
        write(directory, name, &Spec { weights: Weights::F32(&weights), ..spec });
    }
}

/// Writes `few.fm`: an average velocity of pseudorandom weights with the columns `n`, which is 0, 1 or 4, and `x`; and
/// `prefix.fm`, which was always told `n`.
pub fn few(directory: &TempDir) {
    let knots: [f32; 12] = [-9.0, 0.0, 0.0, -0.8, -0.3, 1.0, 0.0, 0.0, 0.3, 4.0, 0.0, 0.8];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let n =
        Column { form: Form::Knots, low: 0.0, high: 4.0, parameters: &parameters, ..Column::PLAIN };
    let transforms = [&n.words()[..], &knots.map(f32::to_bits), &Column::PLAIN.words()].concat();
    for (name, known_prefix) in [("few.fm", 0), ("prefix.fm", 1)] {
        let spec = Spec {
            prediction: Prediction::AverageVelocity,
            activation: Activation::Silu,
            known: KnownInputs::Values,
            known_prefix,
            dim: 2,
            widths: &[8],
            mean: &[0.0; 2],
            std: &[1.0; 2],
            transforms: &transforms,
            names: "n\0x\0",
            ..Spec::PLAIN
        };
        let count = spec.shape().parameters().expect("sizes");
        let weights: Vec<f32> = (0..count).map(|i| ((i * 37 % 61) as f32 - 30.0) / 30.0).collect();
        write(directory, name, &Spec { weights: Weights::F32(&weights), ..spec });
    }
}

pub fn put(directory: &TempDir, name: &str, text: &str) {
    fs::write(directory.path().join(name), text).expect("a file");
}

pub fn get(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).expect("a file")
}

/// The rows below a header, cell by cell.
pub fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}
