//! `cargo xtask bench-train`: the training step here and in other people's libraries, in one run.
//!
//! Every program of `benches/train_step/` stays alive and is asked for some steps of a case in turn,
//! round after round, so that whatever else the machine does meets all alike; medians are compared.
//! Before that each takes the same twenty steps from the same weights, and must lose what ours loses.

mod end_to_end;
mod table;
mod worker;

use std::path::Path;
use std::process::Command;

use serde::Serialize;

use crate::command::{self, Result};
use crate::peers;
use crate::workspace::{cargo, root, target_dir};
use end_to_end::Training;
use worker::Worker;

/// Options of `cargo xtask bench-train`.
#[derive(clap::Args)]
pub struct Args {
    /// Get what is missing: Python's venv module, PyTorch, JAX, burn.
    #[arg(long)]
    install: bool,
    /// Time the cases that there is a target for, beside the programs that it names.
    #[arg(long)]
    quick: bool,
    /// Print one JSON object on stdout.
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

/// The programs' median seconds a step on a case, in their order; `None` where one cannot do it.
#[derive(Debug, Serialize)]
struct Timed {
    #[serde(flatten)]
    case: Case,
    seconds: Vec<Option<f64>>,
}

/// All that was measured.
#[derive(Debug, Serialize)]
struct Report {
    /// The first is ours, fused.
    programs: Vec<&'static str>,
    steps: Vec<Timed>,
    trainings: Vec<Training>,
}

/// Threads that every program may use, on as many processors.
const THREADS: &str = "2";
/// How long a program is asked to take in a round.
const ROUND_SECONDS: f64 = 0.25;
/// Another order of f32 sums and another exponential, carried through twenty steps of Adam, which
/// divides rounding errors by their own size where a gradient is nearly zero; in practice 1e-6.
const TOLERANCE: f64 = 1e-4;

/// The cases that `--quick` times: those of the targets.
const TARGETS: [Case; 4] = [
    Case { objective: "fm", hidden: 64, batch: 1024 },
    Case { objective: "meanflow", hidden: 64, batch: 1024 },
    Case { objective: "fm", hidden: 256, batch: 1024 },
    Case { objective: "meanflow", hidden: 256, batch: 1024 },
];

/// Measures and prints.
///
/// # Errors
/// If something is missing, a program fails, or one computes something else than ours.
pub fn run(args: &Args) -> Result<()> {
    let python = environment(args.install)?;
    let build = ["build", "--quiet", "--release", "--package", "fm", "--example", "train_step"];
    command::run(cargo().args(build).args(["--package", "fm-host", "--bin", "fm"]))?;
    let built = target_dir()?.join("release");
    let mut workers = workers(&python, &built, args.quick)?;
    let programs: Vec<_> = workers.iter().map(|worker| worker.name).collect();
    let mut steps = Vec::new();
    eprintln!("{}", table::head(&programs));
    for case in cases(args.quick) {
        let timed = time(&mut workers, case, if args.quick { 9 } else { 7 })?;
        eprintln!("{}", table::line(&timed));
        steps.push(timed);
    }
    // Before the trainings: an idle program may still spin.
    drop(workers);
    let trainings = end_to_end::compare(&built.join("fm"), &python)?;
    let report = Report { programs, steps, trainings };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?);
    } else {
        println!("{}", table::markdown(&report));
    }
    Ok(())
}

/// A command that may use two processors, and says so to libraries that count by themselves.
fn on_two_cores(program: &Path) -> Command {
    let mut command = if command::exists("taskset") {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0,1"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.env("RAYON_NUM_THREADS", THREADS).env("OMP_NUM_THREADS", THREADS);
    command
}

/// The peers' Python, with what this bench needs on top.
fn environment(install: bool) -> Result<std::path::PathBuf> {
    let python = peers::environment(install)?;
    let list = root().join("benches/train_step/requirements.txt");
    let wanted = fs_err::read(&list).map_err(|e| e.to_string())?;
    let stamp = root().join(".venv/requirements-bench.txt");
    if fs_err::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    if !install {
        let list = list.display();
        return Err(format!(".venv lacks what {list} pins: `cargo xtask bench-train --install`"));
    }
    eprintln!("installing {} into .venv", list.display());
    command::run(peers::pip_install(&python).arg("--requirement").arg(&list))?;
    fs_err::write(stamp, wanted).map_err(|e| e.to_string())?;
    Ok(python)
}

/// Every program, ours first.
fn workers(python: &Path, built: &Path, quick: bool) -> Result<Vec<Worker>> {
    let folder = root().join("benches/train_step");
    let ours = built.join("examples/train_step");
    let script = |name: &'static str, file: &str, way: &str| {
        let mut command = on_two_cores(python);
        command.arg(folder.join(file)).arg(way);
        Worker::start(name, command)
    };
    let own = |name: &'static str, way: &str| {
        let mut command = on_two_cores(&ours);
        command.arg(way);
        Worker::start(name, command)
    };
    let mut workers = vec![
        own("fm", "fused")?,
        script("JAX jit", "jax_step.py", "jit")?,
        script("JAX scan", "jax_step.py", "scan")?,
        script("PyTorch", "torch_step.py", "eager")?,
    ];
    if !quick {
        let burn = target_dir()?.join("bench-train");
        eprintln!("building burn's step");
        let build = ["build", "--quiet", "--release", "--locked", "--target-dir"];
        command::run(cargo().current_dir(folder.join("burn")).args(build).arg(&burn))?;
        workers.push(script("PyTorch compiled", "torch_step.py", "compiled")?);
        workers.push(Worker::start("burn", on_two_cores(&burn.join("release/burn-step")))?);
        workers.push(own("dfdx", "plain")?);
    }
    Ok(workers)
}

fn cases(quick: bool) -> Vec<Case> {
    if quick {
        return TARGETS.to_vec();
    }
    let mut cases = Vec::new();
    for objective in ["fm", "meanflow"] {
        for hidden in [64, 128, 256] {
            cases.extend([256, 1024, 4096].map(|batch| Case { objective, hidden, batch }));
        }
    }
    cases
}

/// Has every program checked and timed on a case, in turn.
fn time(workers: &mut [Worker], case: Case, rounds: usize) -> Result<Timed> {
    let file = tempfile::Builder::new().suffix(".safetensors").tempfile();
    let file = file.map_err(|e| e.to_string())?;
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
            return Err(format!("{name} computes something else: {difference:e} off on {case:?}"));
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
