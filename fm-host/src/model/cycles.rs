//! An estimate, not a measurement, of an evaluation's cycles on a Cortex-M4F without flash wait states.
//!
//! The constants come from
//! `cargo xtask firmware-bench --target m4 --solver velocity --activation relu,silu,gelu,tanh` at
//! opt-level 3, and `cargo xtask test` compares them with new counts. The network there has 3 inputs,
//! 64-64-64 hidden and 2 outputs: 8,512 multiply-accumulates and 192 activations. At half the width,
//! each of these costs a tenth more than the constants.

use fm_nostd::Activation;
use fm_nostd::blob::Conditioning;
use fm_nostd::net::{Network, Shape, Weights};

/// Cycles per f32 multiply-accumulate, with its share of loops, biases and ReLU: 33,491 / 8,512.
const F32: f64 = 3.935;

/// Cycles per 8-bit multiply-accumulate: 21,430 / 8,512.
const Q8: f64 = 2.518;

/// Cycles of one evaluation under a condition, to about two digits; `further` multiply-accumulates are those that
/// [`Shape::macs`] lacks.
pub(super) fn m4f(network: &Network<'_>, conditioning: Conditioning, further: usize) -> u64 {
    let floats = matches!(network.weights(), Weights::F32(_));
    estimate(network.shape(), conditioning, further, network.activation(), floats)
}

fn estimate(
    shape: Shape,
    Conditioning { classes, vector }: Conditioning,
    further: usize,
    activation: Activation,
    floats: bool,
) -> u64 {
    // For a class, a single row is added.
    let rows = shape.times + classes.min(1) + vector;
    let accumulates = (rows * shape.hidden + shape.macs().unwrap_or_default() + further) as f64;
    let activations = (shape.layers * shape.hidden) as f64;
    let each = if floats { F32 } else { Q8 };
    (accumulates * each + activations * beyond_relu(activation, floats)) as u64
}

/// Cycles per activation beyond ReLU: the difference of the bench's rows / 192.
fn beyond_relu(activation: Activation, floats: bool) -> f64 {
    match (activation, floats) {
        (Activation::Relu, _) => 0.0,
        (Activation::Silu, true) => 65.4,
        (Activation::Gelu, true) => 74.5,
        (Activation::Tanh, true) => 55.0,
        // 8-bit networks look each activation up in a table.
        (Activation::Tanh, false) => 43.4,
        (Activation::Silu | Activation::Gelu, false) => 40.8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_network_costs_what_was_counted() {
        let shape = Shape { dim: 2, times: 1, condition: 0, hidden: 64, layers: 3 };
        let rows = [
            (Activation::Relu, true, 33_491),
            (Activation::Silu, true, 46_046),
            (Activation::Relu, false, 21_430),
            (Activation::Silu, false, 29_362),
        ];
        for (activation, floats, counted) in rows {
            let estimate = estimate(shape, Conditioning::NONE, 0, activation, floats);
            assert!(estimate.abs_diff(counted) < 100, "{activation:?}: {estimate} for {counted}");
        }
    }
}
