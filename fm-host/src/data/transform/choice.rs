//! Which transform the user wants for which column.

use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::data::{ColumnKind, Dataset, columns};
use crate::{Error, Result, options};

/// A kind of transform, or the choice by held-out likelihood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// The one under which held-out rows are most likely
    #[default]
    Auto,
    /// Numbers as they are, not even rounded
    Plain,
    /// The logarithm, for numbers above 0
    Log,
    /// A power transform (Yeo–Johnson)
    Power,
    /// Lines between quantiles
    Quantiles,
}

/// The wish for one column, or for all that are not named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The column; `None` for all that are not named.
    pub column: Option<String>,
    /// The wish.
    pub wanted: Wanted,
}

impl Choice {
    /// The wish for `column` among `choices`: the last that names it, else the last that names none.
    pub fn of(choices: &[Self], column: &str) -> Option<Wanted> {
        let last = |name: Option<&str>| {
            choices.iter().rev().find(|choice| choice.column.as_deref() == name)
        };
        last(Some(column)).or_else(|| last(None)).map(|choice| choice.wanted)
    }

    /// Checks that the wishes name columns of `data`, and can be fulfilled there.
    ///
    /// # Errors
    /// If there is no such column, it has categories, or the transform does not apply to its numbers.
    pub fn check(choices: &[Self], data: &Dataset) -> Result<()> {
        let refuse = |problem: String| Err(Error::usage("--transform", problem));
        for name in choices.iter().filter_map(|choice| choice.column.as_ref()) {
            let Some(d) = data.columns.iter().position(|column| column == name) else {
                let names = data.columns.iter().map(String::as_str);
                let (hint, list) = (columns::suggestion(name, names), columns::list(&data.columns));
                return refuse(format!("no data column is called `{name}`{hint}; they are {list}"));
            };
            if matches!(data.kinds[d], ColumnKind::Category(_)) {
                return refuse(format!(
                    "`{name}` has categories, which are not transformed; omit it"
                ));
            }
        }
        for (d, name) in data.columns.iter().enumerate() {
            let least = data.values.iter().map(|row| row[d]).fold(f32::INFINITY, f32::min);
            let category = matches!(data.kinds[d], ColumnKind::Category(_));
            if Self::of(choices, name) == Some(Wanted::Log) && !category && least <= 0.0 {
                return refuse(format!(
                    "column `{name}` contains {least}, which has no logarithm; use `{name}=auto`"
                ));
            }
        }
        Ok(())
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (column, wanted) = match text.rsplit_once('=') {
            Some((column, wanted)) => (Some(column.to_owned()), wanted),
            None => (None, text),
        };
        let wanted = Wanted::from_str(wanted, true).map_err(|_| {
            let names = options::names::<Wanted>().join(", ");
            format!("`{wanted}` is not a transform; use one of {names}, or COLUMN=TRANSFORM")
        })?;
        Ok(Self { column, wanted })
    }
}
