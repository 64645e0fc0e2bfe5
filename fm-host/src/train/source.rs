//! The source of a run: the data set whose rows paths start at instead of noise.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ClassFacts, ConditionFacts, DataFacts, RunConfig, TrainConfig};
use crate::counted::counted;
use crate::coupling::Coupling;
use crate::data::{DataSpec, Dataset, Standardisation};
use crate::options::need;
use crate::{Error, Result};

/// What a run stores about its source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// Where the rows came from.
    pub data: DataSpec,
    /// [`Dataset::digest`] of the rows: a run only resumes with exactly these.
    pub digest: u32,
    /// The map that takes the rows to zero mean and unit variance.
    pub standardisation: Standardisation,
}

impl SourceFacts {
    /// Collects the facts of a source for a training on data with these facts.
    ///
    /// # Errors
    /// If the rows do not fit the data, or the training does not support a source.
    pub(super) fn of(
        train: &TrainConfig,
        facts: &DataFacts,
        data: DataSpec,
        rows: &Dataset,
    ) -> Result<Self> {
        let name = train.objective.name();
        need(
            train.objective.facts().source,
            "--source",
            &format!("`{name}` needs noise to start at; use `fm` or `meanflow`"),
        )?;
        need(
            !train.masks.masked,
            "--masked",
            "rows that start at rows of a source have no noise to be replaced by known values; omit this option, \
             or condition on the source's columns with `--condition`",
        )?;
        let refuse = |problem: String| Err(Error::data(&*data.data, problem));
        if rows.is_empty() {
            return refuse("there are no rows to start at; name a source with rows".to_owned());
        }
        let (found, wanted) = (rows.values.dim(), facts.columns.len());
        if found != wanted {
            return refuse(format!(
                "the source has {}, but the data has {wanted}; name as many with \
                 `--source-columns`",
                counted(found, "column")
            ));
        }
        let classes = |facts: &ConditionFacts| facts.classes.as_ref().map(|all| all.names.clone());
        let own = ConditionFacts::of(rows);
        if classes(&own) != classes(&facts.condition)
            || own.vector_columns() != facts.condition.vector_columns()
        {
            return refuse(
                "the source has another condition than the data; use rows with the same classes and \
                 condition columns"
                    .to_owned(),
            );
        }
        if let Some(ClassFacts { column, names, counts }) = &own.classes
            && let Some(class) = counts.iter().position(|count| *count == 0)
        {
            let problem = format!(
                "the source has no row of class `{}`; rows are paired within their class, so add such rows, \
                 or remove the class from the data",
                names[class]
            );
            return Err(Error::cell(&*data.data, None, Some(column), problem));
        }
        need(
            own.vector.is_none()
                || train.coupling == Coupling::C2ot
                || train.objective.takes_pairs(),
            "--coupling",
            "a source with a condition vector needs `c2ot`: other pairs would ignore the condition of the \
             source's rows",
        )?;
        let (digest, standardisation) = (rows.digest(), Standardisation::fit(&rows.values));
        Ok(Self { data, digest, standardisation })
    }

    /// These facts as the run in directory `run` stores them.
    pub(super) fn anchored(&self, run: &Path) -> Self {
        Self { data: self.data.anchored(run), ..self.clone() }
    }

    /// These facts with the present path of the file, as found from the run directory.
    pub(super) fn found_from(self, run: &Path) -> Self {
        Self { data: self.data.found_from(run), ..self }
    }
}

impl RunConfig {
    /// Returns why the paths of another run start elsewhere, if they do.
    pub(super) fn check_source_of(&self, other: &Self) -> std::result::Result<(), &str> {
        let digest = |config: &Self| config.source.as_ref().map(|source| source.digest);
        match (digest(self), digest(other)) {
            (mine, theirs) if mine == theirs => Ok(()),
            (None, _) => Err("moves the rows of a source; name the same `--source`"),
            (Some(_), None) => Err("moves noise, not the source; name a run with this `--source`"),
            (Some(_), Some(_)) => {
                Err("was trained on another source; name a run with this `--source`")
            }
        }
    }
}
