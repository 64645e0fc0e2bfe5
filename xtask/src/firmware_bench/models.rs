//! The models that are counted: the reference network, hidden layers of 64, 64 and 64, with random
//! weights.

use std::path::Path;

use clap::ValueEnum;
use fm_nostd::blob::{Conditioning, Coupling, Prediction, Spec, emit, emitted_len};
use fm_nostd::net::pack;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::command::Result;

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32-bit floats
    F32,
}

/// What follows a hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x / (1 + exp(-x))
    Silu,
    /// x times the normal distribution's integral, by tanh
    Gelu,
    /// The hyperbolic tangent
    Tanh,
}

impl Activation {
    fn of_core(self) -> fm_nostd::Activation {
        match self {
            Self::Relu => fm_nostd::Activation::Relu,
            Self::Silu => fm_nostd::Activation::Silu,
            Self::Gelu => fm_nostd::Activation::Gelu,
            Self::Tanh => fm_nostd::Activation::Tanh,
        }
    }
}

/// What the network of a bench image predicts: `velocity.fm` on `[t, x]`, `average.fm` on
/// `[t, h, x]`.
const KINDS: [(&str, Prediction); 2] =
    [("velocity.fm", Prediction::Velocity), ("average.fm", Prediction::AverageVelocity)];

/// Writes the models into `folder`.
///
/// # Errors
/// If that fails.
pub fn write(folder: &Path, dtype: Dtype, activation: Activation) -> Result<()> {
    fs_err::create_dir_all(folder).map_err(|e| e.to_string())?;
    for (name, prediction) in KINDS {
        let bytes = match dtype {
            Dtype::F32 => f32_blob(prediction, activation)?,
        };
        fs_err::write(folder.join(name), bytes).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn f32_blob(prediction: Prediction, activation: Activation) -> Result<Vec<u8>> {
    let mut spec = Spec {
        prediction,
        activation: activation.of_core(),
        path: fm_nostd::blob::Path::Linear,
        coupling: Coupling::Independent,
        conditioning: Conditioning::None,
        unconditional: false,
        dim: 2,
        hidden: 64,
        layers: 3,
        id: 0,
        start: 0.0,
        contrast: 0.0,
        name: "bench",
        mean: &[0.0; 2],
        std: &[1.0; 2],
        clamp: &[],
        condition_mean: &[],
        condition_scale: &[],
        weights: &[],
    };
    let shape = spec.shape();
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut parameters = Vec::new();
    for (inputs, outputs) in (0..=shape.layers).filter_map(|layer| shape.layer(layer)) {
        // Kaiming's uniform weights, half the variance in the last layer, and small biases.
        let bound = if outputs == shape.dim { 3.0 } else { 6.0 } / inputs as f32;
        let bound = bound.sqrt();
        parameters.extend((0..inputs * outputs).map(|_| random.random_range(-bound..bound)));
        parameters.extend((0..outputs).map(|_| random.random_range(-0.3f32..0.3)));
    }
    let mut weights = vec![0.0; parameters.len()];
    pack(shape, &parameters, &mut weights).map_err(|e| e.to_string())?;
    spec.weights = &weights;
    let mut bytes = vec![0; emitted_len(&spec).map_err(|e| e.to_string())?];
    emit(&spec, &mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}
