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
    /// The file beside the run, where the absolute path leads to another one: which of the two has the
    /// run's rows shows when they are read.
    #[serde(skip)]
    pub(super) beside: Option<String>,
}

impl Source {
    /// This source as a run stores it: `all` are the rows of its file.
    pub(super) fn of_a_run(&self, all: &Dataset) -> Self {
        let data = absolute(Path::new(&self.data));
        let data = data.to_str().map_or_else(|| self.data.clone(), str::to_owned);
        let origin = Origin { digest: all.digest(), from_run: None, beside: None };
        Self { data, origin: Some(origin), ..self.clone() }
    }

    /// This source, to be found from the directory of a run too.
    pub(crate) fn anchored(&self, run: &Path) -> Self {
        let anchor = |origin: &Origin| Origin {
            from_run: relative(Path::new(&self.data), run),
            ..origin.clone()
        };
        Self { origin: self.origin.as_ref().map(anchor), ..self.clone() }
    }

    /// This source with its file where it is now, by what the run in that directory knows. Nothing is
    /// read: [`Source::settled`] chooses where there are two.
    pub(crate) fn found_from(mut self, run: &Path) -> Self {
        let Some(origin) = &mut self.origin else { return self };
        let (found, beside) = find(Path::new(&self.data), origin.from_run.as_deref(), run);
        origin.beside = beside.and_then(from_here);
        if let Some(found) = from_here(found) {
            self.data = found;
        }
        self
    }

    /// This source with one file. Copied together with its data, a run has two to choose from: the one
    /// beside it is read, and taken if it is as it was.
    pub(crate) fn settled(&self) -> Self {
        let mut settled = self.clone();
        let beside = settled.origin.as_mut().and_then(|origin| origin.beside.take());
        match beside.map(|data| settled.in_file(data)) {
            Some(beside) if is_unchanged(&beside) => beside,
            _ => settled,
        }
    }

    /// The same rows in the file that is named, and in no other.
    pub(crate) fn in_file(&self, data: impl Into<String>) -> Self {
        let mut source = Self { data: data.into(), ..self.clone() };
        if let Some(origin) = &mut source.origin {
            origin.beside = None;
        }
        source
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

/// A path as text, from the folder that the user is in, which reads better.
fn from_here(path: PathBuf) -> Option<String> {
    let here = std::env::current_dir().unwrap_or_default();
    utf8(path.strip_prefix(here).map(Path::to_owned).unwrap_or(path))
}

/// Where a file or folder is now: at its absolute path or, where that leads nowhere, at its path from
/// the directory; the absolute one where it is at neither. Where both lead to something, and not to
/// the same, the one from the directory comes second.
pub(crate) fn find(path: &Path, from_run: Option<&str>, run: &Path) -> (PathBuf, Option<PathBuf>) {
    let beside = from_run.map(|from_run| run.join(from_run)).filter(|beside| beside.exists());
    let beside = beside.filter(|beside| beside.canonicalize().ok() != path.canonicalize().ok());
    match beside {
        Some(beside) if !path.exists() => (beside, None),
        beside => (path.to_owned(), beside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load_for_run;

    /// A run in `one/run`, copied with its data to `two`.
    #[test]
    fn of_two_files_one_is_chosen_when_rows_are_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let [one, two] = ["one", "two"].map(|name| dir.path().join(name));
        for folder in [&one, &two] {
            std::fs::create_dir_all(folder.join("run")).expect("writable");
            std::fs::write(folder.join("t.csv"), "x,y\n1,2\n3,4\n5,6\n").expect("writable");
        }
        let text = |path: PathBuf| path.to_str().expect("UTF-8").to_owned();
        let source = Source::new(text(one.join("t.csv")));
        let source = load_for_run(&source).expect("a table").1.anchored(&one.join("run"));
        let beside = || text(two.join("run").join("../t.csv"));

        let found = source.clone().found_from(&two.join("run"));
        assert_eq!((&found.data, &found.settled().data), (&source.data, &beside()));
        // Who names a file means that one.
        assert_eq!(found.in_file("t.csv").settled().data, "t.csv");
        std::fs::write(two.join("t.csv"), "x,y\n1,2\n3,4\n5,7\n").expect("writable");
        assert_eq!(found.settled().data, source.data);
        std::fs::remove_file(one.join("t.csv")).expect("there");
        let found = source.clone().found_from(&two.join("run"));
        assert_eq!((&found.data, &found.settled().data), (&beside(), &beside()));
        // In its own place it has one file, by whatever path.
        std::fs::write(one.join("t.csv"), "").expect("writable");
        let found = source.clone().found_from(&one.join("run"));
        assert_eq!(found, source);
    }
}
