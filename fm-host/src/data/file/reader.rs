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

impl Cell {
    /// A whole number, as text where a number would lose digits.
    pub fn whole(number: i128) -> Self {
        const EXACT: u128 = 1 << f64::MANTISSA_DIGITS;
        match number.unsigned_abs() <= EXACT {
            true => Self::Number(number as f64),
            false => Self::Text(number.to_string()),
        }
    }

    /// A whole number divided by this power of ten, as text where a number would lose digits.
    pub fn decimal(number: i128, scale: i32) -> Self {
        match (Self::whole(number), usize::try_from(scale)) {
            (cell, Ok(0)) => cell,
            (Self::Text(_), Ok(scale)) => {
                let sign = if number < 0 { "-" } else { "" };
                let digits = format!("{:0>1$}", number.unsigned_abs(), scale + 1);
                let (whole, part) = digits.split_at(digits.len() - scale);
                Self::Text(format!("{sign}{whole}.{part}"))
            }
            _ => Self::Number(number as f64 / 10f64.powi(scale)),
        }
    }
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

    /// What was found that makes a model other than the user may expect, as sentences.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digit_of_a_number_is_lost() {
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(Cell::whole(-(1 << 53)), Cell::Number(-(2f64.powi(53))));
        assert_eq!(Cell::whole((1 << 53) + 1), text("9007199254740993"));
        assert_eq!(Cell::whole(u64::MAX.into()), text("18446744073709551615"));
        assert_eq!(Cell::decimal(-1050, 2), Cell::Number(-10.5));
        assert_eq!(Cell::decimal(5, 0), Cell::Number(5.0));
        assert_eq!(Cell::decimal(5, -2), Cell::Number(500.0));
        assert_eq!(Cell::decimal(-1_234_567_890_123_456_789, 2), text("-12345678901234567.89"));
        assert_eq!(Cell::decimal(1 << 54, 20), text("0.00018014398509481984"));
    }
}
