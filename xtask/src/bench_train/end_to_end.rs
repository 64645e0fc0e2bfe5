//! A whole training, from program start to the model on disk, compared with JAX.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use wait4::Wait4;
use xshell::{Cmd, Shell};

use super::{median, on_two_cores};
use crate::workspace::root;

/// How often each program runs, alternating.
const ROUNDS: usize = 3;
/// Steps, rows per step and learning rate on two moons; the JAX script has the same numbers.
const STEPS: &str = "20000";
const BATCH: &str = "512";
const RATE: &str = "5e-3";

/// The costs of a training: medians.
#[derive(Debug, Serialize)]
pub struct Training {
    pub program: &'static str,
    pub seconds: f64,
    /// Peak resident memory.
    pub bytes: f64,
}

/// Runs `fm train moons` and the JAX script alternately.
pub fn compare(sh: &Shell, fm: &Path, python: &Path) -> Result<Vec<Training>> {
    let folder = tempfile::tempdir()?;
    let programs = ["fm train", "JAX scan"];
    let mut taken = [const { (Vec::new(), Vec::new()) }; 2];
    for round in 0..ROUNDS {
        let ours = on_two_cores(sh, fm)
            .args(["train", "moons", "--objective", "fm", "--steps", STEPS])
            .args(["--batch", BATCH, "--lr", RATE, "--device", "cpu", "--out"])
            .arg(folder.path().join(round.to_string()));
        let jax = on_two_cores(sh, python)
            .arg(root().join("benches/train_step/jax_moons.py"))
            .args([STEPS, BATCH])
            .arg(folder.path().join("jax.safetensors"));
        for (command, (seconds, bytes)) in [ours, jax].into_iter().zip(&mut taken) {
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

/// The seconds that a program took, and its peak memory in bytes.
fn measure(command: Cmd<'_>) -> Result<(f64, f64)> {
    let text = command.to_string();
    let mut command = Command::from(command.ignore_stdout().ignore_stderr());
    let started = Instant::now();
    let ended = command.stdin(Stdio::null()).spawn().and_then(|mut child| child.wait4());
    let ended = ended.with_context(|| format!("cannot run `{text}`"))?;
    if !ended.status.success() {
        bail!("`{text}`: {}", ended.status);
    }
    Ok((started.elapsed().as_secs_f64(), ended.rusage.maxrss as f64))
}
