//! `cargo xtask peers`: checks against other people's Python programs, in `.venv`.
//!
//! Each `tests/peers/*.py` is a check: it runs in the workspace's root, finds the `fm` program in
//! the variable `FM` and the example `peer_numbers` in `PEER_NUMBERS`, and fails by its exit code.
//! `tests/peers/requirements.txt` pins what they import, `requirements-no-deps.txt` what is to come
//! without its own dependencies; names with a leading underscore are modules that checks share.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Result};
use crate::install::{Need, ensure};
use crate::steps::Steps;
use crate::workspace::{cargo, root, target_dir};

/// Options of `cargo xtask peers`.
#[derive(clap::Args)]
pub struct Args {
    /// Make the virtual environment, and get Python's venv module if that is missing.
    #[arg(long)]
    install: bool,
}

/// What makes virtual environments.
pub fn python_with_venv() -> Need {
    Need {
        what: "Python 3 with venv",
        present: || {
            let import = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
            import.is_ok_and(|output| output.status.success())
        },
        rustup: vec![],
        packages: vec!["python3", "python3-venv"],
    }
}

/// Runs every check.
///
/// # Errors
/// If the environment is missing, there is no check, or one fails.
pub fn run(args: &Args) -> Result<()> {
    let python = environment(args.install)?;
    let scripts = scripts(&root().join("tests/peers"))?;
    let programs = ["--package", "fm-host", "--bin", "fm", "--package", "fm"];
    let build = ["build", "--release", "--example", "peer_numbers"];
    command::run(cargo().args(build).args(programs))?;
    let built = target_dir()?.join("release");
    let (fm, numbers) = (built.join("fm"), built.join("examples/peer_numbers"));
    let mut steps = Steps::default();
    for script in scripts {
        let name = script.strip_prefix(root()).unwrap_or(&script).display().to_string();
        steps.run(&name, || {
            let mut check = Command::new(&python);
            check.arg(&script).current_dir(root()).env("FM", &fm).env("PEER_NUMBERS", &numbers);
            command::run(&mut check)
        });
    }
    steps.finish()
}

/// The Python of `.venv`; makes the environment anew when what the checks pin has changed.
///
/// # Errors
/// If something is missing and may not be, or could not be, installed.
pub fn environment(install: bool) -> Result<PathBuf> {
    let (checks, venv) = (root().join("tests/peers"), root().join(".venv"));
    let python = venv.join("bin/python");
    let lists = ["requirements.txt", "requirements-no-deps.txt"].map(|name| checks.join(name));
    let mut wanted = Vec::new();
    for list in &lists {
        wanted.extend(fs_err::read(list).map_err(|e| e.to_string())?);
    }
    // Written last, so that it stands for an installation that went through.
    let stamp = venv.join("requirements.txt");
    if fs_err::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    if !install {
        return Err(format!(
            "{} lacks what {}/requirements*.txt pin: `cargo xtask peers --install` installs it",
            venv.display(),
            checks.display()
        ));
    }
    ensure(&[python_with_venv()], install)?;
    println!("installing {}/requirements*.txt into {}", checks.display(), venv.display());
    println!("(PyTorch with its GPU libraries: some gigabytes, some minutes)");
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
    let [all, alone] = &lists;
    command::run(pip_install(&python).arg("--requirement").arg(all))?;
    command::run(pip_install(&python).args(["--no-deps", "--requirement"]).arg(alone))?;
    fs_err::write(stamp, wanted).map_err(|e| e.to_string())?;
    Ok(python)
}

/// `pip install`, without its asides.
pub fn pip_install(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = fs_err::read_dir(folder).map_err(|e| e.to_string())?;
    let mut scripts: Vec<PathBuf> = files
        .flatten()
        .filter(|file| !file.file_name().to_string_lossy().starts_with('_'))
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    scripts.sort();
    if scripts.is_empty() {
        return Err(format!("{} holds no check (*.py)", folder.display()));
    }
    Ok(scripts)
}
