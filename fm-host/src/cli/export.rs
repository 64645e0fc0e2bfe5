//! `fm export`: a run's model for a device or another program.

use std::path::PathBuf;

use crate::model::StoredModel;
use crate::train::RunDir;
use crate::{Error, Result, export};

/// Options of `fm export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    run: PathBuf,
    /// Where the model goes: .fm, .rs (a module), .h (for C) or, from a run, .safetensors
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Keep samples inside the range of the training data (.fm)
    #[arg(long)]
    clamp: bool,
}

impl Args {
    /// Writes the averaged weights of the newest checkpoint.
    pub fn run(self) -> Result<()> {
        if self.run.is_file() {
            return self.rewrite();
        }
        let loaded = RunDir::open(&self.run)?.load()?;
        for notice in &loaded.damaged {
            eprintln!("note: {notice}");
        }
        export::write(&loaded.checkpoint, self.clamp, &self.out)?;
        eprintln!("wrote {}", self.out.display());
        Ok(())
    }

    /// Writes a `.fm` file in another format.
    fn rewrite(&self) -> Result<()> {
        if self.clamp {
            let problem = "a .fm file does not know the range of the training data: name the run";
            return Err(Error::usage("--clamp", problem));
        }
        let stored = StoredModel::load(&self.run)?;
        let blob = stored.bytes().get(..stored.view().len()).unwrap_or_default();
        export::write_blob(blob, &self.out)?;
        eprintln!("wrote {}", self.out.display());
        Ok(())
    }
}
