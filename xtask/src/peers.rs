//! `cargo xtask peers`: checks against Python libraries, in `.venv`.
//!
//! Each `tests/peers/*.py` is a check: it runs in the workspace's root, finds the `fm` program in the
//! variable `FM` and the example `peer_numbers` in `PEER_NUMBERS`, and fails by its exit code.
//! `tests/peers/requirements.txt` pins the packages to import, and `requirements-no-deps.txt` those to
//! install without their dependencies; names with a leading underscore are modules that checks share.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::command;
use crate::python::Environment;
use crate::steps::Steps;
use crate::workspace::{cargo, root, target_dir};

/// Options of `cargo xtask peers`.
#[derive(clap::Args)]
pub struct Args {
    /// Create the virtual environment, and install Python's venv module if it is missing
    #[arg(long)]
    install: bool,
}

/// Runs every check.
pub fn run(sh: &Shell, args: &Args) -> Result<()> {
    let python = environment(sh, args.install)?.program("python");
    let scripts = scripts(&root().join("tests/peers"))?;
    let cargo = cargo();
    let programs = ["--package", "fm-host", "--bin", "fm", "--package", "fm"];
    command::run(cmd!(sh, "{cargo} build --release --example peer_numbers {programs...}"))?;
    let built = target_dir()?.join("release");
    let (fm, numbers) = (built.join("fm"), built.join("examples/peer_numbers"));
    let mut steps = Steps::default();
    for script in scripts {
        let name = script.strip_prefix(root()).unwrap_or(&script).display().to_string();
        steps.run(&name, || {
            let check = cmd!(sh, "{python} {script}").env("FM", &fm).env("PEER_NUMBERS", &numbers);
            command::run(check)
        });
    }
    steps.finish()
}

/// The environment in `.venv`, recreated if the pinned packages have changed.
pub fn environment(sh: &Shell, install: bool) -> Result<Environment> {
    const NOTE: &str = "requirements.txt";
    let checks = root().join("tests/peers");
    let all = vec!["--requirement".into(), checks.join(NOTE)];
    let alone = ["--no-deps", "--requirement"].map(PathBuf::from).into_iter();
    let alone = alone.chain([checks.join("requirements-no-deps.txt")]).collect();
    let environment = Environment::at(root().join(".venv"));
    environment.pinned(sh, (NOTE, "peers"), (install, true), &[all, alone])
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = fs_err::read_dir(folder)?;
    let mut scripts: Vec<PathBuf> = files
        .flatten()
        .filter(|file| !file.file_name().to_string_lossy().starts_with('_'))
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    scripts.sort();
    if scripts.is_empty() {
        bail!("{} contains no check (*.py)", folder.display());
    }
    Ok(scripts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_python_files_without_a_leading_underscore() {
        let folder = tempfile::tempdir().unwrap();
        let problem = scripts(folder.path()).unwrap_err().to_string();
        assert!(problem.ends_with("contains no check (*.py)"), "{problem}");
        for name in ["b.py", "_shared.py", "requirements.txt", "a.py"] {
            fs_err::write(folder.path().join(name), "").unwrap();
        }
        let found = scripts(folder.path()).unwrap();
        assert_eq!(found, ["a.py", "b.py"].map(|name| folder.path().join(name)));
    }
}
