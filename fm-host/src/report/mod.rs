//! Pictures of data, samples and training, as PNG files; no system font or library is needed.

mod contact_sheet;
mod curves;
mod scatter;
mod style;

pub use contact_sheet::contact_sheet;
pub use curves::{Line, curves};
pub use scatter::{Panel, scatter};
