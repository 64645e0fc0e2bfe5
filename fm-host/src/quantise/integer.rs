//! The integer layers in plain arithmetic: computes what `fm_nostd::net::q8` does, one layer at a time.

use fm_nostd::Activation;
use fm_nostd::net::q8::{self, INPUT_FRACTION};
use nalgebra::DMatrix;
use rayon::prelude::*;

/// One layer of 8-bit weights: an owned [`q8::PlainLayer`].
#[derive(Clone, Debug, PartialEq)]
pub struct QuantisedLayer {
    /// Input-major, each in -127..=127. Shape: `[inputs][outputs]`.
    pub weights: Vec<i8>,
    /// In units of the products. Shape: `[outputs]`.
    pub bias: Vec<i32>,
    /// How the layer's sums are rescaled.
    pub rescale: QuantisedRescale,
}

/// How a layer's sums are rescaled: an owned [`q8::Rescale`].
#[derive(Clone, Debug, PartialEq)]
pub enum QuantisedRescale {
    /// For a hidden layer: scaled to 16 bits, then activated.
    Hidden {
        /// Each in 1..=32767. Shape: `[outputs]`.
        multipliers: Vec<i16>,
        /// The power of two of the division that follows, 1..=30.
        shift: u8,
        /// Fraction bits of the activations, 4..=14.
        fraction: u8,
    },
    /// For the last layer: multiplied as `f32`.
    Output {
        /// Standardised units per unit of the sums. Shape: `[outputs]`.
        scale: Vec<f32>,
    },
}

impl QuantisedLayer {
    /// The layer in the form that `fm-nostd` packs.
    pub fn view(&self) -> q8::PlainLayer<'_> {
        let rescale = match &self.rescale {
            QuantisedRescale::Hidden { multipliers, shift, fraction } => {
                q8::Rescale::Hidden { multipliers, shift: *shift, fraction: *fraction }
            }
            QuantisedRescale::Output { scale } => q8::Rescale::Output { scale },
        };
        q8::PlainLayer { weights: &self.weights, bias: &self.bias, rescale }
    }

    /// Computes a hidden layer's outputs for a batch.
    ///
    /// Shape: `inputs` is `[n, inputs]`; the result is `[n, outputs]`.
    ///
    /// # Panics
    /// If it is the last layer.
    pub(super) fn through(&self, inputs: &DMatrix<i16>, table: &Table) -> DMatrix<i16> {
        let QuantisedRescale::Hidden { multipliers, shift, fraction } = &self.rescale else {
            panic!("the last layer has no activation")
        };
        let z = |(sum, &multiplier): (i32, &i16)| {
            let scaled = ((i64::from(sum) * i64::from(multiplier)) >> 16) as i32;
            scaled.wrapping_add(1 << (shift - 1)) >> shift
        };
        let h = |z: i32| table.activated(z.clamp(-0x7fff, 0x7fff), *fraction);
        self.each(inputs, |sums| sums.into_iter().zip(multipliers).map(z).map(h).collect())
    }

    /// Computes the last layer's outputs for a batch.
    ///
    /// Shape: `inputs` is `[n, inputs]`; the result is `[n, outputs]`.
    ///
    /// # Panics
    /// If it is a hidden layer.
    fn finish(&self, inputs: &DMatrix<i16>) -> DMatrix<f64> {
        let QuantisedRescale::Output { scale } = &self.rescale else {
            panic!("a hidden layer's outputs are integers")
        };
        let real = |(sum, scale): (i32, &f32)| f64::from(sum as f32 * scale);
        self.each(inputs, |sums| sums.into_iter().zip(scale).map(real).collect())
    }

    /// Applies `finish` to the sums of each row.
    fn each<T: nalgebra::Scalar + Send>(
        &self,
        inputs: &DMatrix<i16>,
        finish: impl Fn(Vec<i32>) -> Vec<T> + Sync,
    ) -> DMatrix<T> {
        // nalgebra stores columns contiguously.
        let rows = inputs.transpose();
        let rows = rows.as_slice().par_chunks(inputs.ncols());
        let out: Vec<T> = rows.flat_map_iter(|row| finish(self.sums(row))).collect();
        DMatrix::from_row_iterator(inputs.nrows(), self.bias.len(), out)
    }

    /// `bias + sum w q`, wrapping.
    fn sums(&self, inputs: &[i16]) -> Vec<i32> {
        let mut sums = self.bias.clone();
        for (&q, weights) in inputs.iter().zip(self.weights.chunks_exact(self.bias.len())) {
            for (sum, &w) in sums.iter_mut().zip(weights) {
                *sum = sum.wrapping_add(i32::from(w) * i32::from(q));
            }
        }
        sums
    }
}

/// Computes the outputs of a whole network for a batch.
///
/// Shape: `inputs` is `[n, inputs]`; the result is `[n, outputs]`.
pub(super) fn output(
    layers: &[QuantisedLayer],
    activation: Activation,
    inputs: &DMatrix<f64>,
) -> DMatrix<f64> {
    let (table, mut values) = (Table::new(activation), begin(inputs));
    let (last, hidden) = layers.split_last().expect("a network has a last layer");
    for layer in hidden {
        values = layer.through(&values, &table);
    }
    last.finish(&values)
}

/// Converts the first layer's inputs to integers.
pub(super) fn begin(inputs: &DMatrix<f64>) -> DMatrix<i16> {
    inputs.map(|x| fixed(x as f32))
}

/// Converts one input: rounded to nearest with halves away from 0, saturated; 0 for a NaN.
fn fixed(value: f32) -> i16 {
    let scaled = value * (1 << INPUT_FRACTION) as f32;
    (scaled + 0.5f32.copysign(scaled)) as i16
}

/// An activation on integers; ReLU needs no table.
pub(super) struct Table {
    activation: Activation,
    rest: Option<q8::table::Table>,
}

impl Table {
    pub fn new(activation: Activation) -> Self {
        Self { activation, rest: q8::table::of(activation) }
    }

    /// Computes the activation of a pre-activation that fits in 15 bits.
    fn activated(&self, z: i32, fraction: u8) -> i16 {
        let rest = self.rest.as_ref().map_or(0, |table| interpolated(table, z.abs(), fraction));
        let activated = match self.activation {
            Activation::Tanh => z.signum() * ((1 << fraction) - rest),
            Activation::Relu | Activation::Silu | Activation::Gelu => z.max(0) - rest,
        };
        activated as i16
    }
}

fn interpolated(table: &q8::table::Table, size: i32, fraction: u8) -> i32 {
    let step = 1 << (fraction - 4);
    let (place, share) = ((size / step) as usize, size % step);
    match table.get(place..place + 2) {
        Some(&[left, right]) => {
            (i32::from(left) * (step - share) + i32::from(right) * share + (1 << 10)) >> 11
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_round_away_from_zero_and_saturate() {
        let half = 0.5 / 2048.0;
        assert_eq!([0.0, half, -half, 1.0].map(fixed), [0, 1, -1, 2048]);
        let beyond = [16.0, -16.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        assert_eq!(beyond.map(fixed), [i16::MAX, i16::MIN, i16::MAX, i16::MIN, 0]);
    }
}
