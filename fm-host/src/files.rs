//! Writing files so that an interruption leaves the old one whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Writes beside `path`, syncs, and renames over it.
///
/// # Errors
/// If the system fails; `path` is then as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = Beside::create(path)?;
    beside.file.write_all(bytes).map_err(|e| Error::io("write", path, e))?;
    beside.put()
}

/// A file in the making beside its place: nobody sees it before it is whole, and it goes again if
/// it never is.
#[derive(Debug)]
pub(crate) struct Beside {
    /// Where to write.
    pub file: File,
    beside: PathBuf,
    path: PathBuf,
}

impl Beside {
    /// Begins a file that is to be at `path`, over what an interruption left of it.
    ///
    /// # Errors
    /// If the system fails, or another process is writing this very file.
    pub fn create(path: &Path) -> Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".tmp");
        let beside = path.with_file_name(name);
        let failed = |e| Error::io("write", path, e);
        let options = File::options().write(true).create(true).truncate(false).open(&beside);
        let file = options.map_err(failed)?;
        if !lock(&file).map_err(failed)? {
            let problem = "another process is writing this file; wait for it, or name another";
            return Err(Error::model(path, problem));
        }
        file.set_len(0).map_err(failed)?;
        Ok(Self { file, beside, path: path.to_owned() })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// If the system fails; what was in the place is then as it was.
    pub fn put(self) -> Result<()> {
        let put = || {
            self.file.sync_all()?;
            fs::rename(&self.beside, &self.path)?;
            sync_parent(&self.path)
        };
        put().map_err(|e| Error::io("write", &self.path, e))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After `put` there is nothing to remove; after a failure the room is given back.
        let _ = fs::remove_file(&self.beside);
    }
}

/// Takes a lock that ends with the process; `false` if another process has it. A file system that
/// knows no locks gives it to everybody.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Makes a directory and those above it.
pub(crate) fn create_dir(path: &Path) -> Result<()> {
    let create = || fs::create_dir_all(path).and_then(|()| sync_parent(path));
    create().map_err(|e| Error::io("create", path, e))
}

/// Removes a file that may not be there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, e)),
        _ => Ok(()),
    }
}

/// A new name is on disk only with its directory.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if cfg!(unix) && !parent.as_os_str().is_empty() => {
            File::open(parent)?.sync_all()
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        replace(&path, b"old").expect("writable");
        // A directory in the way of the file beside: the write cannot even start.
        let beside = dir.path().join("file.tmp");
        fs::create_dir(&beside).expect("writable");
        assert!(replace(&path, b"new").is_err());
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        fs::remove_dir(&beside).expect("empty");
        // What an interruption leaves is overwritten by the next write.
        fs::write(&beside, b"half of the new, and longer").expect("writable");
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        replace(&path, b"new").expect("writable");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert!(!beside.exists());
    }

    #[test]
    fn what_is_given_up_goes_and_two_writers_do_not_mix() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        let mut first = Beside::create(&path).expect("writable");
        first.file.write_all(b"half").expect("writable");
        let error = replace(&path, b"other").expect_err("somebody writes").to_string();
        assert!(error.contains("another process"), "{error}");
        drop(first);
        assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 0);
        replace(&path, b"other").expect("nobody writes any more");
    }
}
