//! Trains flow-matching networks with dfdx and exports them for `fm-nostd`.
//!
//! Data flows through [`data`] → [`coupling`] → [`path`] → [`objective`] → [`train`] → [`model`], and through
//! [`quantise`] before [`model`] for 8-bit weights. [`export`] writes models for devices and other programs.
//! [`sample`] draws samples with `fm-nostd` for [`metrics`] → [`report`], and [`front`] compares models. Only
//! [`net`] uses dfdx.
//!
//! [`docs`] has the mathematics, the program and the results.

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

/// Compiles the README's code.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
