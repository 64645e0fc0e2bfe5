//! What several tests need: a small model with known numbers, and the network written plainly.

#![allow(dead_code, reason = "each test uses its part of this")]

/// Bytes on a boundary of 16, as `include_model!` puts them.
pub use fm_host::model::AlignedBytes as Placed;
use fm_nostd::Activation;
use fm_nostd::blob::{Conditioning, Coupling, Path, Prediction, Spec, emit, emitted_len};
use fm_nostd::net::{Shape, pack};

/// A number that looks random and is the same everywhere: in [-1, 1), a multiple of 2^-15.
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

/// What a test wants of a model; the rest is filled in.
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
    pub fn shape(&self) -> Shape {
        Shape {
            dim: self.dim,
            times: 1 + usize::from(self.prediction == Prediction::AverageVelocity),
            condition: self.conditioning.size() + usize::from(self.unconditional),
            hidden: self.hidden,
            layers: self.layers,
        }
    }

    /// The blob's bytes, to be put in place by [`Placed`].
    pub fn blob(&self) -> Vec<u8> {
        self.blob_from(0.0)
    }

    /// The same of a model whose samples start at that time.
    pub fn blob_from(&self, start: f32) -> Vec<u8> {
        let shape = self.shape();
        let mut weights = vec![0.0; shape.parameters().expect("a valid shape")];
        pack(shape, &parameters(shape), &mut weights).expect("sizes agree");
        let vector = if let Conditioning::Vector(size) = self.conditioning { size } else { 0 };
        let (mean, std): (Vec<f32>, Vec<f32>) =
            (0..self.dim).map(|d| (wobble(d + 7), 1.5 + wobble(d + 90))).unzip();
        let (condition_mean, condition_scale): (Vec<f32>, Vec<f32>) =
            (0..vector).map(|d| (wobble(d + 50), 2.0 + wobble(d + 60))).unzip();
        let spec = Spec {
            prediction: self.prediction,
            activation: self.activation,
            path: Path::Linear,
            coupling: Coupling::Independent,
            conditioning: self.conditioning,
            unconditional: self.unconditional,
            dim: self.dim,
            hidden: self.hidden,
            layers: self.layers,
            id: 0x0123_4567_89ab_cdef,
            start,
            contrast: 0.0,
            name: "test",
            mean: &mean,
            std: &std,
            clamp: &[],
            condition_mean: &condition_mean,
            condition_scale: &condition_scale,
            weights: &weights,
        };
        let mut out = vec![0; emitted_len(&spec).expect("sizes agree")];
        let written = emit(&spec, &mut out).expect("the buffer is long enough").len();
        assert_eq!(written, out.len());
        out
    }
}
