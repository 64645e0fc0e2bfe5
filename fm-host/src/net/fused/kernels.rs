//! The inner loops of training, compiled for each instruction set and chosen at run time. They need no
//! unsafe code: the blocks are arrays, which the compiler keeps in vector registers.
//!
//! All tables are row-major. A width called `width` is a multiple of [`LANES`]; columns beyond the true
//! width are zeros. Every output is a single sum in a fixed order, so the number of threads does not
//! change any bit. The instruction set does (FMA rounds once).

use fm_nostd::Activation;
use fm_nostd::activation::{gelu_argument, relu, sigmoid, tanh};
use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Widths that vectors run along are padded to a multiple of this: one AVX-512 register.
pub const LANES: usize = 16;

/// Columns per panel. Weights are packed so that the columns of one block are adjacent; otherwise they
/// would be a table row apart, in the same few sets of the cache.
pub const PANEL: usize = 32;

/// Rounds `width` up to whole registers.
pub fn padded(width: usize) -> usize {
    width.next_multiple_of(LANES)
}

/// The index of element `(k, j)` of a `[depth, width]` table that is packed in panels of [`PANEL`] columns:
/// panel after panel, each row-major; the last panel has the remaining columns.
pub fn packed_at(depth: usize, width: usize, k: usize, j: usize) -> usize {
    let first = j - j % PANEL;
    first * depth + k * PANEL.min(width - first) + j % PANEL
}

/// Whether products are added without intermediate rounding: AVX2 and AVX-512 have FMA, with the same bits;
/// SSE2 does not.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn fma() -> bool {
    target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64"))
}

/// `out = bias + a W`.
///
/// Shape: `a [rows, stride]`, of which the first `weights.len() / width` columns count;
/// `weights [depth, width]` in panels, `bias [width]`, `out [rows, width]`.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn affine(a: &[f32], stride: usize, weights: &[f32], bias: &[f32], out: &mut [f32]) {
    let set = Set {
        avx512: target_cfg_f!(target_feature = "avx512f"),
        fma: target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")),
    };
    let width = bias.len();
    let product = Product { a, row: stride, step: 1, b: weights, width, panel: PANEL };
    product.each(set, out, |out, sums, j| store_sum(out, sums, &bias[j..]));
}

/// `out *= a W`: one step of the chain rule, forward along a tangent or backward from a gradient, with the
/// activation's slopes in `out`.
///
/// Shape: as in [`affine`].
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn chain(a: &[f32], stride: usize, weights: &[f32], width: usize, out: &mut [f32]) {
    let set = Set {
        avx512: target_cfg_f!(target_feature = "avx512f"),
        fma: target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")),
    };
    let product = Product { a, row: stride, step: 1, b: weights, width, panel: PANEL };
    product.each(set, out, |out, sums, _| multiply(out, sums));
}

/// `out += a^T b`: the gradient of a layer's weights.
///
/// Shape: `a [rows, stride]`, of which the first `out.len() / width` columns count;
/// `b [rows, width]`, `out [inputs, width]`.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn outer(a: &[f32], stride: usize, b: &[f32], width: usize, out: &mut [f32]) {
    let set = Set {
        avx512: target_cfg_f!(target_feature = "avx512f"),
        fma: target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")),
    };
    let product = Product { a, row: 1, step: stride, b, width, panel: width };
    product.each(set, out, |out, sums, _| accumulate(out, sums));
}

/// `out += ` the sum of the rows of `table`: the gradient of a layer's bias.
///
/// Shape: `[rows, width]` to `[width]`.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn sum_rows(table: &[f32], out: &mut [f32]) {
    let width = out.len();
    for (j, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut sums = [0.0; LANES];
        for row in table.chunks_exact(width) {
            let row = &row[j * LANES..][..LANES];
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
        accumulate(out, &sums);
    }
}

/// `a += b`.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn add(a: &mut [f32], b: &[f32]) {
    accumulate(a, b);
}

/// Replaces every value `z` by its activation and writes the derivative at `z` to `slopes`.
///
/// The device's functions and slopes, without subnormal values, in one loop per instruction set.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn activate(activation: Activation, values: &mut [f32], slopes: &mut [f32]) {
    match activation {
        Activation::Relu => map(values, slopes, |z| (relu(z), if z > 0.0 { 1.0 } else { 0.0 })),
        Activation::Silu => map(values, slopes, |z| {
            let s = gate(z);
            let a = z * s;
            (a, s + a * (1.0 - s))
        }),
        Activation::Gelu => map(values, slopes, |z| {
            let s = gate(gelu_argument(z));
            let a = z * s;
            (a, s + a * (1.0 - s) * gelu_argument_slope(z))
        }),
        Activation::Tanh => map(values, slopes, |z| {
            let a = tanh(z);
            (a, 1.0 - a * a)
        }),
    }
}

/// The sigmoid, but 0 below `sigmoid(-24) = 4e-11`, which is negligible. Without this the gradients there
/// would become subnormal, which slows CPUs down (such activations took three times as long, measured).
#[inline(always)]
pub(super) fn gate(z: f32) -> f32 {
    const LOWEST: f32 = -24.0;
    let s = sigmoid(if z < LOWEST { LOWEST } else { z });
    if z < LOWEST { 0.0 } else { s }
}

/// The derivative of [`gelu_argument`].
#[inline(always)]
pub(super) fn gelu_argument_slope(z: f32) -> f32 {
    1.595_769 + 3.0 * 7.135_481_6e-2 * (z * z)
}

#[inline(always)]
fn map(values: &mut [f32], slopes: &mut [f32], f: impl Fn(f32) -> (f32, f32)) {
    for (value, slope) in values.iter_mut().zip(slopes) {
        (*value, *slope) = f(*value);
    }
}

/// The features of the instruction set that a function is compiled for: constants in each version.
#[derive(Clone, Copy)]
struct Set {
    avx512: bool,
    fma: bool,
}

/// A matrix product whose left factor can be read by rows (`step = 1`) or by columns (`row = 1`): element
/// `(r, k)` is `a[r * row + k * step]`.
#[derive(Clone, Copy)]
struct Product<'a> {
    a: &'a [f32],
    row: usize,
    step: usize,
    b: &'a [f32],
    width: usize,
    /// Columns per panel of `b`: [`PANEL`], or `width` if it is not packed.
    panel: usize,
}

impl Product<'_> {
    /// Computes the product in blocks that suit the instruction set, and passes each block's rows to
    /// `finish` with the part of `out` that they belong to and the column where it starts.
    #[inline(always)]
    fn each(self, set: Set, out: &mut [f32], finish: impl Fn(&mut [f32], &[f32], usize)) {
        // Enough sums to hide FMA's latency, few enough to stay in registers.
        if set.avx512 {
            self.rows::<true, 8, 32>(out, finish);
        } else if set.fma {
            self.rows::<true, 4, 16>(out, finish);
        } else {
            self.rows::<false, 4, 8>(out, finish);
        }
    }

    /// Computes [`Product::each`] in blocks of `R` rows and `N` columns.
    #[inline(always)]
    fn rows<const FMA: bool, const R: usize, const N: usize>(
        self,
        out: &mut [f32],
        finish: impl Fn(&mut [f32], &[f32], usize),
    ) {
        let rows = out.len() / self.width;
        let blocks = rows - rows % R;
        let (whole, rest) = out.split_at_mut(blocks * self.width);
        for (i, out) in whole.chunks_exact_mut(R * self.width).enumerate() {
            self.columns::<FMA, R, N>(i * R, out, &finish);
        }
        for (i, out) in rest.chunks_exact_mut(self.width).enumerate() {
            self.columns::<FMA, 1, N>(blocks + i, out, &finish);
        }
    }

    /// Computes all columns of `R` rows starting at row `first`: `N` at a time, then [`LANES`] at a time.
    #[inline(always)]
    fn columns<const FMA: bool, const R: usize, const N: usize>(
        self,
        first: usize,
        out: &mut [f32],
        finish: &impl Fn(&mut [f32], &[f32], usize),
    ) {
        let mut j = 0;
        while j + N <= self.width {
            let block = self.block::<FMA, R, N>(first, j);
            for (row, sums) in out.chunks_exact_mut(self.width).zip(&block) {
                finish(&mut row[j..j + N], sums, j);
            }
            j += N;
        }
        while j < self.width {
            let block = self.block::<FMA, R, LANES>(first, j);
            for (row, sums) in out.chunks_exact_mut(self.width).zip(&block) {
                finish(&mut row[j..j + LANES], sums, j);
            }
            j += LANES;
        }
    }

    /// Computes the block of `R` rows starting at `first` and `N` columns starting at `j`.
    #[inline(always)]
    fn block<const FMA: bool, const R: usize, const N: usize>(
        self,
        first: usize,
        j: usize,
    ) -> [[f32; N]; R] {
        let mut sums = [[0.0; N]; R];
        let depth = self.b.len() / self.width;
        let reach = depth.saturating_sub(1) * self.step + 1;
        // All slices have one length, so that one comparison checks an index into all of them. This is a
        // loop because the compiler unrolls it; `from_fn` stays a call, after which the lengths are
        // unknown.
        let mut rows = [[].as_slice(); R];
        for (r, row) in rows.iter_mut().enumerate() {
            *row = &self.a[(first + r) * self.row..][..reach];
        }
        let start = j - j % self.panel;
        let stride = self.panel.min(self.width - start);
        let panel = &self.b[start * depth + j % self.panel..];
        for k in 0..depth {
            let b = &panel[k * stride..][..N];
            // A copy, because the compiler would load it through the reference again for every row.
            let b: [f32; N] = std::array::from_fn(|i| b[i]);
            for (sums, row) in sums.iter_mut().zip(rows) {
                let a = row[k * self.step];
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = if FMA { a.mul_add(b, *sum) } else { *sum + a * b };
                }
            }
        }
        sums
    }
}

#[inline(always)]
fn store_sum(out: &mut [f32], sums: &[f32], bias: &[f32]) {
    for ((out, sum), bias) in out.iter_mut().zip(sums).zip(bias) {
        *out = sum + bias;
    }
}

#[inline(always)]
fn accumulate(out: &mut [f32], sums: &[f32]) {
    for (out, sum) in out.iter_mut().zip(sums) {
        *out += sum;
    }
}

#[inline(always)]
fn multiply(out: &mut [f32], sums: &[f32]) {
    for (out, sum) in out.iter_mut().zip(sums) {
        *out *= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the blocks of every instruction set, not only this machine's, with f64 sums.
    #[test]
    fn blocks_are_products() {
        // Rows, depth and width that are not multiples of the blocks.
        let (rows, depth, width) = (21, 7, 48);
        let wave = |len: usize, step: f32| -> Vec<f32> {
            (0..len).map(|i| (i as f32 * step).sin()).collect()
        };
        let (a, b) = (wave(rows * depth, 0.7), wave(depth * width, 0.3));
        let transposed: Vec<f32> =
            (0..depth * rows).map(|i| a[i % rows * depth + i / rows]).collect();
        let truth = |r: usize, j: usize| -> f64 {
            (0..depth).map(|k| f64::from(a[r * depth + k]) * f64::from(b[k * width + j])).sum()
        };
        let mut packed = vec![0.0; depth * width];
        for (i, &b) in b.iter().enumerate() {
            packed[packed_at(depth, width, i / width, i % width)] = b;
        }
        let by_rows = Product { a: &a, row: depth, step: 1, b: &b, width, panel: width };
        let by_columns = Product { a: &transposed, row: 1, step: rows, ..by_rows };
        let in_panels = Product { b: &packed, panel: PANEL, ..by_rows };
        for product in [by_rows, by_columns, in_panels] {
            for (avx512, fma) in [(true, true), (false, true), (false, false)] {
                let mut out = vec![f32::NAN; rows * width];
                product.each(Set { avx512, fma }, &mut out, |out, sums, j| {
                    out.copy_from_slice(sums);
                    assert_eq!(j % 8, 0);
                });
                for (i, &x) in out.iter().enumerate() {
                    // Seven products and sums of values up to 1: a few units in the last place.
                    assert!((f64::from(x) - truth(i / width, i % width)).abs() < 2e-6);
                }
            }
        }
    }

    #[test]
    fn activations_are_the_samplers_and_never_subnormal() {
        let points: Vec<f32> = (-2000..=2000).map(|i| i as f32 * 0.1).collect();
        for activation in Activation::ALL {
            let mut truth = points.clone();
            activation.apply(&mut truth);
            let (mut values, mut slopes) = (points.clone(), vec![0.0; points.len()]);
            activate(activation, &mut values, &mut slopes);
            for ((value, slope), truth) in values.iter().zip(&slopes).zip(&truth) {
                assert!(!value.is_subnormal() && !slope.is_subnormal());
                // One division less: a rounding or two, and 0 for what is negligible.
                assert!((value - truth).abs() <= 2e-7 * truth.abs() + 1e-9, "{activation:?}");
            }
        }
    }
}
