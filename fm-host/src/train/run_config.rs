//! Everything that decides a run, as stored in `config.json` and in every checkpoint.

mod resume;
mod start;
mod teacher;

use std::path::{Path, PathBuf};

use fm_nostd::blob::Conditioning;
use serde::{Deserialize, Serialize};

use super::{Checkpoint, DataFacts, FieldFacts, RunDir, SourceFacts, TrainConfig, memory};
use crate::coupling::{self, Coupling, Examples, SourceRows};
use crate::data::transform::Choice;
use crate::data::{self, DataSpec, Dataset, Split};
use crate::likelihood;
use crate::net::Architecture;
use crate::objective::{MOST_COLUMNS, Negatives, known_inputs};
use crate::options::need;
use crate::{Error, Result};
pub use start::StartId;
pub use teacher::TeacherId;

/// A training's configuration, with everything computed from it and from the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// The user's choices.
    pub train: TrainConfig,
    /// Where the data came from.
    pub data: DataSpec,
    /// What is needed of the data.
    pub facts: DataFacts,
    /// The rows that paths start at; `None` for noise.
    pub source: Option<SourceFacts>,
    /// The network's sizes.
    pub architecture: Architecture,
    /// The teacher, if there is one.
    pub teacher: Option<TeacherId>,
    /// The run whose weights the training started with, if there is one.
    pub start: Option<StartId>,
    /// The facts that decide what the model can compute.
    pub field: FieldFacts,
}

impl RunConfig {
    /// Joins the user's choices with the facts of the training rows, which came from `data`.
    ///
    /// # Errors
    /// If an option cannot be used at all, on this data or with that teacher; if the teacher's run
    /// cannot be read.
    pub fn new(train: TrainConfig, data: DataSpec, rows: &Dataset) -> Result<Self> {
        Self::between(train, None, (data, rows))
    }

    /// [`RunConfig::new`] for a training between a source and the data, each with its rows; noise if there
    /// is no source.
    ///
    /// # Errors
    /// Those of [`RunConfig::new`], and if the source does not fit the data or the objective.
    pub fn between(
        train: TrainConfig,
        source: Option<(DataSpec, &Dataset)>,
        (data, rows): (DataSpec, &Dataset),
    ) -> Result<Self> {
        train.validate()?;
        if rows.values.is_empty() {
            return Err(Error::data(
                &*rows.name,
                "there are no rows to train on; name data with rows",
            ));
        }
        // Rows that move to rows of the data keep their numbers, and so do those of the data.
        let wishes = if source.is_some() { data.transform.clone() } else { data.wishes() };
        Choice::check(&wishes, rows)?;
        let is_empty = |d: usize| rows.values.iter().all(|row| row[d].is_nan());
        if let Some(empty) = (0..rows.values.dim()).find(|d| is_empty(*d)) {
            let problem =
                "no row to train on has a value here; leave the column out with --exclude";
            return Err(Error::cell(&*rows.name, None, Some(&rows.columns[empty]), problem));
        }
        let facts = DataFacts::transformed(rows, &wishes);
        let dropout = train.label_dropout > 0.0;
        let conditioning = facts.condition.conditioning();
        let conditional = conditioning != Conditioning::NONE;
        need(
            conditional || !dropout,
            "--label-dropout",
            "the model has no condition; name one with `--class` or `--condition`",
        )?;
        match train.coupling {
            Coupling::Ot => need(conditioning.vector == 0, "--coupling", coupling::VECTOR)?,
            Coupling::C2ot => need(conditional, "--coupling", coupling::NONE)?,
            Coupling::Independent => {}
        }
        let source = source.map(|(data, rows)| SourceFacts::of(&train, &facts, data, rows));
        let source = source.transpose()?;
        if train.objective.facts().likelihood {
            check_density(&train, &facts, rows)?;
        }
        let contrasted = train.objective.facts().contrast;
        if contrasted
            && train.contrast.negatives == Negatives::OtherClass
            && facts.condition.classes() < 2
        {
            return Err(Error::usage(
                "--negatives",
                "`other-class` needs at least two classes; name their column with `--class`, or use \
                 `any`",
            ));
        }
        train.masks.check(rows.values.dim())?;
        let missing = rows.incomplete() > 0;
        if missing && !train.masks.masked {
            let problem = "some cells are missing; train on them with `--masked`, or leave out their rows with \
                           `--drop-missing`";
            return Err(Error::data(&*rows.name, problem));
        }
        let known = train.known_inputs(missing);
        let architecture = Architecture {
            data: rows.values.dim(),
            average: train.objective.average(),
            condition: conditioning.size()
                + usize::from(dropout)
                + known_inputs(known, rows.values.dim()),
            known,
            hidden: train.layers.widths[0],
            layers: train.layers.widths.len(),
            activation: train.layers.activation,
            gain: train.objective.has_gains(),
        };
        let examples = || facts.examples(rows, dropout);
        let field = FieldFacts::of(&train, None, &examples);
        let (teacher, start) = (None, None);
        let facts = facts.clone();
        let mut config = Self { train, data, facts, source, architecture, teacher, start, field };
        memory::check(&config)?;
        if let Some(run) = config.train.teacher.clone() {
            let (run, loaded) = load("--teacher", &run)?;
            config.check_teacher(&run, &loaded.config)?;
            config.field = FieldFacts::of(&config.train, Some(&loaded.config), &examples);
            config.train.teacher = Some(run.clone());
            config.teacher = Some(TeacherId { run, from_run: None, id: loaded.id() });
        }
        if let Some(run) = config.train.from.clone() {
            let (run, loaded) = load("--from", &run)?;
            config.check_start(&run, &loaded.config)?;
            config.train.from = Some(run.clone());
            config.start = Some(StartId { run, id: loaded.id() });
        }
        Ok(config)
    }

    /// Whether the network's last condition input means "no condition", which only label dropout trains.
    pub fn has_none_row(&self) -> bool {
        self.train.label_dropout > 0.0
    }

    /// Returns the rows of `data` as inputs for the network, with the rows of `source` to start at if the run
    /// has a source.
    ///
    /// # Panics
    /// If a set has another kind of condition than the run, or no rows.
    pub fn examples(&self, data: &Dataset, source: Option<&Dataset>) -> Examples {
        let examples = self.facts.examples(data, self.has_none_row());
        let Some((source, facts)) = source.zip(self.source.as_ref()) else { return examples };
        // The source has its own units; conditions have the same units on both sides.
        let standardisation = facts.standardisation.clone();
        let facts = DataFacts { standardisation, ..self.facts.clone() };
        let rows = facts.examples(source, self.has_none_row());
        examples.with_source(SourceRows::new(rows))
    }

    /// The held-out rows that choose among a training's weights. A built-in set has any number of rows, so that
    /// nothing can be learnt by heart.
    pub fn judges<'a>(&self, split: &'a Split) -> Option<&'a Dataset> {
        self.data.origin.is_some().then_some(&split.held_out)
    }

    /// How the data of another run differs from this one's, if it does.
    fn other_data(&self, other: &Self) -> Option<&'static str> {
        let [mine, theirs] = [&self.facts, &other.facts];
        if theirs.columns != mine.columns {
            Some("on other columns")
        } else if theirs.kinds != mine.kinds {
            Some("on data with other categories or dates")
        } else if theirs.standardisation != mine.standardisation {
            Some(
                "on data with another mean or standard deviation, or another transform of a column",
            )
        } else if theirs.condition != mine.condition {
            Some("with another condition")
        } else {
            None
        }
    }

    /// This configuration as the run in directory `run` stores it, with paths to its data and teacher
    /// that are relative to that directory as well.
    pub(super) fn anchored(&self, run: &Path) -> Self {
        let mut config = self.clone();
        config.data = config.data.anchored(run);
        config.source = config.source.map(|source| source.anchored(run));
        if let Some(teacher) = &mut config.teacher {
            teacher.from_run = data::relative(&teacher.run, run);
        }
        config
    }

    /// This configuration with the present paths of its data and teacher, found from what the run in
    /// directory `run` stores.
    pub(super) fn found_from(mut self, run: &Path) -> Self {
        self.data = self.data.found_from(run);
        self.source = self.source.map(|source| source.found_from(run));
        if let Some(teacher) = &mut self.teacher {
            let (found, beside) = data::find(&teacher.run, teacher.from_run.as_deref(), run);
            let unchanged = |run: &PathBuf| {
                let id =
                    RunDir::open(run).and_then(|run| run.load()).map(|run| run.checkpoint.id());
                id.is_ok_and(|id| id == teacher.id)
            };
            // Of two teachers, the unchanged one is the run's.
            teacher.run = match beside {
                Some(beside) if !unchanged(&found) && unchanged(&beside) => beside,
                _ => found,
            };
            self.train.teacher = Some(teacher.run.clone());
        }
        self
    }
}

/// Opens the run that an option names; returns its absolute path and its newest checkpoint.
fn load(option: &'static str, run: &Path) -> Result<(PathBuf, Checkpoint)> {
    let opened = RunDir::open(run).and_then(|run| run.load());
    let loaded = opened.map_err(|error| {
        let problem = format!("{error}; if the run was moved, name its new path");
        Error::usage(option, problem)
    })?;
    let run = data::absolute(run);
    if run.to_str().is_none() {
        let problem = format!("the path {} is not UTF-8; rename it", run.display());
        return Err(Error::usage(option, problem));
    }
    Ok((run, loaded.checkpoint))
}

/// Refuses data whose likelihood cannot be maximised: it has too many columns, or no density.
fn check_density(train: &TrainConfig, facts: &DataFacts, data: &Dataset) -> Result<()> {
    let columns = data.values.dim();
    if columns > MOST_COLUMNS {
        let problem = format!(
            "`{}` supports at most {MOST_COLUMNS} data columns, and this data has {columns}; choose some \
             with `--columns`, or use `fm`, whose models have a likelihood too",
            train.objective.name(),
        );
        return Err(Error::usage("--objective", problem));
    }
    likelihood::check_continuous(data, &facts.standardisation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Objective;
    use crate::train::fixtures;

    #[test]
    fn a_changed_field_is_named_with_both_values() {
        let started = fixtures::config(Objective::Fm, 10);
        started.same_as(&started.clone()).expect("the same");
        let mut changed = started.clone();
        changed.train.batch = 17;
        let error = started.same_as(&changed).expect_err("another batch").to_string();
        assert!(error.starts_with("--resume: `--batch` is 17, but"), "{error}");
        let mut changed = started.clone();
        changed.facts.standardisation.mean[0] += 1.0;
        let error = started.same_as(&changed).expect_err("other data").to_string();
        assert!(error.contains("`facts.standardisation.mean`"), "{error}");
    }

    #[test]
    fn options_that_the_data_forbids_are_refused() {
        let source = fixtures::source();
        let mut train = fixtures::train_config(Objective::Fm, 10);
        train.label_dropout = 0.1;
        let plain = RunConfig::new(train.clone(), source.clone(), &fixtures::plain(50));
        assert!(plain.unwrap_err().to_string().starts_with("--label-dropout: "));
        let classes = RunConfig::new(train.clone(), source.clone(), &fixtures::classes(50));
        assert_eq!(classes.expect("a condition to drop").architecture.condition, 3 + 1);
        train.coupling = Coupling::Ot;
        let vectors = RunConfig::new(train.clone(), source.clone(), &fixtures::vectors(50));
        assert!(vectors.unwrap_err().to_string().starts_with("--coupling: `ot`"));
        let both = RunConfig::new(train.clone(), source.clone(), &fixtures::both(50));
        assert!(both.unwrap_err().to_string().starts_with("--coupling: `ot`"));
        train.coupling = Coupling::C2ot;
        RunConfig::new(train.clone(), source.clone(), &fixtures::vectors(50)).expect("its use");
        let both = RunConfig::new(train.clone(), source.clone(), &fixtures::both(50));
        assert_eq!(both.expect("its use").architecture.condition, 3 + 1 + 1);
        train.label_dropout = 0.0;
        let plain = RunConfig::new(train.clone(), source.clone(), &fixtures::plain(50));
        assert!(plain.unwrap_err().to_string().starts_with("--coupling: `c2ot`"));
        train.objective = Objective::DeltaFm;
        train.coupling = Coupling::Independent;
        train.contrast.negatives = Negatives::OtherClass;
        RunConfig::new(train.clone(), source.clone(), &fixtures::classes(50)).expect("classes");
        let vectors = RunConfig::new(train, source, &fixtures::vectors(50));
        assert!(vectors.unwrap_err().to_string().starts_with("--negatives: "));
    }

    #[test]
    fn json_gives_the_configuration_back() {
        let config = fixtures::config(Objective::MeanFlow, 10);
        let json = serde_json::to_string_pretty(&config).expect("plain fields");
        assert_eq!(serde_json::from_str::<RunConfig>(&json).expect("its own output"), config);
    }
}
