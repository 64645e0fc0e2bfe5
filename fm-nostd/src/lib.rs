//! Samples flow-matching models on microcontrollers, without std, alloc, panics or copies of weights.
//!
//! A model is a `.fm` blob written by [`fm-host`](https://crates.io/crates/fm-host). It is checked
//! once and used in place, in flash. The same seed produces the same bits on every target.
//!
//! ```no_run
//! use fm_nostd::{Condition, Draw, Model, OneStep};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let flash: &[u8] = &[];
//! // let flash = fm_nostd::include_model!("digits.fm");
//! let model = Model::new(flash)?; // checks every byte, once
//! let mut digits = OneStep::<64, 0, 128>::new(&model)?; // checks the sizes, once
//! digits.set_condition(Condition::Class(7))?;
//! let pixels: [f32; 64] = digits.sample(Draw { seed: 1, sample: 0 });
//! # Ok(())
//! # }
//! ```
//!
//! # The layers, from bytes to samples
//!
//! - [`blob`]: the file format; [`Model`] is its checked view, [`blob::emit`] its writer.
//! - [`net`]: the MLP on slices, with sizes from the blob; [`activation`]: its activation functions.
//! - [`field`]: [`Velocity`] and [`AverageVelocity`]; [`Field`] is a model with a [`Condition`] as a
//!   velocity; [`Guided`] adds classifier-free guidance.
//! - [`path`]: the path between noise and data; [`prediction`]: the meaning of a network's output;
//!   [`solver`]: one step of Euler, midpoint, Heun, RK4 or Euler–Maruyama, or a jump of any length
//!   ([`MeanFlow`]); [`grid`]: the times of the steps; [`Jump`]: the single jump from noise to data.
//! - [`divergence`] and [`likelihood`]: the log density of a point, exact or by Hutchinson's estimate.
//! - [`score`]: how strange a row is, by one evaluation, with a share per column ([`AnomalyScore`]).
//! - [`KnownParts`]: samples of which a part is known, drawn by [`KnownSampler`] or [`Jump`].
//! - [`noise`]: normal numbers from a counter; [`Sampler`]: from noise to a sample in the data's units.
//! - [`fixed`]: [`Mlp`] and [`OneStep`], the same with sizes as part of the type.
//! - [`docs`]: a guide to the device, and the format of model files.
//!
//! # Numbers
//!
//! Arithmetic is IEEE `f32`, rounded to nearest after every operation, without flush to zero: sums have a
//! fixed order (bias, then `[t, h, condition, x]`), operations are not fused, and no function of the
//! platform is called. C callers must leave the FPU in that mode. A finite sample has the same bits on
//! every target, even if sums overflowed while it was computed. A sample that is not finite is so on
//! every target, or is at an end of the clamp; the bits of a NaN may differ. Nothing hangs or panics. A
//! condition vector that is not finite is refused: [`ConditionError::NotFinite`].
//!
//! # Features
//!
//! - `f32`, `q8`: networks with `f32` weights, with 8-bit weights.
//! - `columns`: the transforms of columns that are not plain numbers: skewed ones, whole numbers, categories.
//!   Images are smaller without it.
//! - `known`: models that draw the rest of a sample of which a part is known ([`KnownParts`]).
//! - `defmt`: implements `defmt::Format` for every error and for the small public values.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

#[cfg(not(target_endian = "little"))]
compile_error!("weights are read where they lie, as little-endian numbers");

#[cfg(not(any(feature = "f32", feature = "q8")))]
compile_error!("no kind of weights is built in: enable `f32`, `q8` or both");

pub mod activation;
pub mod blob;
mod column;
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
mod known;
pub mod likelihood;
mod math;
pub mod net;
pub mod noise;
pub mod path;
pub mod prediction;
mod sampler;
pub mod score;
pub mod solver;

pub use activation::Activation;
pub use blob::{BlobError, Model};
pub use column::{Column, Form, Meaning};
pub use condition::{Condition, Conditional};
pub use divergence::{Differentiable, Divergence, TangentField};
pub use error::{ConditionError, FieldError, KnownError, ScoreError};
pub use field::{AverageField, AverageVelocity, Field, Velocity};
pub use fixed::{KnownMlp, KnownOneStep, Mlp, OneStep};
pub use guided::Guided;
pub use jump::Jump;
pub use known::{ConditionMemory, Known, KnownParts, KnownSampler};
pub use likelihood::LogDensity;
pub use noise::Draw;
pub use path::Path;
pub use prediction::Prediction;
pub use sampler::Sampler;
pub use score::AnomalyScore;
pub use solver::MeanFlow;

/// Revision of the numbers contract: the order of sums and every function. Each blob records it.
pub const NUMBERS: u8 = 2;
