//! `fm convert`: a flow-matching model's contrasted one, or back, without training.

use std::path::PathBuf;

use super::say;
use crate::model::contrasted;
use crate::{Error, Result, files};

/// Options of `fm convert`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Contrast of the ΔFM model, from 0 to less than 1; its negatives are all samples
    #[arg(long, value_name = "LAMBDA", allow_hyphen_values = true)]
    delta_fm: f32,
    /// Take the contrast off a ΔFM model
    #[arg(long)]
    inverse: bool,
    /// Where the model goes: .fm
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Args {
    /// Scales the last layer and writes.
    pub fn run(self) -> Result<()> {
        if self.out.extension() != Some("fm".as_ref()) {
            let problem = format!("{}: the format is .fm", self.out.display());
            return Err(Error::usage("--out", problem));
        }
        let stored = super::load(&self.model)?;
        files::replace(&self.out, &contrasted(&stored, self.delta_fm, self.inverse)?)?;
        say(&format!("wrote {}", self.out.display()));
        Ok(())
    }
}
