//! Conversion from plain integer layers to words, which an exporter does once.

use super::{BLOCK, layer, places, table, weight_words};
use crate::activation::Activation;
use crate::net::{PackError, Shape};

/// One layer's integers in plain order.
#[derive(Clone, Copy, Debug)]
pub struct PlainLayer<'a> {
    /// Input-major, each in -127..=127. Shape: `[inputs][outputs]`, where the first layer's inputs are
    /// `[t, (h), condition, x]`.
    pub weights: &'a [i8],
    /// Biases in units of the products. Shape: `[outputs]`.
    pub bias: &'a [i32],
    /// How the layer's sums are converted.
    pub rescale: Rescale<'a>,
}

/// How a layer's sums are converted.
#[derive(Clone, Copy, Debug)]
pub enum Rescale<'a> {
    /// In a hidden layer: scaled to 16 bits, then activated.
    Hidden {
        /// Multipliers, each in 1..=32767. Shape: `[outputs]`.
        multipliers: &'a [i16],
        /// The exponent of the division by a power of two that follows, 1..=30.
        shift: u8,
        /// Fraction bits of the activations, 4..=14.
        fraction: u8,
    },
    /// In the last layer: multiplied as `f32`.
    Output {
        /// Standardised units per unit of the sums. Shape: `[outputs]`.
        scale: &'a [f32],
    },
}

/// The number of words of a network; `None` if it overflows or a size is zero.
pub fn packed_len(shape: Shape, activation: Activation) -> Option<usize> {
    shape.parameters()?;
    let size = |i: usize| {
        let (pairs, outputs) = layer(&shape, i)?;
        let scales =
            if i == shape.layers { outputs } else { outputs.div_ceil(2).checked_add(1)? };
        weight_words(pairs, outputs)?.checked_add(outputs)?.checked_add(scales)
    };
    let table = if activation == Activation::Relu { 0 } else { table::WORDS };
    // All layers between the first and the last have the same size.
    let between = if shape.layers > 1 { size(1)?.checked_mul(shape.layers - 1)? } else { 0 };
    table.checked_add(size(0)?)?.checked_add(between)?.checked_add(size(shape.layers)?)
}

/// Packs a network's layers in the order of the blob.
///
/// Shape: `packed` is `[packed_len]`.
///
/// # Errors
/// If the sizes are invalid, a slice has a length other than they require, or a number is outside the
/// range that its field states.
pub fn pack<'l>(
    shape: Shape,
    activation: Activation,
    layers: impl IntoIterator<Item = PlainLayer<'l>>,
    packed: &mut [u32],
) -> Result<(), PackError> {
    if packed_len(shape, activation).ok_or(PackError::Shape)? != packed.len() {
        return Err(PackError::Buffer);
    }
    let mut slots = packed.iter_mut();
    let mut write = |words: &mut dyn Iterator<Item = u32>| {
        for (word, slot) in words.zip(slots.by_ref()) {
            *slot = word;
        }
    };
    if let Some(table) = table::of(activation) {
        write(&mut halves(&table));
    }
    let mut layers = layers.into_iter();
    for i in 0..=shape.layers {
        let given = layers.next().ok_or(PackError::Parameters)?;
        let (inputs, outputs) = shape.layer(i).ok_or(PackError::Shape)?;
        let (pairs, _) = layer(&shape, i).ok_or(PackError::Shape)?;
        check(&given, inputs, outputs, i == shape.layers)?;
        if let Rescale::Hidden { shift, fraction, .. } = given.rescale {
            write(&mut core::iter::once(u32::from(shift) | u32::from(fraction) << 8));
        }
        write(&mut given.bias.iter().map(|bias| *bias as u32));
        match given.rescale {
            Rescale::Hidden { multipliers, .. } => {
                write(&mut halves(bytemuck::cast_slice(multipliers)));
            }
            Rescale::Output { scale } => write(&mut scale.iter().map(|scale| scale.to_bits())),
        }
        let weight = |place: usize, output: usize| {
            let input = if i == 0 { row(&shape, place) } else { Some(place) };
            let at = input.filter(|input| *input < inputs && output < outputs);
            let weight = at.and_then(|input| given.weights.get(input * outputs + output));
            u32::from(*weight.unwrap_or(&0) as u8)
        };
        for block in (0..outputs).step_by(BLOCK) {
            let columns = (block..outputs.min(block + BLOCK)).step_by(2);
            for pair in 0..pairs {
                write(&mut columns.clone().map(|output| {
                    weight(2 * pair, output)
                        | weight(2 * pair, output + 1) << 8
                        | weight(2 * pair + 1, output) << 16
                        | weight(2 * pair + 1, output + 1) << 24
                }));
            }
        }
    }
    Ok(())
}

/// Multiplies the network's output by `factor`, in the scales of its last layer and in the gains, with one
/// rounding per number.
///
/// # Errors
/// If a size is zero or overflows, or `packed` has a length other than the sizes require.
pub fn scale_output(
    shape: Shape,
    activation: Activation,
    packed: &mut [u32],
    factor: f64,
) -> Result<(), PackError> {
    let count = packed_len(shape, activation).ok_or(PackError::Shape)?;
    let (network, gains) = packed.split_at_mut_checked(count).ok_or(PackError::Buffer)?;
    if !gains.is_empty() && Some(gains.len()) != shape.gains() {
        return Err(PackError::Buffer);
    }
    let (pairs, outputs) = layer(&shape, shape.layers).ok_or(PackError::Shape)?;
    let integers = weight_words(pairs, outputs).ok_or(PackError::Shape)?;
    // The last layer's integers stay: they are at the end, and their scales are before them.
    let scales = network.iter_mut().rev().skip(integers).take(outputs);
    for word in scales.chain(gains) {
        *word = ((f64::from(f32::from_bits(*word)) * factor) as f32).to_bits();
    }
    Ok(())
}

/// Two numbers per word, padded with a zero if their number is odd.
fn halves(numbers: &[u16]) -> impl Iterator<Item = u32> {
    numbers.chunks(2).map(|two| match two {
        [low, high] => u32::from(*low) | u32::from(*high) << 16,
        [low] => u32::from(*low),
        _ => 0,
    })
}

/// The first layer's input at a position in packed order; `None` for a gap.
fn row(shape: &Shape, place: usize) -> Option<usize> {
    let (condition, x, _) = places(shape)?;
    if place >= x {
        Some(shape.times + shape.condition + (place - x))
    } else if place >= condition {
        Some(place - condition).filter(|row| *row < shape.condition).map(|row| shape.times + row)
    } else {
        Some(place).filter(|time| *time < shape.times)
    }
}

fn check(
    layer: &PlainLayer<'_>,
    inputs: usize,
    outputs: usize,
    last: bool,
) -> Result<(), PackError> {
    let scales = match layer.rescale {
        Rescale::Hidden { multipliers, shift, fraction } if !last => {
            let valid = (1..=30).contains(&shift)
                && (4..=14).contains(&fraction)
                && multipliers.iter().all(|multiplier| *multiplier > 0);
            if !valid {
                return Err(PackError::Range);
            }
            multipliers.len()
        }
        Rescale::Output { scale } if last => scale.len(),
        _ => return Err(PackError::Parameters),
    };
    if layer.weights.contains(&i8::MIN) {
        return Err(PackError::Range);
    }
    let lengths = [layer.bias.len(), scales] == [outputs; 2]
        && inputs.checked_mul(outputs) == Some(layer.weights.len());
    if lengths { Ok(()) } else { Err(PackError::Parameters) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_the_output_scales_the_last_layers_scales_alone() {
        let shape = Shape { dim: 3, times: 1, condition: 0, hidden: 5, layers: 1 };
        let weights: Vec<i8> = (0..20).collect();
        let packed = |activation, scale: [f32; 3]| {
            let hidden = Rescale::Hidden { multipliers: &[9000; 5], shift: 6, fraction: 11 };
            let layers = [
                PlainLayer { weights: &weights, bias: &[1000; 5], rescale: hidden },
                PlainLayer {
                    weights: &weights[..15],
                    bias: &[-7; 3],
                    rescale: Rescale::Output { scale: &scale },
                },
            ];
            let mut words = vec![0; packed_len(shape, activation).expect("a valid shape")];
            pack(shape, activation, layers, &mut words).expect("sizes agree");
            words
        };
        for activation in [Activation::Relu, Activation::Silu] {
            let mut words = packed(activation, [1.0, 0.25, -2.0]);
            scale_output(shape, activation, &mut words, 0.5).expect("sizes agree");
            assert_eq!(words, packed(activation, [0.5, 0.125, -1.0]));
            let short = scale_output(shape, activation, &mut words[1..], 0.5);
            assert_eq!(short, Err(PackError::Buffer));
        }
    }
}
