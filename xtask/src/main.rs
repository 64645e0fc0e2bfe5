//! What plain cargo cannot do for this workspace: every test, firmware in QEMU, Python peers, benches
//! beside other people's programs, a CUDA build without a GPU.

mod bare_metal;
mod bench_crates;
mod bench_train;
mod boards;
mod c_interface;
mod command;
mod cuda_build;
mod deny;
mod firmware_bench;
mod fuzz;
mod install;
mod machines;
mod minimum_rust;
mod peers;
mod policy;
mod python;
mod steps;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Run every test: format, lints, docs, host, bare metal, firmware in QEMU.
    Test(test::Args),
    /// Run the checks against other people's Python programs, in a virtual environment.
    Peers(peers::Args),
    /// Count what firmware executes and takes: instructions, cycles, flash, RAM, stack.
    FirmwareBench(firmware_bench::Args),
    /// Run the policies of examples/policy in a closed loop on the firmware, in QEMU.
    Policy(policy::Args),
    /// Feed the fuzzers: any bytes are an error, or a model that can be sampled.
    Fuzz(fuzz::Args),
    /// Build an image that times itself for a board that you own.
    Board(boards::Args),
    /// Time the training step beside JAX, PyTorch, burn and plain dfdx, and a whole training beside JAX.
    BenchTrain(bench_train::Args),
    /// Time the solver of assignments and the dense kernels beside crates that do the same.
    BenchCrates(bench_crates::Args),
    /// Build the program with CUDA on a machine that has no GPU.
    CudaBuild(cuda_build::Args),
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
        Chore::CudaBuild(args) => cuda_build::run(sh, args),
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
