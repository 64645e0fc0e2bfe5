//! `fm firmware`: writes a project for a board that prints a model's samples.

use std::path::PathBuf;

use super::{load, say};
use crate::Result;
use crate::firmware::{self, Board};

/// Options of `fm firmware`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Board, or machine that QEMU emulates
    #[arg(long, value_enum)]
    board: Board,
    /// Folder for the project, which must not exist or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of samples that the program prints
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
}

impl Args {
    /// Writes the project.
    pub fn run(self) -> Result<()> {
        let model = load(&self.model)?;
        firmware::write(&model, &self.model, self.board, self.count, &self.out)?;
        say(&format!(
            "wrote {0}; `cd {0} && cargo run --release` prints samples",
            self.out.display()
        ));
        Ok(())
    }
}
