//! The layers of 8-bit weights, read back from the words of a blob.

use fm_nostd::Activation;
use fm_nostd::net::Shape;

/// One layer in integers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layer {
    pub bias: Vec<i32>,
    /// Empty in the last layer.
    pub multipliers: Vec<u16>,
    pub shift: u8,
    pub fraction: u8,
    /// Empty in the hidden layers.
    pub scale: Vec<f32>,
    /// Input-major. Shape: `[inputs][outputs]`.
    pub weights: Vec<i8>,
}

/// A network in integers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Integers {
    /// The activation's table; empty for ReLU.
    pub table: Vec<u16>,
    pub layers: Vec<Layer>,
    /// The layer of gains in its packed order, or nothing.
    pub gains: Vec<f32>,
}

impl Integers {
    /// Reads the words of a checked model, in the order of [`fm_nostd::net::q8`].
    pub fn of(shape: Shape, activation: Activation, words: &[u32]) -> Self {
        let mut words = words.iter().copied();
        let mut take = |count: usize| words.by_ref().take(count).collect::<Vec<u32>>();
        let halves = |words: &[u32], count: usize| -> Vec<u16> {
            words.iter().flat_map(|word| [*word as u16, (*word >> 16) as u16]).take(count).collect()
        };
        let mut network = Self::default();
        if activation != Activation::Relu {
            let places = fm_nostd::net::q8::table::PLACES;
            network.table = halves(&take(places.div_ceil(2)), places);
        }
        for i in 0..=shape.layers {
            let (inputs, outputs) = shape.layer(i).unwrap_or_default();
            let mut layer = Layer::default();
            if i < shape.layers {
                let shifts = take(1).first().copied().unwrap_or_default();
                (layer.shift, layer.fraction) = (shifts as u8, (shifts >> 8) as u8);
            }
            layer.bias = take(outputs).into_iter().map(|word| word as i32).collect();
            match i < shape.layers {
                true => layer.multipliers = halves(&take(outputs.div_ceil(2)), outputs),
                false => layer.scale = take(outputs).into_iter().map(f32::from_bits).collect(),
            }
            let place = |input: usize| if i == 0 { place(shape, input) } else { input };
            let pairs = place(inputs.saturating_sub(1)) / 2 + 1;
            let packed = take(pairs * outputs.div_ceil(2));
            let weights =
                (0..inputs).flat_map(|input| (0..outputs).map(move |output| (input, output)));
            let weight = |(input, output)| weight(&packed, pairs, outputs, place(input), output);
            layer.weights = weights.map(weight).collect();
            network.layers.push(layer);
        }
        network.gains = words.map(f32::from_bits).collect();
        network
    }
}

/// The place of an input of the first layer: times, condition and `x` each start at an even place.
fn place(shape: Shape, input: usize) -> usize {
    let condition = shape.times.next_multiple_of(2);
    let x = (condition + shape.condition).next_multiple_of(2);
    match input.checked_sub(shape.times) {
        None => input,
        Some(row) if row < shape.condition => condition + row,
        Some(row) => x + row - shape.condition,
    }
}

/// A weight in blocks of four outputs, whose words contain two inputs by two outputs.
fn weight(packed: &[u32], pairs: usize, outputs: usize, place: usize, output: usize) -> i8 {
    let block = output / 4 * 4;
    let columns = (outputs - block).min(4).div_ceil(2);
    let word = block / 2 * pairs + place / 2 * columns + (output - block) / 2;
    let byte = place % 2 * 2 + output % 2;
    (packed.get(word).copied().unwrap_or_default() >> (8 * byte)) as i8
}
