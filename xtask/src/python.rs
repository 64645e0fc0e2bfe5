//! Virtual environments of Python packages. Each records what was installed, so that packages are
//! installed again only if the pinned versions have changed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::command::run;
use crate::install::{Need, ensure};

/// The tool that creates virtual environments.
pub fn need() -> Need {
    Need {
        what: "Python 3 with venv",
        present: || {
            let import = std::process::Command::new("python3")
                .args(["-c", "import venv, ensurepip"])
                .output();
            import.is_ok_and(|output| output.status.success())
        },
        rustup: vec![],
        packages: vec!["python3", "python3-venv"],
    }
}

/// A virtual environment.
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The environment in `folder`, which may not exist yet.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Whether `wanted` equals the last record under this name.
    pub fn holds(&self, note: &str, wanted: &str) -> bool {
        fs_err::read_to_string(self.folder.join(note)).is_ok_and(|noted| noted == wanted)
    }

    /// Records a completed installation.
    pub fn note(&self, note: &str, wanted: &str) -> Result<()> {
        Ok(fs_err::write(self.folder.join(note), wanted)?)
    }

    /// Installs what is pinned under `note`, if it is not installed yet or the pins have changed; `fresh` clears
    /// the environment first. `calls` are the arguments of `pip install`, one call after the other, with files of
    /// pins as their last argument.
    ///
    /// # Errors
    /// If something must be installed and `install` is not set; the error names `command`, which sets it.
    pub fn pinned(
        self,
        sh: &Shell,
        (note, command): (&str, &str),
        (install, fresh): (bool, bool),
        calls: &[Vec<PathBuf>],
    ) -> Result<Self> {
        let lists: Vec<&PathBuf> = calls.iter().filter_map(|call| call.last()).collect();
        let texts = lists.iter().map(fs_err::read_to_string);
        let wanted = texts.collect::<std::io::Result<String>>()?;
        if self.holds(note, &wanted) {
            return Ok(self);
        }
        let names: Vec<String> = lists.iter().map(|list| list.display().to_string()).collect();
        let (names, folder) = (names.join(" and "), self.folder.display());
        if !install {
            bail!(
                "{folder} lacks packages that {names} pins: `cargo xtask {command} --install` installs them"
            );
        }
        // Not on stdout, which may be a program's.
        eprintln!("installing {names} into {folder}");
        eprintln!("(PyTorch with its GPU libraries: several gigabytes, several minutes)");
        if fresh {
            self.create(sh)?;
        }
        calls.iter().try_for_each(|call| self.pip_install(sh, call))?;
        self.note(note, &wanted)?;
        Ok(self)
    }

    /// Recreates the environment without packages.
    pub fn create(&self, sh: &Shell) -> Result<()> {
        ensure(sh, &[need()], true)?;
        let folder = &self.folder;
        run(cmd!(sh, "python3 -m venv --clear {folder}"))
    }

    /// Installs with pip, with little output; `what` are the arguments of `pip install`.
    pub fn pip_install(
        &self,
        sh: &Shell,
        what: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<()> {
        let python = self.program("python");
        let install = cmd!(sh, "{python} -m pip install --quiet --disable-pip-version-check");
        run(install.args(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_holds_until_what_is_wanted_changes() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::at(folder.path().to_owned());
        assert!(!environment.holds("list.txt", "numpy==2.0"));
        environment.note("list.txt", "numpy==2.0").unwrap();
        assert!(environment.holds("list.txt", "numpy==2.0"));
        assert!(!environment.holds("list.txt", "numpy==2.1"));
        assert!(!environment.holds("other.txt", "numpy==2.0"));
    }
}
