//! The column that tells strange rows from normal ones.

use std::collections::HashMap;

use crate::data::{Builtin, Cells, DataSpec, EvaluationRows};
use crate::{Error, Result};

const OPTION: &str = "--label";

/// Whether each of `rows`, which were read from `source`, is strange.
///
/// # Errors
/// If the data is a built-in set or windows, the file has no such column, a row has another text there, or all
/// rows have the same.
pub fn read(source: &DataSpec, column: &str, rows: &EvaluationRows) -> Result<Vec<bool>> {
    let numbers = match &rows.numbers {
        Some(numbers) if Builtin::named(&source.data).is_none() => numbers,
        _ => {
            return Err(Error::usage(
                OPTION,
                "a built-in set has no such column; omit this option",
            ));
        }
    };
    if source.window.is_some() {
        let problem = "a window has several rows, and so several labels; omit this option";
        return Err(Error::usage(OPTION, problem));
    }
    let cells = Cells::read(source.clone())?;
    let at = cells.find(OPTION, column)?;
    let rows: HashMap<usize, usize> =
        (0..cells.len()).map(|row| (cells.number(row), row)).collect();
    let strange = |number: &usize| {
        let row = rows[number];
        match &*cells.text(row, at).to_lowercase() {
            "0" | "normal" | "no" | "false" => Ok(false),
            "1" | "anomaly" | "yes" | "true" => Ok(true),
            other => {
                let problem = format!(
                    "`{other}` tells neither a normal nor a strange row; write 0, no, false or normal, and 1, yes, true or \
                     anomaly"
                );
                Err(cells.error(row, at, problem))
            }
        }
    };
    let strange: Vec<bool> = numbers.iter().map(strange).collect::<Result<_>>()?;
    if !(strange.contains(&true) && strange.contains(&false)) {
        let problem = format!(
            "all rows have the same label in column `{column}`, so that there is nothing to separate; omit this option"
        );
        return Err(Error::usage(OPTION, problem));
    }
    Ok(strange)
}
