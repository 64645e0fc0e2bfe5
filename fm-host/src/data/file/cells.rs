//! All cells of a file as they are written, to copy the known ones and to fill in the others.

use std::borrow::Cow;

use super::dialect::Dialect;
use super::reader::Cell;
use super::{column, header, open};
use crate::data::missing::Missing;
use crate::data::{ColumnKind, DataSpec, columns};
use crate::{Error, Result};

/// The cells of a file.
pub struct Cells {
    source: DataSpec,
    missing: Missing,
    dialect: Dialect,
    /// The names as the file has them.
    header: Vec<String>,
    names: Vec<String>,
    rows: Vec<Vec<Cell>>,
    /// The number of every row in the file.
    numbers: Vec<usize>,
}

impl Cells {
    /// Reads the file that `source` names; of its options only those for missing cells and for the header
    /// matter.
    ///
    /// # Errors
    /// If the file cannot be read, is malformed or has no rows.
    pub fn read(source: DataSpec) -> Result<Self> {
        let mut reader = open(&source)?;
        let (header, dialect) = (reader.names().to_vec(), reader.dialect());
        let names = header::names(&source, &header)?;
        let (mut rows, mut numbers, mut row) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(number) = reader.next(&mut row)? {
            rows.push(std::mem::take(&mut row));
            numbers.push(number);
        }
        if rows.is_empty() {
            return Err(Error::data(&source.data, "there are no rows below the header; add rows"));
        }
        let missing = Missing::new(source.missing.as_deref());
        Ok(Self { missing, dialect, header, names, rows, numbers, source })
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.names.len()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The header as the file has it; `None` if it has none.
    pub fn header(&self) -> Option<&[String]> {
        (!self.source.no_header).then_some(&self.header)
    }

    /// Where the column is that `what` names.
    ///
    /// # Errors
    /// If there is none; the error lists the columns.
    pub fn find(&self, what: &str, column: &str) -> Result<usize> {
        columns::find(&self.source, &self.names, what, column)
    }

    /// The number of a row in the file.
    pub fn number(&self, row: usize) -> usize {
        self.numbers[row]
    }

    /// A cell as it is written. A number of single precision has the digits that single precision needs.
    pub fn text(&self, row: usize, at: usize) -> Cow<'_, str> {
        match &self.rows[row][at] {
            Cell::Number(number) if f64::from(*number as f32) == *number => {
                (*number as f32).to_string().into()
            }
            cell => column::text(cell),
        }
    }

    /// A cell's value in a column of this kind; `None` if it is missing.
    ///
    /// # Errors
    /// If the cell is neither missing nor a value of that kind.
    pub fn value(&self, row: usize, at: usize, kind: &ColumnKind) -> Result<Option<f32>> {
        let (cell, numeric) = (&self.rows[row][at], *kind == ColumnKind::Number);
        let read = |text: &str| self.dialect.number(text);
        let (missing, value) = match cell {
            Cell::Missing => return Ok(None),
            Cell::Number(x) => {
                // As a text, the number could have lost digits.
                let number = |text: &str| if numeric { Some(*x) } else { read(text) };
                (self.missing.is_number(*x), kind.value(&x.to_string(), number))
            }
            Cell::Text(text) => {
                let number = || read(text).is_some_and(|x| self.missing.is_number(x));
                let missing = self.missing.is_text(text) || numeric && number();
                (missing, kind.value(text, read))
            }
        };
        match value {
            _ if missing => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(problem) => Err(self.error(row, at, problem)),
        }
    }

    /// The error for a cell.
    pub fn error(&self, row: usize, at: usize, problem: impl Into<String>) -> Error {
        let row = Some(self.numbers[row]);
        Error::cell(&*self.source.data, row, Some(&self.names[at]), problem)
    }

    /// A value in a column of this kind as this file writes it.
    pub fn written(&self, value: f32, kind: &ColumnKind) -> String {
        match kind.text(value) {
            Some(text) => text.into_owned(),
            None => self.dialect.text(value),
        }
    }

    /// The byte between two cells of a text file.
    pub fn separator(&self) -> u8 {
        self.dialect.separator
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::file::testing::sample;

    #[test]
    fn cells_of_a_typed_file_are_what_the_file_says() {
        let path = sample("plain.parquet").display().to_string();
        let cells = Cells::read(DataSpec::new(path)).expect("readable");
        let texts = |name: &str| -> Vec<String> {
            let at = cells.find("the test", name).expect("a column");
            (0..cells.len()).map(|row| cells.text(row, at).into_owned()).collect()
        };
        assert_eq!(texts("u8"), ["1", "9223372036854775808", "3"]);
        assert_eq!(texts("yes"), ["True", "False", ""]);
        assert_eq!(texts("f4"), ["0.1", "2", "3"]);
        assert_eq!(texts("f8"), ["0.1", "", "-2.5"]);
        assert_eq!(texts("ms"), ["2026-11-27T12:00:00.250", "", "2026-11-27T12:00:00.250"]);
    }
}
