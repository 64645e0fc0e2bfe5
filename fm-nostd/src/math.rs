//! Sine and cosine in f32 with the same bits on every target, and cheap comparisons for soft floats.
//!
//! libm's sine and cosine compute in f64, which takes 8 KB of soft-float code; its square root and
//! logarithm do not, and are used directly. Coefficients are minimax fits and part of the numbers
//! contract ([`crate::NUMBERS`]).

/// Whether arithmetic on floats calls functions of the platform because the core has no instructions
/// for it.
pub(crate) const SOFT_FLOATS: bool = cfg!(all(
    target_os = "none",
    not(target_abi = "eabihf"),
    any(target_arch = "arm", target_arch = "riscv32")
));

/// `a <= b`, false for a NaN. With soft floats it compares the bits: one function of 72 bytes, where the
/// platform's functions, one for each kind of comparison, would take 300.
#[inline]
pub(crate) fn at_most(a: f32, b: f32) -> bool {
    if SOFT_FLOATS { at_most_by_bits(a, b) } else { a <= b }
}

// Inlined, it would take as much as the platform's functions.
#[inline(never)]
fn at_most_by_bits(a: f32, b: f32) -> bool {
    // Integers in the order of the numbers: both zeros become 0 and a NaN is outermost.
    let order = |x: f32| {
        let magnitude = x.abs().to_bits().cast_signed();
        if x.is_sign_negative() { -magnitude } else { magnitude }
    };
    let largest = f32::INFINITY.to_bits().cast_signed();
    -largest <= order(a) && order(a) <= order(b) && order(b) <= largest
}

/// Whether a share or a time is in [0, 1).
pub(crate) fn below_one(x: f32) -> bool {
    at_most(0.0, x) && !at_most(1.0, x)
}

/// Sine and cosine of `2 pi angle / 2^32`, within 2e-7.
// Inlined on a host, so that its loops over many samples vectorise.
#[inline]
pub(crate) fn sine_cosine(angle: u32) -> (f32, f32) {
    // The two top bits, rounded, give the quadrant; the rest is an angle in [-pi/4, pi/4).
    let quadrant = angle.wrapping_add(1 << 29) >> 30;
    let rest = angle.wrapping_sub(quadrant << 30) as i32;
    let a = rest as f32 * (core::f32::consts::TAU / 4_294_967_296.0);
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
    // The sign of the sine is the upper bit of its quadrant, and that of the cosine of the next quadrant.
    let signed = |x: f32, quadrant: u32| if quadrant & 2 == 0 { x } else { -x };
    (signed(first, quadrant), signed(second, quadrant + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_compare_as_the_numbers_do() {
        let ends = [0.0, f32::MIN_POSITIVE, 1.0, 1.5, f32::MAX, f32::INFINITY, f32::NAN];
        let values = ends.into_iter().flat_map(|x| [x, -x]);
        for (a, b) in values.clone().flat_map(|a| values.clone().map(move |b| (a, b))) {
            assert_eq!(at_most_by_bits(a, b), a <= b, "{a} {b}");
        }
    }

    #[test]
    fn sine_and_cosine_agree_with_libm() {
        let mut worst = [0.0f64; 2];
        for i in 0..2_000_000u32 {
            let bits = i.wrapping_mul(0x9E37_79B9) >> (i % 30);
            let (s, c) = sine_cosine(bits);
            let a = f64::from(bits) / 4_294_967_296.0 * core::f64::consts::TAU;
            worst[0] = worst[0].max((f64::from(s) - libm::sin(a)).abs());
            worst[1] = worst[1].max((f64::from(c) - libm::cos(a)).abs());
        }
        assert!(worst[0] < 2e-7 && worst[1] < 2e-7, "sine {} cosine {}", worst[0], worst[1]);
    }
}
