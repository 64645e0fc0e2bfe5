//! Conversion from plain rows to blocks, which an exporter does once, and back.

use super::{BLOCK, Dense};
use crate::net::{PackError, Shape};

/// Packs parameters in the order of the blob.
///
/// Shape: `parameters` contains, for each layer, the weights input-major (`[inputs][outputs]`), then the
/// biases (`[outputs]`); `packed` has the same length and receives for each layer the biases, then the
/// weights in blocks of [`BLOCK`] outputs.
///
/// # Errors
/// If a size is zero or overflows, or a slice has a length other than the sizes require.
pub fn pack(shape: Shape, parameters: &[f32], packed: &mut [f32]) -> Result<(), PackError> {
    let count = shape.parameters().ok_or(PackError::Shape)?;
    if parameters.len() != count {
        return Err(PackError::Parameters);
    }
    if packed.len() != count {
        return Err(PackError::Buffer);
    }
    let (mut rest, mut slots) = (parameters, packed);
    for (inputs, outputs) in (0..).map_while(|i| shape.layer(i)) {
        let count = (inputs + 1) * outputs;
        let (layer, after) = rest.split_at_checked(count).ok_or(PackError::Shape)?;
        let (slot, empty) = slots.split_at_mut_checked(count).ok_or(PackError::Shape)?;
        pack_layer(outputs, layer, slot);
        (rest, slots) = (after, empty);
    }
    Ok(())
}

/// Packs gains, which follow all other weights of either kind: for 8-bit weights as the bits of the numbers.
///
/// Shape: `gains` contains what each input before `x` adds to the gains (`[times + condition][dim]`), then the
/// gains where they are all 0 (`[dim]`); `packed` has the same length, and the order of a packed layer.
///
/// # Errors
/// If a size overflows, or a slice has a length other than the sizes require.
pub fn pack_gains(shape: Shape, gains: &[f32], packed: &mut [f32]) -> Result<(), PackError> {
    let count = shape.gains().ok_or(PackError::Shape)?;
    if gains.len() != count {
        return Err(PackError::Parameters);
    }
    if packed.len() != count {
        return Err(PackError::Buffer);
    }
    pack_layer(shape.dim, gains, packed);
    Ok(())
}

/// Packs one layer. Shape: both have the same length.
fn pack_layer(outputs: usize, layer: &[f32], packed: &mut [f32]) {
    let (weights, bias) = layer.split_at(layer.len() - outputs);
    let blocks = (0..outputs).step_by(BLOCK).flat_map(|start| {
        let columns = start..outputs.min(start + BLOCK);
        weights.chunks(outputs).flat_map(move |row| row.get(columns.clone()).unwrap_or(&[]))
    });
    for (value, slot) in bias.iter().chain(blocks).zip(packed) {
        *slot = *value;
    }
}

/// The layers of packed weights in order, as many as `packed` contains completely.
pub fn layers(shape: Shape, packed: &[f32]) -> impl Iterator<Item = Dense<'_>> {
    let mut rest = packed;
    (0..=shape.layers).map_while(move |i| Dense::take(&shape, i, &mut rest))
}

/// The layer of gains behind packed weights, or `None`.
pub fn gains(shape: Shape, packed: &[f32]) -> Option<Dense<'_>> {
    let rest = packed.get(shape.parameters()?..)?;
    Dense::split(rest, shape.times + shape.condition, shape.dim).map(|(layer, _)| layer)
}

/// Multiplies the network's output by `factor`, in its last layer's biases and weights and in the gains, with
/// one rounding per number.
///
/// # Errors
/// If a size is zero or overflows, or `packed` has a length other than the sizes require.
pub fn scale_output(shape: Shape, packed: &mut [f32], factor: f64) -> Result<(), PackError> {
    let count = shape.parameters().ok_or(PackError::Shape)?;
    let gains = packed.len().checked_sub(count).ok_or(PackError::Buffer)?;
    if gains != 0 && Some(gains) != shape.gains() {
        return Err(PackError::Buffer);
    }
    // The last layer is at the end, before the gains.
    for number in packed.iter_mut().rev().take((shape.hidden + 1) * shape.dim + gains) {
        *number = (f64::from(*number) * factor) as f32;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only whole blocks, whole blocks and a narrow one, and a narrow block alone.
    const SHAPES: [Shape; 3] = [
        Shape { dim: 2, times: 1, condition: 0, hidden: 16, layers: 3 },
        Shape { dim: 9, times: 2, condition: 3, hidden: 13, layers: 2 },
        Shape { dim: 1, times: 1, condition: 2, hidden: 5, layers: 1 },
    ];

    /// Parameters that are all different, and their packed order.
    fn packed(shape: Shape) -> (Vec<f32>, Vec<f32>) {
        let count = shape.parameters().expect("a valid shape");
        let parameters: Vec<f32> = (1..=count).map(|i| i as f32).collect();
        let mut packed = vec![0.0; count];
        pack(shape, &parameters, &mut packed).expect("sizes agree");
        (parameters, packed)
    }

    /// A layer in plain order: the weights input-major, then the biases.
    fn plain(layer: Dense<'_>) -> Vec<f32> {
        let outputs = layer.bias().len();
        let places = (0..layer.inputs()).flat_map(|i| (0..outputs).map(move |o| (i, o)));
        let weights = places.map(|(i, o)| layer.weight(i, o).expect("it is there"));
        weights.chain(layer.bias().iter().copied()).collect()
    }

    #[test]
    fn layers_give_back_what_was_packed() {
        for shape in SHAPES {
            let (parameters, packed) = packed(shape);
            let layers: Vec<_> = layers(shape, &packed).collect();
            assert_eq!(layers.len(), shape.layers + 1);
            assert_eq!(
                layers.iter().flat_map(|layer| plain(*layer)).collect::<Vec<_>>(),
                parameters
            );
            for layer in layers {
                assert_eq!(layer.weight(layer.inputs(), 0), None);
                assert_eq!(layer.weight(0, layer.bias().len()), None);
            }
        }
    }

    #[test]
    fn scaling_the_output_scales_the_last_layer_alone() {
        for shape in SHAPES {
            let (_, before) = packed(shape);
            let mut after = before.clone();
            scale_output(shape, &mut after, 0.5).expect("sizes agree");
            for (i, (before, after)) in
                layers(shape, &before).zip(layers(shape, &after)).enumerate()
            {
                let gain = if i == shape.layers { 0.5 } else { 1.0 };
                let scaled: Vec<f32> = plain(before).iter().map(|number| gain * number).collect();
                assert_eq!(plain(after), scaled, "layer {i}");
            }
            assert_eq!(scale_output(shape, &mut after[1..], 0.5), Err(PackError::Buffer));
        }
    }

    #[test]
    fn gains_are_one_more_layer_which_is_scaled_too() {
        for shape in SHAPES {
            let (_, mut weights) = packed(shape);
            assert!(gains(shape, &weights).is_none());
            let count = shape.gains().expect("a valid shape");
            let given: Vec<f32> = (1..=count).map(|i| 0.5 - i as f32).collect();
            let mut tail = vec![0.0; count];
            pack_gains(shape, &given, &mut tail).expect("sizes agree");
            assert_eq!(pack_gains(shape, &given[1..], &mut tail), Err(PackError::Parameters));
            assert_eq!(pack_gains(shape, &given, &mut tail[1..]), Err(PackError::Buffer));
            weights.extend(tail);
            assert_eq!(plain(gains(shape, &weights).expect("gains")), given);
            scale_output(shape, &mut weights, 0.5).expect("sizes agree");
            let scaled: Vec<f32> = given.iter().map(|gain| 0.5 * gain).collect();
            assert_eq!(plain(gains(shape, &weights).expect("gains")), scaled);
            weights.push(0.0);
            assert_eq!(scale_output(shape, &mut weights, 0.5), Err(PackError::Buffer));
        }
    }
}
