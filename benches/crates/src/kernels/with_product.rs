//! The kernels of `fm-host` written with a crate's matrix product. Nothing is padded and weights are
//! stored row by row, because the crates pack for themselves.

use std::cell::RefCell;

use multiversion::multiversion;

use super::product;
pub use crate::kernels::ours::kernels::{activate, add};

/// All columns are in one panel.
pub const PANEL: usize = usize::MAX;

thread_local! {
    static PRODUCT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Returns `width` without padding.
pub fn padded(width: usize) -> usize {
    width
}

/// The index of element `(k, j)` in a `[depth, width]` table.
pub fn packed_at(_depth: usize, width: usize, k: usize, j: usize) -> usize {
    k * width + j
}

/// `out = bias + a W`.
pub fn affine(a: &[f32], stride: usize, weights: &[f32], bias: &[f32], out: &mut [f32]) {
    let width = bias.len();
    let shape = [out.len() / width, weights.len() / width, width];
    out.chunks_exact_mut(width).for_each(|row| row.copy_from_slice(bias));
    product(shape, a, [stride, 1], weights, out, true, 1);
}

/// `out *= a W`.
pub fn chain(a: &[f32], stride: usize, weights: &[f32], width: usize, out: &mut [f32]) {
    let shape = [out.len() / width, weights.len() / width, width];
    PRODUCT.with_borrow_mut(|sums| {
        sums.resize(sums.len().max(out.len()), 0.0);
        let sums = &mut sums[..out.len()];
        product(shape, a, [stride, 1], weights, sums, false, 1);
        multiply(out, sums);
    });
}

/// `out += a^T b`.
pub fn outer(a: &[f32], stride: usize, b: &[f32], width: usize, out: &mut [f32]) {
    product([out.len() / width, b.len() / width, width], a, [1, stride], b, out, true, 1);
}

/// `out += ` the sum of the rows of `table`.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
pub fn sum_rows(table: &[f32], out: &mut [f32]) {
    for row in table.chunks_exact(out.len()) {
        out.iter_mut().zip(row).for_each(|(out, x)| *out += x);
    }
}

#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn multiply(out: &mut [f32], sums: &[f32]) {
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out *= sum);
}
