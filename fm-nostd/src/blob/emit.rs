//! Writing a blob into a caller's buffer: the reader's other half.

use super::header::{
    Conditioning, Contrast, Coupling, DTYPE_F32, DTYPE_Q8, Header, Path, Prediction, below_one,
};
use super::view::named;
use super::{ALIGNMENT, BLOCK, BLOCK_Q8, FORMAT, MAGIC, PREFIX};
use crate::NUMBERS;
use crate::activation::Activation;
use crate::crc::crc32;
use crate::net::{Shape, Weights, q8};

/// Everything that a blob says.
#[derive(Clone, Copy, Debug)]
pub struct Spec<'a> {
    /// What the network's output means.
    pub prediction: Prediction,
    /// What follows the hidden layers.
    pub activation: Activation,
    /// The path of the training.
    pub path: Path,
    /// The coupling of the training.
    pub coupling: Coupling,
    /// What a sample can be conditioned on.
    pub conditioning: Conditioning,
    /// Whether the first layer's last condition row stands for "no condition".
    pub unconditional: bool,
    /// Numbers in a sample.
    pub dim: usize,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// How many hidden layers there are.
    pub layers: usize,
    /// A fingerprint.
    pub id: u64,
    /// Where sampling starts.
    pub start: f32,
    /// The contrast that the field carries.
    pub contrast: Contrast,
    /// The scale of the guidance that was trained in; 0 for none.
    pub guidance: f32,
    /// Whether training weighted rows by their error, so that the field is not the conditional mean.
    pub reweighted: bool,
    /// A name for people.
    pub name: &'a str,
    /// Means of the data. Shape: `[dim]`.
    pub mean: &'a [f32],
    /// What the data was divided by. Shape: `[dim]`.
    pub std: &'a [f32],
    /// Nothing, or the least values of the outputs, then the greatest. Shape: `[0]` or `[2 dim]`.
    pub clamp: &'a [f32],
    /// Means of the condition vector. Shape: `[c]`, or `[0]` where there is none.
    pub condition_mean: &'a [f32],
    /// Reciprocals of the condition's standard deviations. Shape: as its means.
    pub condition_scale: &'a [f32],
    /// The mean of each class's negatives, standardised; empty where it is 0. Shape: `[classes, dim]`.
    pub negatives: &'a [f32],
    /// Each class's share of the training rows, or nothing. Shape: `[classes]`.
    pub shares: &'a [f32],
    /// The names of the numbers in a sample, a zero byte behind each, or nothing.
    pub columns: &'a str,
    /// Names of the condition, a zero byte behind each, or nothing: the class column, then every
    /// class; or the columns of the vector.
    pub conditions: &'a str,
    /// The weights, packed.
    pub weights: Weights<'a>,
}

impl Spec<'_> {
    /// A plain velocity field without sizes, weights, statistics or names: what a spec starts from.
    pub const PLAIN: Spec<'static> = Spec {
        prediction: Prediction::Velocity,
        activation: Activation::Relu,
        path: Path::Linear,
        coupling: Coupling::Independent,
        conditioning: Conditioning::None,
        unconditional: false,
        dim: 0,
        hidden: 0,
        layers: 0,
        id: 0,
        start: 0.0,
        contrast: Contrast::None,
        guidance: 0.0,
        reweighted: false,
        name: "",
        mean: &[],
        std: &[],
        clamp: &[],
        condition_mean: &[],
        condition_scale: &[],
        negatives: &[],
        shares: &[],
        columns: "",
        conditions: "",
        weights: Weights::F32(&[]),
    };

    /// The sizes of its network.
    pub fn shape(&self) -> Shape {
        Shape {
            dim: self.dim,
            times: 1 + usize::from(self.prediction.reach().jumps()),
            condition: self.conditioning.size() + usize::from(self.unconditional),
            hidden: self.hidden,
            layers: self.layers,
        }
    }
}

/// Why a blob could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EmitError {
    /// A size is zero or too large, or a slice has another length than the sizes give.
    Sizes,
    /// A time, a share or a scale is outside of its range.
    Range,
    /// The buffer is shorter than [`emitted_len`].
    Buffer,
}

impl core::fmt::Display for EmitError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Sizes => "the model's sizes are zero, too large or disagree",
            Self::Range => "the model's start, contrast or guidance is outside of its range",
            Self::Buffer => "the buffer is too short for the model",
        })
    }
}

impl core::error::Error for EmitError {}

/// How many bytes [`emit`] writes for `spec`.
///
/// # Errors
/// If the sizes are invalid.
pub fn emitted_len(spec: &Spec<'_>) -> Result<usize, EmitError> {
    let header = header(spec, &[0; ALIGNMENT])?;
    Ok(PREFIX + header.size())
}

/// Writes the blob to the start of `out` and gives what was written.
///
/// The weights lie on a multiple of [`ALIGNMENT`] where `out` does.
///
/// # Errors
/// If the sizes are invalid, or `out` is too short.
pub fn emit<'b>(spec: &Spec<'_>, out: &'b mut [u8]) -> Result<&'b [u8], EmitError> {
    let header = header(spec, &[0; ALIGNMENT])?;
    let (prefix, body) = out.split_at_mut_checked(PREFIX).ok_or(EmitError::Buffer)?;
    let message = header.size();
    let body = body.get_mut(..message).ok_or(EmitError::Buffer)?;
    let mut slots = body.iter_mut();
    header.write(&mut |bytes| {
        for (byte, slot) in bytes.iter().zip(slots.by_ref()) {
            *slot = *byte;
        }
    });
    let crc = crc32(body);
    let len = u32::try_from(PREFIX + message).map_err(|_| EmitError::Sizes)?;
    let words = MAGIC.into_iter().chain(len.to_le_bytes()).chain(crc.to_le_bytes());
    for (slot, byte) in prefix.iter_mut().zip(words) {
        *slot = byte;
    }
    out.get(..PREFIX + message).ok_or(EmitError::Buffer)
}

fn header<'s>(spec: &'s Spec<'_>, zeros: &'s [u8; ALIGNMENT]) -> Result<Header<'s>, EmitError> {
    let vector = spec.conditioning.vector();
    let classes = spec.conditioning.classes();
    let shape = spec.shape();
    let (dtype, block, weights, needed): (_, _, &[u8], _) = match spec.weights {
        Weights::F32(weights) => {
            (DTYPE_F32, BLOCK, bytemuck::cast_slice(weights), shape.parameters())
        }
        Weights::Q8(words) => {
            let needed = q8::packed_len(shape, spec.activation);
            (DTYPE_Q8, BLOCK_Q8, bytemuck::cast_slice(words), needed)
        }
    };
    let agree = needed.and_then(|numbers| numbers.checked_mul(4)) == Some(weights.len())
        && spec.mean.len() == spec.dim
        && spec.std.len() == spec.dim
        && (spec.clamp.is_empty() || spec.clamp.len() == 2 * spec.dim)
        && spec.condition_mean.len() == vector
        && spec.condition_scale.len() == vector
        && (spec.negatives.is_empty()
            || Some(spec.negatives.len()) == classes.checked_mul(spec.dim))
        && (spec.shares.is_empty() || spec.shares.len() == classes)
        && named(spec.columns.as_bytes(), spec.dim)
        && named(spec.conditions.as_bytes(), spec.conditioning.names())
        && !(spec.conditioning == Conditioning::None && spec.unconditional);
    let word = |size: usize| u32::try_from(size).map_err(|_| EmitError::Sizes);
    if !agree {
        return Err(EmitError::Sizes);
    }
    let (contrast, lambda) = spec.contrast.parts();
    if !(below_one(spec.start) && below_one(lambda) && spec.guidance.is_finite()) {
        return Err(EmitError::Range);
    }
    let mut header = Header {
        format: FORMAT,
        numbers: NUMBERS,
        dtype,
        block: block as u8,
        prediction: spec.prediction as u8,
        activation: spec.activation as u8,
        path: spec.path as u8,
        coupling: spec.coupling as u8,
        conditioning: spec.conditioning.code(),
        unconditional: u8::from(spec.unconditional),
        contrast,
        reweighted: u8::from(spec.reweighted),
        dim: word(spec.dim)?,
        condition: word(spec.conditioning.size())?,
        hidden: word(spec.hidden)?,
        layers: word(spec.layers)?,
        id: spec.id,
        start: spec.start.to_bits(),
        lambda: lambda.to_bits(),
        guidance: spec.guidance.to_bits(),
        name: spec.name.as_bytes(),
        mean: bytemuck::cast_slice(spec.mean),
        std: bytemuck::cast_slice(spec.std),
        clamp: bytemuck::cast_slice(spec.clamp),
        condition_mean: bytemuck::cast_slice(spec.condition_mean),
        condition_scale: bytemuck::cast_slice(spec.condition_scale),
        negatives: bytemuck::cast_slice(spec.negatives),
        shares: bytemuck::cast_slice(spec.shares),
        columns: spec.columns.as_bytes(),
        conditions: spec.conditions.as_bytes(),
        padding: &[],
        weights,
    };
    // Fewer than 128 bytes of padding: its own length stays one byte, so one look is enough.
    let weights_at = PREFIX + header.size() - header.weights.len();
    let missing = weights_at.wrapping_neg() % ALIGNMENT;
    header.padding = zeros.get(..missing).unwrap_or(&[]);
    Ok(header)
}
