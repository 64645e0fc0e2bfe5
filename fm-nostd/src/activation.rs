//! The activations, as fixed f32 polynomials: the same bits on every target.
//!
//! The platforms' own `exp` and `tanh` differ from each other in the last bit, so they are not used, and
//! libm's are slower: SiLU takes 27 % of the cycles of an evaluation of a 64-64-64 network on a
//! Cortex-M4F, and with libm's `expf` the evaluation would take 21 % more cycles, with its `tanhf` 43 %
//! more (`cargo xtask firmware-bench --solver velocity`). Every function consists of IEEE additions,
//! multiplications, at most one division, comparisons and moves of bits; loops over them vectorise.
//! Coefficients are minimax fits (weighted for relative error) and are part of the numbers contract
//! ([`crate::NUMBERS`]).

use serde::{Deserialize, Serialize};

use crate::math::at_most;

/// The activation after every hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Activation {
    /// `max(x, 0)`
    Relu = 0,
    /// `x / (1 + exp(-x))`
    Silu = 1,
    /// The tanh form, `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`
    Gelu = 2,
    /// `tanh x`
    Tanh = 3,
}

impl Activation {
    /// Every activation, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Relu, Self::Silu, Self::Gelu, Self::Tanh];

    /// Its name in programs: `relu`, `silu`, `gelu` or `tanh`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::Tanh => "tanh",
        }
    }

    /// The activation with this [name](Self::name), `None` for any other text.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activation| activation.name() == name)
    }

    /// The activation with this code in a blob, `None` for an unknown code.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Relu),
            1 => Some(Self::Silu),
            2 => Some(Self::Gelu),
            3 => Some(Self::Tanh),
            _ => None,
        }
    }

    /// Replaces every value by its activation.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::Relu => map(values, relu),
            Self::Silu => map(values, silu),
            Self::Gelu => map(values, gelu),
            Self::Tanh => map(values, tanh),
        }
    }

    /// Replaces every value by its activation, and writes the derivative of each to `slopes`.
    ///
    /// Shape: `values` and `slopes` have the same length.
    pub fn apply_with_slopes(self, values: &mut [f32], slopes: &mut [f32]) {
        match self {
            Self::Relu => map_with(values, slopes, relu, relu_slope),
            Self::Silu => map_with(values, slopes, silu, silu_slope),
            Self::Gelu => map_with(values, slopes, gelu, gelu_slope),
            Self::Tanh => map_with(values, slopes, tanh, tanh_slope),
        }
    }
}

#[inline(always)]
fn map_with(
    values: &mut [f32],
    slopes: &mut [f32],
    f: impl Fn(f32) -> f32,
    slope: impl Fn(f32) -> f32,
) {
    for (value, slot) in values.iter_mut().zip(slopes) {
        (*slot, *value) = (slope(*value), f(*value));
    }
}

#[inline(always)]
fn map(values: &mut [f32], f: impl Fn(f32) -> f32) {
    for value in values {
        *value = f(*value);
        // Keeps the compiler from unrolling the loop four times, which takes 1.8 KB of flash for 3 % of
        // time.
        if cfg!(target_os = "none") {
            core::hint::black_box(());
        }
    }
}

/// `exp(x)`, within 1.5 ulp for `x` in [-87, 88]; outside that range, the value at its nearer end.
// If it were always inlined, a device's flash would contain it three times, which is 0.35 KB.
#[cfg_attr(not(target_os = "none"), inline)]
pub fn exp(x: f32) -> f32 {
    // A NaN stays NaN.
    let x = if at_most(88.0, x) { 88.0 } else { x };
    let x = if at_most(x, -87.0) { -87.0 } else { x };
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * core::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts: the first has zeros at its end, so n times it is exact.
    let r = x - n * 0.693_359_4;
    let r = r - n * -2.121_944_4e-4;
    let mut p = 1.381_459_6e-3;
    p = p * r + 8.368_717e-3;
    p = p * r + 4.166_839e-2;
    p = p * r + 1.666_652_1e-1;
    p = p * r + 4.999_999_3e-1;
    let e = (p * (r * r) + r) + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    e * f32::from_bits(exponent.wrapping_add(127) << 23)
}

/// `1 / (1 + exp(-x))`
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `max(x, 0)`, computed on the bits, which is also cheap with soft floats: -0.0 becomes 0.0, and so does
/// a NaN of either sign (processors differ in the sign of the NaNs that they produce).
#[inline(always)]
pub fn relu(x: f32) -> f32 {
    // Ordered by their bits, positive numbers up to infinity come first.
    let bits = x.to_bits();
    f32::from_bits(if bits <= f32::INFINITY.to_bits() { bits } else { 0 })
}

/// The derivative of [`relu`], 0 at 0.
#[inline(always)]
pub fn relu_slope(x: f32) -> f32 {
    if x > 0.0 { 1.0 } else { 0.0 }
}

/// `x sigmoid(x)`, within 3 ulp, or within 1e-35 of zero where `x < -87`.
#[inline(always)]
pub fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// The derivative of [`silu`], `s + x s (1 - s)` with `s = sigmoid(x)`.
#[inline(always)]
pub fn silu_slope(x: f32) -> f32 {
    let s = sigmoid(x);
    s + (x * s) * (1.0 - s)
}

/// The inner product of the tanh form, doubled: `gelu(x) = x sigmoid(gelu_argument(x))`.
#[inline(always)]
pub fn gelu_argument(x: f32) -> f32 {
    // 2 sqrt(2/pi) and that times 0.044715
    x * (1.595_769 + 7.135_481_6e-2 * (x * x))
}

/// GELU in its tanh form (Hendrycks and Gimpel, 2016, arXiv:1606.08415), written with one exponential.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    x / (1.0 + exp(-gelu_argument(x)))
}

/// The derivative of [`gelu`], `s + x g' s (1 - s)` with `g` its argument and `s = sigmoid(g)`.
#[inline(always)]
pub fn gelu_slope(x: f32) -> f32 {
    let s = sigmoid(gelu_argument(x));
    // 2 sqrt(2/pi) and that times 3 * 0.044715
    let g = 1.595_769 + 2.140_644_5e-1 * (x * x);
    s + (x * g) * (s * (1.0 - s))
}

/// `tanh(x)`, within 2 ulp.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    if magnitude < 0.625 {
        let z = x * x;
        let mut p = -5.704_978_4e-3;
        p = p * z + 2.063_907_8e-2;
        p = p * z - 5.373_971e-2;
        p = p * z + 1.333_144_2e-1;
        p = p * z - 3.333_328e-1;
        return x + x * (z * p);
    }
    (1.0 - 2.0 / (exp(2.0 * magnitude) + 1.0)).copysign(x)
}

/// The derivative of [`tanh`], `1 - tanh(x)^2`.
#[inline(always)]
pub fn tanh_slope(x: f32) -> f32 {
    let y = tanh(x);
    1.0 - y * y
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units in the last place between `got` and the f64 `truth`.
    fn ulps(got: f32, truth: f64) -> f64 {
        let rounded = truth as f32;
        let unit = f64::from(f32::from_bits(rounded.to_bits() + 1)) - f64::from(rounded);
        ((f64::from(got) - truth) / unit).abs()
    }

    fn worst(range: (f32, f32), f: fn(f32) -> f32, truth: fn(f64) -> f64) -> f64 {
        (0..1_000_000)
            .map(|i| range.0 + (range.1 - range.0) * (i as f32 + 0.5) / 1e6)
            .map(|x| ulps(f(x), truth(f64::from(x))))
            .fold(0.0, f64::max)
    }

    #[test]
    fn errors_are_what_the_docs_say() {
        assert!(worst((-87.0, 88.0), exp, libm::exp) < 1.5);
        assert!(worst((-80.0, 80.0), silu, |x| x / (1.0 + libm::exp(-x))) < 3.0);
        assert!(worst((-20.0, 20.0), tanh, libm::tanh) < 2.0);
        let truth = |x: f64| x / (1.0 + libm::exp(-1.595769121605731 * (x + 0.044715 * x * x * x)));
        assert!(worst((-1.0, 10.0), gelu, truth) < 3.0);
        // The argument's rounding error is magnified by exp: absolute, not relative, far left.
        for i in 0..100_000 {
            let x = -10.0 * i as f32 / 1e5;
            assert!((f64::from(gelu(x)) - truth(f64::from(x))).abs() < 1e-6, "gelu({x})");
        }
    }

    #[test]
    fn names_and_codes_are_read_back() {
        for (code, activation) in (0..).zip(Activation::ALL) {
            assert_eq!(activation as u8, code);
            assert_eq!(Activation::from_code(code), Some(activation));
            assert_eq!(Activation::from_name(activation.name()), Some(activation));
        }
        assert_eq!((Activation::from_code(4), Activation::from_name("Relu")), (None, None));
    }

    #[test]
    fn slopes_are_the_derivatives() {
        let inner = |x: f64| 1.595769121605731 * (x + 0.044715 * x * x * x);
        let silu64 = |x: f64| x / (1.0 + libm::exp(-x));
        let gelu64 = |x: f64| x / (1.0 + libm::exp(-inner(x)));
        type Pair<'f> = (fn(f32) -> f32, &'f dyn Fn(f64) -> f64);
        let pairs: [Pair<'_>; 3] =
            [(silu_slope, &silu64), (gelu_slope, &gelu64), (tanh_slope, &libm::tanh)];
        for i in 0..100_000 {
            let x = -10.0 + 20.0 * i as f32 / 1e5;
            for (n, (slope, f)) in pairs.iter().enumerate() {
                let x64 = f64::from(x);
                // Central differences in f64: 1e-8 of the formula's own and of rounding.
                let truth = (f(x64 + 1e-5) - f(x64 - 1e-5)) / 2e-5;
                // A few roundings of numbers near 1, magnified by gelu's steep argument.
                assert!((f64::from(slope(x)) - truth).abs() < 2e-6, "{n} at {x}");
            }
        }
        assert_eq!([-1.0, 0.0, 2.0].map(relu_slope), [0.0, 0.0, 1.0]);
        for activation in Activation::ALL {
            let (mut plain, mut values, mut slopes) = ([-0.3f32, 1.7], [-0.3f32, 1.7], [0.0; 2]);
            activation.apply(&mut plain);
            activation.apply_with_slopes(&mut values, &mut slopes);
            assert_eq!(plain, values);
        }
    }

    #[test]
    fn ends_and_non_finite_values_are_defined() {
        assert_eq!(relu(-0.0).to_bits(), 0.0f32.to_bits());
        assert_eq!((tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)), (1.0, -1.0));
        assert_eq!(exp(f32::INFINITY), exp(88.0));
        assert_eq!(silu(f32::INFINITY), f32::INFINITY);
        assert!(silu(-100.0).abs() < 1e-35);
        assert_eq!((relu(f32::INFINITY), relu(f32::NEG_INFINITY)), (f32::INFINITY, 0.0));
        // Processors differ in the sign of a NaN that results from infinities.
        for nan in [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xff80_0001].map(f32::from_bits) {
            assert_eq!(relu(nan).to_bits(), 0.0f32.to_bits());
            for f in [exp, silu, gelu, tanh, sigmoid] {
                assert!(f(nan).is_nan());
            }
        }
    }
}
