//! Which transform the user wants for which column.

use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::options;

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
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
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
