//! Writes files atomically, so that an interruption or another writer leaves a complete file.
//!
//! A file is written under a temporary name next to its target, and then renamed, so that a reader sees
//! either the old file or the new one. If two programs write the same target, the last one to finish wins,
//! and the two files are not mixed.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::{Error, Result};

/// Opens a file to read. Other things are refused, because reading from a pipe could wait forever.
///
/// # Errors
/// The system's error; [`io::ErrorKind::InvalidData`] if the path is not a file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a file"));
    }
    File::open(path)
}

/// Whether both paths lead to one existing file or folder.
pub(crate) fn same(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().ok() == Some(a))
}

/// Refuses to write the results of a command over the data that it reads.
///
/// # Errors
/// If `out`, which the user named with `option`, is the file `data`.
pub(crate) fn check_apart(option: &'static str, out: &Path, data: &str) -> Result<()> {
    match same(out, Path::new(data)) {
        true => Err(Error::usage(option, "this is the data's own file; use another name")),
        false => Ok(()),
    }
}

/// The beginning and the end of a temporary name, around random letters.
const PREFIX: &str = ".fm-";
const SUFFIX: &str = ".tmp";
/// The number of random letters, enough that no user's file has such a name.
const RANDOM: usize = 12;

/// Writes `bytes` to `path`, and replaces a file that exists there.
///
/// # Errors
/// As [`PendingFile::persist`].
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut pending = PendingFile::create(path)?;
    pending.file().write_all(bytes).map_err(|e| Error::io("write", path, e))?;
    pending.persist()
}

/// A file that is not complete yet. It is next to its target, locked, and removed on drop unless it is
/// persisted.
#[derive(Debug)]
pub(crate) struct PendingFile {
    file: NamedTempFile,
    /// The file to replace, after following symbolic links.
    target: PathBuf,
    /// The path as the user named it, for messages.
    path: PathBuf,
}

impl PendingFile {
    /// Creates a file that is to replace `path`, with the permissions of an existing file, and removes
    /// temporary files of killed programs from that folder.
    ///
    /// # Errors
    /// If the system fails, or if `path` exists and is not a file.
    pub fn create(path: &Path) -> Result<Self> {
        let begin = || {
            let target = behind_links(path)?;
            let permissions = match fs::metadata(&target) {
                Ok(there) if there.is_file() => Some(there.permissions()),
                Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                // A rename would replace a device, such as /dev/null, by a file.
                Ok(_) => return Err(io::Error::other("it is not a file; use another path")),
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(e) => return Err(e),
            };
            let folder = folder(&target);
            remove_leftovers(folder);
            Ok(Self { file: create_locked(folder, permissions)?, target, path: path.to_owned() })
        };
        begin().map_err(|e| Error::io("write", path, e))
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Renames the file to its target.
    ///
    /// # Errors
    /// If the system fails; the previous file is then unchanged. If only syncing the folder fails, the error
    /// says so, and the new file is in place.
    pub fn persist(self) -> Result<()> {
        let Self { file, target, path } = self;
        let persist = || {
            file.as_file().sync_all()?;
            file.persist(&target).map_err(|e| e.error)
        };
        persist().map_err(|e| Error::io("write", &path, e))?;
        sync_folder(&target).map_err(|e| Error::io("sync the folder of", &path, e))
    }
}

/// Follows symbolic links; the target need not exist.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    // Linux follows at most 40 links.
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(link) => target = folder(&target).join(link),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Creates a file in `folder` and locks it. Without `permissions` it has the default ones of a new file.
fn create_locked(folder: &Path, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    loop {
        let file = builder.make_in(folder, |path| {
            let mut options = File::options();
            options.write(true).create_new(true);
            #[cfg(unix)]
            if permissions.is_some() {
                // Private until it has the permissions of the file that it replaces.
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            }
            options.open(path)
        })?;
        // Before it is locked, another process may mistake it for a leftover and remove it.
        if lock(file.as_file())? && file.path().exists() {
            if let Some(permissions) = permissions {
                file.as_file().set_permissions(permissions)?;
            }
            return Ok(file);
        }
    }
}

/// Removes temporary files whose writers have ended, which shows by their free locks. Failures are ignored.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(is_pending_name) {
            let path = entry.path();
            // The lock is held until the file is removed, so that nobody else locks it meanwhile.
            let Ok(file) = File::open(&path) else { continue };
            if file.try_lock().is_ok() {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// Whether this is the name of a temporary file.
fn is_pending_name(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// Takes a lock that ends with the process; returns `false` if another process has it. On a file system
/// without locks, always returns `true`.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Creates a directory and its parents.
pub(crate) fn create_dir(path: &Path) -> Result<()> {
    let create = || fs::create_dir_all(path).and_then(|()| sync_folder(path));
    create().map_err(|e| Error::io("create", path, e))
}

/// Removes a file if it exists.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, e)),
        _ => Ok(()),
    }
}

/// Moves a file into the folder `set-aside` next to it, under an unused name, and returns the new path.
pub(crate) fn set_aside(path: &Path) -> Result<PathBuf> {
    let aside = folder(path).join("set-aside");
    create_dir(&aside)?;
    let name = path.file_name().unwrap_or_default();
    let mut to = aside.join(name);
    for n in 2_u64.. {
        if to.symlink_metadata().is_err() {
            break;
        }
        let mut numbered = name.to_owned();
        numbered.push(format!(".{n}"));
        to = aside.join(numbered);
    }
    let set_aside = || fs::rename(path, &to).and_then(|()| sync_folder(path));
    set_aside().map_err(|e| Error::io("move", path, e))?;
    Ok(to)
}

/// Returns the folder of a path.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Syncs the folder of a path: a new name is on disk only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder(path))?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("readable");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("readable").file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_given_up_is_removed_and_the_old_file_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        replace(&path, b"old").expect("writable");
        let mut pending = PendingFile::create(&path).expect("writable");
        pending.file().write_all(b"half of the new").expect("writable");
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        assert_eq!(names(dir.path()).len(), 2);
        drop(pending);
        assert_eq!(names(dir.path()), ["file"]);
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        // A directory has the name of the file.
        let error = replace(dir.path(), b"new").expect_err("a directory").to_string();
        assert!(error.contains("directory"), "{error}");
    }

    /// The first writer's file stays complete until the second writer has finished.
    #[test]
    fn the_last_of_two_writers_wins() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        let mut first = PendingFile::create(&path).expect("writable");
        first.file().write_all(b"first").expect("writable");
        replace(&path, b"second").expect("both may write");
        assert_eq!(fs::read(&path).expect("there"), b"second");
        first.persist().expect("writable");
        assert_eq!(fs::read(&path).expect("there"), b"first");
        assert_eq!(names(dir.path()), ["file"]);
    }

    #[test]
    fn many_threads_write_one_file_and_it_is_always_whole() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        replace(&path, &[0; 10_000]).expect("writable");
        std::thread::scope(|scope| {
            for byte in 1..=8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..50 {
                        replace(path, &[byte; 10_000]).expect("nobody is refused");
                        let seen = fs::read(path).expect("there is always a file");
                        assert_eq!(seen.len(), 10_000);
                        assert!(seen.iter().all(|byte| *byte == seen[0]), "two files are mixed");
                    }
                });
            }
        });
        assert_eq!(names(dir.path()), ["file"]);
    }

    #[test]
    fn only_leftovers_are_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        let users = [".fm-notes", ".fm-notes.tmp", "file.tmp", "a.tmp"];
        for name in users {
            fs::write(at(name), b"the user's").expect("writable");
        }
        fs::write(at(".fm-0123456789ab.tmp"), b"what a kill leaves").expect("writable");
        let other = PendingFile::create(&at("other")).expect("writable");
        replace(&at("file"), b"new").expect("writable");
        assert!(!at(".fm-0123456789ab.tmp").exists());
        for name in users {
            assert_eq!(fs::read(at(name)).expect(name), b"the user's");
        }
        other.persist().expect("it was not taken for a leftover");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        let mode = |name: &str| fs::metadata(at(name)).expect("there").permissions().mode() & 0o777;
        replace(&at("new"), b"new").expect("writable");
        fs::write(at("ordinary"), b"").expect("writable");
        assert_eq!(mode("new"), mode("ordinary"));
        for secret in [0o600, 0o640, 0o666] {
            fs::set_permissions(at("new"), Permissions::from_mode(secret)).expect("ours");
            replace(&at("new"), b"newer").expect("writable");
            assert_eq!(mode("new"), secret);
        }

        fs::create_dir(at("folder")).expect("writable");
        symlink("folder/target", at("link")).expect("links");
        for text in [b"first", b"again"] {
            replace(&at("link"), text).expect("writable");
            assert!(at("link").is_symlink());
            assert_eq!(fs::read(at("folder/target")).expect("there"), text);
        }
        symlink("loop", at("loop")).expect("links");
        let error = replace(&at("loop"), b"").expect_err("nowhere").to_string();
        assert!(error.contains("symbolic links"), "{error}");
        symlink("/dev/null", at("device")).expect("links");
        let error = replace(&at("device"), b"").expect_err("a device").to_string();
        assert!(error.contains("not a file"), "{error}");
    }

    #[test]
    fn what_is_set_aside_is_kept() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        for text in ["one", "two", "three"] {
            fs::write(&path, text).expect("writable");
            let aside = set_aside(&path).expect("writable");
            assert!(!path.exists());
            assert_eq!(fs::read_to_string(aside).expect("kept"), text);
        }
        assert_eq!(names(&dir.path().join("set-aside")), ["file", "file.2", "file.3"]);
    }
}
