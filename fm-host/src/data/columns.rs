//! Finds the columns for data, class and condition by the names that the user gave.

use std::collections::HashSet;

use super::DataSpec;
use crate::{Error, Result, lists};

/// The chosen columns, as indices into the header.
#[derive(Default)]
pub(super) struct Chosen {
    /// The data columns; `None` if the user did not name any.
    pub data: Option<Vec<usize>>,
    pub class: Option<usize>,
    pub condition: Vec<usize>,
    pub group: Option<usize>,
    pub excluded: Vec<usize>,
    /// The columns whose numbers are categories.
    pub categories: Vec<usize>,
}

impl Chosen {
    /// The data columns: those that are named, or else those of `count` columns that have no other use.
    pub fn data(&self, count: usize) -> Vec<usize> {
        let free = |i: &usize| {
            ![self.class, self.group].contains(&Some(*i))
                && !self.condition.contains(i)
                && !self.excluded.contains(i)
        };
        self.data.clone().unwrap_or_else(|| (0..count).filter(free).collect())
    }
}

/// Finds the columns that `source` names.
///
/// # Errors
/// If a column does not exist, is named twice, or has two uses.
pub(super) fn choose(source: &DataSpec, names: &[String]) -> Result<Chosen> {
    let find_all = |option, wanted: &[String]| {
        wanted.iter().map(|name| find(source, names, option, name)).collect::<Result<Vec<_>>>()
    };
    let find_one = |option, wanted: &Option<String>| {
        wanted.iter().map(|name| find(source, names, option, name)).next().transpose()
    };
    let data = source.columns.as_deref().map(|wanted| find_all("--columns", wanted)).transpose()?;
    let class = find_one("--class", &source.class)?;
    let condition = find_all("--condition", &source.condition)?;
    let group = find_one("--group", &source.group)?;
    let excluded = find_all("--exclude", &source.exclude)?;
    let categories = find_all("--categories", &source.categories)?;

    let mut used = HashSet::new();
    let uses = [
        (data.as_deref().unwrap_or_default(), "--columns"),
        (class.as_slice(), "--class"),
        (&condition, "--condition"),
        (group.as_slice(), "--group"),
        (&excluded, "--exclude"),
    ];
    for (i, option) in uses.iter().flat_map(|(all, option)| all.iter().map(move |i| (*i, *option)))
    {
        if !used.insert(i) {
            let problem = format!("column `{}` is named twice; name it once", names[i]);
            return Err(Error::usage(option, problem));
        }
    }
    if data.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::usage("--columns", "no column is named; name at least one"));
    }
    let chosen = Chosen { data, class, condition, group, excluded, categories };
    let modelled = chosen.data(names.len());
    if let Some(&other) = chosen.categories.iter().find(|i| !modelled.contains(i)) {
        let problem = format!(
            "column `{}` is not modelled; name only columns that are modelled as categories",
            names[other]
        );
        return Err(Error::usage("--categories", problem));
    }
    Ok(chosen)
}

/// Returns the index of a column.
pub(super) fn find(
    source: &DataSpec,
    names: &[String],
    option: &str,
    wanted: &str,
) -> Result<usize> {
    names.iter().position(|name| name == wanted).ok_or_else(|| {
        let hint = suggestion(wanted, names.iter().map(String::as_str));
        let list = list(names);
        let problem =
            format!("{option}: there is no column `{wanted}`{hint}; the columns are {list}");
        Error::data(&source.data, problem)
    })
}

/// Lists column names for a message, at most 80.
pub(crate) fn list(names: &[String]) -> String {
    const SHOWN: usize = 80;
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns ` (did you mean ..?)` with the most similar name, or nothing if none is similar.
pub(crate) fn suggestion<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let starts = |name: &&&str| name.split_once(',').is_some_and(|(start, _)| start == wanted);
    if let Some(name) = names.iter().find(starts) {
        return format!(
            " (write `{name}`, which has a comma, as {})",
            lists::word(&lists::item(name))
        );
    }
    let distance = |name: &str| strsim::osa_distance(&wanted.to_lowercase(), &name.to_lowercase());
    let nearest = names.iter().map(|name| (distance(name), *name)).min();
    match nearest {
        // If more than half of the letters differ, it is another word.
        Some((distance, name)) if 2 * distance <= wanted.chars().count().max(2) => {
            format!(" (did you mean `{name}`?)")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["a", "b", "kind"].map(str::to_owned).to_vec()
    }

    fn failure(source: &DataSpec) -> String {
        choose(source, &names()).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn finds_columns_in_the_order_asked_for() {
        let mut source = DataSpec::new("f.csv");
        source.columns = Some(vec!["b".into(), "a".into()]);
        source.class = Some("kind".into());
        let chosen = choose(&source, &names()).unwrap();
        assert_eq!((chosen.data, chosen.class), (Some(vec![1, 0]), Some(2)));
    }

    #[test]
    fn a_missing_column_lists_what_there_is() {
        let mut source = DataSpec::new("f.csv");
        source.class = Some("kinds".into());
        let said = failure(&source);
        assert!(said.contains("f.csv") && said.contains("--class"), "{said}");
        assert!(said.contains("did you mean `kind`?"), "{said}");
        assert!(said.contains("`a`, `b`, `kind`"), "{said}");
        source.class = Some("velocity".into());
        assert!(!failure(&source).contains("did you mean"));
    }

    #[test]
    fn columns_without_another_use_are_data() {
        let mut source = DataSpec::new("f.csv");
        source.exclude = vec!["a".into()];
        let data = |source: &DataSpec| choose(source, &names()).unwrap().data(3);
        assert_eq!(data(&source), [1, 2]);
        source.group = Some("kind".into());
        assert_eq!(data(&source), [1]);
        source.categories = vec!["b".into()];
        assert_eq!(data(&source), [1]);
        source.categories.push("a".into());
        assert!(failure(&source).contains("--categories: column `a` is not modelled"));
    }

    #[test]
    fn a_column_has_one_use() {
        let mut source = DataSpec::new("f.csv");
        source.columns = Some(vec!["a".into(), "kind".into()]);
        source.class = Some("kind".into());
        assert!(failure(&source).contains("`kind` is named twice"));
        source.class = None;
        source.condition = vec!["a".into()];
        assert!(failure(&source).contains("--condition: column `a` is named twice"));
        source.condition.clear();
        source.columns = Some(vec!["a".into(), "a".into()]);
        assert!(failure(&source).contains("--columns: column `a` is named twice"));
        source.columns = Some(vec!["a".into()]);
        source.exclude = vec!["a".into()];
        assert!(failure(&source).contains("--exclude: column `a` is named twice"));
        (source.exclude, source.group) = (Vec::new(), Some("a".into()));
        assert!(failure(&source).contains("--group: column `a` is named twice"));
        source.group = None;
        source.columns = Some(Vec::new());
        assert!(failure(&source).contains("--columns"));
        source.columns = None;
        source.class = Some("kind".into());
        source.condition = vec!["a".into(), "kind".into()];
        assert!(failure(&source).contains("--condition: column `kind` is named twice"));
    }
}
