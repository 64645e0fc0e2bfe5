//! `fm loglik`: computes the likelihood of held-out rows under a model, overall and per row.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::builder::RangedU64ValueParser;
use clap::value_parser;
use fm_nostd::FieldError;
use fm_nostd::net::Weights;
use indicatif::HumanDuration;
use serde_json::{Value, json};

use super::columns::Columns;
use super::{evaluation, print, print_json, say};
use crate::counted::counted;
use crate::data::{self, Dataset, EvaluationRows};
use crate::likelihood::{self, Settings, Trace};
use crate::model::StoredModel;
use crate::sample;
use crate::{Error, Result, files};

/// Options of `fm loglik`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Data to evaluate: a built-in set or a file [default: the run's data]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// Evaluate every row of the run's file, not only the held-out rows; of another file, every row is
    /// evaluated anyway
    #[arg(long)]
    all: bool,
    /// Number of rows: fresh rows of a built-in set, or the first rows of a file
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    count: Option<usize>,
    /// How to compute the divergence
    #[arg(long, value_enum, default_value_t = Trace::Exact)]
    divergence: Trace,
    /// Random directions per row for --divergence hutchinson [default: 1]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    probes: Option<u32>,
    /// RK4 steps from data to noise
    #[arg(long, default_value_t = 64, value_name = "K", value_parser = value_parser!(u32).range(1..))]
    steps: u32,
    /// Random places per row, where values such as categories stand for an interval
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    spreads: u32,
    /// Seed of the random directions and places
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Write the log density of each row to this file: .csv
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    columns: Columns,
}

impl Args {
    /// Computes the log densities and prints their mean.
    pub fn run(self) -> Result<()> {
        if self.probes.is_some() && self.divergence == Trace::Exact {
            let problem = "this option needs `--divergence hutchinson`";
            return Err(Error::usage("--probes", problem));
        }
        if let Some(out) = self.out.as_deref().filter(|out| out.extension() != Some("csv".as_ref()))
        {
            let problem = format!("{}: use a file that ends in .csv", out.display());
            return Err(Error::usage("--out", problem));
        }
        let stored = super::load(&self.model)?;
        stored.check_whole(&self.model, "whole rows have a likelihood")?;
        let model = stored.view();
        if let Weights::Q8(_) = model.network().weights() {
            return Err(sample::field_error(FieldError::NoSlope));
        }
        let (source, own) = evaluation::source(self.data.as_deref(), &self.columns, &stored)?;
        // No row of another file was trained on.
        let whole = self.all || !own;
        let EvaluationRows { rows, numbers } =
            data::load_evaluation_rows(&source, whole, self.count)?;
        let rows = evaluation::for_model(rows, &stored)?;
        let chosen = evaluation::complete(
            EvaluationRows { rows, numbers },
            "only whole rows have a likelihood",
        )?;
        let settings = Settings {
            divergence: self.divergence,
            steps: self.steps,
            probes: self.probes.unwrap_or(1),
            spreads: self.spreads,
            seed: self.seed,
        };
        let (logs, bound) = logs(&stored, &chosen.rows, &settings)?;
        if let Some(out) = &self.out {
            let name = if bound { "log_bound_nats" } else { "log_density_nats" };
            let text = table(&chosen, name, &logs).map_err(|e| Error::io("write", out, e))?;
            files::replace(out, &text)?;
        }
        // The others have the probability 0.
        let possible: Vec<f64> =
            logs.iter().filter(|log| **log > f32::NEG_INFINITY).map(|&log| log.into()).collect();
        let impossible = logs.len() - possible.len();
        if possible.is_empty() {
            let problem = "the model gives every row the probability 0; name rows with values that it can draw";
            return Err(Error::data(&*chosen.rows.name, problem));
        }
        let n = possible.len() as f64;
        let nll = -possible.iter().sum::<f64>() / n;
        let squares = possible.iter().map(|log| (log + nll).powi(2)).sum::<f64>();
        let error = (squares / (n - 1.0).max(1.0) / n).sqrt();
        let each = nll / model.dim() as f64;
        let bits = each / std::f64::consts::LN_2;
        // The rows of a built-in set are never trained on.
        let held_out = !whole || chosen.numbers.is_none();
        let rows = possible.len();
        if self.json {
            let mut report = json!({
                "model": self.model, "data": chosen.rows.name, "rows": rows, "impossible_rows": impossible,
                "held_out": held_out, "divergence": settings.divergence.name(), "steps": settings.steps,
            });
            let measures = match bound {
                true => json!({
                    "spreads": settings.spreads, "measure": MEASURE,
                    "nll_bound_nats": nll, "nll_bound_nats_standard_error": error,
                }),
                false => json!({
                    "nll_nats": nll, "nll_nats_standard_error": error,
                    "nll_nats_per_dim": each, "bits_per_dim": bits,
                }),
            };
            if let (Some(report), Value::Object(measures)) = (report.as_object_mut(), measures) {
                report.extend(measures);
            }
            return print_json(&report);
        }
        let held = if held_out { "held-out " } else { "" };
        let of = match impossible {
            0 => format!("{rows} {held}rows"),
            _ => format!("{rows} of {} {held}rows", logs.len()),
        };
        let name = &chosen.rows.name;
        let rest = match impossible {
            0 => String::new(),
            _ => format!("; without {}, whose probability is 0", counted(impossible, "row")),
        };
        if bound {
            return print(&format!(
                "{of} of {name}: at most {nll:.4} ± {error:.4} nats (negative log-likelihood: {MEASURE}{rest})"
            ));
        }
        print(&format!(
            "{of} of {name}: {nll:.4} ± {error:.4} nats, {each:.4} nats per dimension, {bits:.4} bits per dimension \
             (negative log-likelihood, in the data's units{rest})",
        ))
    }
}

/// The log density of each row, or a bound of its probability, and whether it is a bound; with a note per column
/// that has numbers which the model cannot draw, so that the log is -infinity.
///
/// # Errors
/// If the model has no likelihood, or a column of the rows has no density.
pub fn logs(stored: &StoredModel, data: &Dataset, settings: &Settings) -> Result<(Vec<f32>, bool)> {
    let units = stored.standardisation();
    likelihood::check_continuous(data, &units)?;
    let conditions = evaluation::known_conditions(data, stored)?;
    // Values that stand for an interval have no density, but a probability with a bound.
    let bound = units.is_tied();
    let logs = if bound { likelihood::log_bounds } else { likelihood::log_densities };
    if data.len() > TIMED * rayon::current_num_threads() {
        // A few rows tell how long all of them take.
        let (begin, few) = (Instant::now(), data.select(&Vec::from_iter(0..TIMED)));
        let conditions = evaluation::known_conditions(&few, stored)?;
        logs(&stored.view(), &few.values, &conditions, settings)?;
        let all = data.len() as f64 / (TIMED * rayon::current_num_threads()) as f64;
        let seconds = begin.elapsed().as_secs_f64() * all;
        if seconds > WORTH_TELLING {
            let (rows, time) = (data.len(), HumanDuration(Duration::from_secs_f64(seconds)));
            say(&format!("note: the likelihood of {rows} rows takes about {time} on this machine"));
        }
    }
    let logs = logs(&stored.view(), &data.values, &conditions, settings)?;
    let impossible = likelihood::impossible(&stored.view(), &data.values);
    for (d, column) in data.columns.iter().enumerate() {
        let cells: Vec<usize> =
            impossible.iter().filter(|(_, at)| *at == d).map(|(i, _)| *i).collect();
        let Some(&first) = cells.first() else { continue };
        let (rows, x) = (counted(cells.len(), "row"), data.values.row(first)[d]);
        let text = data.kinds[d].text(x).map_or(x.to_string(), Into::into);
        say(&format!(
            "note: {}, column `{column}`: {rows} with a value that the model cannot draw, such as {text}; the \
             probability there is 0",
            data.name
        ));
    }
    Ok((logs, bound))
}

/// How many rows are timed, and from how many seconds on the time of all rows is told.
const TIMED: usize = 4;
const WORTH_TELLING: f64 = 10.0;

/// What the bound is of, where some columns have no density.
const MEASURE: &str =
    "probabilities of columns with ties, densities of the others in the data's units";

/// Writes a line per row: its number in the file, or its index in a built-in set, and `ln p`.
fn table(chosen: &EvaluationRows, name: &str, logs: &[f32]) -> io::Result<Vec<u8>> {
    let column = if chosen.numbers.is_some() { "file_row" } else { "sample" };
    let mut text = csv::Writer::from_writer(Vec::new());
    text.write_record([column, name])?;
    for (i, log) in logs.iter().enumerate() {
        let number = chosen.numbers.as_ref().map_or(i, |numbers| numbers[i]);
        text.write_record([number.to_string(), log.to_string()])?;
    }
    text.into_inner().map_err(csv::IntoInnerError::into_error)
}
