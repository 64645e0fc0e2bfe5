//! Checks the text of a table before the CSV parser: quotes and sizes. It also turns every line end into `\n`.
//!
//! The parser accepts anything: an unclosed quote turns the rest of a file into one cell, and a gzipped
//! file of commas becomes one row of many gigabytes. Both are refused here, with the row, before they use
//! memory.

use std::io::{self, Read};

/// The most cells per row.
const CELLS: usize = 65_536;
/// The most bytes per row and per cell.
const ROW: usize = 16 << 20;
const CELL: usize = 1 << 20;
/// The most line breaks within a quoted cell.
const BREAKS: usize = 100;
/// How many times larger unpacked text may be than the file, and the size that is always allowed. Numbers
/// shrink about ten times, a column of one value a few hundred times, and gzip's limit is a thousand.
const EXPANSION: u64 = 200;
const UNPACKED: u64 = 64 << 20;

/// A problem of the text, and its row.
#[derive(Debug, thiserror::Error)]
#[error("row {row}: {problem}")]
pub(super) struct Fault {
    pub row: usize,
    pub problem: String,
}

/// The position of the next byte in a row.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// At the start of a cell.
    Start,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote that closes the cell, or is the first of two that mean one.
    Closed,
}

/// Reads `text`; a [`Fault`] is returned inside an [`io::Error`].
pub(super) struct Checked<R> {
    text: R,
    /// How many more bytes are allowed.
    left: u64,
    place: Place,
    after_return: bool,
    /// Line numbers as in an editor, from 1: of this byte, and of the start of the cell.
    row: usize,
    cell_row: usize,
    /// Bytes in this row and in this cell, and cells in this row.
    row_bytes: usize,
    cell_bytes: usize,
    cells: usize,
}

impl<R: Read> Checked<R> {
    /// Checks text that is unpacked from a gzipped file of `packed` bytes, or plain text for `None`.
    pub fn new(text: R, packed: Option<u64>) -> Self {
        let left = packed.map_or(u64::MAX, |packed| packed.saturating_mul(EXPANSION).max(UNPACKED));
        Self {
            text,
            left,
            place: Place::Start,
            after_return: false,
            row: 1,
            cell_row: 1,
            row_bytes: 0,
            cell_bytes: 0,
            cells: 1,
        }
    }

    /// Follows one byte.
    fn follow(&mut self, byte: u8) -> Result<(), Fault> {
        (self.row_bytes, self.cell_bytes) = (self.row_bytes + 1, self.cell_bytes + 1);
        // A byte order mark may precede the first cell.
        let mark = self.row == 1 && self.row_bytes <= 3 && [0xef, 0xbb, 0xbf].contains(&byte);
        self.place = match (self.place, byte) {
            (Place::Start, _) if mark => Place::Start,
            (Place::Start | Place::Closed, b'"') => Place::Quoted,
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Quoted, b'\n') => {
                self.row += 1;
                Place::Quoted
            }
            (Place::Quoted, _) => Place::Quoted,
            (_, b',') => {
                self.cells += 1;
                (self.cell_bytes, self.cell_row) = (0, self.row);
                Place::Start
            }
            (_, b'\n') => {
                self.row += 1;
                (self.cells, self.row_bytes, self.cell_bytes) = (1, 0, 0);
                self.cell_row = self.row;
                Place::Start
            }
            (Place::Closed, b' ' | b'\t') => Place::Closed,
            // Within a line this is accepted. Over several lines it means a stray quote, which has merged
            // rows into one cell.
            (Place::Closed, _) if self.row > self.cell_row => {
                let row = self.row;
                return self.stray(&format!("there is text after its closing quote in row {row}"));
            }
            _ => Place::Plain,
        };
        if self.row - self.cell_row > BREAKS {
            return self.stray(&format!("it has more than {BREAKS} lines"));
        }
        let larger = |what, most| format!("{what} is larger than {} MB", most >> 20);
        if self.cells > CELLS {
            let problem =
                format!("the row has more than {CELLS} cells, which is the limit; remove columns");
            return Err(Fault { row: self.row, problem });
        }
        if self.cell_bytes > CELL {
            let problem =
                larger("a cell", CELL) + "; shorten it, or remove its column from the file";
            return Err(Fault { row: self.cell_row, problem });
        }
        if self.row_bytes > ROW {
            let problem = larger("the row", ROW) + "; remove columns of long text from the file";
            return Err(Fault { row: self.cell_row, problem });
        }
        Ok(())
    }

    /// Returns the fault of a quote that has merged too much text into one cell.
    fn stray<T>(&self, why: &str) -> Result<T, Fault> {
        let problem = format!(
            "a quoted cell starts here, and {why}; close the quote, or double a quote that is part of \
             the text"
        );
        Err(Fault { row: self.cell_row, problem })
    }

    /// Checks a buffer and turns its line ends into `\n`. Returns how many bytes remain in it.
    fn check(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.left = match self.left.checked_sub(buffer.len() as u64) {
            Some(left) => left,
            None => {
                let problem = format!(
                    "the file unpacks to more than {EXPANSION} times its size; if it is a valid table, \
                     unpack it and name the .csv file"
                );
                return Err(Fault { row: self.row, problem });
            }
        };
        let mut kept = 0;
        for i in 0..buffer.len() {
            let after_return = std::mem::replace(&mut self.after_return, buffer[i] == b'\r');
            if after_return && buffer[i] == b'\n' {
                continue;
            }
            buffer[kept] = if self.after_return { b'\n' } else { buffer[i] };
            self.follow(buffer[kept])?;
            kept += 1;
        }
        Ok(kept)
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.text.read(buffer)?;
            if read == 0 && self.place == Place::Quoted {
                return self.stray("it is never closed").map_err(io::Error::other);
            }
            let kept = self.check(&mut buffer[..read]).map_err(io::Error::other)?;
            // Returning zero would mean the end of the text.
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}
