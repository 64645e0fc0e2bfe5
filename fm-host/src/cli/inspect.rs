//! `fm inspect`: what a model is and what it costs.

use std::path::PathBuf;

use super::{print, print_json};
use crate::Result;
use crate::model::Description;

/// Options of `fm inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Reads, checks and describes.
    pub fn run(self) -> Result<()> {
        let stored = super::load(&self.model)?;
        let description = Description::of(&stored.view());
        if self.json {
            return print_json(&description);
        }
        print(&description)
    }
}
