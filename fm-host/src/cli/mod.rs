//! The `fm` program: one file per subcommand.

mod bench;
mod columns;
mod conditions;
mod convert;
mod data;
mod demo;
mod drawing;
mod eval;
mod evaluation;
mod export;
mod firmware;
mod front;
mod impute;
mod inspect;
mod known;
mod list;
mod loglik;
mod plot;
mod progress;
mod sample;
mod sampling;
mod score;
mod source;
mod stop;
mod train;
mod verdict;

use std::io::Write;
use std::path::Path;

use clap::{Parser, Subcommand};

pub use stop::exit_code;

use crate::model::StoredModel;
use crate::{Error, Result};

/// Train flow-matching models on a workstation, sample them on a microcontroller.
#[derive(Debug, Parser)]
#[command(name = "fm", version, max_term_width = 100, after_help = AFTER_HELP)]
#[command(arg_required_else_help = true)]
#[command(mut_subcommands = negative_numbers)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// An example from a table to a device, and the exit codes.
const AFTER_HELP: &str = "From a table to a device:
  fm train data.csv --objective meanflow --out run
  fm eval run
  fm export run --out model.fm

Exit codes: 0 for success, 1 for a failure, 2 for an invalid command line, 128 + N where signal N \
     stopped the work (130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Train flow matching and MeanFlow on a 2-D set, compare them and draw a picture
    Demo(demo::Args),
    /// Train a model into a run directory, or resume one
    Train(Box<train::Args>),
    /// Draw samples from a model into a file
    Sample(sample::Args),
    /// Draw the missing cells of a file, given those that it has, once or several times
    Impute(impute::Args),
    /// Draw the flow of one or several models: velocity field, trajectories, samples along time, an animation
    Plot(plot::Args),
    /// Score a model's samples against held-out rows, next to the scores of real data
    Eval(eval::Args),
    /// Compare quality and cost of objectives, widths, 8-bit weights and samplers
    Front(front::Args),
    /// Compute the likelihood of held-out rows under a model, overall and per row
    Loglik(loglik::Args),
    /// Score how strange the rows of a file are to a model, with what each column adds
    Score(score::Args),
    /// Export a run's model for a device or another program
    Export(export::Args),
    /// Write a complete firmware project for a board that prints a model's samples
    Firmware(firmware::Args),
    /// Add the contrast of ΔFM to a flow-matching model, or remove it, without training
    Convert(convert::Args),
    /// Print a model's type, size and cost
    Inspect(inspect::Args),
    /// Summarise a data set: numbers of rows, ranges of columns, classes
    Data(data::Args),
    /// Measure training steps per second on this machine
    Bench(bench::Args),
}

/// Accepts `-1` after an option as its value, so that the option itself can say why it must not be negative.
fn negative_numbers(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| {
        let switch = arg.get_num_args().is_some_and(|values| !values.takes_values());
        if switch || !arg.get_action().takes_values() {
            return arg;
        }
        arg.allow_negative_numbers(true)
    })
}

impl Cli {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// The error of the subcommand, with a message for the user.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Demo(args) => args.run(),
            Command::Train(args) => args.run(),
            Command::Sample(args) => args.run(),
            Command::Impute(args) => args.run(),
            Command::Plot(args) => args.run(),
            Command::Eval(args) => args.run(),
            Command::Front(args) => args.run(),
            Command::Loglik(args) => args.run(),
            Command::Score(args) => args.run(),
            Command::Export(args) => args.run(),
            Command::Firmware(args) => args.run(),
            Command::Convert(args) => args.run(),
            Command::Inspect(args) => args.run(),
            Command::Data(args) => args.run(),
            Command::Bench(args) => args.run(),
        }
    }
}

/// Writes a line to stderr. A failed write is ignored: a full disk under a log must not end a training.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints a note per sentence about the data.
fn warn(warnings: &[String]) {
    warnings.iter().for_each(|warning| say(&format!("note: {warning}")));
}

/// Reads the model that the user names, and prints a note if its training is not finished.
///
/// # Errors
/// As [`StoredModel::load`].
fn load(path: &Path) -> Result<StoredModel> {
    let stored = StoredModel::load(path)?;
    if let (Some(step), Some(config)) = (stored.unfinished, &stored.config) {
        say(&unfinished(path, step, config.train.schedule.steps));
    }
    Ok(stored)
}

/// The note for a run that is not finished.
fn unfinished(run: &Path, step: u64, steps: u64) -> String {
    let run = run.display();
    format!(
        "note: the training of {run} is not finished: this is step {step} of {steps}; `fm train \
         --resume --out {run}` continues it"
    )
}

/// Prints a result to stdout.
///
/// # Errors
/// If stdout cannot be written. A reader that closed its pipe is not an error (`fm data DATA | head`).
fn print(text: &impl std::fmt::Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", "stdout", error))
        }
        _ => Ok(()),
    }
}

/// Prints one JSON object to stdout.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::usage("--json", error.to_string()))?;
    print(&text)
}
