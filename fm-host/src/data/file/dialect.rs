//! Finds how the cells of a text are separated, and how its numbers are written, from its first rows.

use std::io::Read;

/// How many bytes of the text are looked at.
pub(super) const SAMPLE: usize = 1 << 16;
/// The separators, from the one that is least likely to be part of a text. A comma is last, because it may be
/// in every number.
const SEPARATORS: [(u8, &str); 4] =
    [(b'\t', "tabs"), (b';', "semicolons"), (b'|', "bars"), (b',', "commas")];

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// The separator of cells.
    pub separator: u8,
    /// Whether `1,5` is a number, and `1.5` is none.
    pub decimal_comma: bool,
}

impl Dialect {
    /// Commas between cells, and points in numbers.
    pub const USUAL: Self = Self { separator: b',', decimal_comma: false };

    /// Finds the dialect of a text that starts with `sample`, which is all of it if it is `complete`.
    ///
    /// # Errors
    /// A sentence, if numbers have both decimal commas and decimal points, or commas that may be either.
    pub fn find(sample: &[u8], complete: bool) -> Result<Self, String> {
        let separator = separator(sample, complete);
        let decimal_comma = separator != b',' && decimal_comma(&rows(sample, separator, complete))?;
        Ok(Self { separator, decimal_comma })
    }

    /// What a user should know about it.
    pub fn note(self) -> String {
        let known = SEPARATORS.iter().find(|(byte, _)| *byte == self.separator);
        let name = known.map_or("commas", |(_, name)| name);
        let decimal = if self.decimal_comma { ", with decimal commas" } else { "" };
        format!("separated by {name}{decimal}")
    }

    /// Returns a reader of rows, which may have different numbers of cells, so that our own error can name the
    /// row.
    pub fn reader<R: Read>(self, text: R) -> csv::Reader<R> {
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).delimiter(self.separator).from_reader(text)
    }

    /// A number as this text writes it.
    pub fn text(self, number: f32) -> String {
        let text = number.to_string();
        if self.decimal_comma { text.replace('.', ",") } else { text }
    }

    /// The number that a text means, if it is one.
    pub fn number(self, text: &str) -> Option<f64> {
        match self.decimal_comma {
            false => number(text),
            true if text.contains('.') => None,
            true => number(&text.replace(',', ".")),
        }
    }
}

/// The number that a text means, if it is one; never a word such as `nan` or `inf`.
pub(super) fn number(text: &str) -> Option<f64> {
    let last = text.bytes().next_back()?;
    (last.is_ascii_digit() || last == b'.').then(|| text.parse().ok()).flatten()
}

/// The cells of the rows in a sample, whose last row may be cut off unless it is `complete`.
fn rows(sample: &[u8], separator: u8, complete: bool) -> Vec<csv::ByteRecord> {
    let reader = Dialect { separator, decimal_comma: false }.reader(sample);
    let mut rows: Vec<_> = reader.into_byte_records().map_while(Result::ok).collect();
    if !complete && rows.len() > 1 {
        rows.pop();
    }
    rows
}

/// The separator that is in the header and gives the most rows as many cells as the header; a comma if there
/// is none in the header.
fn separator(sample: &[u8], complete: bool) -> u8 {
    let mut found = (0, b',');
    for (separator, _) in SEPARATORS {
        let rows = rows(sample, separator, complete);
        let Some(header) = rows.first().filter(|header| header.len() > 1) else { continue };
        let like = rows.iter().filter(|row| row.len() == header.len()).count();
        let share = 1 + 1_000_000 * like / rows.len();
        if share > found.0 {
            found = (share, separator);
        }
    }
    found.1
}

/// Whether the numbers in these rows have decimal commas.
fn decimal_comma(rows: &[csv::ByteRecord]) -> Result<bool, String> {
    let (mut comma, mut point, mut clear) = (None, None, false);
    for cell in rows.iter().flatten() {
        let Ok(cell) = std::str::from_utf8(cell) else { continue };
        let cell = cell.trim();
        let digits = cell.trim_start_matches(['+', '-']);
        let Some((whole, part)) = digits.split_once([',', '.']) else { continue };
        let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !numeric(whole) || !part.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let exponent = part.find(['e', 'E']).unwrap_or(part.len());
        if !numeric(&part[..exponent]) {
            continue;
        }
        if digits[whole.len()..].starts_with('.') {
            point.get_or_insert(cell);
        } else {
            comma.get_or_insert(cell);
            // `1,234` may be a thousand, but none of `0,234`, `1234,567` and `1,5` is.
            clear |= !(1..=3).contains(&whole.len()) || whole.starts_with('0') || part.len() != 3;
        }
    }
    match (comma, point) {
        (None, _) => Ok(false),
        (Some(comma), Some(point)) => Err(format!(
            "the numbers have decimal commas, as in `{comma}`, and decimal points, as in `{point}`; write \
             all with decimal points"
        )),
        (Some(comma), None) if !clear => Err(format!(
            "the commas in numbers such as `{comma}` may be decimal commas or may separate thousands; write \
             the numbers with decimal points, without commas between digits"
        )),
        (Some(_), None) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(sample: &str, separator: char, decimal_comma: bool) {
        let dialect = Dialect { separator: separator as u8, decimal_comma };
        assert_eq!(Dialect::find(sample.as_bytes(), true), Ok(dialect), "{sample:?}");
    }

    #[test]
    fn separators_are_found() {
        found("a,b\n1,2\n", ',', false);
        found("a\tb\n1\t2\n", '\t', false);
        found("a;b\n1;2\n", ';', false);
        found("a|b\n1|2\n", '|', false);
        found("a\n1\n", ',', false);
        found("", ',', false);
        // Separators within text.
        found("a,b\n\"x;y\",2\n", ',', false);
        found("name,tags\nx,1;2\ny,3;4\n", ',', false);
        found("\"a;b\",c\n1,2\n", ',', false);
        // One bad row.
        found("a,b\n1,2\n3\n", ',', false);
    }

    #[test]
    fn a_row_that_is_cut_off_does_not_count() {
        let sample = "a;b,c;d,e\n1;2,5;3,1\n1;2";
        assert_eq!(Dialect::find(sample.as_bytes(), false).unwrap().separator, b';');
    }

    #[test]
    fn decimal_commas_are_found() {
        found("a;b\n1,5;2,5\n", ';', true);
        found("Preis, EUR;Menge, kg\n1,5;2,25\n", ';', true);
        found("a\tb\n-0,125\t1\n", '\t', true);
        found("a;b\n1.5;Smith, John\n", ';', false);
        found("a;b\n1,5e-3;2\n", ';', true);
        let refused = |sample: &str| Dialect::find(sample.as_bytes(), true).unwrap_err();
        assert!(refused("a;b\n1,5;2.5\n").contains("`1,5`"));
        assert!(refused("a;b\n1,500;2\n").contains("thousands"));
    }

    #[test]
    fn numbers_are_read_as_the_dialect_writes_them() {
        let dialect = |decimal_comma| Dialect { separator: b';', decimal_comma };
        assert_eq!(dialect(true).number("-1,5"), Some(-1.5));
        assert_eq!(dialect(true).number("1.500,5"), None);
        assert_eq!(dialect(false).number("1,5"), None);
        for word in ["nan", "inf", "-infinity", "", "x", "1e"] {
            assert_eq!(dialect(false).number(word), None, "{word}");
        }
    }
}
