//! `cargo xtask board NAME`: an image for a board that people own, and how to flash it.
//!
//! The image is `examples/firmware/src/bin/timed.rs`, with what QEMU counts for a sample on the
//! same kind of core, so that the board prints its real cycles beside it.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use xshell::Shell;

use crate::bare_metal;
use crate::firmware_bench::{self, Region};
use crate::install::ensure;
use crate::machines::Name;

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
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    ensure(sh, &bare_metal::needs(), args.install)?;
    let image = build(sh, args.board)?;
    let (_, chip) = args.board.facts();
    println!("wiring: examples/firmware/README.md; then");
    println!("probe-rs run --chip {chip} {}", image.display());
    Ok(())
}

/// Builds for every board.
pub fn build_all(sh: &Shell) -> Result<()> {
    Board::value_variants().iter().try_for_each(|board| build(sh, *board).map(drop))
}

fn build(sh: &Shell, board: Board) -> Result<PathBuf> {
    let (core, _) = board.facts();
    let machine = core.machine()?;
    let counted = in_words(machine.name, firmware_bench::count_timed(sh, machine)?);
    let value = board.to_possible_value();
    let feature = value.as_ref().map(|value| value.get_name()).unwrap_or_default();
    let image = bare_metal::link_one(sh, machine, |build| {
        build.args(["--features", feature, "--bin", "timed"]).env("FM_COUNTED", &counted)
    })?;
    // The next build, for another board, overwrites it.
    let kept = bare_metal::bare_metal_dir()?.join(format!("timed-{feature}"));
    fs_err::copy(image.path, &kept)?;
    println!("{feature}: {counted}");
    Ok(kept)
}

/// What a sample takes in QEMU, in words.
fn in_words(core: Name, region: Region) -> String {
    match core {
        Name::M4 => format!("{} cycles are estimated", region.cycles),
        _ => format!("{} instructions are counted", region.instructions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_told_where_they_are_estimated_and_instructions_elsewhere() {
        let region = Region { instructions: 1, cycles: 2, stack: 3 };
        assert_eq!(in_words(Name::M4, region), "2 cycles are estimated");
        assert_eq!(in_words(Name::M0, region), "1 instructions are counted");
    }
}
