//! `cargo xtask bench-train`: compares the training step with other libraries, in one run.
//!
//! Every program of `benches/train_step/` stays alive and runs some steps of a case in turn, round after
//! round, so that other load on the machine affects all alike; medians are compared. Before that, each
//! runs the same twenty steps from the same weights and must compute the same losses.

mod end_to_end;
mod table;
mod worker;

use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;
use xshell::{Cmd, Shell, cmd};

use crate::command;
use crate::peers;
use crate::python::Environment;
use crate::workspace::{cargo, root, target_dir};
use end_to_end::Training;
use worker::Worker;

/// Options of `cargo xtask bench-train`.
#[derive(clap::Args)]
pub struct Args {
    /// Install missing tools: Python's venv module, PyTorch, JAX, burn
    #[arg(long)]
    install: bool,
    /// Time only four cases, and only JAX and PyTorch: widths 64 and 256 at batch 1,024
    #[arg(long)]
    quick: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Objective, width of the three hidden layers, rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Case {
    objective: &'static str,
    hidden: usize,
    batch: usize,
}

/// The programs' median seconds per step on a case, in order; `None` if a program cannot run the case.
#[derive(Debug, Serialize)]
struct Timed {
    #[serde(flatten)]
    case: Case,
    seconds: Vec<Option<f64>>,
}

/// All measurements.
#[derive(Debug, Serialize)]
struct Report {
    /// The first program is ours, fused.
    programs: Vec<&'static str>,
    steps: Vec<Timed>,
    trainings: Vec<Training>,
}

/// Threads per program, on as many processors.
const THREADS: &str = "2";
/// The seconds that a program runs in a round.
const ROUND_SECONDS: f64 = 0.25;
/// The tolerance for another order of f32 sums and another exponential over twenty steps of Adam, which
/// divides rounding errors by their own size if a gradient is nearly zero; in practice 1e-6.
const TOLERANCE: f64 = 1e-4;

/// The cases for `--quick`.
const QUICK: [Case; 4] = [
    Case { objective: "fm", hidden: 64, batch: 1024 },
    Case { objective: "meanflow", hidden: 64, batch: 1024 },
    Case { objective: "fm", hidden: 256, batch: 1024 },
    Case { objective: "meanflow", hidden: 256, batch: 1024 },
];

/// Measures and prints.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    let python = environment(sh, args.install)?.program("python");
    let cargo = cargo();
    let programs =
        ["--package", "fm", "--example", "train_step", "--package", "fm-host", "--bin", "fm"];
    command::run(cmd!(sh, "{cargo} build --quiet --release {programs...}"))?;
    let built = target_dir()?.join("release");
    let mut workers = workers(sh, &python, &built, args.quick)?;
    let programs: Vec<_> = workers.iter().map(|worker| worker.name).collect();
    let mut steps = Vec::new();
    eprintln!("{}", table::head(&programs));
    for case in cases(args.quick) {
        let timed = time(&mut workers, case, if args.quick { 9 } else { 7 })?;
        eprintln!("{}", table::line(&timed));
        steps.push(timed);
    }
    // Before the trainings: an idle program may still use the processor.
    drop(workers);
    let trainings = end_to_end::compare(sh, &built.join("fm"), &python)?;
    let report = Report { programs, steps, trainings };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", table::markdown(&report));
    }
    Ok(())
}

/// A command limited to two processors, which also tells libraries that choose their own thread count.
fn on_two_cores<'s>(sh: &'s Shell, program: &Path) -> Cmd<'s> {
    let command = if command::exists("taskset") {
        cmd!(sh, "taskset --cpu-list 0,1 {program}")
    } else {
        sh.cmd(program)
    };
    command.env("RAYON_NUM_THREADS", THREADS).env("OMP_NUM_THREADS", THREADS)
}

/// The Python environment of the peers, with the additional packages of this benchmark.
fn environment(sh: &Shell, install: bool) -> Result<Environment> {
    const NOTE: &str = "requirements-bench.txt";
    let pins = vec!["--requirement".into(), root().join("benches/train_step/requirements.txt")];
    let environment = peers::environment(sh, install)?;
    environment.pinned(sh, (NOTE, "bench-train"), (install, false), &[pins])
}

/// Every program, ours first.
fn workers(sh: &Shell, python: &Path, built: &Path, quick: bool) -> Result<Vec<Worker>> {
    let folder = root().join("benches/train_step");
    let ours = built.join("examples/train_step");
    let script = |name: &'static str, file: &str, way: &str| {
        Worker::start(name, on_two_cores(sh, python).arg(folder.join(file)).arg(way))
    };
    let own = |name: &'static str, way: &str| Worker::start(name, on_two_cores(sh, &ours).arg(way));
    let mut workers = vec![
        own("fm", "fused")?,
        script("JAX jit", "jax_step.py", "jit")?,
        script("JAX scan", "jax_step.py", "scan")?,
        script("PyTorch", "torch_step.py", "eager")?,
    ];
    if !quick {
        let burn = target_dir()?.join("bench-train");
        eprintln!("building burn's step");
        {
            let (cargo, _burn) = (cargo(), sh.push_dir(folder.join("burn")));
            let build = cmd!(sh, "{cargo} build --quiet --release --locked --target-dir {burn}");
            command::run(build)?;
        }
        workers.push(script("PyTorch compiled", "torch_step.py", "compiled")?);
        workers.push(Worker::start("burn", on_two_cores(sh, &burn.join("release/burn-step")))?);
        workers.push(own("dfdx", "plain")?);
    }
    Ok(workers)
}

fn cases(quick: bool) -> Vec<Case> {
    if quick {
        return QUICK.to_vec();
    }
    let mut cases = Vec::new();
    for objective in ["fm", "meanflow"] {
        for hidden in [64, 128, 256] {
            cases.extend([256, 1024, 4096].map(|batch| Case { objective, hidden, batch }));
        }
    }
    cases
}

/// Checks and times every program on a case, in turn.
fn time(workers: &mut [Worker], case: Case, rounds: usize) -> Result<Timed> {
    let file = tempfile::Builder::new().suffix(".safetensors").tempfile()?;
    let mut truth = None;
    for worker in &mut *workers {
        if truth.is_none() {
            worker.export(case, file.path())?;
        }
        let Some(found) = worker.check(case, file.path())? else { continue };
        let truth = truth.get_or_insert_with(|| found.clone());
        let difference = found.distance(truth);
        if difference.is_nan() || difference > TOLERANCE {
            let name = worker.name;
            bail!("{name} does not compute the same: it differs by {difference:e} on {case:?}");
        }
    }
    let mut steps = Vec::new();
    for worker in &mut *workers {
        steps.push(worker.calibrate(case, ROUND_SECONDS)?);
    }
    let mut seconds = vec![Vec::new(); workers.len()];
    for _ in 0..rounds {
        for ((worker, steps), seconds) in workers.iter_mut().zip(&steps).zip(&mut seconds) {
            let Some(steps) = *steps else { continue };
            seconds.extend(worker.steps(case, steps)?.map(|total| total / steps as f64));
        }
    }
    Ok(Timed { case, seconds: seconds.into_iter().map(median).collect() })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_of_what_is_sorted() {
        assert_eq!(median(vec![3.0, -1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn what_is_timed_in_a_hurry_is_timed_at_leisure_too() {
        assert!(cases(true).iter().all(|case| cases(false).contains(case)));
        assert_eq!((cases(true).len(), cases(false).len()), (4, 18));
    }
}
