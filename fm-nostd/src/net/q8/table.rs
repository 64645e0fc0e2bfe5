//! Activations by table: their difference from ReLU, or from the sign, at 257 positions from 0 to 16.
//!
//! `silu z = max(z, 0) - g(|z|)` with `g(a) = a sigmoid(-a)`; GELU likewise, `g(a) = a - gelu a`;
//! `tanh z = sign(z) (1 - g(|z|))` with `g(a) = 1 - tanh a`. Each `g` falls to 0, so one table with
//! linear interpolation suffices: for SiLU the error is at most `1/16^2/8 max|g''| = 2.5e-4`.

use crate::activation::{Activation, gelu, silu, tanh};

/// `g` at 0, 1/16, .., 16, in units of 2^-15.
pub type Table = [u16; PLACES];

/// The numbers in a table.
pub const PLACES: usize = 257;

/// The words of a table in a blob.
pub(super) const WORDS: usize = PLACES.div_ceil(2);

/// Sixteenths take four bits.
const STEP: u32 = 4;

/// The table of an activation; `None` for ReLU, which does not use one.
pub fn of(activation: Activation) -> Option<Table> {
    let rest: fn(f32) -> f32 = match activation {
        Activation::Relu => return None,
        Activation::Silu => |a| a - silu(a),
        Activation::Gelu => |a| a - gelu(a),
        Activation::Tanh => |a| 1.0 - tanh(a),
    };
    // Adds a half to round, since the cast truncates. 1 itself, tanh's value at 0, is 2^15, which fits
    // a `u16`.
    Some(core::array::from_fn(|i| (rest(i as f32 / 16.0) * 32_768.0 + 0.5) as u16))
}

/// `g` at `size`; both `size` and the result have `fraction` (4..=14) fraction bits.
#[inline(always)]
pub(super) fn at(table: &Table, size: i32, fraction: u32) -> i32 {
    let finer = (fraction - STEP) & 15;
    let (place, rest) = (size as usize >> finer, size as u32 & ((1 << finer) - 1));
    let Some([left, right]) = table.get(place..).and_then(|table| table.first_chunk()) else {
        return 0;
    };
    let sum = u32::from(*left) * ((1 << finer) - rest) + u32::from(*right) * rest;
    // 15 bits of the table plus those of the weights, less those of the result: 11 for any `fraction`.
    ((sum + (1 << 10)) >> 11) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stated error of linear interpolation, plus one unit for each rounding: table and result.
    #[test]
    fn tables_are_close_to_their_functions() {
        for (activation, curvature) in
            [(Activation::Silu, 0.5), (Activation::Gelu, 0.8), (Activation::Tanh, 0.77)]
        {
            let table = of(activation).expect("not ReLU");
            for fraction in [4, 9, 11, 14] {
                let unit = (-(fraction as f32)).exp2();
                for size in (0..0x7fff).step_by(7) {
                    let a = size as f32 * unit;
                    let truth = match activation {
                        Activation::Silu => a - silu(a),
                        Activation::Gelu => a - gelu(a),
                        _ => 1.0 - tanh(a),
                    };
                    let found = at(&table, size, fraction) as f32 * unit;
                    let bound = curvature / 16.0f32.powi(2) / 8.0 + 0.5 * unit + 2e-5;
                    assert!((found - truth).abs() <= bound, "{activation:?} {fraction} {a}");
                }
            }
        }
    }
}
