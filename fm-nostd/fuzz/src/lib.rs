//! Shared code of the fuzzers: inputs that pass the CRC check, and the blobs to start from.
//!
//! An input is a flash slot: a blob of the length in its own length field, then bytes that steer the
//! fuzzer (if the length field is out of range, everything is blob). So every `.fm` file is an input.

use fm_nostd::blob::{Conditioning, Contrast, KnownInputs, Spec, emit, emitted_len};
use fm_nostd::net::{Shape, Weights, q8};
use fm_nostd::path::Path;
use fm_nostd::prediction::Prediction;
use fm_nostd::{Activation, Column};

const PREFIX: usize = 12;

/// Memory aligned to 16, no longer than necessary in words of that size.
pub struct Slot {
    words: Vec<u128>,
    len: usize,
}

impl Slot {
    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut words = vec![0u128; bytes.len().div_ceil(16)];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Self { words, len: bytes.len() }
    }

    /// A copy with correct magic, length and CRC, so that the bytes after them reach the parser.
    pub fn sealed(bytes: &[u8]) -> Self {
        let mut slot = Self::new(bytes);
        let len = slot.len;
        if let Some((prefix, message)) = slot.bytes_mut()[..len].split_first_chunk_mut::<PREFIX>() {
            let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(message);
            prefix[..4].copy_from_slice(b"flow");
            prefix[4..8].copy_from_slice(&(len as u32).to_le_bytes());
            prefix[8..].copy_from_slice(&crc.to_le_bytes());
        }
        slot
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.len]
    }
}

/// The blob of an input, and the steering bytes.
pub fn parts(input: &[u8]) -> (&[u8], &[u8]) {
    let len = input.get(4..8).and_then(|len| Some(u32::from_le_bytes(len.try_into().ok()?)));
    let len = len.map_or(usize::MAX, |len| len as usize);
    if len < PREFIX { (input, &[]) } else { input.split_at_checked(len).unwrap_or((input, &[])) }
}

/// Steering bytes, taken from the front; zeros after their end.
pub struct Steer<'a>(pub &'a [u8]);

impl Steer<'_> {
    /// The next `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        let (front, rest) = self.0.split_at(N.min(self.0.len()));
        out[..front.len()].copy_from_slice(front);
        self.0 = rest;
        out
    }

    /// Any `f32`, including NaN.
    pub fn float(&mut self) -> f32 {
        f32::from_le_bytes(self.bytes())
    }
}

/// One small blob of each kind, with its name.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let predictions = [
        Prediction::Velocity,
        Prediction::AverageVelocity,
        Prediction::Score,
        Prediction::Noise,
        Prediction::Jump,
    ];
    let both = Conditioning { classes: 3, vector: 2 };
    let conditionings =
        [Conditioning::NONE, Conditioning::classes(3), Conditioning::vector(2), both];
    let mut seeds = Vec::new();
    let activations = Activation::ALL.into_iter().cycle();
    for (i, (prediction, activation)) in predictions.into_iter().zip(activations).enumerate() {
        let path = [Path::Linear, Path::Trigonometric][i % 2];
        for conditioning in conditionings {
            // Models on a linear path have no source, and may have known parts.
            let known = match (path, conditioning.vector) {
                (Path::Trigonometric, _) => KnownInputs::None,
                (Path::Linear, 0) => KnownInputs::Values,
                (Path::Linear, _) => KnownInputs::ValuesAndAbsent,
            };
            let seed = Seed { prediction, activation, conditioning, path, known };
            let name = format!("{prediction:?}-{}", conditioning.size());
            seeds.push((format!("{name}-f32.fm"), seed.f32()));
            seeds.push((format!("{name}-q8.fm"), seed.q8()));
        }
    }
    seeds
}

/// The differences between seeds.
struct Seed {
    prediction: Prediction,
    activation: Activation,
    conditioning: Conditioning,
    path: Path,
    known: KnownInputs,
}

impl Seed {
    /// The parts without weights.
    fn spec(&self) -> Spec<'static> {
        Spec {
            prediction: self.prediction,
            activation: self.activation,
            path: self.path,
            conditioning: self.conditioning,
            unconditional: self.conditioning != Conditioning::NONE,
            known: self.known,
            dim: 3,
            widths: &[9; 2],
            ..Spec::PLAIN
        }
    }

    fn shape(&self) -> Shape {
        self.spec().shape()
    }

    /// The number of gains, which models on a linear path have.
    fn gains(&self) -> usize {
        if self.path == Path::Linear { self.shape().gains().expect("valid sizes") } else { 0 }
    }

    fn f32(&self) -> Vec<u8> {
        let count = self.shape().parameters().expect("valid sizes") + self.gains();
        let weights: Vec<f32> = (0..count).map(|i| (i * 37 % 64) as f32 / 64.0 - 0.5).collect();
        self.blob(Weights::F32(&weights))
    }

    fn q8(&self) -> Vec<u8> {
        let shape = self.shape();
        let layers: Vec<(Vec<i8>, usize)> = (0..=shape.layers)
            .map(|i| {
                let (inputs, outputs) = shape.layer(i).expect("a layer");
                let weights =
                    (0..inputs * outputs).map(|k| (k * 37 % 251) as i8).map(|w| w.max(-127));
                (weights.collect(), outputs)
            })
            .collect();
        let (bias, multipliers, scale) = ([1000; 9], [9000; 9], [1e-5; 9]);
        let layers = layers.iter().enumerate().map(|(i, (weights, outputs))| q8::PlainLayer {
            weights,
            bias: &bias[..*outputs],
            rescale: if i < shape.layers {
                let multipliers = &multipliers[..*outputs];
                q8::Rescale::Hidden { multipliers, shift: 6, fraction: 11 }
            } else {
                q8::Rescale::Output { scale: &scale[..*outputs] }
            },
        });
        let mut words = vec![0; q8::packed_len(shape, self.activation).expect("valid sizes")];
        q8::pack(shape, self.activation, layers, &mut words).expect("sizes agree");
        words.resize(words.len() + self.gains(), 0.5f32.to_bits());
        self.blob(Weights::Q8(&words))
    }

    fn blob(&self, weights: Weights<'_>) -> Vec<u8> {
        let Conditioning { classes, vector } = self.conditioning;
        let contrasted = classes > 0 && self.prediction == Prediction::Velocity;
        let clamped = self.path == Path::Linear;
        let words = [Column::within(-8.0, 8.0).words(); 3];
        let spec = Spec {
            id: 1,
            start: 0.0625,
            name: "seed",
            // Models without a clamp move rows of a source.
            mean: &[1.0; 6][..if clamped { 3 } else { 6 }],
            std: &[2.0; 6][..if clamped { 3 } else { 6 }],
            transforms: if clamped { words.as_flattened() } else { &[] },
            condition_mean: &[0.5; 2][..vector],
            condition_scale: &[0.25; 2][..vector],
            contrast: if contrasted { Contrast::Conditional(0.25) } else { Contrast::None },
            negatives: if contrasted { &[0.5; 9] } else { &[] },
            shares: &[0.5, 0.25, 0.25][..classes],
            names: match (classes, vector) {
                (0, 0) => "a\0b\0c\0",
                (_, 0) => "a\0b\0c\0kind\0x\0y\0z\0",
                (0, _) => "a\0b\0c\0d\0e\0",
                _ => "a\0b\0c\0kind\0x\0y\0z\0d\0e\0",
            },
            weights,
            ..self.spec()
        };
        let mut out = vec![0; emitted_len(&spec).expect("valid sizes")];
        emit(&spec, &mut out).expect("room");
        out
    }
}
