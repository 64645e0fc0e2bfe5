//! Errors of the host. Each message names the file, row or option, says what is wrong, and how to fix it.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// The result of a host function that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error for the user: a pointer to its [`ErrorKind`], so it is small to return.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<ErrorKind>);

/// The kinds of errors on the host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}{}", .path.display(), way_out(action, source.kind()))]
    Io {
        /// The verb of what was being done, such as "read" or "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error that the system returned.
        source: io::Error,
    },
    /// The data cannot be used.
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
    /// An option's value cannot be used, by itself or together with other options.
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
    /// Training diverged: the loss is not finite, or too large to be useful.
    #[error("training diverged at step {step}: {problem}")]
    Diverged {
        /// The step at which it was noticed.
        step: u64,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The user stopped the work before it was done; it can be resumed.
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
    /// Returns the kind of error, to match on.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// Returns the error for a file or folder that could not be read or written.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        let path = path.as_ref().to_owned();
        ErrorKind::Io { action, path, source }.into()
    }

    /// Returns the error for data that cannot be used as a whole.
    pub fn data(data: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::cell(data, None, None, problem)
    }

    /// Returns the error for a row, column or cell that cannot be used.
    pub fn cell(
        data: impl Into<String>,
        row: Option<usize>,
        column: Option<&str>,
        problem: impl Into<String>,
    ) -> Self {
        let (data, column) = (data.into(), column.map(str::to_owned));
        ErrorKind::Data { data, row, column, problem: problem.into() }.into()
    }

    /// Returns the error for an option whose value cannot be used.
    pub fn usage(option: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        ErrorKind::Usage { option: option.into(), problem: problem.into() }.into()
    }

    /// Returns the error for a model file or run directory that cannot be used.
    pub fn model(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        let path = path.as_ref().to_owned();
        ErrorKind::Model { path, problem: problem.into() }.into()
    }

    /// Returns the error for work that the user stopped; `way_on` says how to resume it.
    pub fn stopped(way_on: impl Into<String>) -> Self {
        ErrorKind::Stopped { way_on: way_on.into() }.into()
    }

    /// Returns the error for a compute device that failed or does not exist.
    pub fn device(problem: impl Into<String>) -> Self {
        ErrorKind::Device { problem: problem.into() }.into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

/// The row and column of the problem, where they are known.
fn place(row: Option<usize>, column: Option<&str>) -> String {
    let row = row.map(|row| format!(", row {row}"));
    let column = column.map(|column| format!(", column `{column}`"));
    row.into_iter().chain(column).collect()
}

/// How a user can fix the problem.
fn way_out(action: &str, kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match kind {
        StorageFull | QuotaExceeded | FileTooLarge if action == "write" => {
            "; free some space there and try again: the previous file is unchanged"
        }
        StorageFull | QuotaExceeded | FileTooLarge => "; free some space there and try again",
        PermissionDenied | ReadOnlyFilesystem => "; change the permissions, or use another path",
        _ => "",
    }
}
