//! Whether the counting can be trusted, for `cargo xtask test`.

use std::path::Path;
use std::process::Command;

use clap::ValueEnum;
use serde_json::Value;

use super::count::{self, Region};
use super::models::{Activation, Dtype};
use super::{Args, Solver, elf, measure, models_dir, print};
use crate::bare_metal;
use crate::command::{self, Result};
use crate::machines::{MACHINES, Name};

/// Checks the counting: against work whose cost is known; that machines with
/// an FPU and without count the same again; and that `fm inspect` estimates what is counted.
///
/// # Errors
/// If a count or an estimate is wrong, or cannot be.
pub fn check(fm: &Path) -> Result<()> {
    check_known()?;
    let dtypes = Dtype::value_variants().iter();
    let pairs = dtypes.flat_map(|dtype| [(*dtype, Activation::Relu), (*dtype, Activation::Silu)]);
    for (dtype, activation) in pairs {
        let args = Args {
            target: vec![Name::M4, Name::Rv32],
            dtype: vec![dtype],
            activation: vec![activation],
            solver: vec![Solver::Velocity],
            opt_level: "3".into(),
            json: false,
            install: false,
        };
        let (first, second) = (measure(&args)?, measure(&args)?);
        print(&first);
        if first != second {
            return Err(format!("counted again, it is other: {second:?}"));
        }
        let model = models_dir()?.join(Solver::Velocity.image().1);
        let mut inspect = Command::new(fm);
        let json = command::output(inspect.args(["inspect", "--json"]).arg(model))?;
        let json: Value = serde_json::from_str(&json).map_err(|e| format!("fm inspect: {e}"))?;
        let estimate = json["m4f_cycles_estimate"].as_u64().unwrap_or_default();
        for counted in first.iter().filter_map(|row| row.m4_cycles_estimate) {
            // It is said to be right to two digits.
            if estimate.abs_diff(counted) > counted / 50 {
                return Err(format!(
                    "`fm inspect` says {estimate} cycles where {counted} are counted: bring the \
                     constants of fm-host/src/model/cycles.rs up to date"
                ));
            }
        }
    }
    Ok(())
}

/// Counts `examples/firmware/src/bench/known.rs`, which adds up what it takes.
fn check_known() -> Result<()> {
    let truth = Region { instructions: 11, cycles: 41, stack: 20 };
    for machine in MACHINES.iter().filter(|machine| machine.name == Name::M4) {
        let images = bare_metal::link(&[machine.triple], "3", |command| {
            command.args(["--features", "bench", "--bin", "bench-known"]);
        })?;
        let known = elf(&images, "bench-known", machine)?;
        let counted = count::count(&count::build_plugin()?, machine, &known)?;
        if counted != [truth] {
            return Err(format!("{truth:?} was counted as {counted:?}"));
        }
    }
    Ok(())
}
