//! Checks the text of a table before it is split into cells: quotes and sizes. It also turns every line end
//! into `\n`, and cuts the text into blocks of whole rows.
//!
//! Text in quotes may be anything: an unclosed quote turns the rest of a file into one cell, and a gzipped
//! file of commas becomes one row of many gigabytes. Both are refused here, with the row, before they use
//! memory.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

use crate::data::file::binary::{COLUMNS, EXPANSION, ROW, TEXT, most_unpacked};

/// The most line breaks within a quoted cell.
const BREAKS: usize = 100;
/// How many bytes are read at a time, few enough that a block and its cells fit the caches of a core.
const BLOCK: usize = 1 << 18;

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

/// Whole rows of a text.
pub(super) struct Block {
    /// The text; every row ends with `\n`.
    pub text: Vec<u8>,
    /// The number of its first line in the file, from 1.
    pub row: usize,
}

/// Cuts a text into blocks.
pub(super) struct Checked<R> {
    text: R,
    separator: u8,
    /// How many more bytes are allowed.
    left: u64,
    /// The start of a row whose end has not been read, and the number of its first line.
    rest: Vec<u8>,
    rest_row: usize,
    place: Place,
    after_return: bool,
    /// Line numbers as in an editor, from 1: of the next byte, and of the start of the cell.
    row: usize,
    cell_row: usize,
    /// Bytes in this row and in this cell, and cells in this row.
    row_bytes: usize,
    cell_bytes: usize,
    cells: usize,
}

impl<R: Read> Checked<R> {
    /// Checks text that is unpacked from a file of `packed` bytes, or plain text for `None`.
    pub fn new(text: R, separator: u8, packed: Option<u64>) -> Self {
        let left = packed.map_or(u64::MAX, most_unpacked);
        Self {
            text,
            separator,
            left,
            rest: Vec::new(),
            rest_row: 1,
            place: Place::Start,
            after_return: false,
            row: 1,
            cell_row: 1,
            row_bytes: 0,
            cell_bytes: 0,
            cells: 1,
        }
    }

    /// Returns the next rows; `None` at the end.
    ///
    /// # Errors
    /// If the text cannot be read, or has a [`Fault`], which is inside the error.
    pub fn next(&mut self) -> io::Result<Option<Block>> {
        let mut text = std::mem::take(&mut self.rest);
        let row = self.rest_row;
        loop {
            let before = text.len();
            text.reserve(BLOCK + 1);
            if self.text.by_ref().take(BLOCK as u64).read_to_end(&mut text)? == 0 {
                if self.place == Place::Quoted {
                    return self.stray("it is never closed").map_err(io::Error::other);
                }
                if !text.is_empty() {
                    text.push(b'\n');
                }
                return Ok((!text.is_empty()).then_some(Block { text, row }));
            }
            let kept = self.unify(&mut text[before..]).map_err(io::Error::other)?;
            text.truncate(before + kept);
            if let Some(end) = self.follow_all(&text[before..]).map_err(io::Error::other)? {
                self.rest = text.split_off(before + end);
                return Ok(Some(Block { text, row }));
            }
        }
    }

    /// Turns the line ends in a buffer into `\n`. Returns how many bytes remain in it.
    fn unify(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.left = match self.left.checked_sub(buffer.len() as u64) {
            Some(left) => left,
            None => {
                let problem = format!(
                    "the file unpacks to more than {EXPANSION} times its size; if it is a valid table, \
                     unpack it and name the unpacked file"
                );
                return Err(Fault { row: self.row, problem });
            }
        };
        if !self.after_return && memchr(b'\r', buffer).is_none() {
            return Ok(buffer.len());
        }
        let mut kept = 0;
        for i in 0..buffer.len() {
            let after_return = std::mem::replace(&mut self.after_return, buffer[i] == b'\r');
            if !(after_return && buffer[i] == b'\n') {
                buffer[kept] = if self.after_return { b'\n' } else { buffer[i] };
                kept += 1;
            }
        }
        Ok(kept)
    }

    /// Follows all bytes of a buffer. Returns where the last row that ends in it ends.
    fn follow_all(&mut self, buffer: &[u8]) -> Result<Option<usize>, Fault> {
        if self.leap(buffer) {
            let end = memrchr(b'\n', buffer).map(|end| end + 1);
            self.rest_row = if end.is_some() { self.row } else { self.rest_row };
            return Ok(end);
        }
        let mut end = None;
        for (i, &byte) in buffer.iter().enumerate() {
            self.follow(byte)?;
            if byte == b'\n' && self.place == Place::Start {
                (end, self.rest_row) = (Some(i + 1), self.row);
            }
        }
        Ok(end)
    }

    /// Follows all bytes of a buffer at once, if it has no quotes and only rows that are too short to have a
    /// fault. Returns false, and follows nothing, if not.
    fn leap(&mut self, buffer: &[u8]) -> bool {
        if matches!(self.place, Place::Quoted | Place::Closed) || memchr(b'"', buffer).is_some() {
            return false;
        }
        let (mut rows, mut start, mut carried) = (0, 0, self.row_bytes);
        for end in memchr_iter(b'\n', buffer) {
            if carried + end - start >= COLUMNS {
                return false;
            }
            (rows, start, carried) = (rows + 1, end + 1, 0);
        }
        let last = &buffer[start..];
        if carried + last.len() >= COLUMNS {
            return false;
        }
        if rows > 0 {
            (self.row, self.cell_row) = (self.row + rows, self.row + rows);
            (self.cells, self.row_bytes, self.cell_bytes) = (1, 0, 0);
            self.place = Place::Start;
        }
        self.row_bytes += last.len();
        self.cells += memchr_iter(self.separator, last).count();
        self.cell_bytes = match memrchr(self.separator, last) {
            Some(at) => last.len() - at - 1,
            None => self.cell_bytes + last.len(),
        };
        if let Some(&byte) = last.last() {
            self.place = if byte == self.separator { Place::Start } else { Place::Plain };
        }
        true
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
            (_, byte) if byte == self.separator => {
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
        if self.cells > COLUMNS {
            let problem = format!(
                "the row has more than {COLUMNS} cells, which is the limit; remove columns"
            );
            return Err(Fault { row: self.row, problem });
        }
        if self.cell_bytes > TEXT {
            let problem =
                larger("a cell", TEXT) + "; shorten it, or remove its column from the file";
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
}
