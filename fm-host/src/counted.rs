//! Counts in messages.

use std::fmt::Display;

/// Returns a count with its noun: `1 row`, `2 rows`.
pub(crate) fn counted(count: usize, noun: impl Display) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
