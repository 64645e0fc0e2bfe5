//! The data that a model is judged on: what `fm eval` and `fm loglik` share.

use super::source::Columns;
use crate::data::{Builtin, Condition, Dataset, Source};
use crate::model::StoredModel;
use crate::sample::Asked;
use crate::{Error, Result};

/// The data that is named, its columns by the names that the model knows, whatever their order; the
/// options in `columns` come before.
///
/// # Errors
/// If no data is named and the model is not a run, or if another split of the run's own rows is asked for.
pub fn source(data: Option<&str>, columns: &Columns, stored: &StoredModel) -> Result<Source> {
    let source = match (data, &stored.config) {
        (Some(data), Some(config)) => Source {
            data: data.to_owned(),
            columns: Some(config.facts.columns.clone()),
            ..config.source.clone()
        },
        (Some(data), None) => named_columns(Source::new(data), stored),
        (None, Some(config)) => config.source.clone(),
        (None, None) => {
            return Err(Error::usage("--data", "a .fm file does not know its data: name it"));
        }
    };
    let source = columns.over(source);
    if let Some(config) = stored.config.as_ref().filter(|_| is_own(data, stored)) {
        check_split(&source, &config.source)?;
    }
    Ok(source)
}

/// The columns that a `.fm` file names.
fn named_columns(source: Source, stored: &StoredModel) -> Source {
    let model = stored.view();
    if model.columns().next().is_none() {
        return source;
    }
    let class = Some(model.class_column()).filter(|column| !column.is_empty());
    Source {
        columns: Some(stored.columns()),
        class: class.map(str::to_owned),
        condition: stored.condition_columns(),
        ..source
    }
}

/// Refuses another split of a run's own file: what it holds out, the run may have been trained on.
fn check_split(asked: &Source, own: &Source) -> Result<()> {
    let option = match asked {
        _ if Builtin::named(&own.data).is_some() => return Ok(()),
        asked if asked.seed != own.seed => "--data-seed",
        asked if asked.holdout != own.holdout => "--holdout",
        asked if asked.class != own.class => "--class",
        _ => return Ok(()),
    };
    let problem = "it would hold out other rows than the run did, some of them trained on: leave it out, \
                   or name a copy of the file with --data to judge all of its rows";
    Err(Error::usage(option, problem))
}

/// Whether the data that is named is the run's own, of which some rows were trained on: the same built-in
/// set or the same file, by whatever path. A `.fm` file has none.
pub fn is_own(data: Option<&str>, stored: &StoredModel) -> bool {
    let Some(config) = &stored.config else { return false };
    let Some(data) = data else { return true };
    let own = &config.source.data;
    let canonical = |path: &str| std::fs::canonicalize(path).ok();
    data == own || canonical(data).is_some_and(|path| canonical(own) == Some(path))
}

/// Refuses rows of another width than the model's samples.
///
/// # Errors
/// If they are.
pub fn check_width(data: &Dataset, dim: usize) -> Result<()> {
    if data.values.dim() != dim {
        let found = data.values.dim();
        let problem = format!(
            "{found} columns, but the model's samples have {dim}; name the model's with --columns, or \
             what it is conditioned on with --class or --condition"
        );
        return Err(Error::usage("--data", problem));
    }
    Ok(())
}

/// What is said of a class that a model was not trained on.
pub fn unknown_class(name: &str, known: &[String]) -> String {
    format!("the model knows no class `{name}`; it knows {}", known.join(", "))
}

/// The condition of every row, classes by the names that the model's run knows them by.
///
/// # Errors
/// If the data has a class that the run never saw.
pub fn known_conditions(data: &Dataset, stored: &StoredModel) -> Result<Asked> {
    let known = stored.class_names();
    let Condition::Classes { column, names, labels } = &data.condition else {
        return Ok(Asked::like(data));
    };
    if known.is_empty() {
        return Ok(Asked::like(data));
    }
    let number = |&label: &u32| {
        let name = &names[label as usize];
        known.iter().position(|known| known == name).ok_or_else(|| {
            Error::cell(&*data.name, None, Some(column), unknown_class(name, &known))
        })
    };
    Ok(Asked::Classes(labels.iter().map(number).collect::<Result<_>>()?))
}
