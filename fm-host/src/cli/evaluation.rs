//! The data that a model is evaluated on: what `fm eval`, `fm loglik` and `fm export` share.

use super::source::Columns;
use crate::data::{self, Builtin, Condition, Dataset, Source};
use crate::model::StoredModel;
use crate::sample::Conditions;
use crate::train::RunConfig;
use crate::{Error, Result};

/// The data that is named, or the run's own, and whether it is the run's own. Columns are found by the
/// names that the model knows, whatever their order; the options in `columns` come before.
///
/// # Errors
/// If no data is named and the model is not a run, or if other columns or another split of the run's own
/// rows are named.
pub fn source(
    data: Option<&str>,
    columns: &Columns,
    stored: &StoredModel,
) -> Result<(Source, bool)> {
    let run = stored.config.as_ref().map(|config| (config, config.source.settled()));
    let own = run.as_ref().is_some_and(|(_, source)| is_own(data, source));
    let source = match (data, run) {
        (_, Some((_, source))) if own => source,
        (Some(data), Some((config, source))) => Source {
            data: data.to_owned(),
            columns: Some(config.facts.columns.clone()),
            origin: None,
            ..source
        },
        (Some(data), None) => named_columns(Source::new(data), stored),
        (None, _) => {
            return Err(Error::usage("--data", "a .fm file does not know its data: name it"));
        }
    };
    let chosen = columns.over(source);
    if let Some(config) = stored.config.as_ref().filter(|_| own) {
        check_own(&chosen, config)?;
    }
    Ok((chosen, own))
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

/// Refuses other columns of a run's own file, and another split: what it holds out, the run may have
/// been trained on.
fn check_own(chosen: &Source, config: &RunConfig) -> Result<()> {
    let own = &config.source;
    let known = |columns: &Vec<String>| *columns == config.facts.columns;
    const SPLIT: &str = "it would hold out other rows than the run did, some of them trained on: leave it \
                         out, or name a copy of the file with --data to judge all of its rows";
    const COLUMNS: &str = "the run models other columns of its file: leave it out, or name a copy of the \
                           file with --data to judge by other columns";
    let (option, problem) = match chosen {
        _ if Builtin::named(&own.data).is_some() => return Ok(()),
        chosen if chosen.seed != own.seed => ("--data-seed", SPLIT),
        chosen if chosen.holdout != own.holdout => ("--holdout", SPLIT),
        chosen if chosen.class != own.class => ("--class", SPLIT),
        chosen if !chosen.columns.as_ref().is_none_or(known) => ("--columns", COLUMNS),
        chosen if chosen.condition != own.condition => ("--condition", COLUMNS),
        _ => return Ok(()),
    };
    Err(Error::usage(option, problem))
}

/// Whether the data that is named is that of a run, of which some rows were trained on: the same built-in
/// set, or the same file by whatever path, as it was then.
fn is_own(data: Option<&str>, run: &Source) -> bool {
    let Some(data) = data else { return true };
    let canonical = |path: &str| std::fs::canonicalize(path).ok();
    let same =
        data == run.data || canonical(data).is_some_and(|path| canonical(&run.data) == Some(path));
    same && data::is_unchanged(run)
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

/// The condition of every row, classes by the numbers that the model knows them by.
///
/// # Errors
/// If the data has a class that the run never saw.
pub fn known_conditions(data: &Dataset, stored: &StoredModel) -> Result<Conditions> {
    let labels = known_labels(data, &stored.class_names())?;
    Ok(labels.map_or_else(|| Conditions::like(data), |labels| Conditions::of_labels(&labels)))
}

/// Numbers the classes of `data` as a model does that knows these names; as they are where it knows none.
///
/// # Errors
/// If the data has a class that the model does not know.
pub fn know_classes(data: &mut Dataset, known: &[String]) -> Result<()> {
    let numbered = known_labels(data, known)?;
    if let (Some(numbered), Condition::Classes { names, labels, .. }) =
        (numbered, &mut data.condition)
    {
        *labels = numbered;
        *names = known.to_vec();
    }
    Ok(())
}

/// The class of every row by its number in a model that knows these names; `None` where the rows have
/// those numbers already, or no classes.
fn known_labels(data: &Dataset, known: &[String]) -> Result<Option<Vec<u32>>> {
    let Condition::Classes { column, names, labels } = &data.condition else { return Ok(None) };
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
