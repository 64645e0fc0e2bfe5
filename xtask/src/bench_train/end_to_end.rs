//! A whole training, from the start of the program to the model on the disk, beside JAX.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::Serialize;
use wait4::Wait4;

use super::{median, on_two_cores};
use crate::command::{Result, text};
use crate::workspace::root;

/// How often each is run, in turn.
const ROUNDS: usize = 3;
/// Steps, rows per step and learning rate on two moons; the JAX script has the same numbers.
const STEPS: &str = "20000";
const BATCH: &str = "512";
const RATE: &str = "5e-3";

/// What a training took: medians.
#[derive(Debug, Serialize)]
pub struct Training {
    pub program: &'static str,
    pub seconds: f64,
    /// Resident at most.
    pub bytes: f64,
}

/// `fm train moons` and the JAX script, in turn.
///
/// # Errors
/// If one fails.
pub fn compare(fm: &Path, python: &Path) -> Result<Vec<Training>> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let programs = ["fm train", "JAX scan"];
    let mut taken = [const { (Vec::new(), Vec::new()) }; 2];
    for round in 0..ROUNDS {
        let mut ours = on_two_cores(fm);
        ours.args([
            "train",
            "moons",
            "--objective",
            "fm",
            "--steps",
            STEPS,
            "--batch",
            BATCH,
            "--lr",
            RATE,
        ]);
        ours.args(["--device", "cpu", "--out"]).arg(folder.path().join(round.to_string()));
        let mut jax = on_two_cores(python);
        jax.arg(root().join("benches/train_step/jax_moons.py")).args([STEPS, BATCH]);
        jax.arg(folder.path().join("jax.safetensors"));
        for (command, (seconds, bytes)) in [ours, jax].iter_mut().zip(&mut taken) {
            let (took, most) = measure(command)?;
            seconds.push(took);
            bytes.push(most);
        }
    }
    let trainings = programs.into_iter().zip(taken).filter_map(|(program, (seconds, bytes))| {
        Some(Training { program, seconds: median(seconds)?, bytes: median(bytes)? })
    });
    Ok(trainings.collect())
}

/// The seconds that a program took, and the most bytes it had in memory.
fn measure(command: &mut Command) -> Result<(f64, f64)> {
    let started = Instant::now();
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ended = quiet.spawn().and_then(|mut child| child.wait4());
    let ended = ended.map_err(|e| format!("cannot run `{}`: {e}", text(command)))?;
    if !ended.status.success() {
        return Err(format!("`{}`: {}", text(command), ended.status));
    }
    Ok((started.elapsed().as_secs_f64(), ended.rusage.maxrss as f64))
}
