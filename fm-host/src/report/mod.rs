//! Pictures of data, samples and training, as PNG files (and SVG where lines are few); no system font or library is needed.

mod axis;
mod contact_sheet;
mod costs;
mod curves;
mod labels;
mod run;
mod scatter;
mod style;

pub use contact_sheet::contact_sheet;
pub use costs::{Costs, Figures, Mark, costs};
pub use curves::{Line, curves};
pub use run::of_run;
pub use scatter::{Panel, scatter};
