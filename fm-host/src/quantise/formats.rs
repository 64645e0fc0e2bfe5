//! Chooses the positions of binary points: the scales of weights and the fraction bits of activations.
//!
//! Sums count in units of (unit of the input) x (scale of the channel). A channel's multiplier converts
//! them to the activations' unit. The multiplier is rounded first and the scale computed from it, so
//! rounding the multiplier causes no error.

use fm_nostd::Activation;
use nalgebra::{DMatrix, DVectorView};

use super::integer::QuantisedRescale;
use super::network::Affine;

/// The largest magnitude of a weight.
pub const LARGEST: f64 = 127.0;

/// Pre-activations have room for this factor above the largest value seen: the calibration's thousands of
/// inputs do not contain the rarest ones.
const ROOM: f64 = 2.0;

/// Beyond this distance from 0, an activation that approaches a constant is constant: its table ends at 16,
/// just beyond what 15 bits can represent with 11 fraction bits.
const END: f64 = 15.9;

/// Sums stay below this for all inputs: half of the true limit, because rounding may move every weight away
/// from 0.
const SUMS: f64 = (1u64 << 30) as f64;

/// The value of the lowest bit with `fraction` fraction bits.
pub fn unit(fraction: u8) -> f64 {
    f64::from(fraction).exp2().recip()
}

/// Returns the range of a layer's pre-activations that must be resolved, given those that were seen.
pub fn reach(activation: Activation, seen: &DMatrix<f64>) -> f64 {
    let (below, above) = (ROOM * -seen.min(), ROOM * seen.max());
    match activation {
        Activation::Relu => above.max(0.0),
        Activation::Silu | Activation::Gelu => above.max(below.min(END)),
        Activation::Tanh => above.max(below).min(END),
    }
}

/// Returns a hidden layer's scales and the rescaling of its sums.
///
/// `unit` is the unit of the layer's inputs, `reach` the result of [`reach`]. Shape: the scales are
/// `[outputs]`.
pub fn hidden(unit: f64, layer: &Affine, reach: f64) -> (Vec<f64>, QuantisedRescale) {
    let needed = scales(unit, layer);
    let greatest = needed.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let most = f64::from(i16::MAX);
    // scale = multiplier / factor, from `z / 2^fraction = sum unit scale`.
    let factor = |fraction: f64, shift: f64| unit * (fraction + 16.0 + shift).exp2();
    // Bits beyond those of the sums contain no information, and no multiplier exists for them.
    let finest = (most / (greatest * factor(0.0, 1.0))).log2();
    let fraction = (most / reach).log2().min(finest).floor().clamp(4.0, 14.0);
    let shift = (most / (greatest * factor(fraction, 0.0))).log2().floor().clamp(1.0, 30.0);
    let factor = factor(fraction, shift);
    // Rounded up, so that the largest weight fits.
    let multiplier = |scale: f64| (scale * factor).ceil().clamp(1.0, most);
    let multipliers: Vec<f64> = needed.into_iter().map(multiplier).collect();
    let scales = multipliers.iter().map(|multiplier| multiplier / factor).collect();
    let multipliers = multipliers.into_iter().map(|multiplier| multiplier as i16).collect();
    (scales, QuantisedRescale::Hidden { multipliers, shift: shift as u8, fraction: fraction as u8 })
}

/// Returns the last layer's scales and the rescaling of its sums; `unit` is the unit of its inputs.
///
/// Shape: the scales are `[outputs]`.
pub fn output(unit: f64, layer: &Affine) -> (Vec<f64>, QuantisedRescale) {
    let scale: Vec<f32> =
        scales(unit, layer).into_iter().map(|scale| (unit * scale) as f32).collect();
    let scales = scale.iter().map(|&scale| f64::from(scale) / unit).collect();
    (scales, QuantisedRescale::Output { scale })
}

/// Returns each channel's smallest scale at which its weights fit in 8 bits and its sums in 31.
fn scales(unit: f64, layer: &Affine) -> Vec<f64> {
    let reach = unit * f64::from(i16::MAX);
    let scale = |(weights, bias): (DVectorView<'_, f64>, &f64)| {
        let sum = reach * weights.lp_norm(1) + bias.abs();
        (weights.amax() / LARGEST).max(sum / (unit * SUMS)).max(f64::from(f32::MIN_POSITIVE) / unit)
    };
    layer.weights.column_iter().zip(&layer.bias).map(scale).collect()
}

#[cfg(test)]
mod tests {
    use nalgebra::RowDVector;

    use super::*;

    fn layer(weights: [[f64; 3]; 2], bias: [f64; 3]) -> Affine {
        let weights = DMatrix::from_fn(2, 3, |i, o| weights[i][o]);
        Affine { weights, bias: RowDVector::from_row_slice(&bias) }
    }

    fn parts(rescale: &QuantisedRescale) -> (&[i16], u8, u8) {
        match rescale {
            QuantisedRescale::Hidden { multipliers, shift, fraction } => {
                (multipliers, *shift, *fraction)
            }
            QuantisedRescale::Output { .. } => panic!("a hidden layer"),
        }
    }

    #[test]
    fn a_hidden_layers_numbers_mean_the_same_in_both_formats() {
        let layer = layer([[1.0, 0.02, -3.0], [-0.5, 0.01, 0.25]], [0.5, 0.0, -1.0]);
        let (scales, rescale) = hidden(unit(12), &layer, 10.0);
        let (multipliers, shift, fraction) = parts(&rescale);
        // 10 is below 16 and there are 15 bits: 11 fraction bits.
        assert_eq!(fraction, 11);
        // The largest multiplier uses all of its 15 bits.
        assert!(multipliers.iter().any(|&multiplier| multiplier >= 1 << 14));
        for (o, (scale, &multiplier)) in scales.iter().zip(multipliers).enumerate() {
            assert!(layer.weights.column(o).amax() / scale <= 127.0);
            // Converts one sum with the multiplier and with the units.
            let z = 1e6 * f64::from(multiplier) / 2f64.powi(16 + i32::from(shift));
            let meant = 1e6 * unit(12) * scale / unit(fraction);
            assert!((z / meant - 1.0).abs() < 1e-12, "channel {o}");
        }
        // 8 bits are used except for the multiplier's rounding, which is 1 of 100 for the small channel.
        assert!(layer.weights.column(2).amax() / scales[2] > 126.0);
        assert!(layer.weights.column(1).amax() / scales[1] > 125.0);
    }

    #[test]
    fn activations_are_no_finer_than_sums() {
        let layer = layer([[4.0, 1.0, 0.5]; 2], [0.0; 3]);
        // With 8 fraction bits in the inputs, sums have units of 2^-8 * 4 / 127 = 2^-12.99. A reach of
        // 10 alone would allow 11 bits, 1.99 less, and the least shift with the largest multiplier takes
        // 2.
        for (bits, expected) in [(8, 10), (7, 9), (10, 11)] {
            let (scales, rescale) = hidden(unit(bits), &layer, 10.0);
            assert_eq!(parts(&rescale).2, expected, "{bits}");
            assert!(4.0 / scales[0] <= 127.0, "{bits}");
        }
    }

    #[test]
    fn what_an_activation_makes_constant_takes_no_bits() {
        let seen = DMatrix::from_row_slice(1, 3, &[-300.0, 3.0, 0.5]);
        assert_eq!(reach(Activation::Relu, &seen), 6.0);
        assert_eq!(reach(Activation::Silu, &seen), 15.9);
        assert_eq!(reach(Activation::Tanh, &-&seen), 15.9);
        assert_eq!(reach(Activation::Gelu, &-&seen), 600.0);
        assert_eq!(reach(Activation::Relu, &DMatrix::from_element(1, 1, -2.0)), 0.0);
    }

    #[test]
    fn extremes_stay_in_the_formats_ranges() {
        let layers = [
            (layer([[0.0; 3]; 2], [0.0; 3]), 0.0),
            (layer([[1e-30, 0.0, 1e9]; 2], [1e9, -1e-9, 0.0]), 1e12),
            (layer([[1e3; 3]; 2], [0.0; 3]), 1e-9),
        ];
        for (layer, largest) in layers {
            let (scales, rescale) = hidden(unit(14), &layer, largest);
            let (multipliers, shift, fraction) = parts(&rescale);
            assert!((1..=30).contains(&shift) && (4..=14).contains(&fraction));
            assert!(multipliers.iter().all(|&multiplier| multiplier > 0));
            assert!(scales.iter().all(|scale| *scale > 0.0 && scale.is_finite()));
            let (scales, _) = output(unit(14), &layer);
            assert!(scales.iter().all(|scale| *scale > 0.0 && scale.is_finite()));
        }
    }

    #[test]
    fn sums_of_a_very_wide_layer_fit() {
        let wide = Affine {
            weights: DMatrix::from_element(4096, 1, 0.5),
            bias: RowDVector::from_element(1, 100.0),
        };
        let (scales, _) = output(unit(10), &wide);
        // Weights of 127 and inputs of 32767, 4096 times, would add up to 1.7e10.
        let sum = (0.5 * 4096.0 * 32767.0 + 100.0 / unit(10)) / scales[0];
        assert!(sum <= f64::from(i32::MAX) / 1.9, "{sum}");
    }
}
