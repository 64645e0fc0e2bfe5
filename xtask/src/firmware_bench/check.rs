//! Checks that the counts can be trusted, for `cargo xtask test`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use fm_nostd::Activation;
use serde_json::Value;
use xshell::{Shell, cmd};

use super::models::Dtype;
use super::{Args, Region, Solver, measure, models_dir, regions, table};
use crate::bare_metal;
use crate::machines::Name;

/// Checks the counts: against work of known cost; that machines with an FPU and without repeat their
/// counts; and that `fm inspect` estimates what is counted.
pub fn check(sh: &Shell, fm: &Path) -> Result<()> {
    check_known(sh)?;
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
        let (first, second) = (measure(sh, &args)?, measure(sh, &args)?);
        println!("{}", table(&first));
        if first != second {
            bail!("a second run counted differently: {second:?}");
        }
        let model = models_dir()?.join(Solver::Velocity.image().1);
        let json = cmd!(sh, "{fm} inspect --json {model}").read()?;
        let json: Value = serde_json::from_str(&json).context("fm inspect")?;
        let estimate = json["m4f_cycles_estimate"].as_u64().unwrap_or_default();
        for counted in first.iter().filter_map(|row| row.m4_cycles_estimate) {
            // The estimate is stated with two digits.
            if estimate.abs_diff(counted) > counted / 50 {
                bail!(
                    "`fm inspect` estimates {estimate} cycles, but {counted} are counted: bring the \
                     constants of fm-host/src/model/cycles.rs up to date"
                );
            }
        }
    }
    Ok(())
}

/// Counts `examples/firmware/src/bench/known.rs`, which reports its own cost.
fn check_known(sh: &Shell) -> Result<()> {
    let (truth, machine) =
        (Region { instructions: 11, cycles: 41, stack: 20 }, Name::M4.machine()?);
    let known = bare_metal::link_one(sh, machine, |build| {
        build.args(["--features", "bench", "--bin", "bench-known"])
    })?;
    let counted = regions(sh, machine, &known)?;
    if counted != [truth] {
        bail!("{truth:?} was counted as {counted:?}");
    }
    Ok(())
}
