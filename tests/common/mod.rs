//! Shared by several tests: a small model with known numbers, and the network as plain code.

#![allow(dead_code, reason = "each test uses its part of this")]

/// Bytes aligned to 16, as `include_model!` aligns them.
pub use fm_host::model::AlignedBytes as Placed;
use fm_nostd::Activation;
use fm_nostd::blob::{Conditioning, KnownInputs, Spec, emit, emitted_len};
use fm_nostd::net::f32::{pack, pack_gains};
use fm_nostd::net::{Shape, Weights, q8};
use fm_nostd::prediction::Prediction;

/// A pseudorandom number that is the same on every target: in [-1, 1), a multiple of 2^-15.
pub fn wobble(i: usize) -> f32 {
    let word = (i as u32).wrapping_mul(0x9E37_79B9) >> 16;
    word as f32 / 32_768.0 - 1.0
}

/// Parameters for a shape, layer by layer: weights input-major, then biases.
pub fn parameters(shape: Shape) -> Vec<f32> {
    let count = shape.parameters().expect("a valid shape");
    let scale = 1.5 / (shape.hidden as f32).sqrt();
    (0..count).map(|i| scale * wobble(i)).collect()
}

/// Gains for a shape: what each input before `x` adds, then the gains where all of them are 0.
fn gains(shape: Shape) -> Vec<f32> {
    let count = shape.gains().expect("a valid shape");
    (0..count).map(|i| wobble(i + 3000)).collect()
}

/// One layer of 8-bit weights.
#[derive(Clone, Debug)]
pub struct Integers {
    pub weights: Vec<i8>,
    pub bias: Vec<i32>,
    /// Empty for the last layer.
    pub multipliers: Vec<i16>,
    pub shift: u8,
    pub fraction: u8,
    /// Only for the last layer.
    pub scale: Vec<f32>,
}

impl Integers {
    pub fn layer(&self) -> q8::PlainLayer<'_> {
        let (shift, fraction) = (self.shift, self.fraction);
        q8::PlainLayer {
            weights: &self.weights,
            bias: &self.bias,
            rescale: if self.multipliers.is_empty() {
                q8::Rescale::Output { scale: &self.scale }
            } else {
                q8::Rescale::Hidden { multipliers: &self.multipliers, shift, fraction }
            },
        }
    }
}

/// Integer layers for a shape, with values like a trained network's.
pub fn integers(shape: Shape) -> Vec<Integers> {
    let layer = |i: usize| {
        let (inputs, outputs) = shape.layer(i).expect("a layer");
        let hidden = i < shape.layers;
        let some = |count: usize| move |k: usize| wobble(k + 977 * (i + 1) + count);
        let numbers = |count: usize, scale: f32| {
            (0..count).map(some(count)).map(move |v| scale * v).collect::<Vec<f32>>()
        };
        // Scales sums of this many products of about 127 and 2^13 to about 3 at 11 fraction bits.
        let spread = 127.0 / 3.0 * 4096.0 * (inputs as f32).sqrt();
        let multiplier = 2.0 * 2048.0 / spread * 65_536.0 * 64.0;
        Integers {
            weights: numbers(inputs * outputs, 127.0).iter().map(|w| w.round() as i8).collect(),
            bias: numbers(outputs, 0.5 * spread).iter().map(|b| *b as i32).collect(),
            multipliers: if hidden {
                numbers(outputs, 0.5).iter().map(|m| ((1.0 + m) * multiplier) as i16).collect()
            } else {
                Vec::new()
            },
            shift: 6,
            fraction: 11 - (i % 2) as u8,
            scale: numbers(if hidden { 0 } else { outputs }, 1.0 / spread),
        }
    };
    (0..=shape.layers).map(layer).collect()
}

/// The parts of a model that a test chooses; the rest is filled in.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub prediction: Prediction,
    pub activation: Activation,
    pub conditioning: Conditioning,
    pub unconditional: bool,
    pub dim: usize,
    pub hidden: usize,
    pub layers: usize,
}

impl Wanted {
    /// The spec of these parts, without statistics and weights.
    pub fn spec(&self) -> Spec<'static> {
        Spec {
            prediction: self.prediction,
            activation: self.activation,
            conditioning: self.conditioning,
            unconditional: self.unconditional,
            dim: self.dim,
            // It lives as long as the test.
            widths: vec![self.hidden as u16; self.layers].leak(),
            ..Spec::PLAIN
        }
    }

    pub fn shape(&self) -> Shape {
        self.spec().shape()
    }

    /// Gains: what each input before `x` adds, then the gains where all of them are 0.
    pub fn gains(&self) -> Vec<f32> {
        gains(self.shape())
    }

    /// The gains in the order of the blob.
    fn packed_gains(shape: Shape) -> Vec<f32> {
        let gains = gains(shape);
        let mut packed = vec![0.0; gains.len()];
        pack_gains(shape, &gains, &mut packed).expect("sizes agree");
        packed
    }

    /// The blob of a model with inputs for known parts and with gains, of either kind of weights, after a change
    /// of the spec.
    pub fn blob_known(
        &self,
        known: KnownInputs,
        eight_bits: bool,
        change: impl FnOnce(&mut Spec<'_>),
    ) -> Vec<u8> {
        let shape = Spec { known, ..self.spec() }.shape();
        let change = |spec: &mut Spec<'_>| {
            spec.known = known;
            change(spec);
        };
        if eight_bits {
            let mut words = self.words(shape);
            words.extend(Self::packed_gains(shape).into_iter().map(f32::to_bits));
            return self.blob_of(Weights::Q8(&words), change);
        }
        let mut weights = vec![0.0; shape.parameters().expect("a valid shape")];
        pack(shape, &parameters(shape), &mut weights).expect("sizes agree");
        weights.extend(Self::packed_gains(shape));
        self.blob_of(Weights::F32(&weights), change)
    }

    /// The blob of `f32` weights with [`Wanted::gains`].
    pub fn blob_with_gains(&self) -> Vec<u8> {
        self.blob_known(KnownInputs::None, false, |_| {})
    }

    /// The blob of 8-bit weights with [`Wanted::gains`].
    pub fn blob_q8_with_gains(&self) -> Vec<u8> {
        self.blob_known(KnownInputs::None, true, |_| {})
    }

    /// The blob's bytes, to be aligned by [`Placed`].
    pub fn blob(&self) -> Vec<u8> {
        self.blob_with(|_| {})
    }

    /// The blob's bytes after a change of the spec.
    pub fn blob_with(&self, change: impl FnOnce(&mut Spec<'_>)) -> Vec<u8> {
        let shape = self.shape();
        let mut weights = vec![0.0; shape.parameters().expect("a valid shape")];
        pack(shape, &parameters(shape), &mut weights).expect("sizes agree");
        self.blob_of(Weights::F32(&weights), change)
    }

    /// The blob with the same sizes and 8-bit weights, [`integers`].
    pub fn blob_q8(&self) -> Vec<u8> {
        self.blob_of(Weights::Q8(&self.words(self.shape())), |_| {})
    }

    /// The words of [`integers`].
    fn words(&self, shape: Shape) -> Vec<u32> {
        let layers = integers(shape);
        let mut words = vec![0; q8::packed_len(shape, self.activation).expect("a valid shape")];
        q8::pack(shape, self.activation, layers.iter().map(Integers::layer), &mut words)
            .expect("sizes agree");
        words
    }

    fn blob_of(&self, weights: Weights<'_>, change: impl FnOnce(&mut Spec<'_>)) -> Vec<u8> {
        let vector = self.conditioning.vector;
        let (mean, std): (Vec<f32>, Vec<f32>) =
            (0..self.dim).map(|d| (wobble(d + 7), 1.5 + wobble(d + 90))).unzip();
        let (condition_mean, condition_scale): (Vec<f32>, Vec<f32>) =
            (0..vector).map(|d| (wobble(d + 50), 2.0 + wobble(d + 60))).unzip();
        let mut spec = Spec {
            id: 0x0123_4567_89ab_cdef,
            name: "test",
            mean: &mean,
            std: &std,
            condition_mean: &condition_mean,
            condition_scale: &condition_scale,
            weights,
            ..self.spec()
        };
        change(&mut spec);
        let mut out = vec![0; emitted_len(&spec).expect("sizes agree")];
        let written = emit(&spec, &mut out).expect("the buffer is long enough").len();
        assert_eq!(written, out.len());
        out
    }
}
