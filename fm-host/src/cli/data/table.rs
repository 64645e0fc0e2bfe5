//! The table of `fm data`: a row per column of the data set.

use comfy_table::Table;

use crate::data::{ColumnDescription, Numbers};

/// How many categories are named.
const SHOWN: usize = 8;

/// Returns the table of these columns.
pub fn of(columns: &[ColumnDescription]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "column",
        "use",
        "kind",
        "because",
        "transform",
        "because",
        "missing",
        "distinct",
        "min",
        "max",
        "mean",
        "std",
        "values",
    ]);
    for column in columns {
        let count = |count: Option<usize>| count.map(|count| count.to_string()).unwrap_or_default();
        let [min, max, mean, std] = figures(column);
        table.add_row([
            column.name.clone(),
            column.role.to_owned(),
            column.kind.unwrap_or_default().to_owned(),
            column.reason.clone(),
            column.transform.unwrap_or_default().to_owned(),
            column.transform_reason.clone().unwrap_or_default(),
            count(column.missing),
            count(column.distinct),
            min,
            max,
            mean,
            std,
            values(&column.categories),
        ]);
    }
    table
}

/// The least and the greatest value, mean and standard deviation.
fn figures(column: &ColumnDescription) -> [String; 4] {
    match (&column.numbers, &column.dates) {
        (Some(Numbers { min, max, mean, std }), _) => {
            [min.to_string(), max.to_string(), rounded(*mean), rounded(*std)]
        }
        (None, Some([first, last])) => [first.clone(), last.clone(), String::new(), String::new()],
        (None, None) => Default::default(),
    }
}

/// A number in single precision, which has enough digits.
fn rounded(number: f64) -> String {
    (number as f32).to_string()
}

/// The first categories.
fn values(categories: &[String]) -> String {
    let mut shown: Vec<&str> = categories.iter().take(SHOWN).map(String::as_str).collect();
    let more = format!("and {} more", categories.len().saturating_sub(SHOWN));
    if categories.len() > SHOWN {
        shown.push(&more);
    }
    shown.join(", ")
}
