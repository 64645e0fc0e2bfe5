//! Why bytes are not a usable model.

use super::FORMAT;
use crate::NUMBERS;

/// Why bytes are not a model that this code can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BlobError {
    /// The magic is missing: not a `.fm` blob, or an erased flash page.
    NotABlob,
    /// The blob is longer than the given bytes: it was cut short.
    Truncated,
    /// The bytes differ from those that were written: damaged in flash or in transfer.
    BadCrc,
    /// This code does not support this revision of the layout; export the model again.
    Format(u8),
    /// Made for another revision of the numbers contract, so the bits would differ; export the model
    /// again.
    Numbers(u8),
    /// The message does not parse, or a code in it has no meaning. To a build without the feature `known`, a
    /// model with known parts has none.
    Malformed,
    /// This build does not support the number format or block width of the weights.
    Dtype(u8),
    /// The model's columns need transforms, which this build leaves out: enable the feature `columns`.
    Columns,
    /// The weights are not aligned to 4 bytes: embed the blob with `include_model!`, or place it at a
    /// multiple of 16.
    Misaligned,
    /// A size is zero, overflows, or disagrees with the number of weights.
    Sizes,
}

impl core::fmt::Display for BlobError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotABlob => f.write_str("not a .fm model: its first bytes are not `flow`"),
            Self::Truncated => f.write_str("the model is cut short"),
            Self::BadCrc => f.write_str("the model is damaged: its CRC does not match"),
            Self::Format(found) => write!(f, "format revision {found}, this build reads {FORMAT}"),
            Self::Numbers(found) => write!(f, "numbers revision {found}, this build has {NUMBERS}"),
            Self::Malformed => f.write_str("the model's header does not parse"),
            Self::Dtype(found) => write!(f, "this build does not support weights of kind {found}"),
            Self::Columns => {
                f.write_str("the model's columns need transforms: build with the feature `columns`")
            }
            Self::Misaligned => f.write_str("the model's weights are not aligned to 4 bytes"),
            Self::Sizes => f.write_str("the model's sizes are zero, overflow or disagree"),
        }
    }
}

impl core::error::Error for BlobError {}
