//! `fm impute`: draws the missing cells of a file, given those that it has.

mod spread;

use std::io;
use std::path::{Path, PathBuf};

use clap::builder::RangedU64ValueParser;
use clap::value_parser;
use serde_json::json;

use super::evaluation::unknown_class;
use super::known::beyond;
use super::sampling::Sampling;
use super::{print_json, say};
use crate::counted::counted;
use crate::data::{Cells, ColumnKind, DataSpec, Rows};
use crate::model::StoredModel;
use crate::sample::{self, Conditions, KnownCells, Method, Request};
use crate::{Error, Result, files};

/// Options of `fm impute`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file, of a model that was trained with --masked
    model: PathBuf,
    /// File with missing cells, in any format that `fm train` reads, with the model's columns; others are copied
    data: String,
    /// Output file: .csv, .tsv or .txt, with the rows, columns and known cells of DATA as they are
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How often to draw the missing cells; above 1 the output has all rows of draw 1, then of draw 2 and so on,
    /// with the number in a column `draw`
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    draws: usize,
    /// Write a line per drawn cell to this file: mean, standard deviation and 5 % and 95 % quantiles over the
    /// draws; for categories, the share of each: .csv
    #[arg(long, value_name = "FILE")]
    spread: Option<PathBuf>,
    /// Steps from noise to data [default: 1 for --solver meanflow, else 64]
    #[arg(long, value_name = "K", value_parser = value_parser!(u32).range(1..))]
    steps: Option<u32>,
    #[command(flatten)]
    sampling: Sampling,
    /// Seed of the noise
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Texts that mean a missing cell [default: those of the run; else an empty cell, NA, N/A, n/a, NaN, nan,
    /// null, NULL, None and ?]
    #[arg(long, value_delimiter = ',', value_name = "TEXT,..", allow_hyphen_values = true)]
    missing: Option<Vec<String>>,
    /// The first row of a text file is data: the columns are called c1, c2 and so on
    #[arg(long)]
    no_header: bool,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
}

/// The column with the number of the draw.
const DRAW: &str = "draw";

impl Args {
    /// Draws the missing cells and writes the rows.
    pub fn run(self) -> Result<()> {
        self.check()?;
        let stored = super::load(&self.model)?;
        if !stored.view().has_known() {
            return Err(Error::model(&self.model, sample::UNMASKED));
        }
        let cells = Cells::read(self.source(&stored))?;
        if let (true, Some(header)) = (self.draws > 1, cells.header())
            && header.iter().any(|name| name == DRAW)
        {
            let problem = format!("the file has a column `{DRAW}` already; rename it");
            return Err(Error::cell(&*self.data, None, Some(DRAW), problem));
        }
        let table = Incomplete::new(&stored, cells)?;
        let request = self.request(&stored, &table)?;
        let (drawn, evaluations) = match &request {
            Some(request) => sample::draw_counted(&stored.view(), request)?,
            None => (Rows::new(stored.view().dim()), 0),
        };
        let written = |path: &Path, text: io::Result<Vec<u8>>| {
            files::replace(path, &text.map_err(|error| Error::io("write", path, error))?)
        };
        written(&self.out, table.text(&drawn, self.draws))?;
        if let Some(out) = &self.spread {
            written(out, table.spread(&drawn, self.draws))?;
        }
        let (count, rows, all) = (table.missing(), table.rows.len(), table.cells.len());
        if self.json {
            let each = table.columns.iter().enumerate().map(
                |(d, column)| json!({ "column": column.name, "missing": table.missing_in(d) }),
            );
            return print_json(&json!({
                "out": self.out, "spread": self.spread, "rows": all, "incomplete_rows": rows,
                "missing": count, "columns": each.collect::<Vec<_>>(), "draws": self.draws,
                "solver": request.as_ref().map(|request| request.method.name()),
                "steps": request.as_ref().filter(|r| r.method.counts_steps()).map(|r| r.steps.count()),
                "evaluations": evaluations, "seed": self.seed,
            }));
        }
        let draws = if self.draws == 1 { "".to_owned() } else { format!(", {} times", self.draws) };
        let out = self.out.display();
        let (cells, all) = (counted(count, "missing cell"), counted(all, "row"));
        say(&format!("drew {cells} in {rows} of {all}{draws}; wrote {out}"));
        Ok(())
    }

    /// Refuses output files of other formats, and a spread of one draw.
    fn check(&self) -> Result<()> {
        let ends = |path: &Path, extensions: &[&str]| {
            extensions.iter().any(|extension| path.extension() == Some(extension.as_ref()))
        };
        if !ends(&self.out, &["csv", "tsv", "txt"]) {
            let out = self.out.display();
            let problem = format!("{out}: use a file that ends in .csv, .tsv or .txt");
            return Err(Error::usage("--out", problem));
        }
        // The file tells which cells are missing.
        files::check_apart("--out", &self.out, &self.data)?;
        let Some(spread) = &self.spread else { return Ok(()) };
        files::check_apart("--spread", spread, &self.data)?;
        if !ends(spread, &["csv"]) {
            let problem = format!("{}: use a file that ends in .csv", spread.display());
            return Err(Error::usage("--spread", problem));
        }
        match self.draws {
            1 => Err(Error::usage(
                "--spread",
                "one draw has no spread; add `--draws 20`, for example",
            )),
            _ => Ok(()),
        }
    }

    /// The file, with the missing texts and the header of the run unless others are named.
    fn source(&self, stored: &StoredModel) -> DataSpec {
        let run = stored.config.as_ref().map(|config| &config.data);
        DataSpec {
            missing: self.missing.clone().or(run.and_then(|run| run.missing.clone())),
            no_header: self.no_header || run.is_some_and(|run| run.no_header),
            ..DataSpec::new(&*self.data)
        }
    }

    /// The request for all draws of the incomplete rows; `None` if no row is.
    fn request(&self, stored: &StoredModel, table: &Incomplete) -> Result<Option<Request>> {
        let method = self.sampling.method(Method::natural(stored.view().prediction()));
        self.sampling.check_steps(self.steps.is_some(), method)?;
        if table.rows.is_empty() {
            return Ok(None);
        }
        let steps = self.steps.unwrap_or(method.default_steps());
        let count = table.rows.len().saturating_mul(self.draws);
        let plain = Request::new(method, steps, count);
        let (conditions, known) = (table.conditions.clone(), Some(table.known.clone()));
        self.sampling.over(Request { seed: self.seed, conditions, known, ..plain }).map(Some)
    }
}

/// A column of the model in the file.
struct Column {
    name: String,
    at: usize,
    kind: ColumnKind,
}

/// A file and its rows with missing cells.
struct Incomplete {
    cells: Cells,
    columns: Vec<Column>,
    /// The rows with a missing cell in a column of the model, in order.
    rows: Vec<usize>,
    /// Their cells. Sample `k rows + i` is draw `k` of row `i`.
    known: KnownCells,
    conditions: Conditions,
}

impl Incomplete {
    /// Finds the missing cells of the model's columns.
    fn new(stored: &StoredModel, cells: Cells) -> Result<Self> {
        let column = |(name, kind): (String, ColumnKind)| {
            let at = cells.find("the model", &name)?;
            Ok(Column { name, at, kind })
        };
        let columns: Vec<Column> =
            stored.columns().into_iter().zip(stored.kinds()).map(column).collect::<Result<_>>()?;
        let (mut rows, mut values, mut known) = (Vec::new(), Vec::new(), Vec::new());
        let model = stored.view();
        let limits: Vec<_> = model.transforms().collect();
        let (mut first_beyond, mut count_beyond) = (None, 0);
        for row in 0..cells.len() {
            let value = |column: &Column| cells.value(row, column.at, &column.kind);
            let found: Vec<Option<f32>> = columns.iter().map(value).collect::<Result<_>>()?;
            if found.iter().all(Option::is_some) {
                continue;
            }
            for (d, (column, value)) in columns.iter().zip(&found).enumerate() {
                let Some(value) = *value else { continue };
                let limits = limits.get(d);
                if let Some(note) = limits.and_then(|limits| beyond(limits, value, &column.kind)) {
                    first_beyond.get_or_insert_with(|| cells.error(row, column.at, note));
                    count_beyond += 1;
                }
            }
            rows.push(row);
            known.extend(found.iter().map(Option::is_some));
            values.extend(found.into_iter().map(Option::unwrap_or_default));
        }
        if let Some(first) = first_beyond {
            let others = match count_beyond {
                1 => String::new(),
                count => format!(" (and {} likewise)", counted(count - 1, "other cell")),
            };
            say(&format!("note: {first}{others}"));
        }
        let conditions = conditions(stored, &cells, &rows)?;
        if rows.is_empty() {
            // Nothing is drawn.
            (values, known) = (vec![0.0; columns.len()], vec![false; columns.len()]);
        }
        let known = KnownCells::new(Rows::from_vec(columns.len(), values), known);
        let prefix = model.known_prefix();
        if let (true, Some((i, d))) = (prefix > 0 && !rows.is_empty(), known.beside(prefix)) {
            let has = if d < prefix { "the cell is missing" } else { "the cell is not missing" };
            let problem = format!("{has}, but {}", sample::other_prefix(&model));
            return Err(cells.error(rows[i], columns[d].at, problem));
        }
        Ok(Self { cells, columns, rows, known, conditions })
    }

    /// Whether column `d` of the model is missing in incomplete row `i`.
    fn is_missing(&self, i: usize, d: usize) -> bool {
        let (_, known) = self.known.of(i);
        !known[d]
    }

    /// The number of missing cells in column `d` of the model.
    fn missing_in(&self, d: usize) -> usize {
        (0..self.rows.len()).filter(|i| self.is_missing(*i, d)).count()
    }

    /// The number of missing cells in the model's columns.
    fn missing(&self) -> usize {
        (0..self.columns.len()).map(|d| self.missing_in(d)).sum()
    }

    /// All rows of the file for each draw, with the missing cells as drawn.
    fn text(&self, drawn: &Rows, draws: usize) -> io::Result<Vec<u8>> {
        let mut text =
            csv::WriterBuilder::new().delimiter(self.cells.separator()).from_writer(Vec::new());
        let several = draws > 1;
        if let Some(header) = self.cells.header() {
            let draw = several.then_some(DRAW).into_iter();
            text.write_record(draw.chain(header.iter().map(String::as_str)))?;
        }
        let mut cells = Vec::new();
        for draw in 0..draws {
            let mut incomplete = self.rows.iter().enumerate().peekable();
            for row in 0..self.cells.len() {
                cells.clear();
                cells.extend(several.then(|| (draw + 1).to_string()));
                let first = cells.len();
                cells.extend(
                    (0..self.cells.width()).map(|at| self.cells.text(row, at).into_owned()),
                );
                if let Some((i, _)) = incomplete.next_if(|(_, incomplete)| **incomplete == row) {
                    let sample = drawn.row(draw * self.rows.len() + i);
                    for (d, (column, value)) in self.columns.iter().zip(sample).enumerate() {
                        if self.is_missing(i, d) {
                            cells[first + column.at] = self.cells.written(*value, &column.kind);
                        }
                    }
                }
                text.write_record(&cells)?;
            }
        }
        text.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The conditions of the rows, from the columns of the file that have the names of the model's.
fn conditions(stored: &StoredModel, cells: &Cells, rows: &[usize]) -> Result<Conditions> {
    let (classes, vector) = {
        let conditioning = stored.view().conditioning();
        (conditioning.classes, conditioning.vector)
    };
    let missing = "the cell is missing, but the model needs it as a condition; fill it in";
    let mut conditions = Conditions::NONE;
    if classes > 0 && !rows.is_empty() {
        let (names, at) = (stored.class_names(), cells.find("the model", &stored.class_column())?);
        let text = ColumnKind::Category(match names.is_empty() {
            true => (0..classes).map(|class| class.to_string()).collect(),
            false => names.clone(),
        });
        let class = |&row: &usize| {
            // The name of a class may be a text that means a missing cell.
            let name = cells.text(row, at);
            match text.names().iter().position(|other| *other == name) {
                Some(class) => Ok(class),
                None if cells.value(row, at, &text).is_ok() => Err(cells.error(row, at, missing)),
                None => Err(cells.error(row, at, unknown_class(&name, text.names()))),
            }
        };
        conditions = Conditions::classes(rows.iter().map(class).collect::<Result<_>>()?);
    }
    if vector > 0 && !rows.is_empty() {
        let places = stored.condition_columns().into_iter();
        let places: Vec<usize> =
            places.map(|name| cells.find("the model", &name)).collect::<Result<_>>()?;
        let cell = |(row, at): (usize, usize)| {
            let value = cells.value(row, at, &ColumnKind::Number)?;
            value.ok_or_else(|| cells.error(row, at, missing))
        };
        let all = rows.iter().flat_map(|row| places.iter().map(|at| (*row, *at)));
        let values = all.map(cell).collect::<Result<Vec<f32>>>()?;
        conditions = conditions.or(Conditions::vectors(Rows::from_vec(vector, values)));
    }
    Ok(conditions)
}
