//! `fm impute`: draws the missing cells of a file, given those that it has.

mod incomplete;
mod spread;

use std::io;
use std::path::{Path, PathBuf};

use clap::builder::RangedU64ValueParser;
use clap::value_parser;
use serde_json::json;

use self::incomplete::Incomplete;
use super::list::{self, List};
use super::sampling::Sampling;
use super::{print_json, say};
use crate::counted::counted;
use crate::data::{Cells, DataSpec, Rows};
use crate::model::StoredModel;
use crate::sample::{self, Method, Request};
use crate::{Error, Result, files};

/// Options of `fm impute`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file, of a model that was trained with --masked
    model: PathBuf,
    /// File with missing cells, in any format that `fm train` reads, with columns of the model; those that it lacks are
    /// drawn in every row, and others are copied
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
    /// Texts that mean a missing cell, as an empty cell does anyway [default: those of the run; else NA, N/A, n/a,
    /// NaN, nan, null, NULL, None and ?]
    #[arg(long, value_name = "TEXT,..", allow_hyphen_values = true)]
    missing: Vec<List>,
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
            missing: list::given(&self.missing).or(run.and_then(|run| run.missing.clone())),
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
