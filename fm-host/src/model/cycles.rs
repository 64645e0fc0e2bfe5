//! What an evaluation costs a Cortex-M4F, without flash wait states: an estimate, no measurement.
//!
//! The constants come from `cargo xtask firmware-bench --target m4 --activation relu,silu,gelu,tanh`
//! at opt-level 3, and `cargo xtask test` compares them with what that counts. Its network of 3 inputs,
//! 64-64-64 hidden and 2 outputs has 8,512 multiply-accumulates and 192 activations.

use fm_nostd::Activation;
use fm_nostd::net::Shape;

/// A multiply-accumulate, with its share of loops, biases and ReLU: 59,028 cycles / 8,512.
const MULTIPLY_ACCUMULATE: f64 = 6.93;

/// What other activations cost beyond ReLU: the row's difference from ReLU's / 192.
const fn beyond_relu(activation: Activation) -> f64 {
    match activation {
        Activation::Relu => 0.0,
        Activation::Silu => 57.4,
        Activation::Gelu => 64.2,
        Activation::Tanh => 51.7,
    }
}

/// Cycles of one evaluation, to two digits or so. `vector` is how many numbers condition it.
pub(super) fn m4f(shape: Shape, vector: usize, activation: Activation) -> u64 {
    // Of classes, one row is added.
    let rows = shape.times + if vector > 0 { vector } else { shape.condition.min(1) };
    let accumulates = rows * shape.hidden + shape.macs().unwrap_or_default();
    let activations = (shape.layers * shape.hidden) as f64;
    (accumulates as f64 * MULTIPLY_ACCUMULATE + activations * beyond_relu(activation)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_network_costs_what_was_counted() {
        let shape = Shape { dim: 2, times: 1, condition: 0, hidden: 64, layers: 3 };
        for (activation, counted) in [(Activation::Relu, 59_028), (Activation::Silu, 70_041)] {
            let estimate = m4f(shape, 0, activation);
            assert!(estimate.abs_diff(counted) < 100, "{activation:?}: {estimate} for {counted}");
        }
    }
}
