//! A training step's loss and gradient as `fm-host` computes them, with its own kernels and with kernels
//! that use a crate's matrix products.
//!
//! Each module compiles the files of `fm-host/src/net/fused` again, so that only the kernels differ. The
//! crates' kernels have all columns in one panel, which leaves some of a minimum's sides idle.
#![allow(clippy::duplicate_mod, clippy::unnecessary_min_or_max)]

pub mod by_gemm;
pub mod by_matrixmultiply;
pub mod ours;
pub mod whole;
