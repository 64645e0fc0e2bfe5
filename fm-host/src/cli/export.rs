//! `fm export`: a run's model for a device or another program.

use std::path::PathBuf;

use crate::train::RunDir;
use crate::{Result, export};

/// Options of `fm export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory
    run: PathBuf,
    /// Where the model goes: .fm or .safetensors
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Keep samples inside the range of the training data (.fm), as a run of `fm train --clamp` does
    #[arg(long)]
    clamp: bool,
}

impl Args {
    /// Writes the averaged weights of the newest checkpoint.
    pub fn run(self) -> Result<()> {
        let loaded = RunDir::open(&self.run)?.load()?;
        for notice in &loaded.damaged {
            eprintln!("note: {notice}");
        }
        let clamp = self.clamp || loaded.checkpoint.config.train.clamp;
        export::write(&loaded.checkpoint, clamp, &self.out)?;
        eprintln!("wrote {}", self.out.display());
        Ok(())
    }
}
