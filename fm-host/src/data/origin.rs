//! How a run finds its data file again, and detects whether the file has changed.
//!
//! A run is trained in one folder and used from another, or moved together with its data. So it stores the
//! absolute path of the file, the path relative to the run directory as a fallback, and a digest of the
//! rows in use, which detects changes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::Table;
use super::{DataSpec, is_unchanged};
use crate::{Error, Result};

/// What a run stores about its data file, in addition to the absolute path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// CRC-32 of the rows in use, in the file's order.
    pub digest: u32,
    /// The file's path relative to the run directory; `None` if there is no such path.
    pub from_run: Option<String>,
    /// The file at the relative path, if the absolute path leads to another file. Reading them shows which
    /// of the two has the run's rows.
    #[serde(skip)]
    pub(super) beside: Option<String>,
}

impl DataSpec {
    /// Returns this source as a run stores it, with the digest of its file's rows.
    pub(super) fn of_a_run(&self, digest: u32) -> Self {
        let data = absolute(Path::new(&self.data));
        let data = data.to_str().map_or_else(|| self.data.clone(), str::to_owned);
        let origin = Origin { digest, from_run: None, beside: None };
        Self { data, origin: Some(origin), ..self.clone() }
    }

    /// Returns this source with its path relative to a run directory.
    pub(crate) fn anchored(&self, run: &Path) -> Self {
        let anchor = |origin: &Origin| Origin {
            from_run: relative(Path::new(&self.data), run),
            ..origin.clone()
        };
        Self { origin: self.origin.as_ref().map(anchor), ..self.clone() }
    }

    /// Returns this source with the current path of its file, as found from the run directory. The file is
    /// not read; if there are two candidates, [`DataSpec::settled`] chooses.
    pub(crate) fn found_from(mut self, run: &Path) -> Self {
        let Some(origin) = &mut self.origin else { return self };
        let (found, beside) = find(Path::new(&self.data), origin.from_run.as_deref(), run);
        origin.beside = beside.and_then(from_here);
        if let Some(found) = from_here(found) {
            self.data = found;
        }
        self
    }

    /// Returns this source with one file. A run that was copied together with its data has two candidates:
    /// the file at the relative path is used if it is unchanged.
    pub(crate) fn settled(&self) -> Self {
        let mut settled = self.clone();
        let beside = settled.origin.as_mut().and_then(|origin| origin.beside.take());
        match beside.map(|data| settled.in_file(data)) {
            Some(beside) if is_unchanged(&beside) => beside,
            _ => settled,
        }
    }

    /// Returns this source with exactly the named file.
    pub(crate) fn in_file(&self, data: impl Into<String>) -> Self {
        let mut source = Self { data: data.into(), ..self.clone() };
        if let Some(origin) = &mut source.origin {
            origin.beside = None;
        }
        source
    }

    /// Refuses rows that have changed since the training, if this is the source of a run.
    pub(super) fn check_rows(&self, table: &Table) -> Result<()> {
        if self.origin.as_ref().is_none_or(|origin| origin.digest == table.digest()) {
            return Ok(());
        }
        let problem = "the rows have changed since the run was trained; restore the file, or use it as it \
                       is with `--data` (export, eval, loglik; `--source` for the rows that the run starts at) or in a \
                       training with another `--out`";
        Err(Error::data(&self.data, problem))
    }

    /// Refuses the source of a run if its file does not exist.
    pub(super) fn check_there(&self) -> Result<()> {
        // Missing permissions are reported when the file is read.
        if self.origin.is_none() || !matches!(Path::new(&self.data).try_exists(), Ok(false)) {
            return Ok(());
        }
        let problem = "the run's data does not exist here; restore the file, or name a copy of it: `fm train \
                       FILE --resume`, or `--data FILE` in other commands (`--source FILE` for the rows that the run \
                       starts at)";
        Err(Error::data(&self.data, problem))
    }
}

/// Returns the data's name without its folder and extensions.
pub(crate) fn stem(data: &str) -> &str {
    let file = data.rsplit(['/', '\\']).next().unwrap_or_default();
    file.split('.').next().unwrap_or_default()
}

/// Returns the absolute path, without `..`; a symbolic link at the end stays. If the system fails, the path
/// is returned unchanged.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or(path.to_owned()),
    }
}

/// Returns the path from a directory to an existing file or folder, if it is UTF-8. Links are resolved first,
/// because `..` does not undo them.
pub(crate) fn relative(path: &Path, directory: &Path) -> Option<String> {
    let (path, directory) = (path.canonicalize().ok()?, directory.canonicalize().ok()?);
    utf8(pathdiff::diff_paths(path, directory).filter(|path| path.is_relative())?)
}

/// Returns a path as text, if it is UTF-8.
fn utf8(path: PathBuf) -> Option<String> {
    path.into_os_string().into_string().ok()
}

/// Returns a path as text, relative to the current folder where possible, because that is easier to read.
fn from_here(path: PathBuf) -> Option<String> {
    let here = std::env::current_dir().unwrap_or_default();
    utf8(path.strip_prefix(here).map(Path::to_owned).unwrap_or(path))
}

/// Finds a file or folder: at its absolute path or, if that does not exist, at its path from the directory
/// `run`. If neither exists, returns the absolute path. If both exist and differ, the path from the directory
/// is returned second.
pub(crate) fn find(path: &Path, from_run: Option<&str>, run: &Path) -> (PathBuf, Option<PathBuf>) {
    let beside =
        from_run.map(|from_run| absolute(&run.join(from_run))).filter(|beside| beside.exists());
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
        let source = DataSpec::new(text(one.join("t.csv")));
        let source = load_for_run(&source).expect("a table").source.anchored(&one.join("run"));
        let beside = || text(absolute(&two.join("t.csv")));

        let found = source.clone().found_from(&two.join("run"));
        assert_eq!((&found.data, &found.settled().data), (&source.data, &beside()));
        // A named file is used, and no other.
        assert_eq!(found.in_file("t.csv").settled().data, "t.csv");
        std::fs::write(two.join("t.csv"), "x,y\n1,2\n3,4\n5,7\n").expect("writable");
        assert_eq!(found.settled().data, source.data);
        std::fs::remove_file(one.join("t.csv")).expect("there");
        let found = source.clone().found_from(&two.join("run"));
        assert_eq!((&found.data, &found.settled().data), (&beside(), &beside()));
        // At its original path the run has one file, by any path.
        std::fs::write(one.join("t.csv"), "").expect("writable");
        let found = source.clone().found_from(&one.join("run"));
        assert_eq!(found, source);
    }
}
