//! What a table is refused for, with the way out: columns that make no sense to model, and cells that their column
//! cannot have.

use std::borrow::Cow;

use super::column::{Column, text};
use super::reader::{Cell, Want};
use crate::data::DataSpec;
use crate::{Error, lists};

/// Why a column makes no sense to model unless it is named; `None` if it does.
pub(super) fn senseless(column: &Column) -> Option<(&str, Cow<'static, str>)> {
    let why = if column.present == 0 {
        "has no value"
    } else if column.long {
        "has whole numbers of 16 digits or more, as identifiers have"
    } else if let (Some(form), true) = (&column.form, column.is_all_different()) {
        return Some((
            &column.name,
            format!("has a different text in nearly every row: {form}").into(),
        ));
    } else if column.unnamed && column.want() == Want::Number {
        "has no name in the header, as columns of row numbers do not"
    } else if column.counts_rows() {
        "counts the rows"
    } else if column.is_all_different() {
        "has a different text in nearly every row, as identifiers and remarks do"
    } else {
        return None;
    };
    Some((&column.name, why.into()))
}

/// The error for columns that make no sense to model, which names all of them.
pub(super) fn refused(
    source: &DataSpec,
    first: &(&str, Cow<'static, str>),
    others: &[(&str, Cow<'static, str>)],
) -> Error {
    let (name, why) = first;
    let also = others.iter().map(|(name, why)| format!("; `{name}` {why}"));
    let names: Vec<_> = std::iter::once(first).chain(others).collect();
    let names = names.iter().map(|(name, _)| lists::item(name));
    let also = shown(also, "");
    let problem = format!(
        "the column {why}{also}; leave out what is no data with `--exclude {}`, or name the columns to model \
         with --columns",
        lists::word(&shown(names, ","))
    );
    Error::cell(&source.data, None, Some(name), problem)
}

/// Lists items for a message, at most 80.
pub(super) fn shown(items: impl ExactSizeIterator<Item = String>, separator: &str) -> String {
    const SHOWN: usize = 80;
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.take(SHOWN).collect::<Vec<_>>().join(separator);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The error for a cell that its column cannot have.
pub(super) fn bad_cell(
    source: &DataSpec,
    row: usize,
    column: &Column,
    cell: &Cell,
    problem: &str,
) -> Error {
    let (name, cell) = (&column.name, text(cell));
    let missing = match cell.len() {
        1..=40 => format!(
            "name `{cell}` in `--missing` if it means that there is no value (with all other texts that do: the usual \
             ones no longer count, but empty cells do), "
        ),
        _ => String::new(),
    };
    let argument = lists::word(&lists::item(name));
    let categories = match (column.want(), column.is_condition) {
        (_, true) => format!("condition on a text with `--class {}`, ", lists::word(name)),
        (Want::Number, _) => format!("make all values categories with `--categories {argument}`, "),
        _ => String::new(),
    };
    let leave_out = match column.is_condition {
        true => "omit it in `--condition`".to_owned(),
        false => format!("leave the column out with `--exclude {argument}`"),
    };
    let problem = format!("{problem}; correct the cell, {missing}{categories}or {leave_out}");
    Error::cell(&source.data, Some(row), Some(name), problem)
}

/// The error for a column with too many categories, before it needs a network with thousands of outputs.
pub(super) fn too_many_categories(source: &DataSpec, column: &Column) -> Error {
    let (name, most) = (lists::word(&lists::item(&column.name)), source.max_classes);
    let different = format!("the column has more than {most} different values");
    let why = match &column.form {
        Some(form) => format!("{different}: {form}"),
        None => format!("{different}, too many for categories"),
    };
    let problem = format!(
        "{why}; leave the column out with `--exclude {name}`; for that many categories, raise \
         `--max-classes`"
    );
    Error::cell(&source.data, None, Some(&column.name), problem)
}

/// The error for a column with too many values to be classes, before it needs a network with thousands of
/// inputs.
pub(super) fn too_many_classes(source: &DataSpec, column: &str) -> Error {
    let most = source.max_classes;
    let problem = format!(
        "the column has more than {most} different values, too many for classes; to condition on a \
         number, use `--condition {}`; for that many classes, raise `--max-classes`",
        lists::word(&lists::item(column))
    );
    Error::cell(&source.data, None, Some(column), problem)
}
