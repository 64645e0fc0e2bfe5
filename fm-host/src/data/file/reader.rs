//! A file that is read row by row, whatever its format.

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
}
