//! The names of columns, classes and categories as constants of a source file.

use std::collections::HashSet;
use std::fmt::Write;

use fm_nostd::Model;

use crate::data::ColumnKind;
use crate::model::kinds;

/// Names with their numbers, under a heading.
struct Group {
    heading: String,
    names: Vec<String>,
}

/// The names of a model: its columns, its classes, and the categories of each column that has some.
fn groups(model: &Model<'_>) -> Vec<Group> {
    let group = |heading: &str, names: Vec<String>| Group { heading: heading.to_owned(), names };
    let columns: Vec<String> = model.columns().map(str::to_owned).collect();
    let classes = model.condition_names().take(model.conditioning().classes).map(str::to_owned);
    let mut groups = vec![group("column", columns.clone()), group("class", classes.collect())];
    for (column, kind) in columns.iter().zip(kinds(model)) {
        if let ColumnKind::Category(names) = kind {
            groups.push(group(column, names));
        }
    }
    groups.retain(|group| !group.names.is_empty());
    groups
}

/// Returns one `#define` per name, `{prefix}_{HEADING}_{NAME}`.
pub(super) fn c_names(model: &Model<'_>, prefix: &str) -> String {
    let mut text = String::new();
    let mut taken = HashSet::new();
    for Group { heading, names } in groups(model) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "/* Numbers by name: {}. */", plain(&heading));
        for (i, name) in names.iter().enumerate() {
            let word = unique(&mut taken, format!("{prefix}_{}_{}", upper(&heading), upper(name)));
            let _ = writeln!(text, "#define {word} {i}");
        }
    }
    text
}

/// Returns one constant per name, in a module per heading.
pub(super) fn rust_names(model: &Model<'_>) -> String {
    let mut text = String::new();
    let mut modules = HashSet::new();
    for Group { heading, names } in groups(model) {
        let module = unique(&mut modules, upper(&heading).to_lowercase());
        let _ = writeln!(
            text,
            "\n/// Numbers by name: {}.\n#[allow(dead_code)]\npub mod of_{module} {{",
            plain(&heading)
        );
        let mut taken = HashSet::new();
        for (i, name) in names.iter().enumerate() {
            let word = unique(&mut taken, format!("N_{}", upper(name)));
            let _ = writeln!(text, "    /// {name:?}\n    pub const {word}: usize = {i};");
        }
        text.push_str("}\n");
    }
    text
}

/// Letters and digits, everything else as `_`.
pub(super) fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn upper(name: &str) -> String {
    word(name).to_ascii_uppercase()
}

/// A name within a comment.
pub(super) fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || "*/\\".contains(c) { '_' } else { c }).collect()
}

/// The word, with a number if it is taken.
fn unique(taken: &mut HashSet<String>, word: String) -> String {
    let numbered = (2..).map(|i| format!("{word}_{i}"));
    let free = std::iter::once(word.clone()).chain(numbered).find(|word| !taken.contains(word));
    let free = free.unwrap_or(word);
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_become_equal_stay_apart() {
        let mut taken = HashSet::new();
        let words = ["a b", "a-b", "A_B", "é"].map(|name| unique(&mut taken, upper(name)));
        assert_eq!(words, ["A_B", "A_B_2", "A_B_3", "_"]);
        assert_eq!(plain("a*/b\n"), "a__b_");
    }
}
