//! Pictures of data, samples and training, as PNG files (and SVG where lines are few); no system font or library is needed.

pub(crate) mod axis;
mod contact_sheet;
mod costs;
mod curves;
pub(crate) mod labels;
mod range;
mod run;
mod scatter;
pub(crate) mod style;

pub use contact_sheet::contact_sheet;
pub use costs::{Costs, Figures, Mark, costs};
pub use curves::{Line, curves};
pub(crate) use range::middle;
pub use run::of_run;
pub use scatter::{Panel, scatter};
