//! Trains flow-matching networks with dfdx and exports them for `fm-nostd`.
//!
//! The modules in the order that data takes through them: [`data`] → [`coupling`] → [`path`] →
//! [`objective`] → [`train`] → [`model`], with [`quantise`] before [`model`] for 8-bit weights. [`export`]
//! writes a model as files for other programs; [`sample`] draws samples with `fm-nostd`, which [`metrics`]
//! measures and [`report`] prints; [`front`] compares models by quality and cost, and [`plot`] draws their
//! flows. Only [`net`] uses dfdx directly.
//!
//! [`docs`] contains the mathematics, the manual of the program `fm` and the measured results.

pub mod anomaly;
mod assignment;
mod blob;
pub mod cli;
mod counted;
pub mod coupling;
pub mod data;
mod divergence;
pub mod docs;
mod error;
pub mod export;
mod files;
pub mod firmware;
pub mod front;
pub mod likelihood;
mod lists;
pub mod metrics;
pub mod model;
pub mod net;
pub mod objective;
mod options;
pub mod path;
pub mod plot;
pub mod quantise;
pub mod random;
pub mod report;
pub mod sample;
mod sealed;
mod template;
pub mod train;
pub mod truth;

pub use error::{Error, ErrorKind, Result};

/// The README, so that `cargo test --doc` compiles its code.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
