//! The text of a table on its way to the CSV parser: every line end made `\n`, quotes and sizes checked.
//!
//! The parser alone reads anything: a quote that is never closed turns the rest of a file into one
//! cell, and a packed file of commas into one row of many gigabytes. Both are refused here, by row,
//! before they take memory.

use std::io::{self, Read};

/// Cells per row.
const CELLS: usize = 65_536;
/// Bytes per row and per cell.
const ROW: usize = 16 << 20;
const CELL: usize = 1 << 20;
/// Line breaks within a quoted cell.
const BREAKS: usize = 100;
/// How much larger unpacked text may be than the file, and what is always allowed. Numbers pack ten
/// times smaller, a column of one value a few hundred times, and gzip's limit is a thousand.
const EXPANSION: u64 = 200;
const UNPACKED: u64 = 64 << 20;

/// What is wrong with the text, and the row where it is.
#[derive(Debug, thiserror::Error)]
#[error("row {row}: {problem}")]
pub(super) struct Fault {
    pub row: usize,
    pub problem: String,
}

/// Where in a row the next byte stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// At the start of a cell.
    Start,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote that closes the cell, or is the first of two that stand for one.
    Closed,
}

/// Reads `text`; a [`Fault`] comes as the source of an [`io::Error`].
pub(super) struct Checked<R> {
    text: R,
    /// How many bytes there may be.
    left: u64,
    place: Place,
    after_return: bool,
    /// Rows as an editor counts them, from 1: here, and where the cell began.
    row: usize,
    cell_row: usize,
    /// Bytes of this row and of this cell, and cells of this row.
    row_bytes: usize,
    cell_bytes: usize,
    cells: usize,
}

impl<R: Read> Checked<R> {
    /// Text that is unpacked from a file of `packed` bytes, or lies in a file as it is.
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
        // A byte order mark stands before the first cell.
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
            // On one line that is a matter of style. Over several it is a stray quote, which took
            // rows into a cell.
            (Place::Closed, _) if self.row > self.cell_row => {
                let row = self.row;
                return self.stray(&format!("text follows the quote that closes it in row {row}"));
            }
            _ => Place::Plain,
        };
        if self.row - self.cell_row > BREAKS {
            return self.stray(&format!("it runs over more than {BREAKS} lines"));
        }
        let larger = |what, most| format!("{what} is larger than {} MB", most >> 20);
        if self.cells > CELLS {
            let problem = format!(
                "the row has more than {CELLS} cells, the most that a table may have: split the table"
            );
            return Err(Fault { row: self.row, problem });
        }
        if self.cell_bytes > CELL {
            let problem =
                larger("a cell", CELL) + ": shorten it, or leave its column out of the file";
            return Err(Fault { row: self.cell_row, problem });
        }
        if self.row_bytes > ROW {
            let problem =
                larger("the row", ROW) + ": leave the columns of long text out of the file";
            return Err(Fault { row: self.cell_row, problem });
        }
        Ok(())
    }

    /// A quote that took more into its cell than was meant.
    fn stray<T>(&self, why: &str) -> Result<T, Fault> {
        let problem = format!(
            "a quoted cell begins here, and {why}: close the quote, or write a quote that belongs to \
             the text twice"
        );
        Err(Fault { row: self.cell_row, problem })
    }

    /// Checks what is read and leaves `\n` alone for a line end. Gives how many bytes are left.
    fn check(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.left = match self.left.checked_sub(buffer.len() as u64) {
            Some(left) => left,
            None => {
                let problem = format!(
                    "the file unpacks to more than {EXPANSION} times its size: if it is a table all the \
                     same, unpack it and name the .csv"
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
            // Zero would mean the end.
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}
