//! Lists of names in the value of an option: `a,b`, `"Size, cm",b`.

/// The items of a list: separated by commas, with blanks around them. An item in quotes may have commas, and a quote
/// in it is written twice, as in CSV.
pub(crate) fn split(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut quoted = false;
    let mut letters = list.chars().peekable();
    while let Some(letter) = letters.next() {
        let item = items.last_mut().expect("never empty");
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => item.push('"'),
            '"' if quoted || item.trim().is_empty() => {
                // Blanks before a quote are not part of the item.
                if !quoted {
                    item.clear();
                }
                quoted = !quoted;
            }
            ',' if !quoted => items.push(String::new()),
            _ => item.push(letter),
        }
    }
    items.iter().map(|item| item.trim().to_owned()).collect()
}

/// The list that [`split`] takes apart into this item, in quotes if it needs them.
pub(crate) fn item(name: &str) -> String {
    match name.contains(',') || name.starts_with('"') || name.trim() != name {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}

/// A text as one word of a shell's command line.
pub(crate) fn word(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./,=:@%+".contains(letter);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_commas_and_quotes() {
        assert_eq!(split("a,b"), ["a", "b"]);
        assert_eq!(split("a, b ,c"), ["a", "b", "c"]);
        assert_eq!(split(r#""Größe, cm", b"#), ["Größe, cm", "b"]);
        assert_eq!(split(r#"a, "say ""x"", y"=log"#), ["a", r#"say "x", y=log"#]);
        assert_eq!(split(r#"5" pipe,b"#), [r#"5" pipe"#, "b"]);
        assert_eq!(split(""), [""]);
        for names in [&["Größe, cm", "b"][..], &["\"x\"", "5\" pipe"], &["a"], &["x, \"y\""]] {
            let list: Vec<String> = names.iter().map(|name| item(name)).collect();
            assert_eq!(split(&list.join(",")), names);
        }
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(word("a,b_1"), "a,b_1");
        assert_eq!(word("two words"), "'two words'");
        assert_eq!(word("it's $5"), r"'it'\''s $5'");
    }
}
