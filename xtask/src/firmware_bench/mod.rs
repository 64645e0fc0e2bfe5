//! `cargo xtask firmware-bench`: the costs of firmware, counted in QEMU.
//!
//! The images are `examples/firmware/src/bench/`: each checks a model of the reference network, then does
//! its work four times; the table shows the mean. Flash and RAM are the difference from an image that
//! does nothing, flash also without the model. The stack is counted below the caller, whose frame
//! contains the sampler with its working memory.

mod check;
mod count;
mod elf;
mod models;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::ValueEnum;
use comfy_table::Table;
use fm_nostd::Activation;
use serde::Serialize;
use xshell::Shell;

pub use self::check::check;
pub use self::count::Region;
use self::elf::Elf;
use self::models::Dtype;
use crate::bare_metal::{self, Image};
use crate::install::ensure;
use crate::machines::{MACHINES, Machine, Name, triples};

/// Options of `cargo xtask firmware-bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Machines to count on, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    target: Vec<Name>,
    /// Number formats of the weights
    #[arg(long, value_delimiter = ',', default_value = "f32,q8")]
    dtype: Vec<Dtype>,
    /// Activations
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "relu,silu",
        value_parser = models::activation()
    )]
    activation: Vec<Activation>,
    /// The work to count
    #[arg(long, value_delimiter = ',', default_value = "velocity,one-step,euler16")]
    solver: Vec<Solver>,
    /// Opt-level of the compiler
    #[arg(long, default_value = "3", value_parser = ["1", "2", "3", "s", "z"])]
    opt_level: String,
    /// Print a list of JSON objects on stdout
    #[arg(long)]
    json: bool,
    /// Install missing tools with rustup or the distribution's packages: compiler targets, QEMU
    #[arg(long)]
    install: bool,
}

/// The work of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Solver {
    /// One evaluation of a velocity network, without noise
    Velocity,
    /// A sample in one evaluation of an average-velocity network
    OneStep,
    /// A sample in sixteen Euler steps
    Euler16,
}

impl Solver {
    /// Its program in `examples/firmware`, and the model that the program embeds.
    fn image(self) -> (&'static str, &'static str) {
        match self {
            Self::Velocity => ("bench-velocity", "velocity.fm"),
            Self::OneStep => ("bench-one-step", "average.fm"),
            Self::Euler16 => ("bench-euler16", "velocity.fm"),
        }
    }
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    target: Name,
    dtype: Dtype,
    activation: &'static str,
    solver: Solver,
    opt_level: String,
    /// Instructions per sample, or per evaluation.
    instructions: u64,
    /// Estimated cycles per sample on a Cortex-M4 without wait states.
    m4_cycles_estimate: Option<u64>,
    /// Bytes of code and constants.
    flash_code: u64,
    /// Bytes of the model.
    flash_weights: u64,
    /// Bytes of static RAM.
    ram_static: u64,
    /// Bytes of stack for a sample, below the sampler, exact to the lowest byte written.
    stack: u64,
    /// Instructions to check the model, once.
    open_instructions: u64,
    /// Bytes of stack for the check.
    open_stack: u64,
}

/// Counts, and prints the results.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    ensure(sh, &bare_metal::needs(), args.install)?;
    let rows = measure(sh, args)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        println!("{}", table(&rows));
    }
    Ok(())
}

/// The costs of the first sample of the image `timed`.
pub fn count_timed(sh: &Shell, machine: &Machine) -> Result<Region> {
    let timed = bare_metal::link_one(sh, machine, |build| {
        build.args(["--features", "timed", "--bin", "timed"])
    })?;
    // The region before it reads the timer around nothing.
    regions(sh, machine, &timed)?.get(1).copied().context("the image `timed` drew no sample")
}

/// The costs of an image's regions.
pub fn regions(sh: &Shell, machine: &Machine, image: &Image) -> Result<Vec<Region>> {
    count::count(sh, &count::build_plugin(sh)?, machine, &Elf::read(&image.path)?)
}

/// The folder of the models that images embed.
fn models_dir() -> Result<PathBuf> {
    Ok(bare_metal::bare_metal_dir()?.join("bench-models"))
}

fn measure(sh: &Shell, args: &Args) -> Result<Vec<Row>> {
    let wanted = |machine: &&Machine| {
        machine.is_microcontroller()
            && (args.target.is_empty() || args.target.contains(&machine.name))
    };
    let machines: Vec<&Machine> = MACHINES.iter().filter(wanted).collect();
    let triples = triples(machines.iter().copied());
    let (plugin, models) = (count::build_plugin(sh)?, models_dir()?);
    let mut rows = Vec::new();
    for &dtype in &args.dtype {
        for &activation in &args.activation {
            models::write(&models, dtype, activation)?;
            let images = bare_metal::link(sh, &triples, &args.opt_level, |build| {
                let features = format!("bench,{}", word(&dtype));
                let programs = args.solver.iter().map(|solver| solver.image().0);
                let programs = ["bench-empty"].into_iter().chain(programs);
                build
                    .args(["--no-default-features", "--features", &features])
                    .args(programs.flat_map(|program| ["--bin", program]))
                    .env("FM_BENCH_MODELS", &models)
            })?;
            for &solver in &args.solver {
                let (program, model) = solver.image();
                let model = fs_err::metadata(models.join(model))?.len();
                for machine in &machines {
                    let image = elf(&images, program, machine)?;
                    let empty = elf(&images, "bench-empty", machine)?;
                    let regions = count::count(sh, &plugin, machine, &image)?;
                    let parts = regions.split_first();
                    let (open, samples) =
                        parts.with_context(|| format!("{program}: the model was not opened"))?;
                    rows.push(Row {
                        target: machine.name,
                        dtype,
                        activation: activation.name(),
                        solver,
                        opt_level: args.opt_level.clone(),
                        instructions: mean(samples, |region| region.instructions),
                        m4_cycles_estimate: (machine.name == Name::M4)
                            .then(|| mean(samples, |region| region.cycles)),
                        flash_code: image.flash.saturating_sub(empty.flash + model),
                        flash_weights: model,
                        ram_static: image.ram.saturating_sub(empty.ram),
                        stack: samples.iter().map(|region| region.stack).max().unwrap_or_default(),
                        open_instructions: open.instructions,
                        open_stack: open.stack,
                    });
                }
            }
        }
    }
    Ok(rows)
}

fn elf(images: &[Image], program: &str, machine: &Machine) -> Result<Elf> {
    let mut images = images.iter();
    let image = images.find(|image| image.name == program && image.triple == machine.triple);
    let missing = || format!("cargo built no {program} for {}", machine.triple);
    Elf::read(&image.with_context(missing)?.path)
}

fn mean(regions: &[Region], of: impl Fn(&Region) -> u64) -> u64 {
    let (sum, count) = (regions.iter().map(of).sum::<u64>(), regions.len().max(1) as u64);
    (sum + count / 2) / count
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "target",
        "dtype",
        "activation",
        "solver",
        "opt",
        "instructions",
        "M4 cycles, estimated",
        "flash: code",
        "model",
        "RAM: static",
        "stack",
        "to open: instructions",
        "stack",
    ]);
    for row in rows {
        table.add_row([
            word(&row.target),
            word(&row.dtype),
            row.activation.to_owned(),
            word(&row.solver),
            row.opt_level.clone(),
            row.instructions.to_string(),
            row.m4_cycles_estimate.map(|cycles| cycles.to_string()).unwrap_or_default(),
            row.flash_code.to_string(),
            row.flash_weights.to_string(),
            row.ram_static.to_string(),
            row.stack.to_string(),
            row.open_instructions.to_string(),
            row.open_stack.to_string(),
        ]);
    }
    table
}

/// A value's name on the command line.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_rounded_to_the_nearest() {
        let regions = [1, 2, 2].map(|instructions| Region { instructions, cycles: 0, stack: 0 });
        assert_eq!(mean(&regions, |region| region.instructions), 2);
        assert_eq!(mean(&regions[..2], |region| region.instructions), 2);
        assert_eq!(mean(&[], |region| region.instructions), 0);
    }

    #[test]
    fn a_row_stands_under_its_headings() {
        let row = Row {
            target: Name::Rv32,
            dtype: Dtype::Q8,
            activation: Activation::Silu.name(),
            solver: Solver::OneStep,
            opt_level: "s".into(),
            instructions: 1,
            m4_cycles_estimate: None,
            flash_code: 2,
            flash_weights: 3,
            ram_static: 4,
            stack: 5,
            open_instructions: 6,
            open_stack: 7,
        };
        let m4 = Row { target: Name::M4, m4_cycles_estimate: Some(8), ..row.clone() };
        let text = table(&[row, m4]).to_string();
        let lines: Vec<Vec<&str>> =
            text.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
        let [head, _, first, second] = &lines[..] else { panic!("{text}") };
        assert_eq!(head.len(), first.len());
        let row =
            ["", "rv32", "q8", "silu", "one-step", "s", "1", "", "2", "3", "4", "5", "6", "7", ""];
        assert_eq!(first[..], row);
        assert_eq!((head[7], second[7]), ("M4 cycles, estimated", "8"));
    }
}
