//! A training step's loss and gradient as `fm-host` computes them, with its own kernels and with a
//! crate's products of matrices in their place.
//!
//! Each module compiles the files of `fm-host/src/net/fused` once more, so that nothing but the
//! kernels differs. Theirs have all columns in one panel, which makes some of a minimum's sides idle.
#![allow(clippy::duplicate_mod, clippy::unnecessary_min_or_max)]

pub mod by_gemm;
pub mod by_matrixmultiply;
pub mod ours;
pub mod whole;
