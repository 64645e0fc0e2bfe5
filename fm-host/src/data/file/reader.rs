//! A file that is read row by row, whatever its format.

use super::dialect::Dialect;
use crate::Result;

/// A cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// There is no value.
    Missing,
    /// A number.
    Number(f64),
    /// Anything else.
    Text(String),
}

/// What is done with the cells of a column, so that a reader need not do more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Nothing: every cell may come as missing.
    Nothing,
    /// Numbers are calculated with: a text that is a number may come as one.
    Number,
    /// The text is kept as it is written.
    Text,
}

/// A file that is read row by row, in memory that does not grow with the file.
pub(super) trait RowReader {
    /// The names of the columns.
    fn names(&self) -> &[String];

    /// Replaces the contents of `row` with the cells of the next row, one for each name. Returns the
    /// number of the row in the file, as an editor or the format counts it; `None` at the end.
    ///
    /// # Errors
    /// If the file is malformed; the error names the file and the row or byte.
    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>>;

    /// What was found about the form of the file, as sentences for the user: its separator or packing.
    fn notes(&self) -> Vec<String>;

    /// Says what is done with each column from now on. Until then, every text is wanted.
    fn want(&mut self, _columns: Vec<Want>) {}

    /// How a text with the rows of this file is written.
    fn dialect(&self) -> Dialect {
        Dialect::USUAL
    }

    /// The number that a text of this file means, if it is one.
    fn number(&self, text: &str) -> Option<f64> {
        self.dialect().number(text)
    }
}
