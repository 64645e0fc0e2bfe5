//! A network's weights in the order of the blob, and why weights cannot be packed in that order.

/// A network's weights, in the order of the blob.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weights<'a> {
    /// In the order of [`f32::pack`](super::f32::pack).
    F32(&'a [f32]),
    /// In the order of [`q8::pack`](super::q8::pack).
    Q8(&'a [u32]),
}

/// Why weights could not be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PackError {
    /// The sizes overflow, or one of them is zero.
    Shape,
    /// The number of parameters differs from the number that the shape requires.
    Parameters,
    /// The buffer has a different length than the packed weights.
    Buffer,
    /// An integer is outside the range that its field states.
    Range,
}

impl core::fmt::Display for PackError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Shape => "the network's sizes are zero or overflow",
            Self::Parameters => "the number of parameters differs from what the sizes require",
            Self::Buffer => "the buffer has a different length than the packed weights",
            Self::Range => "an integer of the network is outside its range",
        })
    }
}

impl core::error::Error for PackError {}
