//! Writing a blob into a caller's buffer.

use postcard::ser_flavors::Size;

use super::header::{Conditioning, Contrast, KnownInputs, Pairing};
use super::message::{
    Body, Classes, ConditionUnits, DTYPE_F32, DTYPE_Q8, DataUnits, Header, Layers, Names,
    REWEIGHTED, SOURCE,
};
use super::{ALIGNMENT, FORMAT, MAGIC, PREFIX};
use crate::NUMBERS;
use crate::activation::Activation;
use crate::crc::crc32;
use crate::net::{self, Shape, Weights, q8};
use crate::path::Path;
use crate::prediction::Prediction;

/// The contents of a blob.
#[derive(Clone, Copy, Debug)]
pub struct Spec<'a> {
    /// The meaning of the network's output.
    pub prediction: Prediction,
    /// The activation after every hidden layer.
    pub activation: Activation,
    /// The path in training.
    pub path: Path,
    /// The coupling in training.
    pub coupling: Pairing,
    /// The condition that samples can have.
    pub conditioning: Conditioning,
    /// Whether the first layer's condition row after classes and vector means "no condition".
    pub unconditional: bool,
    /// The first layer's last condition rows, for known parts.
    pub known: KnownInputs,
    /// How many first numbers of a sample were always known in training, and no others; 0 if any set could be.
    pub known_prefix: usize,
    /// Numbers in a sample.
    pub dim: usize,
    /// The width of every hidden layer. A [`Model`](super::Model) reads networks of equal widths.
    pub widths: &'a [u16],
    /// A fingerprint of the weights.
    pub id: u64,
    /// The time at which sampling starts.
    pub start: f32,
    /// The contrast that the field was trained with.
    pub contrast: Contrast,
    /// The guidance scale in training; 0 for none.
    pub guidance: f32,
    /// Whether training weighted rows by their error, so that the field is not the conditional mean.
    pub reweighted: bool,
    /// A human-readable name.
    pub name: &'a str,
    /// Means of the data, then of the source's columns if samples start at its rows. Shape: `[dim]` or
    /// `[2 dim]`.
    pub mean: &'a [f32],
    /// The divisors that standardised the data, then the factors that standardise rows of the source.
    /// Shape: as `mean`.
    pub std: &'a [f32],
    /// Empty, or how the numbers of each column become the data's: the words of a [`Column`](crate::Column)
    /// for each.
    pub transforms: &'a [u32],
    /// Means of the condition vector. Shape: `[c]`, or `[0]` for a model without a condition vector.
    pub condition_mean: &'a [f32],
    /// Reciprocals of the condition vector's standard deviations. Shape: as `condition_mean`.
    pub condition_scale: &'a [f32],
    /// The mean of each class's negatives, standardised; empty if they are 0. Shape: `[classes, dim]`.
    pub negatives: &'a [f32],
    /// Each class's share of the training rows, or empty. Shape: `[classes]`.
    pub shares: &'a [f32],
    /// Empty, or names that are each followed by a zero byte, in this order: the numbers in a sample; the class
    /// column, its classes and the condition vector's columns; for each column with categories their names,
    /// and for each column of dates the first day.
    pub names: &'a str,
    /// The weights, packed; the gains may follow in [the order of their layer](crate::net::f32::pack_gains).
    pub weights: Weights<'a>,
}

impl Spec<'_> {
    /// A plain velocity field without sizes, weights, statistics or names, as a start for other specs.
    pub const PLAIN: Spec<'static> = Spec {
        prediction: Prediction::Velocity,
        activation: Activation::Relu,
        path: Path::Linear,
        coupling: Pairing::Independent,
        conditioning: Conditioning::NONE,
        unconditional: false,
        known: KnownInputs::None,
        known_prefix: 0,
        dim: 0,
        widths: &[],
        id: 0,
        start: 0.0,
        contrast: Contrast::None,
        guidance: 0.0,
        reweighted: false,
        name: "",
        mean: &[],
        std: &[],
        transforms: &[],
        condition_mean: &[],
        condition_scale: &[],
        negatives: &[],
        shares: &[],
        names: "",
        weights: Weights::F32(&[]),
    };

    /// The sizes of the network.
    pub fn shape(&self) -> Shape {
        Shape {
            dim: self.dim,
            times: 1 + usize::from(self.prediction.reach().jumps()),
            condition: self
                .known
                .rows(self.dim)
                .unwrap_or(usize::MAX)
                .saturating_add(self.conditioning.size())
                .saturating_add(usize::from(self.unconditional)),
            hidden: self.widths.first().copied().unwrap_or_default().into(),
            layers: self.widths.len(),
        }
    }
}

/// Why a blob could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EmitError {
    /// A size is zero or too large, or a slice has a length other than the sizes require.
    Sizes,
    /// A time, a share or a scale is out of range, or the model has known parts and a source, a prefix of all
    /// numbers, a prefix and a contrast, or a build without the feature `known`.
    Range,
    /// The buffer is shorter than [`emitted_len`].
    Buffer,
}

impl core::fmt::Display for EmitError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Sizes => "the model's sizes are zero, too large or disagree",
            Self::Range => "the model's start, contrast, guidance or known parts are out of range",
            Self::Buffer => "the buffer is too short for the model",
        })
    }
}

impl core::error::Error for EmitError {}

/// The number of bytes that [`emit`] writes for `spec`.
///
/// # Errors
/// If the sizes are invalid.
pub fn emitted_len(spec: &Spec<'_>) -> Result<usize, EmitError> {
    Ok(PREFIX + size(&message(spec)?)?)
}

/// Writes the blob to the start of `out` and returns the bytes written.
///
/// The weights are aligned to [`ALIGNMENT`] if `out` is.
///
/// # Errors
/// If the sizes are invalid, or `out` is too short.
pub fn emit<'b>(spec: &Spec<'_>, out: &'b mut [u8]) -> Result<&'b [u8], EmitError> {
    let message = message(spec)?;
    let (prefix, body) = out.split_at_mut_checked(PREFIX).ok_or(EmitError::Buffer)?;
    let written = postcard::to_slice(&message, body).map_err(|_| EmitError::Buffer)?;
    let len = PREFIX + written.len();
    let blob_len = u32::try_from(len).map_err(|_| EmitError::Sizes)?;
    let words = [MAGIC, blob_len.to_le_bytes(), crc32(written).to_le_bytes()];
    for (slot, byte) in prefix.iter_mut().zip(words.as_flattened()) {
        *slot = *byte;
    }
    out.get(..len).ok_or(EmitError::Buffer)
}

/// The message of `spec`, checked as a reader checks it.
fn message<'s>(spec: &Spec<'s>) -> Result<(Header, Body<'s>), EmitError> {
    let word = |size: usize| u32::try_from(size).map_err(|_| EmitError::Sizes);
    let (dtype, block, weights): (_, _, &[u8]) = match spec.weights {
        Weights::F32(numbers) => (DTYPE_F32, net::f32::BLOCK, bytemuck::cast_slice(numbers)),
        Weights::Q8(words) => (DTYPE_Q8, q8::BLOCK, bytemuck::cast_slice(words)),
    };
    let (contrast, lambda) = spec.contrast.parts();
    let source = spec.mean.len() > spec.dim;
    let prefix = spec.known_prefix;
    // A number remains to be drawn, and the field for the strength of a contrast is free.
    if prefix > 0 && (!spec.known.is_masked() || prefix >= spec.dim || contrast > 0) {
        return Err(EmitError::Range);
    }
    let header = Header {
        format: FORMAT,
        numbers: NUMBERS,
        dtype,
        block: block as u8,
        prediction: spec.prediction as u8,
        activation: spec.activation as u8,
        path: spec.path as u8,
        coupling: spec.coupling as u8,
        conditioning: spec.conditioning.code(),
        inputs: u8::from(spec.unconditional) | (spec.known as u8) << 1,
        contrast,
        departures: (u8::from(spec.reweighted) * REWEIGHTED) | (u8::from(source) * SOURCE),
        dim: word(spec.dim)?,
        condition: word(spec.conditioning.size())?,
        id_low: spec.id as u32,
        id_high: (spec.id >> 32) as u32,
        start: spec.start.to_bits(),
        lambda: if prefix > 0 { word(prefix)? } else { lambda.to_bits() },
        guidance: spec.guidance.to_bits(),
    };
    let mut body = Body {
        data: DataUnits {
            mean: bytemuck::cast_slice(spec.mean),
            std: bytemuck::cast_slice(spec.std),
            columns: bytemuck::cast_slice(spec.transforms),
        },
        condition: ConditionUnits {
            mean: bytemuck::cast_slice(spec.condition_mean),
            scale: bytemuck::cast_slice(spec.condition_scale),
        },
        layers: Layers { widths: bytemuck::cast_slice(spec.widths) },
        classes: Classes {
            negatives: bytemuck::cast_slice(spec.negatives),
            shares: bytemuck::cast_slice(spec.shares),
        },
        names: Names { model: spec.name.as_bytes(), list: spec.names.as_bytes() },
        padding: &[],
        weights,
    };
    let meaning = header.meaning().ok_or(EmitError::Range)?;
    let shape = header.shape(&meaning, &body).ok_or(EmitError::Sizes)?;
    let needed = match spec.weights {
        Weights::F32(_) => shape.parameters(),
        Weights::Q8(_) => q8::packed_len(shape, spec.activation),
    };
    let bytes = |numbers: Option<usize>| numbers.and_then(|numbers| numbers.checked_mul(4));
    let with_gains = needed.zip(shape.gains()).and_then(|(all, gains)| all.checked_add(gains));
    let fits = [needed, with_gains].into_iter().any(|count| bytes(count) == Some(weights.len()));
    if !fits || !header.sizes_agree(&body) {
        return Err(EmitError::Sizes);
    }
    // Less than 128 bytes of padding: the length of the padding is one byte, so one pass is enough.
    let weights_at = PREFIX + size(&(header, body))? - weights.len();
    let missing = weights_at.wrapping_neg() % ALIGNMENT;
    const ZEROS: &[u8] = &[0; ALIGNMENT];
    body.padding = ZEROS.get(..missing).unwrap_or_default();
    Ok((header, body))
}

/// The length of the message in bytes.
fn size(message: &(Header, Body<'_>)) -> Result<usize, EmitError> {
    postcard::serialize_with_flavor(message, Size::default()).map_err(|_| EmitError::Sizes)
}
