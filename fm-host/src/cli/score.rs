//! `fm score`: tells how strange the rows of a file are to a model, and which columns make them so.

mod labels;
mod reference;

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::columns::TableOptions;
use super::{evaluation, loglik, print, print_json, say};
use crate::anomaly::{self, Scores};
use crate::data::{self, DataSpec, EvaluationRows};
use crate::likelihood::Settings;
use crate::metrics::area_under_curve;
use crate::model::StoredModel;
use crate::{Error, Result, files, options};

/// Options of `fm score`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Rows to score: a file with the model's columns, or a built-in set
    data: String,
    /// Write a line per row to this file: its number in the file, its score, its p-value with --reference, and what
    /// each column adds to the score, in `score_` columns: .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How to score a row
    #[arg(long, value_enum, default_value_t = Method::Residual)]
    method: Method,
    /// Normal rows that turn scores into p-values, the share of them with at least that score: rows that the model was
    /// not trained on, or the run's own file, of which the held-out rows are used
    #[arg(long, value_name = "DATA")]
    reference: Option<String>,
    /// Column of DATA that tells strange rows (1, yes, true or anomaly) from normal ones (0, no, false or normal), to print how well the
    /// scores separate them
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    table: TableOptions,
}

/// How a row is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Method {
    /// The squared noise that the model finds in the row: one evaluation, as on a device, and 8-bit weights too
    Residual,
    /// The negative log density, as `fm loglik` computes it: slower, without the parts of columns, and not of 8-bit weights
    Likelihood,
}

/// The quantiles of the scores that are printed.
const QUANTILES: [f64; 5] = [0.0, 0.5, 0.95, 0.99, 1.0];

impl Args {
    /// Scores the rows and writes the scores.
    pub fn run(self) -> Result<()> {
        if self.out.extension() != Some("csv".as_ref()) {
            let problem = format!("{}: use a file that ends in .csv", self.out.display());
            return Err(Error::usage("--out", problem));
        }
        files::check_apart("--out", &self.out, &self.data)?;
        let stored = super::load(&self.model)?;
        stored.check_whole(&self.model, "whole rows are scored")?;
        let (rows, spec, own) = self.rows(&stored, &self.data)?;
        if own && rows.numbers.is_some() {
            say("note: the model was trained on most rows of its own file, whose scores are low");
        }
        let labels = self.label.as_deref();
        let labels = labels.map(|column| labels::read(&spec, column, &rows)).transpose()?;
        let scores = self.scores(&stored, &rows)?;
        let reference = match &self.reference {
            Some(named) => {
                let rows = reference::read(&stored, named, &self.spec(&stored, named)?)?;
                Some(self.scores(&stored, &usable(rows)?)?.totals)
            }
            None => None,
        };
        let p = reference.as_ref().map(|of| anomaly::p_values(&scores.totals, of));
        let text = table(&rows, &scores, p.as_deref());
        files::replace(&self.out, &text.map_err(|e| Error::io("write", &self.out, e))?)?;
        let auc = labels.map(|strange| {
            let of = |wanted: bool| -> Vec<f64> {
                let chosen = scores.totals.iter().zip(&strange).filter(|(_, is)| **is == wanted);
                chosen.map(|(score, _)| f64::from(*score)).collect()
            };
            area_under_curve(&of(true), &of(false))
        });
        let quantiles = QUANTILES.map(|q| (q, quantile(&scores.totals, q)));
        let (count, method) = (scores.totals.len(), options::typed(self.method));
        if self.json {
            let quantiles: serde_json::Map<String, Value> =
                quantiles.into_iter().map(|(q, score)| (q.to_string(), json!(score))).collect();
            return print_json(&json!({
                "model": self.model, "data": rows.rows.name, "out": self.out, "method": method, "rows": count,
                "quantiles": quantiles, "reference_rows": reference.as_ref().map(Vec::len), "auc": auc,
            }));
        }
        let [_, (_, median), (_, high), _, (_, most)] = quantiles;
        let out = self.out.display();
        print(&format!(
            "{count} rows of {}: scores with median {median:.4}, 95 % quantile {high:.4}, largest {most:.4}; wrote {out}",
            rows.rows.name
        ))?;
        auc.map_or(Ok(()), |auc| {
            print(&format!("area under the curve: {auc:.4} (1 if every strange row scores above every normal one)"))
        })
    }

    /// What is read of a data set, and whether it is the run's own.
    fn spec(&self, stored: &StoredModel, data: &str) -> Result<(DataSpec, bool)> {
        let (mut spec, own) = evaluation::source(Some(data), &self.table.columns(), stored)?;
        // A model without names takes every other column.
        if let (None, Some(label), false) = (&spec.columns, &self.label, own)
            && !spec.exclude.contains(label)
            && data::has_column(&spec, label)?
        {
            spec.exclude.push(label.clone());
        }
        Ok((spec, own))
    }

    /// All rows of a data set, with what was read, and whether it is the run's own.
    fn rows(&self, stored: &StoredModel, data: &str) -> Result<(EvaluationRows, DataSpec, bool)> {
        let (spec, own) = self.spec(stored, data)?;
        let rows = evaluation::rows(&spec, true, stored)?;
        Ok((usable(rows)?, spec, own))
    }

    fn scores(&self, stored: &StoredModel, rows: &EvaluationRows) -> Result<Scores> {
        match self.method {
            Method::Residual => {
                let conditions = evaluation::known_conditions(&rows.rows, stored)?;
                anomaly::scores(&stored.view(), rows, &conditions)
            }
            Method::Likelihood => {
                let (logs, _) = loglik::logs(stored, &rows.rows, &Settings::default())?;
                let totals = logs.into_iter().map(|log| -log).collect();
                Ok(Scores { totals, shares: data::Rows::new(rows.rows.values.dim()) })
            }
        }
    }
}

/// The rows without missing cells.
fn usable(rows: EvaluationRows) -> Result<EvaluationRows> {
    evaluation::complete(rows, "only whole rows have a score")
}

/// The least score that at least this share of the scores does not exceed.
fn quantile(scores: &[f32], share: f64) -> f32 {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f32::NAN)
}

/// A share with five significant digits.
fn five_digits(share: f64) -> String {
    let exponent = if share > 0.0 { share.log10().floor() } else { 0.0 };
    let unit = 10f64.powf(4.0 - exponent);
    ((share * unit).round() / unit).to_string()
}

/// Writes a line per row: its number in the file, or its index in a built-in set, and its scores.
fn table(data: &EvaluationRows, scores: &Scores, p: Option<&[f64]>) -> io::Result<Vec<u8>> {
    let mut text = csv::Writer::from_writer(Vec::new());
    let mut header = vec![if data.numbers.is_some() { "file_row" } else { "sample" }.to_owned()];
    header.push("score".to_owned());
    header.extend(p.map(|_| "p".to_owned()));
    if !scores.shares.is_empty() {
        header.extend(data.rows.columns.iter().map(|column| format!("score_{column}")));
    }
    text.write_record(&header)?;
    for (i, score) in scores.totals.iter().enumerate() {
        let number = data.numbers.as_ref().map_or(i, |numbers| numbers[i]);
        let mut record = vec![number.to_string(), score.to_string()];
        record.extend(p.map(|p| five_digits(p[i])));
        if !scores.shares.is_empty() {
            record.extend(scores.shares.row(i).iter().map(f32::to_string));
        }
        text.write_record(&record)?;
    }
    text.into_inner().map_err(csv::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use super::{five_digits, quantile};

    #[test]
    fn shares_have_five_digits() {
        let found = [1.0, 1.0 / 102.0, 2.0 / 3.0, 0.25, 1.0 / 30_001.0].map(five_digits);
        assert_eq!(found, ["1", "0.0098039", "0.66667", "0.25", "0.000033332"]);
    }

    #[test]
    fn quantiles_are_scores() {
        let scores = [4.0, 1.0, 3.0, 2.0];
        let found = [0.0, 0.25, 0.5, 0.51, 1.0].map(|share| quantile(&scores, share));
        assert_eq!(found, [1.0, 1.0, 2.0, 3.0, 4.0]);
    }
}
