//! `cargo xtask gpu`: checks and times training on a GPU, and writes `benches/gpu/results.md`.
//!
//! The checks are Python programs in `benches/gpu` that need nothing but Python's standard library and the
//! program `target/gpu/fm`. So they can also run on a machine without cargo and without a network:
//! `--build` makes the program here, for the repository and `target/gpu` to be copied there.

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::command;
use crate::cuda_build;
use crate::workspace::{root, target_dir};

/// Options of `cargo xtask gpu`.
#[derive(clap::Args)]
#[group(skip)] // the other options' group has the same name
pub struct Args {
    /// Build `target/gpu/fm` only, and print what runs the checks on another machine
    #[arg(long)]
    build: bool,
    #[command(flatten)]
    cuda: cuda_build::Args,
}

/// Builds the program and runs the checks.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    cuda_build::run(sh, &args.cuda)?;
    let program = sh.create_dir(target_dir()?.join("gpu"))?.join("fm");
    fs_err::copy(target_dir()?.join("cuda/fm"), &program)?;
    let script = root().join("benches/gpu/measure.py");
    if args.build {
        println!("on a machine with a GPU: python3 benches/gpu/measure.py --fm target/gpu/fm");
        return Ok(());
    }
    if !command::exists("nvidia-smi") {
        bail!(
            "there is no GPU here (no `nvidia-smi`); `cargo xtask gpu --build` makes target/gpu/fm for \
             a machine that has one"
        );
    }
    command::run(cmd!(sh, "python3 {script} --fm {program}"))
}
