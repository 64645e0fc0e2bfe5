//! The names of the columns.

use std::collections::HashSet;

use super::dialect::number;
use crate::data::DataSpec;
use crate::{Error, Result};

/// The longest name in bytes.
const LONGEST: usize = 1000;

/// Returns the names of the columns. Column `i` without a name, counted from 1, is called `ci`.
///
/// # Errors
/// If a name is a fault.
pub(super) fn names(source: &DataSpec, given: &[String]) -> Result<Vec<String>> {
    let refuse = |column: Option<&str>, problem: String| {
        Err(Error::cell(&source.data, Some(1), column, problem))
    };
    if given.iter().all(|name| number(name).is_some()) {
        let problem = "the first row contains numbers, not column names; add a header row, or use \
                       --no-header, which names the columns c1, c2 and so on";
        return refuse(None, problem.to_owned());
    }
    if let Some(i) = given.iter().position(|name| name.len() > LONGEST) {
        let problem =
            format!("the name of column {} is longer than {LONGEST} bytes; shorten it", i + 1);
        return refuse(None, problem);
    }
    if let Some(i) = given.iter().position(|name| name.contains('\0')) {
        let problem = format!("the name of column {} has a NUL character; rename it", i + 1);
        return refuse(None, problem);
    }
    let name = |(i, name): (usize, &String)| match name.is_empty() {
        true => format!("c{}", i + 1),
        false => name.clone(),
    };
    let names: Vec<String> = given.iter().enumerate().map(name).collect();
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        let data = match number(twice) {
            Some(_) => ", or use --no-header if the first row is data",
            None => "",
        };
        return refuse(Some(twice), format!("two columns have this name; rename one{data}"));
    }
    Ok(names)
}

/// A note if some names look like data.
pub(super) fn note(names: &[String]) -> Option<String> {
    let numeric = names.iter().find(|name| number(name).is_some())?;
    Some(format!(
        "the first row has the column names, such as `{numeric}`; if it is data, use --no-header"
    ))
}
