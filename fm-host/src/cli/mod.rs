//! The `fm` program: one file a subcommand.

mod asked;
mod bench;
mod convert;
mod data;
mod demo;
mod eval;
mod export;
mod front;
mod inspect;
mod judge;
mod loglik;
mod progress;
mod sample;
mod sampling;
mod seeds;
mod source;
mod train;
mod verdict;

use std::io::Write;

use clap::{Parser, Subcommand};

use crate::{Error, Result};

/// Train flow-matching models on a workstation, sample them on a microcontroller.
#[derive(Debug, Parser)]
#[command(name = "fm", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train flow matching and MeanFlow on a 2-D set, compare them, draw a picture
    Demo(demo::Args),
    /// Train a model into a run directory, or go on with one
    Train(Box<train::Args>),
    /// Draw samples from a model into a file
    Sample(sample::Args),
    /// Measure a model's samples against held-out data, each figure beside its floor
    Eval(eval::Args),
    /// Weigh objectives, widths, 8-bit weights and samplers: quality against cost
    Front(front::Args),
    /// Measure how likely held-out rows are under a model, together and row by row
    Loglik(loglik::Args),
    /// Write a run's model for a device or another program
    Export(export::Args),
    /// Put the contrast of ΔFM on a flow-matching model, or take it off, without training
    Convert(convert::Args),
    /// Say what a model is and what it costs
    Inspect(inspect::Args),
    /// Say what was read from a data set
    Data(data::Args),
    /// Measure training steps a second on this machine
    Bench(bench::Args),
}

impl Cli {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, in words for the user.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Demo(args) => args.run(),
            Command::Train(args) => args.run(),
            Command::Sample(args) => args.run(),
            Command::Eval(args) => args.run(),
            Command::Front(args) => args.run(),
            Command::Loglik(args) => args.run(),
            Command::Export(args) => args.run(),
            Command::Convert(args) => args.run(),
            Command::Inspect(args) => args.run(),
            Command::Data(args) => args.run(),
            Command::Bench(args) => args.run(),
        }
    }
}

/// Prints a result on stdout.
///
/// # Errors
/// If stdout takes no more, but for a reader that has seen enough (`fm data DATA | head`).
fn print(text: &impl std::fmt::Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", "stdout", error))
        }
        _ => Ok(()),
    }
}

/// Prints one JSON object on stdout.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::usage("--json", error.to_string()))?;
    print(&text)
}
