//! Where a run's files lie: found again from any folder, and known to be the same.
//!
//! A run is trained in one folder and used from another, or moved together with its data. So it
//! stores the absolute path of a file, and the path from its own directory for when the first leads
//! nowhere; a digest of the rows in use tells a file that changed since.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Dataset, Source, is_unchanged};
use crate::{Error, Result};

/// What a run knows of the file that it was trained on, beside its absolute path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// CRC-32 of the rows in use, in the file's order.
    pub digest: u32,
    /// The file's path from the run's directory; none where there is no such path.
    pub from_run: Option<String>,
}

impl Source {
    /// This source as a run stores it: `all` are the rows of its file.
    pub(super) fn of_a_run(&self, all: &Dataset) -> Self {
        let data = absolute(Path::new(&self.data));
        let data = data.to_str().map_or_else(|| self.data.clone(), str::to_owned);
        Self { data, origin: Some(Origin { digest: all.digest(), from_run: None }), ..self.clone() }
    }

    /// This source, to be found from the directory of a run too.
    pub(crate) fn anchored(&self, run: &Path) -> Self {
        let anchor = |origin: &Origin| Origin {
            from_run: relative(Path::new(&self.data), run),
            ..origin.clone()
        };
        Self { origin: self.origin.as_ref().map(anchor), ..self.clone() }
    }

    /// This source with its file where it is now, by what the run in that directory knows.
    pub(crate) fn found_from(mut self, run: &Path) -> Self {
        if self.origin.is_none() {
            return self;
        }
        let from_run = self.origin.as_ref().and_then(|origin| origin.from_run.as_deref());
        let mut found = find(Path::new(&self.data), from_run, run);
        // Copied together with its data, a run has two files to choose from: the one that is as it was.
        if let Some(beside) = from_run.map(|from_run| run.join(from_run)).and_then(utf8)
            && Path::new(&beside).canonicalize().ok() != found.canonicalize().ok()
            && is_unchanged(&Self { data: beside.clone(), ..self.clone() })
        {
            found = beside.into();
        }
        // A path from the folder that the user is in reads better.
        let here = std::env::current_dir().unwrap_or_default();
        if let Some(found) = found.strip_prefix(here).unwrap_or(&found).to_str() {
            found.clone_into(&mut self.data);
        }
        self
    }

    /// Refuses rows that are not those of the run that the source comes from, if it comes from one.
    pub(super) fn check_rows(&self, all: &Dataset) -> Result<()> {
        if self.origin.as_ref().is_none_or(|origin| origin.digest == all.digest()) {
            return Ok(());
        }
        let problem = "these are not the rows that the run was trained on: put the file back as it \
                       was; to use it as it is now, train on it with another `--out`, or name it with \
                       `--data` (export, eval, loglik)";
        Err(Error::data(&self.data, problem))
    }

    /// Refuses a file that is not there any more.
    pub(super) fn check_there(&self) -> Result<()> {
        // What may not be looked at is told as that when it is read.
        if self.origin.is_none() || !matches!(Path::new(&self.data).try_exists(), Ok(false)) {
            return Ok(());
        }
        let problem = "there is no such file: put back the one that the run was trained on, or name a \
                       copy of it (`--data FILE`; with `fm train --resume`, `FILE`)";
        Err(Error::data(&self.data, problem))
    }
}

/// The data's name without its folder and extensions.
pub(crate) fn stem(data: &str) -> &str {
    let file = data.rsplit(['/', '\\']).next().unwrap_or_default();
    file.split('.').next().unwrap_or_default()
}

/// A path that holds from any folder, without `..`; a link at its end stays one. As it is where the system
/// does not tell.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or(path.to_owned()),
    }
}

/// The path from a directory to a file or folder that exists, where it is UTF-8; links are followed,
/// which `..` would not undo.
pub(crate) fn relative(path: &Path, directory: &Path) -> Option<String> {
    let (path, directory) = (path.canonicalize().ok()?, directory.canonicalize().ok()?);
    utf8(pathdiff::diff_paths(path, directory).filter(|path| path.is_relative())?)
}

/// A path as text, where it is.
fn utf8(path: PathBuf) -> Option<String> {
    path.into_os_string().into_string().ok()
}

/// Where a file or folder is now: at its absolute path or, where that leads nowhere, at its path from
/// the directory; the absolute one where it is at neither.
pub(crate) fn find(path: &Path, from_run: Option<&str>, run: &Path) -> PathBuf {
    let beside = from_run.map(|from_run| run.join(from_run)).filter(|path| path.exists());
    match beside {
        Some(beside) if !path.exists() => beside,
        _ => path.to_owned(),
    }
}
