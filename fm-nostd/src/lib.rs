//! Samples flow-matching models on microcontrollers: no std, no alloc, no panic, no copy of weights.
//!
//! A model comes as a `.fm` blob that [`fm-host`](https://crates.io/crates/fm-host) wrote. It is
//! checked once and used where it lies, in flash. The same seed gives the same bits on every target.
//!
//! ```no_run
//! use fm_nostd::{Condition, Draw, Model, OneStep};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let flash: &[u8] = &[];
//! // let flash = fm_nostd::include_model!("digits.fm");
//! let model = Model::new(flash)?; // every byte is checked here, once
//! let mut digits = OneStep::<64, 0, 128>::new(&model)?; // and the sizes here
//! digits.set_condition(Condition::Class(7))?;
//! let pixels: [f32; 64] = digits.sample(Draw { seed: 1, sample: 0 });
//! # Ok(())
//! # }
//! ```
//!
//! # The layers, from bytes to samples
//!
//! - [`blob`]: the file format; [`Model`] is its checked view, [`blob::emit`] its writer.
//! - [`net`]: the MLP on slices with sizes from the blob; [`activation`]: its polynomials.
//! - [`field`]: [`Velocity`] and [`AverageVelocity`]; [`Field`] is a model as one, asked for a
//!   [`Condition`]; [`Guided`] adds classifier-free guidance.
//! - [`path`]: what lies between noise and data; [`prediction`]: what a network's output means;
//!   [`solver`]: one step of Euler, midpoint, Heun or RK4, of Euler and Maruyama's SDE, or a jump of any
//!   length ([`MeanFlow`]); [`grid`]: which steps;
//!   [`Jump`]: the one jump from noise to data.
//! - [`divergence`] and [`likelihood`]: how likely a point is, exactly or by Hutchinson's estimate.
//! - [`noise`]: normal numbers by counter; [`Sampler`]: from noise to the data's units.
//! - [`fixed`]: [`Mlp`] and [`OneStep`], the same with sizes in the type.
//! - [`docs`]: a guide to the device, and the format of model files.
//!
//! # Numbers
//!
//! IEEE `f32`, one rounding an operation, round to nearest, no flush to zero: sums run in one order
//! (bias, then `[t, h, condition, x]`), nothing is fused, and no function of the platform is called.
//! C callers must leave the FPU in that mode. A sample that is finite has the same bits on every target,
//! also where sums overflowed on the way. One that is not finite is so everywhere, or lies at an end of
//! the clamp; which NaN it is may differ. Nothing hangs or panics. A condition vector that is not finite
//! is refused: [`ConditionError::NotFinite`].
//!
//! # Features
//!
//! - `defmt`: `defmt::Format` for every error and for the small public values.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

#[cfg(not(target_endian = "little"))]
compile_error!("weights are read where they lie, as little-endian numbers");

#[cfg(not(any(feature = "f32", feature = "q8")))]
compile_error!("no kind of weights is built in: enable `f32`, `q8` or both");

pub mod activation;
pub mod blob;
mod condition;
mod crc;
pub mod divergence;
pub mod docs;
mod error;
mod evaluation;
pub mod field;
pub mod fixed;
pub mod grid;
mod guided;
mod jump;
pub mod likelihood;
mod math;
pub mod net;
pub mod noise;
pub mod path;
pub mod prediction;
mod sampler;
pub mod solver;

pub use activation::Activation;
pub use blob::{BlobError, Model};
pub use condition::{Condition, Conditional};
pub use divergence::{Differentiable, Divergence, TangentField};
pub use error::{ConditionError, FieldError};
pub use field::{AverageField, AverageVelocity, Field, Velocity};
pub use fixed::{Mlp, OneStep};
pub use guided::Guided;
pub use jump::Jump;
pub use likelihood::LogDensity;
pub use noise::Draw;
pub use path::Path;
pub use prediction::Prediction;
pub use sampler::Sampler;
pub use solver::MeanFlow;

/// Revision of the numbers contract: the order of sums and every function. Blobs carry it.
pub const NUMBERS: u8 = 2;
