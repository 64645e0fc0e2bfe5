//! Virtual environments of Python packages. What was installed is noted in them, so that it is installed
//! again only when what is pinned has changed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::command::run;
use crate::install::{Need, ensure};

/// What makes virtual environments.
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
    /// The one in `folder`, which need not be there yet.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program of it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Whether `wanted` is what was last noted under this name.
    pub fn holds(&self, note: &str, wanted: &str) -> bool {
        fs_err::read_to_string(self.folder.join(note)).is_ok_and(|noted| noted == wanted)
    }

    /// Notes an installation that went through.
    pub fn note(&self, note: &str, wanted: &str) -> Result<()> {
        Ok(fs_err::write(self.folder.join(note), wanted)?)
    }

    /// Makes it anew, without packages.
    pub fn create(&self, sh: &Shell) -> Result<()> {
        ensure(sh, &[need()], true)?;
        let folder = &self.folder;
        run(cmd!(sh, "python3 -m venv --clear {folder}"))
    }

    /// Installs with pip, without its asides; `what` are the words behind `pip install`.
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
