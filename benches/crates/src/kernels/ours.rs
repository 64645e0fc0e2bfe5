//! The kernels of `fm-host`, unchanged.

#[path = "../../../../fm-host/src/net/fused/descent.rs"]
mod descent;
#[path = "../../../../fm-host/src/net/fused/gain.rs"]
#[allow(dead_code, reason = "likelihoods need more of it")]
mod gain;
#[path = "../../../../fm-host/src/net/fused/kernels.rs"]
pub mod kernels;
#[path = "../../../../fm-host/src/net/fused/packed.rs"]
mod packed;
#[path = "../../../../fm-host/src/net/fused/pool.rs"]
mod pool;
#[path = "sweep.rs"]
pub mod sweep;
#[path = "../../../../fm-host/src/net/fused/tile.rs"]
mod tile;
