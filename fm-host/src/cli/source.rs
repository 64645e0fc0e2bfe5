//! The options of a source: rows that paths and samples start at instead of noise.

use clap::Args;

use super::conditions::ConditionOptions;
use super::evaluation::{self, know_classes};
use super::list::{self, List};
use crate::data::{self, Builtin, ColumnKind, DataSpec, Dataset, RunData, Split};
use crate::model::StoredModel;
use crate::sample::{self, Conditions, Start};
use crate::train::{RunConfig, SourceFacts};
use crate::{Error, ErrorKind, Result};

/// The source of a training.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct TrainSource {
    /// Data set whose rows take the place of noise, so that the model moves them to DATA: a built-in set or
    /// a file, with the same classes or condition columns
    #[arg(long, value_name = "DATA")]
    source: Option<String>,
    /// Columns of --source, in the order of the data's columns [default: the columns of the same names]
    #[arg(long, value_name = "A,B,..", requires = "source")]
    source_columns: Vec<List>,
    /// Column of --source whose value tells which of its rows are held out together; the options --missing,
    /// --drop-missing, --categories and --no-header are those of the data
    #[arg(long, value_name = "COLUMN", requires = "source")]
    source_group: Option<String>,
}

/// The rows that samples start at.
#[derive(Clone, Debug, Default, Args)]
pub struct SampleSource {
    /// Rows to start at, for a model that was trained with --source: a built-in set or a file [default: the
    /// held-out rows of the run's source]
    #[arg(long, value_name = "DATA")]
    source: Option<String>,
    /// Columns of --source, in the order of the model's columns [default: those that the run was trained
    /// on, or the columns of the same names]
    #[arg(long, value_name = "A,B,..", requires = "source")]
    source_columns: Vec<List>,
}

/// Returns the source with this name for rows like those of `data`, whose columns have these names and kinds.
fn like(
    name: &str,
    columns: Option<&Vec<String>>,
    data: &DataSpec,
    (names, kinds): (&[String], &[ColumnKind]),
) -> DataSpec {
    let chosen = columns.map_or(names, Vec::as_slice).to_vec();
    let base = DataSpec { noise: None, ..data.clone() };
    let source = evaluation::other_file(name, base, chosen, kinds);
    let built_in = Builtin::named(name).is_some();
    DataSpec { columns: source.columns.filter(|_| columns.is_some() || !built_in), ..source }
}

impl TrainSource {
    /// Reads the source for rows of `data` into `split`, and returns it as a run stores it. A resumed run
    /// has the source that it was started with.
    ///
    /// # Errors
    /// If the source cannot be read, or has a class that the data does not have.
    pub fn load(
        &self,
        data: &DataSpec,
        before: Option<&RunConfig>,
        split: &mut Split,
    ) -> Result<Option<DataSpec>> {
        let before = before.and_then(|before| before.source.as_ref());
        let chosen = match (&self.source, before) {
            (Some(name), Some(before)) => before.data.in_file(name),
            (None, Some(before)) => before.data.settled(),
            (Some(name), None) => {
                let columns = (&*split.train.columns, &*split.train.kinds);
                let source = like(name, list::given(&self.source_columns).as_ref(), data, columns);
                DataSpec { group: self.source_group.clone(), ..source }
            }
            (None, None) => return Ok(None),
        };
        load(&chosen, split).map(Some)
    }
}

/// Reads a source into `split`, with its classes numbered as the data's, and returns it as a run stores it. Of
/// the held-out data, the rows that moved rows of the source can be compared with stay.
fn load(chosen: &DataSpec, split: &mut Split) -> Result<DataSpec> {
    let RunData { split: mut source, source: stored, .. } =
        data::load_for_run(chosen).map_err(of_source)?;
    for part in [&mut source.train, &mut source.held_out] {
        know_classes(part, split.train.class_names())?;
        if part.columns.len() == split.train.columns.len() {
            *part = part.clone().with_kinds(&split.train.kinds)?;
        }
    }
    split.held_out = sample::comparable(&source.held_out, &split.held_out)?;
    split.source = Some(Box::new(source));
    Ok(stored)
}

/// Names the option of the source's columns in the error of a file.
fn of_source(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Data { data, row, column, problem } if problem.contains("--columns") => {
            let problem = problem.replace("--columns", "--source-columns");
            Error::cell(&**data, *row, column.as_deref(), problem)
        }
        _ => error,
    }
}

/// Reads the source of a run into `split`, if the run has one, as the training did; `named` is another file.
///
/// # Errors
/// If its rows cannot be read or have changed, or a class of the data has none.
pub fn load_of_run(stored: &StoredModel, named: Option<&str>, split: &mut Split) -> Result<()> {
    let facts = stored.config.as_ref().and_then(|config| config.source.as_ref());
    let Some(SourceFacts { data, .. }) = facts else { return Ok(()) };
    let chosen = match named {
        Some(named) => DataSpec { origin: None, ..data.in_file(named) },
        None => data.settled(),
    };
    load(&chosen, split).map(|_| ())
}

impl SampleSource {
    /// Reads the rows that samples start at, of the named source or of the run's: the held-out rows, or of a
    /// named one `all`. `None` for a model that moves noise.
    fn load(
        &self,
        stored: &StoredModel,
        all: bool,
        [class, vector]: [bool; 2],
    ) -> Result<Option<Dataset>> {
        let run = stored.config.as_ref().and_then(|config| config.source.as_ref());
        let Some(name) = &self.source else {
            let Some(SourceFacts { data, .. }) = run else { return Ok(None) };
            let rows = data::load_evaluation_rows(data, false, None)?.rows;
            return rows.with_kinds(&stored.kinds()).map(Some);
        };
        let base = match run {
            Some(run) => run.data.clone(),
            None => evaluation::named_columns(DataSpec::new(name), stored),
        };
        let names = base.columns.clone().unwrap_or_else(|| stored.columns());
        let columns = (&*names, &*stored.kinds());
        let mut chosen = like(name, list::given(&self.source_columns).as_ref(), &base, columns);
        // A part of the condition that is named is not read.
        if class {
            chosen.class = None;
        }
        if vector {
            chosen.condition.clear();
        }
        let loaded = data::load_evaluation_rows(&chosen, all, None).map_err(of_source)?;
        let rows = loaded.rows;
        // Another width is refused where samples start.
        match rows.columns.len() == stored.kinds().len() {
            true => rows.with_kinds(&stored.kinds()).map(Some),
            false => Ok(Some(rows)),
        }
    }

    /// Reads the held-out rows of the named source or of the run's; `None` for a model that moves noise.
    ///
    /// # Errors
    /// If the rows cannot be read.
    pub fn held_out(&self, stored: &StoredModel) -> Result<Option<Dataset>> {
        self.load(stored, false, [false; 2])
    }

    /// Returns where samples start, with the condition of each start, and the number of starts. Each part of the
    /// condition is that of the row unless `options` name another.
    ///
    /// # Errors
    /// If the rows cannot be read, or the model does not support the conditions.
    pub fn starts(
        &self,
        stored: &StoredModel,
        options: &ConditionOptions,
    ) -> Result<(Start, Conditions, Option<usize>)> {
        let given = options.given();
        let Some(rows) = self.load(stored, true, given)? else {
            let (conditions, count) = options.of(stored, None)?;
            return Ok((Start::Noise, conditions, count));
        };
        let own = evaluation::known_conditions(&rows, stored)?;
        let (conditions, _) = options.of(stored, Some(own))?;
        let count = rows.len();
        Ok((Start::at(rows.values), conditions, Some(count)))
    }
}

/// Where samples start that are compared with `data`, row by row: at noise without a source.
///
/// # Errors
/// If a class of the data has no row in the source.
pub fn matched(source: Option<&Dataset>, data: &Dataset, seed: u64) -> Result<Start> {
    source.map_or(Ok(Start::Noise), |source| Start::matched(source, data, seed))
}
