//! Trains flow-matching networks with dfdx and exports them for `fm-nostd`.
//!
//! Follow the data: [`data`] → [`coupling`] → [`path`] → [`objective`] → [`train`] → [`model`], with
//! [`quantise`] before it for 8-bit weights. From a model, [`export`] writes files for others, and
//! [`sample`] draws with `fm-nostd`, for [`metrics`] → [`report`]; [`front`] weighs models against each
//! other. [`net`] alone names dfdx.
//!
//! The mathematics, the program and what was measured: [`docs`].

mod assignment;
mod blob;
pub mod cli;
pub mod coupling;
pub mod data;
pub mod docs;
mod error;
pub mod export;
mod files;
pub mod front;
pub mod likelihood;
pub mod metrics;
pub mod model;
pub mod net;
pub mod objective;
mod options;
pub mod path;
pub mod quantise;
pub mod random;
pub mod report;
pub mod sample;
mod sealed;
pub mod train;
pub mod truth;

pub use error::{Error, ErrorKind, Result};

/// The README's code, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
