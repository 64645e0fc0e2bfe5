//! What the readers share: the limits of all files, and the errors and column names of binary ones.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::{Error, Result};

/// The most columns of a table.
pub(super) const COLUMNS: usize = 65_536;
/// The most bytes of a row, and of a text in it.
pub(super) const ROW: usize = 16 << 20;
pub(super) const TEXT: usize = 1 << 20;
/// How many times larger unpacked data may be than the file, and the size that is always allowed. Numbers
/// shrink about ten times, a column of one value a few hundred times, and gzip's limit is a thousand.
pub(super) const EXPANSION: u64 = 200;
const UNPACKED: u64 = 64 << 20;

/// The most bytes that `packed` bytes may unpack to.
pub(super) fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(EXPANSION).max(UNPACKED)
}

/// Opens a file and returns its size too.
pub(super) fn open(path: &Path) -> Result<(File, u64)> {
    let open = || {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    };
    open().map_err(|e| Error::io("read", path, e))
}

/// Returns `prefix` followed by each number below `count`.
pub(super) fn numbered(prefix: impl Display, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |i| format!("{prefix}{i}"))
}

/// Refuses more columns than a table may have.
pub(super) fn check_columns(file: &str, columns: u64) -> Result<usize> {
    if columns == 0 {
        return Err(Error::data(file, "there are no columns; save at least one"));
    }
    if columns > COLUMNS as u64 {
        let problem = format!(
            "there are {columns} columns, but {COLUMNS} is the limit; save fewer columns, or smaller items"
        );
        return Err(Error::data(file, problem));
    }
    Ok(columns as usize)
}

/// A note about bytes after the last row, if there are some.
pub(super) fn surplus(bytes: u64) -> Option<String> {
    (bytes > 0).then(|| {
        format!("{bytes} bytes after the last row are ignored; the header may name too few rows")
    })
}

/// Returns the error of reading a file, with the number of the row that was being read.
pub(super) fn broken(file: &str, row: Option<u64>, e: io::Error) -> Error {
    let row = row.map(|row| usize::try_from(row).unwrap_or(usize::MAX));
    let problem = match e.kind() {
        io::ErrorKind::UnexpectedEof => {
            "the file ends too early; copy or save the file again".to_owned()
        }
        io::ErrorKind::FileTooLarge if e.raw_os_error().is_none() => {
            format!("{e}; if it is valid, save it without compression")
        }
        // Not from the system but from the unpacking.
        _ if e.raw_os_error().is_none() => format!("{e}; copy or save the file again"),
        _ => return Error::io("read", file, e),
    };
    Error::cell(file, row, None, problem)
}

/// Reads unpacked data, and fails if there is more of it than the packed size explains.
pub(super) struct Bounded<R> {
    unpacked: R,
    left: u64,
}

impl<R: Read> Bounded<R> {
    /// Bounds the data that is unpacked from `packed` bytes.
    pub fn new(unpacked: R, packed: u64) -> Self {
        Self { unpacked, left: most_unpacked(packed) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.unpacked.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let problem = format!("the file unpacks to more than {EXPANSION} times its size");
            io::Error::new(io::ErrorKind::FileTooLarge, problem)
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_unpack_up_to_a_limit() {
        let mut bounded = Bounded::new(io::repeat(0), 1);
        let unpacked = io::copy(&mut bounded, &mut io::sink()).unwrap_err();
        assert!(unpacked.to_string().contains("200 times"), "{unpacked}");
        let small = io::repeat(0).take(UNPACKED);
        let said = broken("a.npz", Some(3), unpacked).to_string();
        assert!(
            said.starts_with("a.npz, row 3") && said.ends_with("without compression"),
            "{said}"
        );
        assert_eq!(io::copy(&mut Bounded::new(small, 1), &mut io::sink()).unwrap(), UNPACKED);
    }
}
