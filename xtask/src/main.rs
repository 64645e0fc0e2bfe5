//! Tasks that plain cargo cannot do for this workspace: all tests, firmware in QEMU, checks against
//! Python libraries, comparisons with other libraries, a CUDA build without a GPU and its checks on one.

mod bare_metal;
mod bench_crates;
mod bench_train;
mod boards;
mod c99;
mod c_interface;
mod command;
mod cuda_build;
mod deny;
mod firmware_bench;
mod fuzz;
mod gpu;
mod install;
mod machines;
mod minimum_rust;
mod peers;
mod policy;
mod projects;
mod python;
mod steps;
mod tables;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// Development tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Run every test: format, lints, docs, host, bare metal, firmware in QEMU.
    Test(test::Args),
    /// Check files and numbers against Python libraries, in a virtual environment.
    Peers(peers::Args),
    /// Measure firmware: instructions, cycles, flash, RAM, stack.
    FirmwareBench(firmware_bench::Args),
    /// Run the policies of examples/policy in a closed loop on the firmware, in QEMU.
    Policy(policy::Args),
    /// Run the fuzzers: any bytes must be an error, or a model that can be sampled.
    Fuzz(fuzz::Args),
    /// Build an image that times itself on a physical board.
    Board(boards::Args),
    /// Compare training steps with JAX, PyTorch, burn and plain dfdx, and a whole training with JAX.
    BenchTrain(bench_train::Args),
    /// Compare the assignment solver and the dense kernels with crates that do the same.
    BenchCrates(bench_crates::Args),
    /// Compare samples of tables with other generators', and anomaly scores with other detectors'.
    Tables(tables::Args),
    /// Build `fm` with CUDA on a machine without a GPU.
    CudaBuild(cuda_build::Args),
    /// Check and time training on a GPU; writes benches/gpu/results.md
    Gpu(gpu::Args),
}

fn main() -> ExitCode {
    match run(&Chore::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> Result<()> {
    let sh = &workspace::shell()?;
    match chore {
        Chore::Test(args) => test::run(sh, args),
        Chore::Peers(args) => peers::run(sh, args),
        Chore::FirmwareBench(args) => firmware_bench::run(sh, args),
        Chore::Policy(args) => policy::run(sh, args),
        Chore::Fuzz(args) => fuzz::run(sh, args),
        Chore::Board(args) => boards::run(sh, args),
        Chore::BenchTrain(args) => bench_train::run(sh, args),
        Chore::BenchCrates(args) => bench_crates::run(sh, args),
        Chore::Tables(args) => tables::run(sh, args),
        Chore::CudaBuild(args) => cuda_build::run(sh, args),
        Chore::Gpu(args) => gpu::run(sh, args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Chore::command().debug_assert();
    }
}
