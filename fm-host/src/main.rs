//! The `fm` program: parses the command line, runs the subcommand, and prints errors.

use std::process::ExitCode;

use clap::Parser;
use fm_host::cli::{Cli, exit_code, say};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("fm: {error}"));
            ExitCode::from(exit_code(&error))
        }
    }
}
