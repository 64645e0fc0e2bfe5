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

/// The layers of packed weights in order, as many as `packed` contains completely.
pub fn layers(shape: Shape, packed: &[f32]) -> impl Iterator<Item = Dense<'_>> {
    let mut rest = packed;
    (0..=shape.layers).map_while(move |i| Dense::take(&shape, i, &mut rest))
}

/// Multiplies the network's output by `gain`, in its last layer's biases and weights, with one rounding
/// per number.
///
/// # Errors
/// If a size is zero or overflows, or `packed` has a length other than the sizes require.
pub fn scale_output(shape: Shape, packed: &mut [f32], gain: f64) -> Result<(), PackError> {
    if shape.parameters().ok_or(PackError::Shape)? != packed.len() {
        return Err(PackError::Buffer);
    }
    // The last layer is at the end.
    for number in packed.iter_mut().rev().take((shape.hidden + 1) * shape.dim) {
        *number = (f64::from(*number) * gain) as f32;
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
}
