//! What the numbers of a column stand for.

use serde::{Deserialize, Serialize};

/// What the numbers of a data column stand for in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Themselves.
    #[default]
    Number,
    /// Categories: each number is an index into these names, which are in order.
    Category(Vec<String>),
    /// Dates: days after this one, in the form `2026-11-27`.
    Date(String),
}

impl ColumnKind {
    /// The names of the categories, or the first day; empty for numbers.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Category(names) => names,
            Self::Date(first) => std::slice::from_ref(first),
            Self::Number => &[],
        }
    }
}
