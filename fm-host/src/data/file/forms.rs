//! Texts that are numbers or dates to a reader, in forms that are not read.

use std::fmt::{self, Display, Formatter};

/// A number or a date in a form that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    text: String,
    is_date: bool,
}

impl Form {
    /// The form of a text; `None` for other text.
    pub fn of(text: &str) -> Option<Self> {
        let is_date = is_date(text);
        (is_date || is_number(text)).then(|| Self { text: text.to_owned(), is_date })
    }
}

impl Display for Form {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (kind, way_out) = match self.is_date {
            true => ("dates", "write dates as in 2026-11-27"),
            false => (
                "numbers",
                "write numbers as in 1234.5, without units and without marks for thousands",
            ),
        };
        write!(
            f,
            "texts such as `{}` look like {kind}, but are not read as such; {way_out}",
            self.text
        )
    }
}

/// Whether a text is a whole number with more digits than double precision holds.
pub(super) fn is_long(text: &str) -> bool {
    const DIGITS: usize = f64::DIGITS as usize;
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a day, a month and a year in any order, or starts with them.
fn is_date(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or_default();
    let Some(separator) = date.chars().find(|c| !c.is_ascii_digit()) else { return false };
    let parts: Vec<&str> = date.split(separator).collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let long = |year: usize| year == 4 || year == 2 && separator == '/';
    "/.-".contains(separator)
        && parts.iter().all(digits)
        && matches!(lengths[..], [1..=2, 1..=2, year] | [year, 1..=2, 1..=2] if long(year))
}

/// Whether a text is a number with a unit of money, a percent sign or marks for thousands.
fn is_number(text: &str) -> bool {
    let unit = |c: char| "$€£¥%".contains(c);
    let number = text.trim_matches(|c: char| unit(c) || c.is_whitespace());
    let number = number.strip_prefix(['-', '+']).unwrap_or(number).trim_start_matches(unit);
    let is_mark = |c: char| ",.' \u{a0}\u{202f}".contains(c);
    let parts: Vec<&str> = number.split(is_mark).collect();
    if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let marks: Vec<char> = number.chars().filter(|c| is_mark(*c)).collect();
    match (&parts[..], &marks[..]) {
        // Plain digits with a unit, or with a mark.
        ([_] | [_, _], _) => true,
        ([first, groups @ .., last], [mark, .., end]) => {
            let grouped = marks[..marks.len() - 1].iter().all(|other| other == mark);
            let whole = groups.iter().all(|group| group.len() == 3) && first.len() <= 3;
            grouped && whole && (mark != end || last.len() == 3)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_of_other_forms_are_found() {
        let kind = |text: &str| Form::of(text).map(|form| form.is_date);
        for text in
            ["12.8%", "$1,234", "1.103,5", "1,234,567.5", "-3 %", "€ 12", "1 234 567", "2,5"]
        {
            assert_eq!(kind(text), Some(false), "{text}");
        }
        for text in ["03/05/2024", "2024/03/01", "3.5.2024", "3/5/24 12:30", "03-05-2024"] {
            assert_eq!(kind(text), Some(true), "{text}");
        }
        for text in
            ["", "a", "10.0.0.1", "192.168.100.1", "3 apples", "12:30", "1/2", "A-12", "1.2.3", "%"]
        {
            assert_eq!(kind(text), None, "{text}");
        }
        let said = Form::of("12.8%").expect("a number").to_string();
        assert!(said.contains("`12.8%` look like numbers") && said.contains("1234.5"), "{said}");
    }

    #[test]
    fn long_numbers_have_more_digits_than_a_number_holds() {
        assert!(is_long("123456789012345678") && is_long("-1234567890123456"));
        assert!(!is_long("123456789012345") && !is_long("0.1234567890123456") && !is_long("1e20"));
    }
}
