//! `cargo xtask test`: every test, including firmware in QEMU; nothing is skipped.

use std::process::Command;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::bare_metal;
use crate::bench_crates;
use crate::boards;
use crate::c_interface;
use crate::c99;
use crate::command;
use crate::deny;
use crate::firmware_bench;
use crate::fuzz;
use crate::install::{Need, ensure};
use crate::minimum_rust;
use crate::projects;
use crate::steps::Steps;
use crate::workspace::{cargo, target_dir};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Install missing tools: compiler targets and toolchains, the distribution's packages, cargo-deny
    #[arg(long)]
    install: bool,
}

fn needs() -> Vec<Need> {
    let mut needs = vec![
        Need {
            what: "cargo fmt",
            present: || works(["fmt", "--version"]),
            rustup: vec!["component", "add", "rustfmt"],
            packages: vec!["rustfmt-web"],
        },
        Need {
            what: "cargo clippy",
            present: || works(["clippy", "--version"]),
            rustup: vec!["component", "add", "clippy"],
            packages: vec!["rust-web-clippy"],
        },
    ];
    needs.extend(bare_metal::needs());
    needs.push(c_interface::need());
    needs.extend(c99::needs());
    if cfg!(target_os = "linux") {
        needs.push(Need {
            what: "strace, to simulate disk failures",
            present: || command::exists("strace"),
            rustup: vec![],
            packages: vec!["strace"],
        });
    }
    needs
}

/// Runs every test.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    ensure(sh, &needs(), args.install)?;
    let deny = deny::program(sh, args.install)?;
    minimum_rust::ensure(sh, args.install)?;
    let (cargo, fm) = (cargo(), target_dir()?.join("debug/fm"));
    let build_fm = || command::run(cmd!(sh, "{cargo} build --package fm-host --bin fm"));
    let mut steps = Steps::default();
    steps.run("format", || {
        command::run(cmd!(sh, "{cargo} fmt --all --check"))?;
        let apart = ["examples/firmware", "fm-nostd/c", "fm-nostd/fuzz", "fm-host/fuzz"];
        for apart in apart.into_iter().chain([bench_crates::FOLDER]) {
            let _apart = sh.push_dir(apart);
            command::run(cmd!(sh, "{cargo} fmt --check"))?;
        }
        Ok(())
    });
    steps.run("lints", || {
        let all = ["--workspace", "--all-targets", "--features", "firmware"];
        command::run(cmd!(sh, "{cargo} clippy {all...} -- -D warnings"))?;
        bench_crates::lint(sh)
    });
    steps.run("docs", || {
        let doc = cmd!(sh, "{cargo} doc --workspace --no-deps");
        command::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.run("licences, bans and sources of dependencies", || deny::check(sh, &deny));
    steps.run("oldest Rust", || minimum_rust::check(sh));
    steps.run("CUDA types", || {
        command::run(cmd!(sh, "{cargo} check --package fm-host --features cuda,ci-check"))
    });
    steps.run("host tests", || command::run(cmd!(sh, "{cargo} test --workspace")));
    steps.run("C interface", || c_interface::check(sh));
    steps.run("fuzzers, for a moment", || fuzz::fuzz(sh, fuzz::SMOKE, &[]));
    steps.run("fm-nostd on bare metal", || {
        bare_metal::build_core(sh)?;
        bare_metal::build_features(sh)
    });
    steps.run("firmware links without panics", || {
        bare_metal::build_images(sh)?;
        build_fm()?;
        c_interface::build_images(sh, &fm)?;
        c99::build_images(sh, &fm)
    });
    steps.run("firmware in QEMU", || {
        let test = cmd!(sh, "{cargo} test --features firmware --test firmware");
        let test = test.env("FM", &fm).env("FIRMWARE_IMAGES", bare_metal::images_dir()?);
        command::run(test)
    });
    steps.run("counting in QEMU", || {
        build_fm()?;
        firmware_bench::check(sh, &fm)
    });
    steps.run("images for real boards", || boards::build_all(sh));
    steps.run("firmware projects", || {
        build_fm()?;
        projects::check(sh, &fm)
    });
    steps.finish()
}

/// Whether cargo's subcommand works: rustup installs a proxy even if the subcommand is missing.
fn works(words: [&str; 2]) -> bool {
    Command::new(cargo()).args(words).output().is_ok_and(|output| output.status.success())
}
