//! Bytes as rows of a source file, the same in Rust and C.

use std::fmt::Write;

/// Sixteen bytes a line, each behind four blanks, with a comma behind every byte.
pub(super) fn rows(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(7 * bytes.len());
    for row in bytes.chunks(16) {
        text.push_str("   ");
        for byte in row {
            // Writing to a string cannot fail.
            let _ = write!(text, " {byte:#04x},");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_sixteen_bytes() {
        let text = rows(&[0xab; 17]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].matches("0xab,").count(), 16);
        assert_eq!(lines[1..], ["    0xab,"]);
        assert_eq!(rows(&[]), "");
    }
}
