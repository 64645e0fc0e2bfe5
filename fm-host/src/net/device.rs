//! Which device trains: the user's choice, and what the machine has.

use dfdx::tensor::Cpu;
use serde::{Deserialize, Serialize};

use super::Architecture;
use super::fused::Fused;
use super::learner::DeviceLearner;
use super::plain::Plain;
use super::regression::{Learner, State};
use crate::error::{Error, Result};

/// Where to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// The GPU where this program is built for one and it answers, else the CPU.
    #[default]
    Auto,
    /// The CPU, on all its threads.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
}

/// A network that goes on from `state`, on the chosen device; [`Learner::device_name`] says which
/// one `auto` took.
///
/// # Errors
/// If `state` is another architecture's, or the device does not exist or fails.
pub fn learner(
    architecture: &Architecture,
    state: State,
    device: DeviceChoice,
) -> Result<Box<dyn Learner>> {
    if !state.fits(architecture) {
        let problem = format!(
            "the saved state has {} parameters, the network {}: resume with the options that the \
             run was started with",
            state.parameters.len(),
            architecture.parameters(),
        );
        return Err(Error::usage("--resume", problem));
    }
    match device {
        DeviceChoice::Cpu => cpu(architecture, state),
        DeviceChoice::Cuda => cuda(architecture, state),
        DeviceChoice::Auto => {
            cuda(architecture, state.clone()).or_else(|_| cpu(architecture, state))
        }
    }
}

fn cpu(architecture: &Architecture, state: State) -> Result<Box<dyn Learner>> {
    let name = format!("cpu ({} threads)", rayon::current_num_threads());
    let compute = Fused::new(architecture);
    Ok(Box::new(DeviceLearner::new(architecture, compute, state, name)?))
}

/// A network on the CPU in dfdx's own operations, slower than [`learner`]'s: its twin, for measuring.
///
/// # Errors
/// If the device fails.
pub fn plain_learner(architecture: &Architecture, state: State) -> Result<Box<dyn Learner>> {
    let compute = Plain::new(architecture, Cpu::default());
    Ok(Box::new(DeviceLearner::new(architecture, compute, state, "cpu (dfdx)".to_owned())?))
}

#[cfg(feature = "cuda")]
fn cuda(architecture: &Architecture, state: State) -> Result<Box<dyn Learner>> {
    let missing = |error: String| {
        Error::device(format!(
            "--device cuda: no NVIDIA GPU answers ({error}); see that `nvidia-smi` lists one, or \
             train with --device cpu"
        ))
    };
    // dfdx would panic where the driver finds no GPU.
    cudarc::driver::result::init().map_err(|error| missing(error.to_string()))?;
    let device = dfdx::tensor::Cuda::try_build(0, 0).map_err(|error| missing(error.to_string()))?;
    let compute = Plain::new(architecture, device);
    Ok(Box::new(DeviceLearner::new(architecture, compute, state, cuda_name())?))
}

/// `cuda:0`, with the GPU's name and its driver's version where `nvidia-smi` tells them.
#[cfg(feature = "cuda")]
fn cuda_name() -> String {
    let mut smi = std::process::Command::new("nvidia-smi");
    smi.args(["--query-gpu=name,driver_version", "--format=csv,noheader"]);
    // The device that this program sees as its first.
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
fn cuda(_: &Architecture, _: State) -> Result<Box<dyn Learner>> {
    Err(Error::device(
        "--device cuda: this program was built for the CPU alone; build it with \
         `cargo build --release --features cuda`, or train with --device cpu",
    ))
}
