//! The device that trains: the user's choice, and what the machine has.

use dfdx::tensor::Cpu;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};

use super::Architecture;
use super::learner::CpuLearner;
use super::regression::{Learner, State};
use super::stacked::{self, Alone, SharedLearner};
use crate::error::{Error, Result};

/// The least work of a step, in parameters times rows, for which a GPU is faster than a workstation's CPU: at
/// width 64 and 1,024 rows (9 million) a CPU of 16 threads takes a seventh of an H200's time, and at width 256
/// (140 million) twice its time (`cargo xtask gpu`).
const WORTH_A_GPU: usize = 64_000_000;

/// The device to train on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// The first NVIDIA GPU if there is one, `fm` was built with CUDA and a step is large enough to be faster
    /// there, else the CPU.
    #[default]
    Auto,
    /// The CPU, on all its threads.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
}

impl DeviceChoice {
    /// Decides `auto` for steps of this size, on which a GPU may be slower: a small one takes the CPU. `rows`
    /// are those of all models that take their steps together.
    pub fn for_steps(self, architecture: &Architecture, rows: usize) -> Self {
        let small = architecture.parameters().saturating_mul(rows) < WORTH_A_GPU;
        if self == Self::Auto && small { Self::Cpu } else { self }
    }
}

/// Opens a network that continues from `state` on the chosen device; [`Learner::device_name`] names the one
/// that `auto` chose.
///
/// # Errors
/// If `state` belongs to another architecture, or the device does not exist or fails.
pub fn learner(
    architecture: &Architecture,
    state: State,
    device: DeviceChoice,
) -> Result<Box<dyn Learner>> {
    state.check(architecture)?;
    let cpu = |state| -> Box<dyn Learner> { Box::new(CpuLearner::new(architecture, state)) };
    match device {
        DeviceChoice::Cpu => Ok(cpu(state)),
        DeviceChoice::Cuda => cuda_learner(architecture, state),
        DeviceChoice::Auto => cuda_learner(architecture, state.clone()).or_else(|_| Ok(cpu(state))),
    }
}

/// A pool of `threads` CPU threads; 0 means one per core, or the value of `RAYON_NUM_THREADS`.
///
/// # Errors
/// If the system cannot start threads.
pub fn pool(threads: usize) -> Result<ThreadPool> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Error::device(format!("cannot start threads: {error}")))
}

/// Opens learners for `count` trainings that take their steps together, if the chosen device is a GPU.
/// Returns `None` on the CPU, where training each model by itself is faster.
///
/// # Errors
/// If the device does not exist or fails.
pub fn shared_learners(
    architecture: &Architecture,
    count: usize,
    device: DeviceChoice,
) -> Result<Option<Vec<SharedLearner>>> {
    match device {
        DeviceChoice::Cpu => Ok(None),
        DeviceChoice::Cuda => stacked::shared_learners(architecture, count, cuda).map(Some),
        DeviceChoice::Auto => Ok(stacked::shared_learners(architecture, count, cuda).ok()),
    }
}

/// Opens a network on the CPU in dfdx's own operations, slower than [`learner`]'s, to compare the two.
///
/// # Errors
/// If the device fails.
pub fn plain_learner(architecture: &Architecture, state: State) -> Result<Box<dyn Learner>> {
    Ok(Box::new(Alone::new(architecture, Cpu::default(), state, "cpu (dfdx)".to_owned())?))
}

/// Opens learners that share a stack on the CPU, to test the GPU's implementation without a GPU.
#[cfg(test)]
pub fn plain_shared_learners(
    architecture: &Architecture,
    count: usize,
) -> Result<Vec<SharedLearner>> {
    stacked::shared_learners(architecture, count, || Ok((Cpu::default(), "cpu (dfdx)".to_owned())))
}

fn cuda_learner(architecture: &Architecture, state: State) -> Result<Box<dyn Learner>> {
    let (device, name) = cuda()?;
    Ok(Box::new(Alone::new(architecture, device, state, name)?))
}

/// Opens the first GPU and returns its name.
#[cfg(feature = "cuda")]
fn cuda() -> Result<(dfdx::tensor::Cuda, String)> {
    let missing = |error: String| {
        Error::device(format!(
            "--device cuda: no NVIDIA GPU is available ({error}); check that `nvidia-smi` lists one, or \
             use --device cpu"
        ))
    };
    // dfdx would panic if the driver finds no GPU.
    cudarc::driver::result::init().map_err(|error| missing(error.to_string()))?;
    let device = dfdx::tensor::Cuda::try_build(0, 0).map_err(|error| missing(error.to_string()))?;
    Ok((device, cuda_name()))
}

/// `cuda:0`, with the GPU's name and its driver's version if `nvidia-smi` reports them.
#[cfg(feature = "cuda")]
fn cuda_name() -> String {
    let mut smi = std::process::Command::new("nvidia-smi");
    smi.args(["--query-gpu=name,driver_version", "--format=csv,noheader"]);
    // The first device that this program can use.
    //
    if let Some(id) = std::env::var("CUDA_VISIBLE_DEVICES").ok().filter(|ids| !ids.is_empty()) {
        smi.arg("--id").arg(id.split(',').next().unwrap_or_default());
    }
    let output = smi.output().ok().filter(|output| output.status.success());
    let told = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match told
        .as_deref()
        .and_then(|told| told.lines().next())
        .and_then(|line| line.split_once(", "))
    {
        Some((name, driver)) => format!("cuda:0 ({name}, driver {driver})"),
        None => "cuda:0".to_owned(),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<(Cpu, String)> {
    Err(Error::device(
        "--device cuda: this program was built without CUDA; build it with \
         `cargo build --release --features cuda`, or use --device cpu",
    ))
}
