//! `cargo xtask bench-crates`: compares the assignment solver and the dense kernels with crates, using
//! the program in `benches/crates`.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::command;
use crate::workspace::{cargo, target_dir};

/// The program's workspace.
pub const FOLDER: &str = "benches/crates";

/// Options of `cargo xtask bench-crates`.
#[derive(clap::Args)]
pub struct Args {
    /// The table to print [default: all tables]
    #[arg(value_parser = ["assignment", "kernels", "bits"])]
    table: Option<String>,
}

/// Measures and prints Markdown.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    let (cargo, built) = (cargo(), target_dir()?.join("bench-crates"));
    let _folder = sh.push_dir(FOLDER);
    eprintln!("building {FOLDER}");
    command::run(cmd!(sh, "{cargo} build --quiet --release --locked --target-dir {built}"))?;
    command::run(sh.cmd(built.join("release/fm-bench-crates")).args(&args.table))
}

/// Checks that the program still compiles with the files of fm-host that it includes.
pub fn lint(sh: &Shell) -> Result<()> {
    let (cargo, built) = (cargo(), target_dir()?.join("bench-crates"));
    let _folder = sh.push_dir(FOLDER);
    command::run(cmd!(sh, "{cargo} clippy --locked --target-dir {built} -- -D warnings"))
}
