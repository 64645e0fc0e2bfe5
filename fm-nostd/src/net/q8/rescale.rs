//! Conversion of sums to the next layer's inputs: scaled, saturated, activated.

use super::table::{self, Table};
use crate::activation::Activation;

/// How a hidden layer converts its sums.
#[derive(Clone, Copy)]
pub(super) struct Hidden<'a> {
    pub multipliers: &'a [i16],
    pub shift: u32,
    pub fraction: u32,
}

impl<'a> Hidden<'a> {
    /// Reads a layer's first word; `None` for shifts without a meaning.
    pub(super) fn new(word: u32, multipliers: &'a [i16]) -> Option<Self> {
        let (shift, fraction) = (word & 0xff, word >> 8);
        let valid = (1..=30).contains(&shift) && (4..=14).contains(&fraction);
        valid.then_some(Self { multipliers, shift, fraction })
    }

    /// Writes `activation(rescaled sums)`.
    ///
    /// Shape: `sums` and `out` are `[outputs]`.
    // Inlined, its loop runs out of registers: 5 % of a sample's cycles on a Cortex-M4 at opt-level s.
    #[inline(never)]
    pub(super) fn apply(
        &self,
        activation: Activation,
        table: &Table,
        sums: &[i32],
        out: &mut [i16],
    ) {
        match activation {
            Activation::Relu => self.map(sums, out, |z| if z < 0 { 0 } else { z }),
            Activation::Silu | Activation::Gelu => self.map(sums, out, |z| {
                let positive = if z < 0 { 0 } else { z };
                positive - table::at(table, z.abs(), self.fraction)
            }),
            Activation::Tanh => self.map(sums, out, |z| {
                let size = (1 << (self.fraction & 15)) - table::at(table, z.abs(), self.fraction);
                if z < 0 { -size } else { size }
            }),
        }
    }

    #[inline(always)]
    fn map(&self, sums: &[i32], out: &mut [i16], activation: impl Fn(i32) -> i32) {
        let half = 1 << ((self.shift - 1) & 31);
        for ((out, sum), multiplier) in out.iter_mut().zip(sums).zip(self.multipliers) {
            let scaled = scale(*sum, *multiplier).wrapping_add(half) >> (self.shift & 31);
            // A table may contain any numbers, so the result is cut to 16 bits.
            *out = activation(scaled.clamp(-0x7fff, 0x7fff)) as i16;
        }
    }
}

/// `sum multiplier / 2^16`, rounded towards minus infinity.
#[inline(always)]
fn scale(sum: i32, multiplier: i16) -> i32 {
    if cfg!(fm_dsp) {
        // One instruction, SMULWB.
        return ((i64::from(sum) * i64::from(multiplier)) >> 16) as i32;
    }
    // A Cortex-M0 has no 64-bit product, so this uses none.
    let low = ((sum & 0xffff) * i32::from(multiplier)) >> 16;
    ((sum >> 16) * i32::from(multiplier)).wrapping_add(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_is_the_64_bit_product() {
        let sums = [0, 1, -1, 0xffff, 0x1_0000, -0x1_0000, 123_456_789, i32::MAX, i32::MIN];
        for sum in sums {
            for multiplier in [0, 1, 2, 777, 16_384, i16::MAX, i16::MIN, -1] {
                let wide = (i64::from(sum) * i64::from(multiplier)) >> 16;
                assert_eq!(i64::from(scale(sum, multiplier)), wide, "{sum} {multiplier}");
            }
        }
    }
}
