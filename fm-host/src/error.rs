//! What can go wrong on the host, each in words that name the file, the row or the option and the way out.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The result of anything on the host that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error for the user: small to pass around, everything it knows is in its [`ErrorKind`].
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// Every way in which the host fails.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or folder could not be read or written.
    Io {
        /// What was being done, as in "read" or "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The data cannot be used as it is.
    Data {
        /// The file, or the name of a built-in set.
        source: String,
        /// The row in the file, counted from 1 with the header as row 1.
        row: Option<usize>,
        /// The column's name.
        column: Option<String>,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// An option's value cannot be used, alone or beside the others.
    Usage {
        /// The option as it is typed, as in `--batch`.
        option: Cow<'static, str>,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A model file or run directory cannot be used.
    Model {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Training left the numbers that can be trusted.
    Diverged {
        /// The step at which it was noticed.
        step: u64,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The user asked for an end before the work was done; nothing is lost.
    Stopped {
        /// How to resume.
        way_on: String,
    },
    /// The compute device failed or does not exist.
    Device {
        /// What is wrong, and what to do.
        problem: String,
    },
}

impl Error {
    /// What went wrong, to match on.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// A file or folder could not be read or written.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        let path = path.as_ref().to_owned();
        ErrorKind::Io { action, path, source }.into()
    }

    /// The data of `source` as a whole cannot be used.
    pub fn data(source: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::cell(source, None, None, problem)
    }

    /// A row, a column or a cell of `source` cannot be used.
    pub fn cell(
        source: impl Into<String>,
        row: Option<usize>,
        column: Option<&str>,
        problem: impl Into<String>,
    ) -> Self {
        ErrorKind::Data {
            source: source.into(),
            row,
            column: column.map(str::to_owned),
            problem: problem.into(),
        }
        .into()
    }

    /// An option's value cannot be used.
    pub fn usage(option: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        ErrorKind::Usage { option: option.into(), problem: problem.into() }.into()
    }

    /// A model file or run directory cannot be used.
    pub fn model(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        let path = path.as_ref().to_owned();
        ErrorKind::Model { path, problem: problem.into() }.into()
    }

    /// The user asked for an end; `way_on` says how to resume.
    pub fn stopped(way_on: impl Into<String>) -> Self {
        ErrorKind::Stopped { way_on: way_on.into() }.into()
    }

    /// The compute device failed or does not exist.
    pub fn device(problem: impl Into<String>) -> Self {
        ErrorKind::Device { problem: problem.into() }.into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            ErrorKind::Io { action, path, source } => {
                let (path, way_out) = (path.display(), way_out(action, source.kind()));
                write!(f, "cannot {action} {path}: {source}{way_out}")
            }
            ErrorKind::Data { source, row, column, problem } => {
                write!(f, "{source}")?;
                if let Some(row) = row {
                    write!(f, ", row {row}")?;
                }
                if let Some(column) = column {
                    write!(f, ", column `{column}`")?;
                }
                write!(f, ": {problem}")
            }
            ErrorKind::Usage { option, problem } => write!(f, "{option}: {problem}"),
            ErrorKind::Model { path, problem } => write!(f, "{}: {problem}", path.display()),
            ErrorKind::Diverged { step, problem } => {
                write!(f, "training diverged at step {step}: {problem}")
            }
            ErrorKind::Stopped { way_on } => write!(f, "stopped; {way_on}"),
            ErrorKind::Device { problem } => write!(f, "{problem}"),
        }
    }
}

/// What a user can do about it.
fn way_out(action: &str, kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match kind {
        StorageFull | QuotaExceeded | FileTooLarge if action == "write" => {
            "; make room there and try again: what was there before is as it was"
        }
        StorageFull | QuotaExceeded | FileTooLarge => "; make room there and try again",
        PermissionDenied | ReadOnlyFilesystem => "; allow it, or name another place",
        _ => "",
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
