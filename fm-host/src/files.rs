//! Writing files so that an interruption leaves the old one whole.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::{Error, Result};

/// Writes beside `path`, syncs, and renames over it.
///
/// # Errors
/// If the system fails; `path` is then as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let beside = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The rename itself is on disk only with its directory.
        #[cfg(unix)]
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|e| Error::io("write", path, e))
}

/// Removes a file that may not be there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path, e)),
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
        fs::write(&beside, b"half of the ne").expect("writable");
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        replace(&path, b"new").expect("writable");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert!(!beside.exists());
    }
}
