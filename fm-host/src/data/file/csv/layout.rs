//! Splits blocks of text into rows of cells.

use memchr::memchr2;

use super::checked::Block;
use crate::counted::counted;
use crate::data::file::dialect::Dialect;
use crate::data::file::reader::{Cell, Want};
use crate::{Error, Result};

/// The rows of a block.
#[derive(Default)]
pub(super) struct Split {
    /// The cells, row after row.
    pub cells: std::vec::IntoIter<Cell>,
    /// The number of each row.
    pub rows: std::vec::IntoIter<usize>,
    /// How many blank lines were skipped.
    pub skipped: usize,
    /// What is wrong after these rows.
    pub error: Option<Error>,
}

/// The rows of a block while it is split.
#[derive(Default)]
struct Rows {
    cells: Vec<Cell>,
    numbers: Vec<usize>,
    skipped: usize,
}

/// What the rows of a block are.
#[derive(Clone)]
pub(super) struct Layout {
    /// The name of the file in messages.
    pub name: String,
    pub dialect: Dialect,
    pub names: Vec<String>,
    /// What the columns are wanted for; `None` as long as only the first rows are looked at.
    pub wants: Option<Vec<Want>>,
}

pub(super) const NOT_UTF8: &str = "the text is not UTF-8; save the file as UTF-8";

impl Layout {
    /// Splits a block into cells.
    pub fn split(&self, block: &Block) -> Split {
        // Most cells have more than seven letters; growing costs a copy.
        let cells = Vec::with_capacity(block.text.len() / 8);
        let mut rows = Rows { cells, ..Rows::default() };
        let error = self.split_into(block, &mut rows).err();
        let Rows { cells, numbers, skipped } = rows;
        Split { cells: cells.into_iter(), rows: numbers.into_iter(), skipped, error }
    }

    fn split_into(&self, block: &Block, rows: &mut Rows) -> Result<()> {
        if memchr::memchr(b'"', &block.text).is_none() {
            return self.split_plain(block, rows);
        }
        let mut next = block.row;
        let mut reader = self.dialect.reader(&block.text[..]);
        let mut record = csv::ByteRecord::new();
        while let Ok(true) = reader.read_byte_record(&mut record) {
            // The reader is now past the end of the row. Rows are numbered as in an editor, by their first
            // line. Blank lines count, but the record's own position skips them.
            let breaks = memchr::memchr_iter(b'\n', record.as_slice()).count();
            let row = block.row + reader.position().line() as usize - 2 - breaks;
            (next..row).for_each(|row| self.add_blank(row, rows));
            next = row + breaks + 1;
            for (column, cell) in record.iter().enumerate() {
                self.add(cell, column, row, &mut rows.cells)?;
            }
            self.check_width(record.len(), row)?;
            rows.numbers.push(row);
        }
        Ok(())
    }

    /// Adds a blank line: the missing cell of a file of one column, and nothing else.
    fn add_blank(&self, row: usize, rows: &mut Rows) {
        if self.names.len() == 1 {
            rows.cells.push(Cell::Missing);
            rows.numbers.push(row);
        } else {
            rows.skipped += 1;
        }
    }

    /// Splits a block without quotes, where every line is a row and every separator separates.
    fn split_plain(&self, block: &Block, rows: &mut Rows) -> Result<()> {
        let separator = self.dialect.separator;
        let (mut rest, mut row) = (&block.text[..], block.row);
        while let Some(first) = rest.first() {
            if *first == b'\n' {
                self.add_blank(row, rows);
                (rest, row) = (&rest[1..], row + 1);
                continue;
            }
            let mut found = 0;
            loop {
                let want = self.want(found);
                let number = if want == Want::Number { self.number(rest) } else { None };
                let length = match number {
                    Some((number, length)) => {
                        rows.cells.push(Cell::Number(number));
                        length
                    }
                    None => {
                        let end = memchr2(separator, b'\n', rest).unwrap_or(rest.len());
                        self.add(&rest[..end], found, row, &mut rows.cells)?;
                        end
                    }
                };
                found += 1;
                let over = rest.get(length) != Some(&separator);
                rest = rest.get(length + 1..).unwrap_or_default();
                if over {
                    break;
                }
            }
            self.check_width(found, row)?;
            rows.numbers.push(row);
            row += 1;
        }
        Ok(())
    }

    /// The number at the start of a text, and its length, if the cell has nothing else.
    fn number(&self, text: &[u8]) -> Option<(f64, usize)> {
        if self.dialect.decimal_comma {
            return None;
        }
        let (number, length) = fast_float2::parse_partial::<f64, _>(text).ok()?;
        let next = text.get(length).copied();
        let over = next == Some(self.dialect.separator) || next == Some(b'\n');
        // Words such as `inf` are no numbers here.
        (over && number.is_finite()).then_some((number, length))
    }

    /// What is wanted of the cell at this place of a row; nothing after the last column.
    fn want(&self, column: usize) -> Want {
        match &self.wants {
            _ if column >= self.names.len() => Want::Nothing,
            Some(wants) => wants[column],
            None => Want::Text,
        }
    }

    /// Adds a cell of a row, unless it is one too many.
    fn add(&self, cell: &[u8], column: usize, row: usize, cells: &mut Vec<Cell>) -> Result<()> {
        if column < self.names.len() {
            let cell = self.cell(cell, self.want(column));
            cells.push(cell.ok_or_else(|| self.refuse(row, NOT_UTF8))?);
        }
        Ok(())
    }

    /// Refuses a row that has not as many cells as the header.
    fn check_width(&self, found: usize, row: usize) -> Result<()> {
        let wanted = self.names.len();
        if found == wanted {
            return Ok(());
        }
        let found = counted(found, "cell");
        let problem = format!("the row has {found}, but the header has {wanted}; correct the row");
        Err(self.refuse(row, problem))
    }

    /// The error for a row.
    pub fn refuse(&self, row: usize, problem: impl Into<String>) -> Error {
        Error::cell(&self.name, Some(row), None, problem)
    }

    /// What is wanted of a cell; `None` if it is not UTF-8.
    fn cell(&self, bytes: &[u8], want: Want) -> Option<Cell> {
        if want == Want::Nothing {
            return Some(Cell::Missing);
        }
        let text = std::str::from_utf8(bytes).ok()?.trim();
        if want == Want::Number
            && let Some(number) = self.dialect.number(text)
        {
            return Some(Cell::Number(number));
        }
        Some(Cell::Text(text.to_owned()))
    }
}
