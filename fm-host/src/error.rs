//! What can go wrong on the host, each in words that name the file, the row or the option and the way out.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// The result of anything on the host that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error for the user: small to pass around, everything it knows is in its [`ErrorKind`].
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<ErrorKind>);

/// Every way in which the host fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}{}", .path.display(), way_out(action, source.kind()))]
    Io {
        /// What was being done, as in "read" or "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The data cannot be used as it is.
    #[error("{data}{}: {problem}", place(*row, column.as_deref()))]
    Data {
        /// The file, or the name of a built-in set.
        data: String,
        /// The row in the file, counted from 1 with the header as row 1.
        row: Option<usize>,
        /// The column's name.
        column: Option<String>,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// An option's value cannot be used, alone or beside the others.
    #[error("{option}: {problem}")]
    Usage {
        /// The option as it is typed, as in `--batch`.
        option: Cow<'static, str>,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A model file or run directory cannot be used.
    #[error("{}: {problem}", .path.display())]
    Model {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Training left the numbers that can be trusted.
    #[error("training diverged at step {step}: {problem}")]
    Diverged {
        /// The step at which it was noticed.
        step: u64,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The user asked for an end before the work was done; nothing is lost.
    #[error("stopped; {way_on}")]
    Stopped {
        /// How to resume.
        way_on: String,
    },
    /// The compute device failed or does not exist.
    #[error("{problem}")]
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

    /// The data as a whole cannot be used.
    pub fn data(data: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::cell(data, None, None, problem)
    }

    /// A row, a column or a cell of the data cannot be used.
    pub fn cell(
        data: impl Into<String>,
        row: Option<usize>,
        column: Option<&str>,
        problem: impl Into<String>,
    ) -> Self {
        let (data, column) = (data.into(), column.map(str::to_owned));
        ErrorKind::Data { data, row, column, problem: problem.into() }.into()
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

/// Where in the data it is, as far as that is known.
fn place(row: Option<usize>, column: Option<&str>) -> String {
    let row = row.map(|row| format!(", row {row}"));
    let column = column.map(|column| format!(", column `{column}`"));
    row.into_iter().chain(column).collect()
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
