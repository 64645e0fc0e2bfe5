//! `fm convert`: adds the contrast of ΔFM to a flow-matching model, or removes it, without training.

use std::path::PathBuf;

use super::say;
use crate::model::contrasted;
use crate::{Error, Result, files};

/// Options of `fm convert`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Contrast of the ΔFM model, at least 0 and below 1; its negatives are all samples
    #[arg(long, value_name = "LAMBDA", allow_hyphen_values = true)]
    delta_fm: f32,
    /// Remove the contrast from a ΔFM model
    #[arg(long)]
    inverse: bool,
    /// Output file: .fm
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Args {
    /// Scales the last layer and writes the model.
    pub fn run(self) -> Result<()> {
        if self.out.extension() != Some("fm".as_ref()) {
            let problem = format!("{}: use a file that ends in .fm", self.out.display());
            return Err(Error::usage("--out", problem));
        }
        let stored = super::load(&self.model)?;
        files::replace(&self.out, &contrasted(&stored, self.delta_fm, self.inverse)?)?;
        say(&format!("wrote {}", self.out.display()));
        Ok(())
    }
}
