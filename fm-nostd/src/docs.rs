//! Pages that are longer than a module's documentation.

#[doc = include_str!("../docs/device.md")]
pub mod device {}

#[doc = include_str!("../docs/format.md")]
pub mod format {}
