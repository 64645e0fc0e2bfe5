//! A network's weights as a blob holds them, and why some cannot be brought into that order.

/// A network's weights, in the order of the blob.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weights<'a> {
    /// As [`f32::pack`](super::f32::pack) leaves them.
    F32(&'a [f32]),
    /// As [`q8::pack`](super::q8::pack) leaves them.
    Q8(&'a [u32]),
}

/// Why weights could not be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PackError {
    /// The sizes overflow, or one of them is zero.
    Shape,
    /// There are not as many parameters as the shape asks for.
    Parameters,
    /// The buffer has another length than the packed weights.
    Buffer,
    /// An integer is outside the range that its field states.
    Range,
}

impl core::fmt::Display for PackError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Shape => "the network's sizes are zero or overflow",
            Self::Parameters => "the parameters are not as many as the sizes ask for",
            Self::Buffer => "the buffer has another length than the packed weights",
            Self::Range => "an integer of the network is outside its range",
        })
    }
}

impl core::error::Error for PackError {}
