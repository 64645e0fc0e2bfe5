//! The data that a model is evaluated on, for `fm eval`, `fm loglik`, `fm score` and
//! `fm export`.

use super::columns::Columns;
use super::say;
use crate::counted::counted;
use crate::data::{self, Builtin, ClassData, ColumnKind, DataSpec, Dataset, EvaluationRows, Split};
use crate::model::StoredModel;
use crate::sample::{Classes, Conditions};
use crate::train::RunConfig;
use crate::{Error, Result, files};

/// Returns the named data, or the run's own, and whether it is the run's own. Columns are found by the names
/// that are stored in the model, in any order; the options in `columns` take precedence.
///
/// # Errors
/// If no data is named and the model is not a run, or if the options select other columns or another split
/// of the run's own rows.
pub fn source(
    data: Option<&str>,
    columns: &Columns,
    stored: &StoredModel,
) -> Result<(DataSpec, bool)> {
    let run = stored.config.as_ref().map(|config| (config, config.data.settled()));
    let own = run.as_ref().is_some_and(|(_, source)| is_own(data, source));
    let source = match (data, run) {
        (_, Some((_, source))) if own => source,
        (Some(data), Some((config, source))) => {
            other_file(data, source, config.facts.columns.clone(), &config.facts.kinds)
        }
        (Some(data), None) => {
            // A masked model can be evaluated on rows with missing cells.
            let keep_missing = stored.view().has_known();
            named_columns(DataSpec { keep_missing, ..DataSpec::new(data) }, stored)
        }
        (None, _) => {
            let problem = "a .fm file does not contain the path of its data; name the data";
            return Err(Error::usage("--data", problem));
        }
    };
    let chosen = columns.over(source);
    if let Some(config) = stored.config.as_ref().filter(|_| own) {
        check_own(&chosen, config)?;
    }
    Ok((chosen, own))
}

/// Returns `base` for another data set with columns of these names and kinds, in their order.
pub fn other_file(
    name: &str,
    base: DataSpec,
    columns: Vec<String>,
    kinds: &[ColumnKind],
) -> DataSpec {
    let (columns, noise) = (Some(columns), base.noise);
    let other = DataSpec { data: name.to_owned(), origin: None, ..base };
    if Builtin::named(name).is_some() {
        return DataSpec { columns, noise, ..other.for_built_in() };
    }
    // Categories whose names are numbers may look like a column of numbers in another file.
    let categories = columns.iter().flatten().zip(kinds);
    let categories = categories.filter(|(_, kind)| matches!(kind, ColumnKind::Category(_)));
    let categories = categories.map(|(name, _)| name.clone()).collect();
    // No row of another file was trained on, so its groups do not matter, except where they end windows.
    let group = other.group.filter(|_| other.window.is_some());
    DataSpec { columns, categories, exclude: Vec::new(), group, ..other }
}

/// Adds the column names that are stored in a `.fm` file.
pub fn named_columns(source: DataSpec, stored: &StoredModel) -> DataSpec {
    let model = stored.view();
    if model.columns().next().is_none() {
        return source;
    }
    let class = Some(model.class_column()).filter(|column| !column.is_empty());
    DataSpec {
        columns: Some(stored.columns()),
        class: class.map(str::to_owned),
        condition: stored.condition_columns(),
        ..source
    }
}

/// Refuses other columns of a run's own file, and another split, which could hold out rows that the run was
/// trained on.
fn check_own(chosen: &DataSpec, config: &RunConfig) -> Result<()> {
    let own = &config.data;
    let known = |columns: &Vec<String>| {
        *columns == config.facts.columns || Some(columns) == own.columns.as_ref()
    };
    const SPLIT: &str = "this would hold out rows that the run was trained on; omit the option, or name a \
                         copy of the file to use all of its rows";
    const COLUMNS: &str = "the run models other columns of its file; omit the option, or name a copy of the \
                           file to use other columns";
    let (option, problem) = match chosen {
        _ if Builtin::named(&own.data).is_some() => return Ok(()),
        chosen if chosen.seed != own.seed => ("--data-seed", SPLIT),
        chosen if chosen.holdout != own.holdout => ("--holdout", SPLIT),
        chosen if chosen.holdout_last != own.holdout_last => ("--holdout-last", SPLIT),
        chosen if chosen.group != own.group => ("--group", SPLIT),
        chosen if chosen.class != own.class => ("--class", SPLIT),
        chosen if !chosen.columns.as_ref().is_none_or(known) => ("--columns", COLUMNS),
        chosen if chosen.condition != own.condition => ("--condition", COLUMNS),
        chosen if chosen.exclude != own.exclude => ("--exclude", COLUMNS),
        chosen if chosen.categories != own.categories => ("--categories", COLUMNS),
        chosen if chosen.missing != own.missing => ("--missing", SPLIT),
        chosen if chosen.drop_missing != own.drop_missing => ("--drop-missing", SPLIT),
        chosen if chosen.window != own.window => ("--window", SPLIT),
        chosen if chosen.stride != own.stride => ("--stride", SPLIT),
        chosen if chosen.no_header != own.no_header => ("--no-header", SPLIT),
        _ => return Ok(()),
    };
    Err(Error::usage(option, problem))
}

/// Whether the named data is the data that the run was trained on: the same built-in set, or the same
/// unchanged file, even by another path.
fn is_own(data: Option<&str>, run: &DataSpec) -> bool {
    let Some(data) = data else { return true };
    let same = data == run.data || files::same(data.as_ref(), run.data.as_ref());
    same && data::is_unchanged(run)
}

/// The source of a copy of the run's own file, with the run's split of its rows; `None` if `data` is none.
///
/// # Errors
/// If the options select other columns or another split.
pub fn copy_of_own(
    data: &str,
    columns: &Columns,
    stored: &StoredModel,
) -> Result<Option<DataSpec>> {
    let Some(config) = &stored.config else { return Ok(None) };
    let copy = config.data.in_file(data);
    if copy.origin.is_none() || !data::is_unchanged(&copy) {
        return Ok(None);
    }
    let chosen = columns.over(copy);
    check_own(&chosen, config)?;
    Ok(Some(chosen))
}

/// Returns both parts of `split` with the categories and dates of a model.
///
/// # Errors
/// As [`for_model`].
pub fn split_for_model(split: Split, stored: &StoredModel) -> Result<Split> {
    let Split { train, held_out, source } = split;
    let (train, held_out) = (for_model(train, stored)?, for_model(held_out, stored)?);
    Ok(Split { train, held_out, source })
}

/// Returns the rows with the categories and dates of a model.
///
/// # Errors
/// If they are not as wide as the model's samples, have columns of other kinds, or a category that the model
/// does not have.
pub fn for_model(data: Dataset, stored: &StoredModel) -> Result<Dataset> {
    check_width(&data, stored.view().dim())?;
    data.with_kinds(&stored.kinds())
}

/// Reads the rows of `spec`, or its held-out ones, with the categories and dates of a model.
///
/// # Errors
/// If they cannot be read, or as [`for_model`].
pub fn rows(spec: &DataSpec, all: bool, stored: &StoredModel) -> Result<EvaluationRows> {
    let EvaluationRows { rows, numbers } = data::load_evaluation_rows(spec, all, None)?;
    Ok(EvaluationRows { rows: for_model(rows, stored)?, numbers })
}

/// The rows without missing cells, and a note with the `reason` if there are others.
///
/// # Errors
/// If every row has one.
pub fn complete(all: EvaluationRows, reason: &str) -> Result<EvaluationRows> {
    let (complete, count) = (all.rows.complete(), all.rows.len());
    if complete.len() == count {
        return Ok(all);
    }
    if complete.is_empty() {
        let problem = format!("every row has a missing cell, but {reason}; name other rows");
        return Err(Error::data(&*all.rows.name, problem));
    }
    say(&format!("note: {} of {count} rows have no missing cell, and are used", complete.len()));
    let numbers = all.numbers.map(|numbers| complete.iter().map(|&i| numbers[i]).collect());
    Ok(EvaluationRows { rows: all.rows.select(&complete), numbers })
}

/// Checks that the rows are as wide as the model's samples.
fn check_width(data: &Dataset, dim: usize) -> Result<()> {
    if data.values.dim() != dim {
        let found = counted(data.values.dim(), "column");
        let problem = format!(
            "the data has {found}, but the model's samples have {dim}; name the model's columns \
             with --columns, or its condition with --class or --condition"
        );
        return Err(Error::usage("--data", problem));
    }
    Ok(())
}

/// The message for a class that a model was not trained on.
pub fn unknown_class(name: &str, known: &[String]) -> String {
    format!("the model has no class `{name}`; its classes are {}", known.join(", "))
}

/// Returns the condition of every row, with the model's numbers for the classes.
///
/// # Errors
/// If the data has a class that the model was not trained on.
pub fn known_conditions(data: &Dataset, stored: &StoredModel) -> Result<Conditions> {
    let labels = known_labels(data, &stored.class_names())?;
    let classes = labels.map(|labels| Classes::of_labels(&labels));
    Ok(Conditions { classes, vectors: None }.or(Conditions::like(data)))
}

/// Renumbers the classes of `data` as in a model with the class names `known`. Without names, the numbers
/// stay.
///
/// # Errors
/// If the data has a class that is not among `known`.
pub fn know_classes(data: &mut Dataset, known: &[String]) -> Result<()> {
    let numbered = known_labels(data, known)?;
    if let (Some(numbered), Some(classes)) = (numbered, &mut data.condition.classes) {
        classes.labels = numbered;
        classes.names = known.to_vec();
    }
    Ok(())
}

/// Returns the class of every row as an index into `known`; `None` if the rows have these numbers already,
/// or no classes.
fn known_labels(data: &Dataset, known: &[String]) -> Result<Option<Vec<u32>>> {
    let Some(ClassData { column, names, labels }) = &data.condition.classes else {
        return Ok(None);
    };
    if known.is_empty() || names == known {
        return Ok(None);
    }
    let number = |&label: &u32| {
        let name = &names[label as usize];
        let number = known.iter().position(|known| known == name);
        number
            .map(|number| number as u32)
            .ok_or_else(|| Error::cell(&*data.name, None, Some(column), unknown_class(name, known)))
    };
    labels.iter().map(number).collect::<Result<_>>().map(Some)
}
