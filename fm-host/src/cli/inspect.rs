//! `fm inspect`: prints a model's type, size and cost.

use std::path::PathBuf;

use super::{print, print_json};
use crate::Result;
use crate::model::Description;

/// Options of `fm inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Reads, checks and describes the model.
    pub fn run(self) -> Result<()> {
        let stored = super::load(&self.model)?;
        let description = Description::of(&stored.view());
        if self.json {
            return print_json(&description);
        }
        print(&description)
    }
}
