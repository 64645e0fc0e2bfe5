//! `fm sample`: writes samples to a file, bit for bit those of a device with the same seed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::drawing::SampleOptions;
use super::known::KnownOptions;
use super::{print_json, progress, say};
use crate::model::StoredModel;
use crate::sample::{Method, Request};
use crate::{Error, Result};

/// The most samples in a picture, because they are all held in memory.
const MOST_SHOWN: usize = 1_000_000;

/// Options of `fm sample`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Output file: .csv, .npy or .png
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of samples [default: 1000; one per row of --conditions; one per row that samples start at, for a model that was trained with --source]
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    #[command(flatten)]
    samples: SampleOptions,
    #[command(flatten)]
    known: KnownOptions,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Draws the samples and writes them.
    pub fn run(self) -> Result<()> {
        let stored = super::load(&self.model)?;
        let model = stored.view();
        let natural = Method::natural(model.prediction());
        let request = self
            .samples
            .request(&stored, natural, |_, rows| self.count.or(rows).unwrap_or(1000))?;
        let request = Request { known: self.known.of(&stored)?, ..request };
        let (count, method) = (request.count, request.method);
        let picture = self.out.extension().is_some_and(|extension| extension == "png");
        if picture && count > MOST_SHOWN {
            let problem =
                format!("a picture shows at most {MOST_SHOWN} samples; write .csv or .npy instead");
            return Err(Error::usage("--count", problem));
        }
        let evaluations = if picture {
            let (drawn, evaluations) = stored.draw_counted(&request)?;
            drawn.write(&self.out)?;
            evaluations
        } else {
            let bar = progress::samples(count as u64);
            let mut tell = |drawn: usize| bar.set_position(drawn as u64);
            let evaluations = stored.stream(&request, &self.out, &mut tell)?;
            bar.finish_and_clear();
            evaluations
        };
        if self.json {
            let (labels, classes) = (stored.labels(), class_counts(&stored, &request));
            let behind = labels.columns(&request.conditions).iter().cloned();
            return print_json(&serde_json::json!({
                "out": self.out.display().to_string(),
                "count": count,
                "columns": stored.columns().into_iter().chain(behind).collect::<Vec<_>>(),
                "classes": classes,
                "known": known_columns(&stored, &request),
                "solver": request.method.name(),
                "steps": method.counts_steps().then_some(request.steps.count()),
                "evaluations": evaluations,
                "nfe": evaluations as f64 / count.max(1) as f64,
                "seed": request.seed,
            }));
        }
        let each = evaluations as f64 / count.max(1) as f64;
        let (out, each) = (self.out.display(), (10.0 * each).round() / 10.0);
        let evaluations = if each == 1.0 { "evaluation" } else { "evaluations" };
        say(&format!("wrote {count} samples to {out}, {each} {evaluations} of the network each"));
        Ok(())
    }
}

/// Counts the samples of each class, by name; `None` if the samples have no classes.
fn class_counts(stored: &StoredModel, request: &Request) -> Option<Map<String, Value>> {
    let names = stored.class_names();
    let mut counts = BTreeMap::<usize, u64>::new();
    for sample in 0..request.count {
        *counts.entry(request.conditions.class(sample)?).or_default() += 1;
    }
    let name = |class: usize| names.get(class).cloned().unwrap_or(class.to_string());
    Some(counts.into_iter().map(|(class, count)| (name(class), count.into())).collect())
}

/// The columns that are known.
fn known_columns(stored: &StoredModel, request: &Request) -> Vec<String> {
    let Some(cells) = &request.known else { return Vec::new() };
    let (_, known) = cells.of(0);
    stored
        .columns()
        .into_iter()
        .zip(known)
        .filter_map(|(name, known)| known.then_some(name))
        .collect()
}
