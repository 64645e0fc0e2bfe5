//! Known cells from the end of a file: the rows before a forecast, or the last row.

use super::beyond;
use crate::cli::say;
use crate::data::{self, Cells, DataSpec, Rows};
use crate::model::StoredModel;
use crate::sample::KnownCells;
use crate::{Error, Result};

const OPTION: &str = "--known-from";
const HORIZON: &str = "--horizon";

/// The columns of a model of windows.
struct Windows {
    /// The name in the file, and the row in the window, of each column.
    columns: Vec<(String, usize)>,
    /// How many rows a window has.
    size: usize,
}

impl Windows {
    /// The windows of a model; `None` if its rows are single rows of a file.
    fn of(stored: &StoredModel) -> Option<Self> {
        let run = stored.config.as_ref().map(|config| config.data.window);
        let part = |column: &String| {
            let (name, row) = column.rsplit_once('_')?;
            Some((name.to_owned(), row.parse().ok()?))
        };
        let columns: Vec<(String, usize)> =
            stored.columns().iter().map(part).collect::<Option<_>>()?;
        let size = columns.iter().map(|(_, row)| row + 1).max()?;
        match run {
            Some(None) => None,
            Some(Some(size)) => Some(Self { columns, size }),
            None => {
                (size > 1 && columns.len().is_multiple_of(size)).then_some(Self { columns, size })
            }
        }
    }
}

/// The known cells that `file` ends with: of a model of windows the rows before the last `horizon` of a window, of
/// another model the last row.
///
/// # Errors
/// If the file cannot be read, has none of the model's columns, or too few rows.
pub fn read(stored: &StoredModel, file: &str, horizon: Option<usize>) -> Result<KnownCells> {
    let run = stored.config.as_ref().map(|config| &config.data);
    let cells = Cells::read(DataSpec {
        missing: run.and_then(|run| run.missing.clone()),
        no_header: run.is_some_and(|run| run.no_header),
        ..DataSpec::new(file)
    })?;
    let (columns, size) = match Windows::of(stored) {
        Some(Windows { columns, size }) => (columns, size),
        None => (stored.columns().into_iter().map(|name| (name, 0)).collect(), 1),
    };
    let rows = cells.len();
    let known = match (horizon, size) {
        (None, 1) => 1,
        (Some(_), 1) => {
            let problem = "the model has no windows (`fm train --window`), so there are no later rows to draw; omit \
                           this option";
            return Err(Error::usage(HORIZON, problem));
        }
        (None, _) => rows.min(size - 1),
        (Some(horizon), _) if (1..size).contains(&horizon) => size - horizon,
        (Some(_), _) => {
            let problem =
                format!("a window has {size} rows, so use a number from 1 to {}", size - 1);
            return Err(Error::usage(HORIZON, problem));
        }
    };
    if rows < known {
        let problem = format!("{file} has {rows} rows, but {known} are needed before the forecast");
        return Err(Error::usage(OPTION, problem));
    }
    let first = rows - known;
    if let Some(group) = run.and_then(|run| run.group.as_ref())
        && let Ok(at) = cells.find(OPTION, group)
        && let Some(row) =
            (first..rows).rev().find(|row| cells.text(*row, at) != cells.text(rows - 1, at))
    {
        let problem =
            format!("the last {known} rows, which a forecast starts from, are of several groups");
        return Err(cells.error(row, at, problem));
    }
    let (model, kinds) = (stored.view(), stored.kinds());
    let (mut values, mut flags, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for (d, (name, row)) in columns.iter().enumerate() {
        let at = cells.find(OPTION, name).ok();
        if at.is_none() && !absent.contains(name) {
            absent.push(name.clone());
        }
        let value = match at {
            Some(at) if *row < known => {
                let value = cells.value(first + row, at, &kinds[d])?;
                let note = value.zip(model.transforms().nth(d));
                if let Some(note) =
                    note.and_then(|(value, limits)| beyond(&limits, value, &kinds[d]))
                {
                    say(&format!("note: {}", cells.error(first + row, at, note)));
                }
                value
            }
            _ => None,
        };
        flags.push(value.is_some());
        values.push(value.unwrap_or_default());
    }
    if let [name, ..] = &absent[..] {
        if absent.len() == columns.len() || !flags.contains(&true) {
            cells.find(OPTION, name)?;
        }
        say(&format!("note: {file} has no {}, which is drawn", data::list(&absent)));
    }
    if !flags.contains(&false) {
        let problem =
            format!("every cell of the last row of {file} is known, so nothing is left to draw");
        return Err(Error::usage(OPTION, problem));
    }
    Ok(KnownCells::new(Rows::from_vec(columns.len(), values), flags))
}
