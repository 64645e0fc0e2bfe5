//! The data that a model is judged on: what `fm eval` and `fm loglik` share.

use crate::data::{Condition, Dataset, Source};
use crate::model::StoredModel;
use crate::sample::Asked;
use crate::{Error, Result};

/// The data that is named, with the run's own choice of columns where a run is named too.
///
/// # Errors
/// If there is neither.
pub fn source(data: Option<&str>, stored: &StoredModel) -> Result<Source> {
    match (data, &stored.config) {
        (Some(data), Some(config)) => Ok(Source { data: data.to_owned(), ..config.source.clone() }),
        (Some(data), None) => Ok(Source::new(data)),
        (None, Some(config)) => Ok(config.source.clone()),
        (None, None) => Err(Error::usage("--data", "a .fm file does not know its data: name it")),
    }
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
            let known = known.join(", ");
            let problem = format!("the model knows no class `{name}`; it knows {known}");
            Error::cell(&*data.name, None, Some(column), problem)
        })
    };
    Ok(Asked::Classes(labels.iter().map(number).collect::<Result<_>>()?))
}
