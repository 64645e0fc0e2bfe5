//! Trains flow-matching networks with dfdx and exports them for `fm-nostd`.
//!
//! Follow the data: [`data`] → [`coupling`] → [`path`] → [`objective`] → [`train`] → export.

pub mod coupling;
pub mod data;
mod error;
mod files;
pub mod metrics;
pub mod net;
pub mod objective;
pub mod path;
pub mod random;
pub mod report;
pub mod train;

pub use error::{Error, ErrorKind, Result};
