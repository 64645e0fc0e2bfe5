//! The message after the prefix, in postcard: a header of codes and numbers, then a body of slices.

use serde::{Deserialize, Serialize};

use super::header::{Conditioning, Contrast, KnownInputs, Pairing};
use super::{BlobError, FORMAT};
use crate::NUMBERS;
use crate::activation::Activation;
use crate::column;
use crate::math::below_one;
use crate::net::Shape;
use crate::path::Path;
use crate::prediction::Prediction;

/// `f32` weights.
pub(super) const DTYPE_F32: u8 = 0;

/// 8-bit weights, 16-bit activations.
pub(super) const DTYPE_Q8: u8 = 1;

/// Trained on rows weighted by their error.
pub(super) const REWEIGHTED: u8 = 1;

/// Trained to move rows of a source instead of noise.
pub(super) const SOURCE: u8 = 2;

/// The first part, field by field in the order on the wire; postcard writes fields in this order.
///
/// `format` and `numbers` are its first two bytes in every revision. Codes and flags are bytes: a derived
/// reader of `bool` takes 0.1 KB of flash, and a reader of an enum more.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub format: u8,
    pub numbers: u8,
    pub dtype: u8,
    pub block: u8,
    pub prediction: u8,
    pub activation: u8,
    pub path: u8,
    pub coupling: u8,
    /// The kind of condition: bit 0 for classes, bit 1 for a vector.
    pub conditioning: u8,
    /// The further inputs of the network: bit 0 for a row of "no condition", bit 1 for known parts, bit 2 for
    /// the flags of absent ones.
    pub inputs: u8,
    /// Which rows were trained with a contrast.
    pub contrast: u8,
    /// The sum of [`REWEIGHTED`] and [`SOURCE`], where they apply.
    pub departures: u8,
    pub dim: u32,
    pub condition: u32,
    /// The two halves of the fingerprint: reading 64 bits at once would take 0.2 KB of a Cortex-M0's
    /// flash.
    pub id_low: u32,
    pub id_high: u32,
    /// The time at which sampling starts, as `f32` bits: 0 except for fields that are singular there.
    pub start: u32,
    /// The strength of the contrast, as `f32` bits; of a model with known parts, which has none, how many first
    /// numbers were always known. A field of its own would take 0.2 KB of a Cortex-M0's flash.
    pub lambda: u32,
    /// The guidance scale in training, as `f32` bits: 0 for none.
    pub guidance: u32,
}

/// The second part: numbers as little-endian bytes, and names. Fields that are read often come first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub data: DataUnits<'a>,
    pub condition: ConditionUnits<'a>,
    pub layers: Layers<'a>,
    pub classes: Classes<'a>,
    pub names: Names<'a>,
    pub padding: &'a [u8],
    pub weights: &'a [u8],
}

/// The statistics that convert a sample to the data's units, and a row of the source from its own.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct DataUnits<'a> {
    /// The means of the data, then those of the source if samples start there.
    pub mean: &'a [u8],
    /// The divisors that standardised the data, then the factors that standardise the source.
    pub std: &'a [u8],
    /// Empty, or how each column's numbers become the data's, a [`Column`](crate::Column) after the other.
    pub columns: &'a [u8],
}

/// The statistics that standardise a condition vector.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct ConditionUnits<'a> {
    pub mean: &'a [u8],
    /// Reciprocals of the standard deviations: the device multiplies.
    pub scale: &'a [u8],
}

/// The sizes of the network.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Layers<'a> {
    /// The width of every hidden layer, as `u16`.
    pub widths: &'a [u8],
}

/// The statistics of each class.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Classes<'a> {
    /// Empty, or the mean of every class's negatives.
    pub negatives: &'a [u8],
    /// Empty, or every class's share of the training rows.
    pub shares: &'a [u8],
}

/// The name of the model, and of everything in it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Names<'a> {
    pub model: &'a [u8],
    /// Empty, or names that are each followed by a zero byte: the numbers in a sample; the class column, its
    /// classes and the condition vector's columns; the categories of each column that has some, and the
    /// first day of each column of dates.
    pub list: &'a [u8],
}

/// The meaning of a header's codes and bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    pub prediction: Prediction,
    pub activation: Activation,
    pub path: Path,
    pub coupling: Pairing,
    pub contrast: Contrast,
    pub start: f32,
    pub guidance: f32,
}

impl Header {
    /// Reads the header from the front of a message, and returns the body's bytes with it.
    ///
    /// # Errors
    /// If its revisions are unsupported, it ends too early, or a number is too large.
    pub(super) fn read(message: &[u8]) -> Result<(Self, &[u8]), BlobError> {
        // They come first in every layout, and are checked before the rest is read.
        match message {
            [FORMAT, NUMBERS, ..] => {}
            [FORMAT, numbers, ..] => return Err(BlobError::Numbers(*numbers)),
            [format, ..] => return Err(BlobError::Format(*format)),
            [] => return Err(BlobError::Malformed),
        }
        postcard::take_from_bytes(message).map_err(|_| BlobError::Malformed)
    }

    /// The fingerprint.
    pub(super) fn id(&self) -> u64 {
        u64::from(self.id_high) << 32 | u64::from(self.id_low)
    }

    /// The meaning of the codes; `None` if one has no meaning or a number is out of range.
    // If this is inlined, checked fields need not be in memory: it saves 0.2 KB of a Cortex-M4F's
    // flash, and
    // 1.1 KB below.
    #[inline(always)]
    pub(super) fn meaning(&self) -> Option<Meaning> {
        let [start, lambda, guidance] =
            [self.start, self.lambda, self.guidance].map(f32::from_bits);
        let inputs = match cfg!(feature = "known") {
            // A row of a source has no known parts.
            true => match KnownInputs::from_code(self.inputs >> 1)? {
                KnownInputs::None => true,
                KnownInputs::Values | KnownInputs::ValuesAndAbsent => self.departures < SOURCE,
            },
            false => self.inputs <= 1,
        };
        // The last two are sets of two bits.
        let flags_are_bits = inputs && (self.departures | self.conditioning) <= 3;
        if !(flags_are_bits && below_one(start) && guidance.is_finite()) {
            return None;
        }
        Some(Meaning {
            prediction: Prediction::from_code(self.prediction)?,
            activation: Activation::from_code(self.activation)?,
            path: Path::from_code(self.path)?,
            coupling: Pairing::from_code(self.coupling)?,
            contrast: Contrast::from_parts(self.contrast, lambda)?,
            start,
            guidance,
        })
    }

    /// 1 if the network has an input for "no condition", else 0.
    pub(super) fn unconditional(&self) -> u8 {
        if cfg!(feature = "known") { self.inputs & 1 } else { self.inputs }
    }

    /// How many first numbers were always known in training; 0 if any could be.
    pub(super) fn known_prefix(&self) -> usize {
        let known = self.known() != KnownInputs::None && self.contrast == 0;
        if known { self.lambda as usize } else { 0 }
    }

    /// The inputs for known parts, in a header whose codes have a [`meaning`](Header::meaning).
    fn known(&self) -> KnownInputs {
        match cfg!(feature = "known") {
            true => KnownInputs::from_code(self.inputs >> 1).unwrap_or_default(),
            false => KnownInputs::None,
        }
    }

    /// The condition; `None` unless its parts have the stated kind and size, and the vector a length that
    /// a [`Model`](super::Model) stores.
    pub(super) fn conditioning(&self, body: &Body<'_>) -> Option<Conditioning> {
        let vector = body.condition.mean.len() / 4;
        let classes = (self.condition as usize).checked_sub(vector)?;
        let conditioning = Conditioning { classes, vector };
        let fits = vector <= u16::MAX.into() && conditioning.code() == self.conditioning;
        if fits { Some(conditioning) } else { None }
    }

    /// The sizes of the network; `None` if they overflow, or the hidden layers have different widths.
    // Inlined for the same reason: 0.9 KB with the feature `known`.
    #[inline(always)]
    pub(super) fn shape(&self, meaning: &Meaning, body: &Body<'_>) -> Option<Shape> {
        let (widths, _) = body.layers.widths.as_chunks();
        let (hidden, rest) = widths.split_first()?;
        if !body.layers.widths.len().is_multiple_of(2) || rest.iter().any(|width| width != hidden) {
            return None;
        }
        Some(Shape {
            dim: self.dim as usize,
            times: 1 + usize::from(meaning.prediction.reach().jumps()),
            condition: (self.condition as usize)
                .checked_add(usize::from(self.unconditional()))?
                .checked_add(self.known().rows(self.dim as usize)?)?,
            hidden: u16::from_le_bytes(*hidden).into(),
            layers: widths.len(),
        })
    }

    /// Whether every statistic and list of names has the length that the sizes require. (The network
    /// checks the weights.)
    #[inline(always)]
    pub(super) fn sizes_agree(&self, body: &Body<'_>) -> bool {
        let dim = self.dim as usize;
        let Some(conditioning) = self.conditioning(body) else { return false };
        let classes = conditioning.classes;
        let Body { data, condition, classes: Classes { negatives, shares }, names, .. } = body;
        let Some(two) = dim.checked_mul(8) else { return false };
        // A build without transforms refuses them elsewhere.
        let values =
            if cfg!(feature = "columns") { column::check(data.columns, dim) } else { Some(0) };
        (self.condition > 0 || self.unconditional() == 0)
            // Those of a source follow.
            && data.mean.len() == (two / 2) << (self.departures / SOURCE)
            && data.std.len() == data.mean.len()
            && condition.mean.len().is_multiple_of(4)
            && condition.scale.len() == condition.mean.len()
            && table(negatives, classes, dim)
            && table(shares, classes, 1)
            && values.is_some_and(|count| named(names.list, dim + conditioning.names() + count))
    }
}

impl<'a> Body<'a> {
    /// Reads a body; `None` if it ends too early or too late, or a length is too large.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        match postcard::take_from_bytes(bytes) {
            Ok((body, [])) => Some(body),
            _ => None,
        }
    }
}

/// Whether the bytes contain this many rows of numbers, or none at all.
fn table(bytes: &[u8], rows: usize, columns: usize) -> bool {
    let count = rows.checked_mul(columns).and_then(|count| count.checked_mul(4));
    bytes.is_empty() || count == Some(bytes.len())
}

/// Whether the bytes contain this many names, or no names at all.
fn named(bytes: &[u8], count: usize) -> bool {
    let ends = bytes.iter().filter(|byte| **byte == 0).count();
    bytes.is_empty() || ends == count && bytes.last() == Some(&0)
}
