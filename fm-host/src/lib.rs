//! Trains flow-matching networks with dfdx and exports them for `fm-nostd`.
//!
//! Follow the data: [`data`] → coupling → path → objective → train → export.

pub mod data;
mod error;
pub mod metrics;
pub mod report;

pub use error::{Error, ErrorKind, Result};
