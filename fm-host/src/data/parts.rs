//! Divides the rows of a file into those to train on and those to hold out.

use std::collections::HashSet;

use super::file::Table;
use super::{ClassData, DataSpec, Split, holdout};
use crate::{Error, Result};

/// Splits the rows of a file.
pub(super) fn split(source: &DataSpec, table: Table) -> Result<Split> {
    let (train, held_out) = parts(source, &table)?;
    let (train, held_out) = match train.len() + held_out.len() == table.rows.len() {
        true => table.rows.divide(train, &held_out),
        false => (table.rows.select(&train), table.rows.select(&held_out)),
    };
    Ok(Split { train, held_out, source: None })
}

/// Returns the indices of the rows of a file to train on and to hold out.
pub(super) fn parts(source: &DataSpec, table: &Table) -> Result<(Vec<usize>, Vec<usize>)> {
    if !(source.holdout > 0.0 && source.holdout < 1.0) {
        let problem = format!("must be between 0 and 1, not {}", source.holdout);
        return Err(Error::usage("--holdout", problem));
    }
    let (rows, labels) = (table.rows.len(), table.rows.labels());
    if rows < 2 {
        let problem = "there is only one row; add at least one more, because one is held out";
        return Err(Error::data(&source.data, problem));
    }
    if source.holdout_last {
        return last(source, table);
    }
    if let Some(groups) = &table.groups {
        let split = holdout::split_groups(groups, labels, source.holdout, source.seed);
        return split.ok_or_else(|| {
            let problem = "no group can be held out: there must be at least two groups, and every class \
                           must be in another group too; choose another column";
            Error::cell(&source.data, None, source.group.as_deref(), problem)
        });
    }
    let (train, held_out) = holdout::split(rows, labels, source.holdout, source.seed);
    if held_out.is_empty() {
        let problem = "every row has a different class, so none can be held out; choose a column with \
                       classes, or use --condition to condition on a number";
        return Err(Error::cell(&source.data, None, source.class.as_deref(), problem));
    }
    Ok((train, held_out))
}

/// [`parts`] of which the last rows are held out.
fn last(source: &DataSpec, table: &Table) -> Result<(Vec<usize>, Vec<usize>)> {
    const OPTION: &str = "--holdout-last";
    if source.group.is_some() {
        let problem = "the rows of a `--group` are held out together; omit one of the two";
        return Err(Error::usage(OPTION, problem));
    }
    let size = source.window.unwrap_or(1);
    // How many windows before the first held-out one share rows with it.
    let shared = size.saturating_sub(1) / source.stride.unwrap_or(size).max(1);
    let (train, held_out) =
        holdout::split_last(table.rows.len(), shared, source.holdout, source.seed);
    if train.is_empty() {
        let problem = "every window shares rows with held-out ones, so that none is left to train on; add rows, \
                       or use shorter windows";
        return Err(Error::usage(OPTION, problem));
    }
    if let Some(ClassData { column, names, labels }) = &table.rows.condition.classes {
        let trained: HashSet<u32> = train.iter().map(|&row| labels[row]).collect();
        if let Some(&row) = held_out.iter().find(|&&row| !trained.contains(&labels[row])) {
            let name = names.get(labels[row] as usize).map_or("", String::as_str);
            let problem = format!(
                "class `{name}` is only among the last rows, which `{OPTION}` holds out; omit that option, or leave \
                 out the class"
            );
            return Err(Error::cell(&source.data, None, Some(column), problem));
        }
    }
    Ok((train, held_out))
}
