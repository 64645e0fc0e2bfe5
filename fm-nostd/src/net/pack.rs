//! From plain rows to blocks: what an exporter does to weights once.

use super::Shape;
use crate::blob::BLOCK;

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

/// Brings parameters into the order of the blob.
///
/// Shape: `parameters` holds, for each layer, the weights input-major (`[inputs][outputs]`), then the
/// biases (`[outputs]`); `packed`, as long, receives for each layer the biases, then the weights in
/// blocks of [`BLOCK`] outputs.
///
/// # Errors
/// If a size is zero or overflows, or a slice has another length than the sizes give.
pub fn pack(shape: Shape, parameters: &[f32], packed: &mut [f32]) -> Result<(), PackError> {
    let count = shape.parameters().ok_or(PackError::Shape)?;
    if parameters.len() != count {
        return Err(PackError::Parameters);
    }
    if packed.len() != count {
        return Err(PackError::Buffer);
    }
    let mut slots = packed.iter_mut();
    let mut rest = parameters;
    for (inputs, outputs) in (0..).map_while(|i| shape.layer(i)) {
        let (weights, after) = rest.split_at_checked(inputs * outputs).ok_or(PackError::Shape)?;
        let (bias, after) = after.split_at_checked(outputs).ok_or(PackError::Shape)?;
        rest = after;
        let blocks = (0..outputs).step_by(BLOCK).flat_map(|start| {
            let columns = start..outputs.min(start + BLOCK);
            weights.chunks(outputs).flat_map(move |row| row.get(columns.clone()).unwrap_or(&[]))
        });
        for (value, slot) in bias.iter().chain(blocks).zip(slots.by_ref()) {
            *slot = *value;
        }
    }
    Ok(())
}
