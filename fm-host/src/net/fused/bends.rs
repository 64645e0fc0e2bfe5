//! The elementwise loops of derivatives along directions and of their backward pass, which needs the
//! activations' second derivatives. As in [`super::kernels`], they are compiled for each instruction set.

use fm_nostd::Activation;
use fm_nostd::activation::{gelu_argument, tanh};
use multiversion::multiversion;

use super::kernels::{gate, gelu_argument_slope};

/// Replaces every value `z` by its activation, and writes the first derivative at `z` to `slopes` and the
/// second to `bends`.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn activate_twice(
    activation: Activation,
    values: &mut [f32],
    slopes: &mut [f32],
    bends: &mut [f32],
) {
    match activation {
        Activation::Relu => {
            map(values, slopes, bends, |z| if z > 0.0 { (z, 1.0, 0.0) } else { (0.0, 0.0, 0.0) })
        }
        Activation::Silu => map(values, slopes, bends, |z| {
            let s = gate(z);
            let (a, rest) = (z * s, 1.0 - s);
            (a, s + a * rest, s * rest * (2.0 + z * (rest - s)))
        }),
        Activation::Gelu => map(values, slopes, bends, |z| {
            let s = gate(gelu_argument(z));
            let (a, rest, g) = (z * s, 1.0 - s, gelu_argument_slope(z));
            let bend = 2.0 * g + z * (gelu_argument_bend(z) + g * g * (rest - s));
            (a, s + a * rest * g, s * rest * bend)
        }),
        Activation::Tanh => map(values, slopes, bends, |z| {
            let a = tanh(z);
            let slope = 1.0 - a * a;
            (a, slope, -2.0 * a * slope)
        }),
    }
}

/// The second derivative of [`gelu_argument`].
#[inline(always)]
fn gelu_argument_bend(z: f32) -> f32 {
    6.0 * 7.135_481_6e-2 * z
}

#[inline(always)]
fn map(
    values: &mut [f32],
    slopes: &mut [f32],
    bends: &mut [f32],
    f: impl Fn(f32) -> (f32, f32, f32),
) {
    for ((value, slope), bend) in values.iter_mut().zip(slopes).zip(bends) {
        (*value, *slope, *bend) = f(*value);
    }
}

/// `out = slopes * tangents`, for the tangents along each direction.
///
/// Shape: `slopes [n]`, `tangents [directions, n]`, `out` as `tangents`.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn along(slopes: &[f32], tangents: &[f32], out: &mut [f32]) {
    let each = tangents.chunks_exact(slopes.len()).zip(out.chunks_exact_mut(slopes.len()));
    for (tangents, out) in each {
        for ((out, slope), tangent) in out.iter_mut().zip(slopes).zip(tangents) {
            *out = slope * tangent;
        }
    }
}

/// Takes the gradient back through an activation: from values and tangents after it to those before it.
///
/// `dz = slopes * da + bends * (sum over the directions of tangents * dt)`, and `slopes * dt` for each
/// direction.
///
/// Shape: `slopes` and `bends` are `[n]`, `tangents`, those before the activation, `[directions, n]`;
/// `gradient [1 + directions, n]` has `da` first.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn back(slopes: &[f32], bends: &[f32], tangents: &[f32], gradient: &mut [f32]) {
    let n = slopes.len();
    let (values, along) = gradient.split_at_mut(n);
    for (value, slope) in values.iter_mut().zip(slopes) {
        *value *= slope;
    }
    for (tangents, along) in tangents.chunks_exact(n).zip(along.chunks_exact_mut(n)) {
        let derivatives = slopes.iter().zip(bends);
        let each = values.iter_mut().zip(along).zip(tangents).zip(derivatives);
        for (((value, dt), tangent), (slope, bend)) in each {
            *value += bend * (tangent * *dt);
            *dt *= slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernels::activate;
    use super::*;

    #[test]
    fn second_derivatives_are_those_of_the_first() {
        let points: Vec<f32> = (-1200..=1200).map(|i| i as f32 * 0.01).collect();
        for activation in Activation::ALL {
            let empty = || vec![0.0; points.len()];
            let (mut values, mut slopes, mut bends) = (points.clone(), empty(), empty());
            activate_twice(activation, &mut values, &mut slopes, &mut bends);
            let (mut once, mut first) = (points.clone(), empty());
            activate(activation, &mut once, &mut first);
            assert_eq!((&values, &slopes), (&once, &first), "{activation:?}");
            const STEP: f32 = 0.01;
            let slope_at = |shift: f32| {
                let mut moved: Vec<f32> = points.iter().map(|z| z + shift).collect();
                let mut slopes = empty();
                activate(activation, &mut moved, &mut slopes);
                slopes
            };
            let (above, below) = (slope_at(STEP), slope_at(-STEP));
            for (i, bend) in bends.iter().enumerate() {
                // A ReLU's derivative jumps at 0.
                if activation == Activation::Relu && points[i].abs() < 2.0 * STEP {
                    continue;
                }
                let difference = (above[i] - below[i]) / (2.0 * STEP);
                // The third derivative's change over a step, and a few roundings over 2 steps.
                assert!((bend - difference).abs() < 3e-4, "{activation:?} at {}", points[i]);
            }
        }
    }
}
