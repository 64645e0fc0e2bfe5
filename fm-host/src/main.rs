//! The `fm` program: parse, run, report.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match fm_host::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fm: {error}");
            ExitCode::FAILURE
        }
    }
}
