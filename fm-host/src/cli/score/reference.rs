//! The normal rows that scores are compared with: none that the model was trained on, whose scores are low.

use std::collections::HashSet;

use crate::cli::columns::Columns;
use crate::cli::{evaluation, say};
use crate::data::{self, DataSpec, Dataset, EvaluationRows, RunData};
use crate::model::StoredModel;
use crate::train::RunConfig;
use crate::{Error, Result, files};

const OPTION: &str = "--reference";

/// Reads the rows of the data set `named`, which `spec` describes; of the run's own file, or a copy of it, the
/// held-out ones.
///
/// # Errors
/// If they cannot be read, or are rows that the model was trained on.
pub fn read(
    stored: &StoredModel,
    named: &str,
    (spec, own): &(DataSpec, bool),
) -> Result<EvaluationRows> {
    if *own {
        return evaluation::rows(spec, false, stored);
    }
    let Some(config) = &stored.config else {
        say(
            "note: a .fm file does not tell which rows it was trained on; p-values are right only if the reference \
             rows are others",
        );
        return evaluation::rows(spec, true, stored);
    };
    if let Some(copy) = evaluation::copy_of_own(named, &Columns::default(), stored)? {
        say(&format!(
            "note: {named} has the rows of the run's own file; the held-out ones are the reference"
        ));
        return evaluation::rows(&copy, false, stored);
    }
    let rows = evaluation::rows(spec, true, stored)?;
    check_fresh(stored, config, named, &rows.rows)?;
    Ok(rows)
}

/// Refuses rows of which more are training rows than of held-out rows.
fn check_fresh(
    stored: &StoredModel,
    config: &RunConfig,
    named: &str,
    rows: &Dataset,
) -> Result<()> {
    if config.data.origin.is_none() {
        // Rows of a built-in set are drawn anew.
        return Ok(());
    }
    let way_out = "name rows that the model was not trained on, or the run's own file, of which the held-out rows are \
                   used";
    let Ok(RunData { split, .. }) = data::load_for_run(&config.data) else {
        if files::same(named.as_ref(), config.data.data.as_ref()) {
            let problem = format!(
                "{named} has changed since the run was trained on its rows, so that nobody knows which were held out; \
                 {way_out}"
            );
            return Err(Error::usage(OPTION, problem));
        }
        say(
            "note: the rows that the run was trained on cannot be read; p-values are right only if the reference rows \
             are others",
        );
        return Ok(());
    };
    let split = evaluation::split_for_model(split, stored)?;
    let bits = |row: &[f32]| row.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let trained: HashSet<Vec<u32>> = split.train.values.iter().map(bits).collect();
    let count = |data: &Dataset| {
        data.values.iter().filter(|row| trained.contains(&bits(row))).count() as f64
    };
    // Where columns have few values, new rows too are equal to training rows.
    let (n, found) = (rows.len().max(1) as f64, count(rows));
    let usual = count(&split.held_out) / split.held_out.len().max(1) as f64;
    let most = usual + 0.05 + 3.0 * (usual * (1.0 - usual) / n).sqrt();
    if found / n > most {
        let problem = format!(
            "{found} of {n} rows of {named} are rows that the model was trained on, whose scores are low, so that \
             p-values would be too small; {way_out}"
        );
        return Err(Error::usage(OPTION, problem));
    }
    Ok(())
}
