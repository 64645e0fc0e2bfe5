//! Kernels whose matrix products are those of the crate `gemm`.
#![allow(unsafe_code)]

#[path = "../../../../fm-host/src/net/fused/descent.rs"]
mod descent;
#[path = "../../../../fm-host/src/net/fused/gain.rs"]
#[allow(dead_code, reason = "likelihoods need more of it")]
mod gain;
#[path = "with_product.rs"]
mod kernels;
#[path = "../../../../fm-host/src/net/fused/packed.rs"]
mod packed;
#[path = "../../../../fm-host/src/net/fused/pool.rs"]
mod pool;
#[path = "sweep.rs"]
pub mod sweep;
#[path = "../../../../fm-host/src/net/fused/tile.rs"]
mod tile;

/// `out = a b`, or `out += a b` with `add`.
///
/// Shape: `[rows, depth, width]` are those of `a [rows, depth]`, whose element `(r, k)` is
/// `a[r * steps[0] + k * steps[1]]`, of `b [depth, width]` and of `out [rows, width]`.
pub fn product(
    [rows, depth, width]: [usize; 3],
    a: &[f32],
    steps: [usize; 2],
    b: &[f32],
    out: &mut [f32],
    add: bool,
    threads: usize,
) {
    if rows * depth * width == 0 {
        return;
    }
    assert!((rows - 1) * steps[0] + (depth - 1) * steps[1] < a.len());
    assert!(depth * width <= b.len() && rows * width <= out.len());
    let parallelism = match threads {
        1 => gemm::Parallelism::None,
        _ => gemm::Parallelism::Rayon(threads),
    };
    let (row, step, width_step) = (steps[0] as isize, steps[1] as isize, width as isize);
    let (a, b, out) = (a.as_ptr(), b.as_ptr(), out.as_mut_ptr());
    // SAFETY: all elements are within the slices, by the assertions above.
    unsafe {
        gemm::gemm(
            rows,
            width,
            depth,
            out,
            1,
            width_step,
            add,
            a,
            step,
            row,
            b,
            1,
            width_step,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}
