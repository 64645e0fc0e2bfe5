//! `cargo xtask board NAME`: builds an image for a physical board, and prints how to flash it.
//!
//! The image is `examples/firmware/src/bin/timed.rs`. It contains the count that QEMU found for a
//! sample on the same kind of core, so that the board prints its real cycles next to it.

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
    /// Install missing tools with rustup or the distribution's packages: compiler targets, QEMU
    #[arg(long)]
    install: bool,
}

/// A board for which `examples/firmware` has a feature of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Board {
    /// ST Nucleo-F411RE, or another STM32F4 with a serial adapter on PA2
    NucleoF411re,
    /// Raspberry Pi Pico
    Pico,
}

impl Board {
    /// QEMU's machine with the same kind of core, and probe-rs's name of the chip.
    fn facts(self) -> (Name, &'static str) {
        match self {
            Self::NucleoF411re => (Name::M4, "STM32F411RETx"),
            Self::Pico => (Name::M0, "RP2040"),
        }
    }
}

/// Builds the image and prints how to flash it.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    ensure(sh, &bare_metal::needs(), args.install)?;
    let image = build(sh, args.board)?;
    let (_, chip) = args.board.facts();
    println!("wire the board as in examples/firmware/README.md, then run");
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
    // The next build, for another board, overwrites the image.
    let kept = bare_metal::bare_metal_dir()?.join(format!("timed-{feature}"));
    fs_err::copy(image.path, &kept)?;
    println!("{feature}: {counted}");
    Ok(kept)
}

/// QEMU's count for a sample, in words.
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
