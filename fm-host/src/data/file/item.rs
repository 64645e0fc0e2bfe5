//! How the items of an array are stored: numbers of every size and byte order, and texts.

use half::f16;

use super::reader::Cell;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A truth value, which becomes 0 or 1.
    Bool,
    /// An integer with a sign.
    Signed,
    /// An integer without a sign.
    Unsigned,
    /// A number of IEEE 754.
    Float,
    /// A text in UTF-8, padded with zeros.
    Utf8,
    /// A text of Unicode characters of four bytes, padded with zeros.
    Utf32,
}

/// How an item is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub kind: Kind,
    /// Bytes per item.
    pub size: usize,
    /// Whether the first byte is the most significant.
    pub big: bool,
}

impl Item {
    /// Whether there are items of this kind and size.
    pub fn exists(self) -> bool {
        match self.kind {
            Kind::Bool => self.size == 1,
            Kind::Signed | Kind::Unsigned => [1, 2, 4, 8].contains(&self.size),
            Kind::Float => [2, 4, 8].contains(&self.size),
            Kind::Utf8 => self.size > 0,
            Kind::Utf32 => self.size > 0 && self.size.is_multiple_of(4),
        }
    }

    /// Appends the cells of consecutive items. A text that is not valid is the error.
    pub fn append(self, bytes: &[u8], row: &mut Vec<Cell>) -> Result<(), &'static str> {
        let big = self.big;
        match (self.kind, self.size) {
            (Kind::Bool, _) => numbers(bytes, big, row, |[x]| f64::from(x != 0)),
            (Kind::Signed, 1) => numbers(bytes, big, row, |x| f64::from(i8::from_le_bytes(x))),
            (Kind::Signed, 2) => numbers(bytes, big, row, |x| f64::from(i16::from_le_bytes(x))),
            (Kind::Signed, 4) => numbers(bytes, big, row, |x| f64::from(i32::from_le_bytes(x))),
            (Kind::Signed, _) => cells(bytes, big, row, |x| whole(i64::from_le_bytes(x).into())),
            (Kind::Unsigned, 1) => numbers(bytes, big, row, |[x]| f64::from(x)),
            (Kind::Unsigned, 2) => numbers(bytes, big, row, |x| f64::from(u16::from_le_bytes(x))),
            (Kind::Unsigned, 4) => numbers(bytes, big, row, |x| f64::from(u32::from_le_bytes(x))),
            (Kind::Unsigned, _) => cells(bytes, big, row, |x| whole(u64::from_le_bytes(x).into())),
            (Kind::Float, 2) => numbers(bytes, big, row, |x| f64::from(f16::from_le_bytes(x))),
            (Kind::Float, 4) => numbers(bytes, big, row, |x| f64::from(f32::from_le_bytes(x))),
            (Kind::Float, _) => numbers(bytes, big, row, f64::from_le_bytes),
            (Kind::Utf8, size) => return texts(bytes, size, row, utf8),
            (Kind::Utf32, size) => return texts(bytes, size, row, |text| utf32(text, big)),
        }
        Ok(())
    }
}

/// A whole number as a cell: as a text if a number of double precision would lose digits.
pub(super) fn whole(x: i128) -> Cell {
    let number = x as f64;
    if number as i128 == x { Cell::Number(number) } else { Cell::Text(x.to_string()) }
}

/// Appends the numbers of `N` bytes each.
fn numbers<const N: usize>(
    bytes: &[u8],
    big: bool,
    row: &mut Vec<Cell>,
    number: impl Fn([u8; N]) -> f64,
) {
    cells(bytes, big, row, |item| Cell::Number(number(item)));
}

/// Appends the cells of `N` bytes each.
fn cells<const N: usize>(
    bytes: &[u8],
    big: bool,
    row: &mut Vec<Cell>,
    cell: impl Fn([u8; N]) -> Cell,
) {
    row.extend(bytes.as_chunks().0.iter().map(|&item: &[u8; N]| {
        let mut item = item;
        if big {
            item.reverse();
        }
        cell(item)
    }));
}

/// Appends the texts of `size` bytes each.
fn texts(
    bytes: &[u8],
    size: usize,
    row: &mut Vec<Cell>,
    text: impl Fn(&[u8]) -> Result<String, &'static str>,
) -> Result<(), &'static str> {
    bytes.chunks_exact(size.max(1)).try_for_each(|item| {
        row.push(Cell::Text(text(item)?));
        Ok(())
    })
}

/// Decodes a text without the zeros at its end.
fn utf8(bytes: &[u8]) -> Result<String, &'static str> {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let text = str::from_utf8(&bytes[..end]);
    text.map(str::to_owned).map_err(|_| "the text is not UTF-8; save it as UTF-8")
}

/// Decodes a text without the zeros at its end.
fn utf32(bytes: &[u8], big: bool) -> Result<String, &'static str> {
    let mut text = String::new();
    for &code in bytes.as_chunks().0 {
        let code = if big { u32::from_be_bytes(code) } else { u32::from_le_bytes(code) };
        text.push(char::from_u32(code).ok_or("the text has a code that is not Unicode")?);
    }
    text.truncate(text.trim_end_matches('\0').len());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(kind: Kind, size: usize, big: bool, bytes: &[u8]) -> Vec<Cell> {
        let mut row = Vec::new();
        Item { kind, size, big }.append(bytes, &mut row).unwrap();
        row
    }

    #[test]
    fn every_number_has_its_value_in_both_orders() {
        let each = |kind, size, bytes: &[u8], wanted: f64| {
            let mut reversed = bytes.to_vec();
            reversed.reverse();
            assert!(Item { kind, size, big: false }.exists());
            assert_eq!(cells(kind, size, false, bytes), [Cell::Number(wanted)]);
            assert_eq!(cells(kind, size, true, &reversed), [Cell::Number(wanted)]);
        };
        each(Kind::Bool, 1, &[1], 1.0);
        each(Kind::Signed, 1, &(-5i8).to_le_bytes(), -5.0);
        each(Kind::Signed, 2, &(-300i16).to_le_bytes(), -300.0);
        each(Kind::Signed, 4, &(-70_000i32).to_le_bytes(), -70_000.0);
        each(Kind::Signed, 8, &(-(1i64 << 52)).to_le_bytes(), -(2f64.powi(52)));
        each(Kind::Unsigned, 1, &[200], 200.0);
        each(Kind::Unsigned, 2, &60_000u16.to_le_bytes(), 60_000.0);
        each(Kind::Unsigned, 4, &4_000_000_000u32.to_le_bytes(), 4e9);
        each(Kind::Unsigned, 8, &(1u64 << 63).to_le_bytes(), 2f64.powi(63));
        // Whole numbers that double precision cannot hold keep their digits as texts.
        let long = cells(Kind::Signed, 8, false, &(-123_456_789_012_345_678i64).to_le_bytes());
        assert_eq!(long, [Cell::Text("-123456789012345678".to_owned())]);
        let long = cells(Kind::Unsigned, 8, false, &u64::MAX.to_le_bytes());
        assert_eq!(long, [Cell::Text(u64::MAX.to_string())]);
        each(Kind::Float, 2, &[0x00, 0xc5], -5.0);
        each(Kind::Float, 4, &0.1f32.to_le_bytes(), f64::from(0.1f32));
        each(Kind::Float, 8, &0.1f64.to_le_bytes(), 0.1);
    }

    #[test]
    fn texts_lose_their_padding() {
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(cells(Kind::Utf8, 3, false, b"ab\0\xc3\xa9\0"), [text("ab"), text("é")]);
        let both: Vec<u8> = "b€".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        assert_eq!(cells(Kind::Utf32, 8, true, &both), [text("b€")]);
        let mut row = Vec::new();
        let invalid = Item { kind: Kind::Utf32, size: 4, big: false };
        assert!(invalid.append(&[0, 0, 0x11, 0], &mut row).is_err());
        let invalid = Item { kind: Kind::Utf8, size: 1, big: false };
        assert!(invalid.append(&[0xff], &mut row).is_err());
    }
}
