//! What the fuzzers share: an input brought past the check, and the blobs to start from.
//!
//! An input is a flash slot: a blob as long as its own length field says, then bytes that steer the
//! fuzzer (all of it is blob where that field is out of range). So every `.fm` file is an input.

use fm_nostd::Activation;
use fm_nostd::blob::{Conditioning, Coupling, Path, Prediction, Spec, emit, emitted_len};
use fm_nostd::net::Shape;

const PREFIX: usize = 12;

/// Memory on a boundary of 16, no longer than it must be in words of that size.
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

    /// A copy with magic, length and CRC made right, so that the bytes behind them reach the parser.
    pub fn sealed(bytes: &[u8]) -> Self {
        let mut slot = Self::new(bytes);
        let len = slot.len;
        if let Some((prefix, message)) =
            slot.bytes_mut()[..len].split_first_chunk_mut::<PREFIX>()
        {
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

/// The blob of an input, and the bytes that steer.
pub fn parts(input: &[u8]) -> (&[u8], &[u8]) {
    let len = input.get(4..8).and_then(|len| Some(u32::from_le_bytes(len.try_into().ok()?)));
    let len = len.map_or(usize::MAX, |len| len as usize);
    if len < PREFIX { (input, &[]) } else { input.split_at_checked(len).unwrap_or((input, &[])) }
}

/// Bytes that steer, taken from the front; zeros where they end.
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

    /// Any number, not a number too.
    pub fn float(&mut self) -> f32 {
        f32::from_le_bytes(self.bytes())
    }
}

/// A small blob of each kind, with its name.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let predictions = [
        Prediction::Velocity,
        Prediction::AverageVelocity,
        Prediction::Score,
        Prediction::Noise,
    ];
    let activations = [Activation::Relu, Activation::Silu, Activation::Gelu, Activation::Tanh];
    let conditionings = [Conditioning::None, Conditioning::Classes(3), Conditioning::Vector(2)];
    let mut seeds = Vec::new();
    for (i, (prediction, activation)) in predictions.into_iter().zip(activations).enumerate() {
        for conditioning in conditionings {
            let path = [Path::Linear, Path::Trigonometric][i % 2];
            let blob = seed(prediction, activation, conditioning, path);
            seeds.push((format!("{prediction:?}-{}.fm", conditioning.size()), blob));
        }
    }
    seeds
}

fn seed(
    prediction: Prediction,
    activation: Activation,
    conditioning: Conditioning,
    path: Path,
) -> Vec<u8> {
    let unconditional = conditioning != Conditioning::None;
    let (dim, hidden, layers) = (3, 9, 2);
    let shape = Shape {
        dim,
        times: 1 + usize::from(prediction == Prediction::AverageVelocity),
        condition: conditioning.size() + usize::from(unconditional),
        hidden,
        layers,
    };
    let count = shape.parameters().expect("valid sizes");
    let weights: Vec<f32> = (0..count).map(|i| (i * 37 % 64) as f32 / 64.0 - 0.5).collect();
    let vector = if let Conditioning::Vector(size) = conditioning { size } else { 0 };
    let spec = Spec {
        prediction,
        activation,
        path,
        coupling: Coupling::Independent,
        conditioning,
        unconditional,
        dim,
        hidden,
        layers,
        id: 1,
        start: 0.0625,
        contrast: 0.0,
        name: "seed",
        mean: &[1.0; 3],
        std: &[2.0; 3],
        clamp: if path == Path::Linear { &[-8.0, -8.0, -8.0, 8.0, 8.0, 8.0] } else { &[] },
        condition_mean: &[0.5; 2][..vector],
        condition_scale: &[0.25; 2][..vector],
        weights: &weights,
    };
    let mut out = vec![0; emitted_len(&spec).expect("valid sizes")];
    emit(&spec, &mut out).expect("room");
    out
}
