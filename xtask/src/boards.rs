//! `cargo xtask board NAME`: an image for a board that people own, and how to flash it.
//!
//! The image is `examples/firmware/src/bin/timed.rs`, with what QEMU counts for a sample on the
//! same kind of core, so that the board prints its real cycles beside it.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::bare_metal;
use crate::command::Result;
use crate::firmware_bench;
use crate::install::ensure;
use crate::machines::{MACHINES, Machine, Name};

/// Options of `cargo xtask board`.
#[derive(clap::Args)]
pub struct Args {
    /// The board
    board: Board,
    /// Get what is missing: rustup's targets, QEMU, else the distribution's packages
    #[arg(long)]
    install: bool,
}

/// A board that `examples/firmware` has a feature of the same name for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Board {
    /// ST Nucleo-F411RE, or another STM32F4 with a serial adapter on PA2
    NucleoF411re,
    /// Raspberry Pi Pico
    Pico,
}

impl Board {
    /// QEMU's machine with the same kind of core, and what probe-rs calls the chip.
    fn facts(self) -> (Name, &'static str) {
        match self {
            Self::NucleoF411re => (Name::M4, "STM32F411RETx"),
            Self::Pico => (Name::M0, "RP2040"),
        }
    }
}

/// Builds the image and says how to flash it.
///
/// # Errors
/// If something is missing, or a build or the count fails.
pub fn run(args: &Args) -> Result<()> {
    ensure(&bare_metal::needs(), args.install)?;
    let image = build(args.board)?;
    let (_, chip) = args.board.facts();
    println!("wiring: examples/firmware/README.md; then");
    println!("probe-rs run --chip {chip} {}", image.display());
    Ok(())
}

/// Builds for every board.
///
/// # Errors
/// If a build or a count fails.
pub fn build_all() -> Result<()> {
    Board::value_variants().iter().try_for_each(|board| build(*board).map(drop))
}

fn build(board: Board) -> Result<PathBuf> {
    let (core, _) = board.facts();
    let Some(machine) = MACHINES.iter().find(|machine| machine.name == core) else {
        return Err(format!("QEMU's machines have no {core:?}"));
    };
    let counted = counted(machine)?;
    let value = board.to_possible_value();
    let feature = value.as_ref().map(|value| value.get_name()).unwrap_or_default();
    let images = bare_metal::link(&[machine.triple], "3", |command| {
        command.args(["--features", feature, "--bin", "timed"]).env("FM_COUNTED", &counted);
    })?;
    let Some(image) = images.into_iter().next() else {
        return Err(format!("cargo built no image for {feature}"));
    };
    // The next build, for another board, overwrites it.
    let kept = bare_metal::bare_metal_dir()?.join(format!("timed-{feature}"));
    fs_err::copy(image.path, &kept).map_err(|e| e.to_string())?;
    println!("{feature}: {counted}");
    Ok(kept)
}

/// What a sample takes in QEMU, in words.
fn counted(machine: &Machine) -> Result<String> {
    let region = firmware_bench::count_timed(machine)?;
    Ok(match machine.name {
        Name::M4 => format!("{} cycles are estimated", region.cycles),
        _ => format!("{} instructions are counted", region.instructions),
    })
}
