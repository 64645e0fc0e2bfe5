//! Functions of f32 that the standard library leaves to the platform: fixed, the same bits everywhere.
//!
//! Coefficients are minimax fits and part of the numbers contract ([`crate::NUMBERS`]); the
//! exponential is [`crate::activation::exp`]. A host may inline them, so that its loops over many samples
//! vectorise; in a device's flash each is there once.

/// `a <= b`, false for a NaN. By their bits where floats are soft: once in flash, instead of the
/// platform's function for each kind of comparison, and faster.
#[inline(always)]
pub(crate) fn at_most(a: f32, b: f32) -> bool {
    if cfg!(any(target_abi = "eabihf", not(target_os = "none"))) {
        return a <= b;
    }
    at_most_by_bits(a, b)
}

#[inline(never)]
fn at_most_by_bits(a: f32, b: f32) -> bool {
    // Integers in the order of the numbers, in which both zeros are 0 and a NaN is outermost.
    let order = |x: f32| {
        let magnitude = x.abs().to_bits().cast_signed();
        if x.is_sign_negative() { -magnitude } else { magnitude }
    };
    let largest = f32::INFINITY.to_bits().cast_signed();
    -largest <= order(a) && order(a) <= order(b) && order(b) <= largest
}

/// `x as f32`. Where floats take the most flash, by the platform's function for unsigned numbers: the
/// one for signed numbers would be another.
#[cfg_attr(fm_thumb1, inline(never))]
#[cfg_attr(not(fm_thumb1), inline(always))]
fn float(x: i32) -> f32 {
    if cfg!(fm_thumb1) { float_by_magnitude(x) } else { x as f32 }
}

fn float_by_magnitude(x: i32) -> f32 {
    let magnitude = x.unsigned_abs() as f32;
    if x < 0 { -magnitude } else { magnitude }
}

/// `ln(x / 2^shift)` for a normal `x > 0`, within 2e-7 of its magnitude.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn ln_scaled(x: f32, shift: i32) -> f32 {
    // x = m 2^e with m in [sqrt(1/2), sqrt(2))
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let shifted = x.to_bits().wrapping_sub(SQRT_HALF);
    let exponent = (shifted as i32) >> 23;
    let m = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(SQRT_HALF));
    let f = m - 1.0;
    let mut p = -7.859_546e-2;
    p = p * f + 1.288_162_2e-1;
    p = p * f - 1.312_876_8e-1;
    p = p * f + 1.418_119_6e-1;
    p = p * f - 1.662_455_3e-1;
    p = p * f + 2.000_228_6e-1;
    p = p * f - 2.500_081e-1;
    p = p * f + 3.333_331_7e-1;
    let z = f * f;
    let ln_m = f - (0.5 * z - f * (z * p));
    ln_m + float(exponent.wrapping_sub(shift)) * core::f32::consts::LN_2
}

/// `sqrt(x)` within 2 ulp for `x >= 0`, by Newton's steps on its reciprocal: no division, and the
/// same bits where there is no square-root instruction.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn sqrt(x: f32) -> f32 {
    let half = 0.5 * x;
    let mut y = f32::from_bits(0x5f37_5a86u32.wrapping_sub(x.to_bits() >> 1));
    y *= 1.5 - half * y * y;
    y *= 1.5 - half * y * y;
    y *= 1.5 - half * y * y;
    x * y
}

/// Sine and cosine of `2 pi angle / 2^32`, within 2e-7.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn sine_cosine(angle: u32) -> (f32, f32) {
    // The two top bits, rounded, say the quadrant; the rest is an angle in [-pi/4, pi/4).
    let quadrant = angle.wrapping_add(1 << 29) >> 30;
    let rest = angle.wrapping_sub(quadrant << 30) as i32;
    let a = float(rest) * (core::f32::consts::TAU / 4_294_967_296.0);
    let z = a * a;
    let mut s = -1.951_729_8e-4;
    s = s * z + 8.332_178e-3;
    s = s * z - 1.666_665_5e-1;
    let sine = a + a * (z * s);
    let mut c = 2.443_845e-5;
    c = c * z - 1.388_736_7e-3;
    c = c * z + 4.166_664_7e-2;
    let cosine = 1.0 - (0.5 * z - z * (z * c));
    let (first, second) = if quadrant & 1 == 0 { (sine, cosine) } else { (cosine, sine) };
    // The sign of each is the upper bit of a quadrant, of the next one for the cosine.
    let signed = |x: f32, quadrant: u32| f32::from_bits(x.to_bits() ^ (quadrant / 2) << 31);
    (signed(first, quadrant), signed(second, quadrant + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_by_magnitude_is_the_platforms() {
        let edges = [0, 1, -1, 16_777_217, -16_777_217, i32::MAX, i32::MIN, i32::MIN + 1];
        let many = (0..1_000_000u32).map(|i| i.wrapping_mul(0x9E37_79B9).cast_signed());
        for x in edges.into_iter().chain(many) {
            assert_eq!(float_by_magnitude(x).to_bits(), (x as f32).to_bits(), "{x}");
        }
    }

    #[test]
    fn bits_compare_as_the_numbers_do() {
        let ends = [0.0, f32::MIN_POSITIVE, 1.0, 1.5, f32::MAX, f32::INFINITY, f32::NAN];
        let values = ends.into_iter().flat_map(|x| [x, -x]);
        for (a, b) in values.clone().flat_map(|a| values.clone().map(move |b| (a, b))) {
            assert_eq!(at_most_by_bits(a, b), a <= b, "{a} {b}");
        }
    }

    #[test]
    fn all_agree_with_libm() {
        let mut worst = [0.0f64; 5];
        for i in 0..2_000_000u32 {
            let bits = i.wrapping_mul(0x9E37_79B9) >> (i % 30);
            let truth = libm::log((f64::from(bits) + 0.5) / 4_294_967_296.0);
            let unit = ln_scaled(bits as f32 + 0.5, 32);
            worst[0] = worst[0].max((f64::from(unit) - truth).abs() / (1e-3 - truth));
            let (s, c) = sine_cosine(bits);
            let a = f64::from(bits) / 4_294_967_296.0 * core::f64::consts::TAU;
            worst[1] = worst[1].max((f64::from(s) - libm::sin(a)).abs());
            worst[2] = worst[2].max((f64::from(c) - libm::cos(a)).abs());
            let x = i as f32 * 1e-5;
            let root = libm::sqrt(f64::from(x));
            worst[3] = worst[3].max((f64::from(sqrt(x)) - root).abs() / root.max(1e-9));
            let x = (i as f32 + 1.0) * 3e-4;
            let truth = libm::log(f64::from(x));
            worst[4] =
                worst[4].max((f64::from(ln_scaled(x, 0)) - truth).abs() / truth.abs().max(1.0));
        }
        // ln of a word: the word itself is rounded to f32 (half an ulp), which the 1e-3 allows for.
        assert!(worst[0] < 2e-4, "ln of a word {}", worst[0]);
        assert!(worst[1] < 2e-7 && worst[2] < 2e-7, "sine {} cosine {}", worst[1], worst[2]);
        assert!(worst[3] < 2.4e-7, "sqrt {}", worst[3]);
        assert!(worst[4] < 2e-7, "ln {}", worst[4]);
    }
}
