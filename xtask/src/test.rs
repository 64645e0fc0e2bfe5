//! `cargo xtask test`: every test there is, firmware in QEMU included; nothing is skipped.

use std::process::Command;

use crate::bare_metal;
use crate::boards;
use crate::c_interface;
use crate::command::{self, Result};
use crate::firmware_bench;
use crate::fuzz;
use crate::install::{Need, ensure};
use crate::steps::Steps;
use crate::workspace::{cargo, root, target_dir};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Get what is missing: rustup's targets, else the distribution's packages.
    #[arg(long)]
    install: bool,
}

fn needs() -> Vec<Need> {
    let mut needs = vec![
        Need {
            what: "cargo fmt",
            present: || works(cargo().args(["fmt", "--version"])),
            rustup: vec!["component", "add", "rustfmt"],
            packages: vec!["rustfmt-web"],
        },
        Need {
            what: "cargo clippy",
            present: || works(cargo().args(["clippy", "--version"])),
            rustup: vec!["component", "add", "clippy"],
            packages: vec!["rust-web-clippy"],
        },
    ];
    needs.extend(bare_metal::needs());
    needs.push(c_interface::need());
    if cfg!(target_os = "linux") {
        needs.push(Need {
            what: "strace, which makes disks fail",
            present: || command::exists("strace"),
            rustup: vec![],
            packages: vec!["strace"],
        });
    }
    needs
}

/// Runs every test.
///
/// # Errors
/// If something is missing or a step fails.
pub fn run(args: &Args) -> Result<()> {
    ensure(&needs(), args.install)?;
    let mut steps = Steps::default();
    steps.run("format", || {
        command::run(cargo().args(["fmt", "--all", "--check"]))?;
        let apart = ["examples/firmware", "fm-nostd/c", "fm-nostd/fuzz", "fm-host/fuzz"];
        apart.iter().try_for_each(|folder| {
            command::run(cargo().current_dir(root().join(folder)).args(["fmt", "--check"]))
        })
    });
    steps.run("lints", || {
        let all = ["--workspace", "--all-targets", "--features", "firmware"];
        command::run(cargo().arg("clippy").args(all).args(["--", "-D", "warnings"]))
    });
    steps.run("docs", || {
        let doc = ["doc", "--workspace", "--no-deps"];
        command::run(cargo().args(doc).env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.run("CUDA types", || {
        let features = ["--features", "cuda,ci-check"];
        command::run(cargo().args(["check", "--package", "fm-host"]).args(features))
    });
    steps.run("host tests", || command::run(cargo().args(["test", "--workspace"])));
    steps.run("C interface", c_interface::check);
    steps.run("fuzzers, for a moment", || fuzz::fuzz(fuzz::SMOKE, &[]));
    steps.run("fm-nostd on bare metal", || {
        bare_metal::build_core()?;
        bare_metal::build_features()
    });
    steps.run("firmware links without panics", || {
        bare_metal::build_images()?;
        command::run(cargo().args(["build", "--package", "fm-host", "--bin", "fm"]))?;
        c_interface::build_images(&target_dir()?.join("debug/fm"))
    });
    steps.run("firmware in QEMU", || {
        let test = ["test", "--features", "firmware", "--test", "firmware"];
        let (fm, images) = (target_dir()?.join("debug/fm"), bare_metal::images_dir()?);
        command::run(cargo().args(test).env("FM", fm).env("FIRMWARE_IMAGES", images))
    });
    steps.run("counting in QEMU", || {
        command::run(cargo().args(["build", "--package", "fm-host", "--bin", "fm"]))?;
        firmware_bench::check(&target_dir()?.join("debug/fm"))
    });
    steps.run("images for real boards", boards::build_all);
    steps.finish()
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
