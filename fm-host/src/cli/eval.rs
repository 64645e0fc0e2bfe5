//! `fm eval`: a model's samples against held-out data, each figure beside what real data scores.

use std::path::PathBuf;

use comfy_table::Table;
use serde_json::{Map, Value, json};

use super::sampling::{Sampling, check_steps};
use super::source::Columns;
use super::{judge, print, print_json};
use crate::data::{self, Standardisation};
use crate::metrics::{Evaluator, Figure, SAMPLES};
use crate::model::StoredModel;
use crate::sample::{self, Asked, Method, Request};
use crate::{Error, Result};

/// Options of `fm eval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Data to judge by: a built-in set or a file [default: the run's own]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    #[command(flatten)]
    columns: Columns,
    /// Numbers of steps to try [default: 1 for distill models, 1,2,4 for meanflow models, else 1,2,4,8,16,32,64,128]
    #[arg(long, value_delimiter = ',', value_name = "K,K,..")]
    steps: Vec<u32>,
    #[command(flatten)]
    sampling: Sampling,
    /// Draws of noise to average over; each has its own seed from --seed on
    #[arg(long, default_value_t = 1, value_name = "N")]
    draws: u64,
    /// Seed of the first draw
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Samples, measures and prints.
    pub fn run(self) -> Result<()> {
        if self.draws == 0 {
            return Err(Error::usage("--draws", "give at least 1"));
        }
        let stored = StoredModel::load(&self.model)?;
        let model = stored.view();
        let source = judge::source(self.data.as_deref(), &stored)?;
        let split = data::load(&self.columns.over(source))?;
        judge::check_width(&split.train, model.dim())?;
        let standardisation =
            Standardisation { mean: model.mean().collect(), std: model.std().collect() };
        let evaluator = Evaluator::new(&split, &standardisation);
        // The held-out rows' conditions, so that samples have their proportions.
        let asked = Asked::like(&split.held_out);
        let method = self.sampling.method(Method::natural(model.prediction()));
        check_steps(!self.steps.is_empty(), method)?;
        let usual = method.usual_steps(model.prediction().reach());
        let steps = if self.steps.is_empty() { usual.to_vec() } else { self.steps.clone() };
        let mut rows = Vec::new();
        for steps in steps {
            let (mut draws, mut evaluations) = (Vec::new(), 0);
            for draw in 0..self.draws {
                let (seed, asked) = (self.seed + draw, asked.clone());
                let plain = Request { seed, asked, ..Request::new(method, steps, SAMPLES) };
                let request = self.sampling.over(plain)?;
                let (samples, spent) = sample::draw_counted(&model, &request)?;
                evaluations += spent;
                let samples = standardisation.apply(&samples);
                draws.push(evaluator.score(&samples, &request.asked)?);
            }
            let nfe = evaluations as f64 / (self.draws as f64 * SAMPLES as f64);
            let steps = method.counts_steps().then_some(steps);
            rows.push(Row { steps, nfe, figures: Figure::over(&draws) });
        }
        if self.json {
            let rows: Vec<Value> = rows.iter().map(Row::json).collect();
            return print_json(&json!({
                "model": self.model, "data": split.train.name, "solver": method.name(),
                "samples": SAMPLES, "draws": self.draws, "rows": rows,
            }));
        }
        print(&table(&rows))
    }
}

/// One number of steps, its figures the means over the draws.
struct Row {
    /// None for a solver that chooses its own.
    steps: Option<u32>,
    /// Evaluations of the network per sample.
    nfe: f64,
    figures: Vec<Figure>,
}

impl Row {
    fn json(&self) -> Value {
        let mut object = Map::from_iter([
            ("steps".to_owned(), json!(self.steps)),
            ("nfe".to_owned(), whole(self.nfe)),
        ]);
        for (name, number) in self.figures.iter().flat_map(Figure::fields) {
            object.insert(name, json!(number));
        }
        Value::Object(object)
    }
}

/// A whole number where it is one: every solver but the adaptive takes as many for each sample.
fn whole(nfe: f64) -> Value {
    if nfe.fract() == 0.0 { json!(nfe as u64) } else { json!(nfe) }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    let Some(first) = rows.first() else { return table };
    let numbers = |of: &dyn Fn(&Figure) -> f64, row: &Row| -> Vec<String> {
        row.figures.iter().map(|figure| format!("{:.4}", of(figure))).collect()
    };
    let names = first.figures.iter().map(|figure| figure.score.name);
    table.set_header(["steps", "evaluations"].into_iter().chain(names));
    for row in rows {
        let figures = numbers(&|figure| figure.score.value, row);
        let steps = row.steps.map_or_else(|| "its own".to_owned(), |steps| steps.to_string());
        table.add_row([steps, whole(row.nfe).to_string()].into_iter().chain(figures));
    }
    let floors = numbers(&|figure| figure.score.floor, first);
    table.add_row(["real data".to_owned(), String::new()].into_iter().chain(floors));
    let ceilings = numbers(&|figure| figure.score.ceiling, first);
    table.add_row(["noise".to_owned(), String::new()].into_iter().chain(ceilings));
    table
}
