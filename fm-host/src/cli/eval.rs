//! `fm eval`: compares a model's samples with held-out data, next to what real data scores.

mod known;

use std::path::PathBuf;

use clap::value_parser;
use comfy_table::{CellAlignment, Table};
use indicatif::HumanCount;
use serde_json::{Map, Value, json};

use super::columns::Columns;
use super::sampling::Sampling;
use super::source::{self, SampleSource};
use super::{evaluation, print, print_json, say, verdict};
use crate::Result;
use crate::counted::counted;
use crate::data::{self, Builtin, Split};
use crate::metrics::{Evaluator, Figure, Judgement, Part, c2st_error};
use crate::sample::{self, Method, Request, Start};

/// Options of `fm eval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Data to compare with: a built-in set or a file [default: the run's data]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// Numbers of sampling steps to try [default: 1,2,4 for --solver meanflow (1 for distill models), else
    /// 1,2,4,8,16,32,64,128]
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "K,K,..",
        value_parser = value_parser!(u32).range(1..)
    )]
    steps: Vec<u32>,
    #[command(flatten)]
    sampling: Sampling,
    /// Draws of noise to average over; draw i uses the seed --seed + i
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = value_parser!(u64).range(1..=10_000))]
    draws: u64,
    /// Seed of the first draw
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: SampleSource,
    #[command(flatten)]
    columns: Columns,
}

impl Args {
    /// Draws samples, measures them and prints the figures.
    pub fn run(self) -> Result<()> {
        let stored = super::load(&self.model)?;
        let model = stored.view();
        let (spec, own) = evaluation::source(self.data.as_deref(), &self.columns, &stored)?;
        let all = evaluation::split_for_model(data::load(&spec)?, &stored)?;
        let standardisation = stored.standardisation();
        let method = self.sampling.method(Method::natural(model.prediction()));
        self.sampling.check_steps(!self.steps.is_empty(), method)?;
        let usual = method.usual_steps(model.prediction().reach());
        let steps = match (self.sampling.count(), self.steps.is_empty()) {
            (Some(count), _) => vec![count],
            (None, true) => usual.to_vec(),
            (None, false) => self.steps.clone(),
        };
        let asked =
            Request { seed: self.seed, ..Request::new(method, answering(&steps, method), 1) };
        let known = known::Known::of(&stored, &all, &self.sampling.over(asked)?)?;
        let Some(mut split) = known::complete(all) else {
            return known.map_or(Ok(()), |known| match self.json {
                true => print_json(&json!({ "model": self.model, "known": known.json() })),
                false => print(&known.in_words()),
            });
        };
        let starts = self.source.held_out(&stored)?;
        if let Some(starts) = &starts {
            let (all, few) = (split.held_out.len(), sample::comparable(starts, &split.held_out)?);
            if few.len() < all {
                say(&format!(
                    "note: compared with {} of {all} held-out rows, as many as the source has rows",
                    few.len()
                ));
            }
            split.held_out = few;
        }
        let mut evaluator = Evaluator::new(&split, &standardisation);
        if let Some(starts) = &starts
            && let Start::Rows(rows) =
                Start::matched(starts, evaluator.evaluation_rows(), self.seed)?
        {
            evaluator = evaluator.with_starts(standardisation.apply(&rows));
        }
        let samples = evaluator.samples();
        // Sample i is drawn for the condition of evaluation row i.
        let conditions = evaluation::known_conditions(evaluator.evaluation_rows(), &stored)?;
        // A model that always needs known columns is given those of the evaluation rows.
        let given = stored.always_known(&standardisation.undo(&evaluator.evaluation_rows().values));
        let mut rows = Vec::new();
        for steps in steps {
            let (mut draws, mut evaluations) = (Vec::new(), 0);
            for draw in 0..self.draws {
                let (seed, conditions) = (self.seed + draw, conditions.clone());
                let start = source::matched(starts.as_ref(), evaluator.evaluation_rows(), seed)?;
                let plain = Request::new(method, steps, samples);
                let plain = Request { start, seed, conditions, known: given.clone(), ..plain };
                let request = self.sampling.over(plain)?;
                let (drawn, spent) = sample::draw_counted(&model, &request)?;
                evaluations += spent;
                draws.push(evaluator.judge(&standardisation.apply(&drawn))?);
            }
            let nfe = evaluations as f64 / (self.draws as f64 * samples as f64);
            let steps = method.counts_steps().then_some(steps);
            let scores: Vec<_> = draws.iter().map(|draw| draw.scores.clone()).collect();
            let parts = Judgement::parts_over(&draws);
            rows.push(Row { steps, nfe, figures: Figure::over(&scores), parts, samples });
        }
        if self.json {
            let rows: Vec<Value> = rows.iter().map(Row::json).collect();
            return print_json(&json!({
                "model": self.model, "data": split.train.name, "solver": method.name(),
                "samples": samples, "held_out": evaluator.held_out(), "train": split.train.len(),
                "draws": self.draws, "rows": rows, "known": known.as_ref().map(known::Known::json),
            }));
        }
        print(&format!("{}\n", rows_in_words(&evaluator, &split, own)))?;
        print(&table(&rows, if starts.is_some() { "source" } else { "noise" }))?;
        let away = |row: &Row| verdict::mean_away(&row.figures);
        if let Some(best) = rows.iter().min_by(|a, b| away(a).total_cmp(&away(b))) {
            print(&format!(
                "\nClosest to real data in the mean of all figures: {}\n",
                best.name()
            ))?;
            print(&verdict::worst_first(&best.figures, &best.parts, samples))?;
        }
        known.map_or(Ok(()), |known| print(&known.in_words()))
    }
}

/// The steps in which questions about known columns are answered: the fewest where a step is a jump, else the most.
fn answering(steps: &[u32], method: Method) -> u32 {
    let by_jumps = method == Method::Meanflow;
    let steps = steps.iter().copied();
    if by_jumps { steps.min() } else { steps.max() }.unwrap_or(1)
}

/// Says which rows the samples are compared with, and which rows are "real data". `own`: the run's own file.
fn rows_in_words(evaluator: &Evaluator, split: &Split, own: bool) -> String {
    let [samples, held_out, train] = [evaluator.samples(), evaluator.held_out(), split.train.len()]
        .map(|count| HumanCount(count as u64).to_string());
    let name = &split.train.name;
    let classes = if split.train.labels().is_some() { ", with the same classes" } else { "" };
    let rows = format!("compared with {samples} of {held_out} held-out rows of {name}");
    if Builtin::named(name).is_some() {
        return format!("{rows}; real data: 16 draws of {samples} fresh rows{classes}");
    }
    let real = format!("real data: 16 draws of {samples} of the");
    if own {
        format!("{rows}; {real} {train} training rows{classes}")
    } else {
        let other = "these are not known to be the rows that the model was trained on, so the rest of the data serves \
                     as training rows";
        format!("{rows}; {real} {train} remaining rows{classes}\n({other})")
    }
}

/// The results for one number of steps, averaged over the draws.
struct Row {
    /// `None` for a solver that chooses its own steps.
    steps: Option<u32>,
    /// Evaluations of the network per sample.
    nfe: f64,
    figures: Vec<Figure>,
    parts: Vec<Part>,
    samples: usize,
}

impl Row {
    fn name(&self) -> String {
        match self.steps {
            None => "its own steps".to_owned(),
            Some(steps) => counted(steps as usize, "step"),
        }
    }

    fn json(&self) -> Value {
        let mut object = Map::from_iter([
            ("steps".to_owned(), json!(self.steps)),
            ("nfe".to_owned(), whole(self.nfe)),
        ]);
        for (name, number) in self.figures.iter().flat_map(Figure::fields) {
            object.insert(name, json!(number));
        }
        if let Some(area) = object.get("c2st").and_then(Value::as_f64) {
            object.insert("c2st_standard_error".to_owned(), json!(c2st_error(area, self.samples)));
        }
        let is_class = |part: &&Part| ["energy", "spread"].contains(&part.name);
        let (classes, columns): (Vec<&Part>, _) = self.parts.iter().partition(is_class);
        object.insert("columns".to_owned(), parts(&columns, "column"));
        object.insert("classes".to_owned(), parts(&classes, "class"));
        Value::Object(object)
    }
}

/// Returns one object per column or class, with its name under `key`.
fn parts(parts: &[&Part], key: &str) -> Value {
    let mut objects: Vec<Map<String, Value>> = Vec::new();
    for part in parts {
        let of = json!(part.of);
        let place = objects.iter().position(|object| object[key] == of).unwrap_or_else(|| {
            objects.push(Map::from_iter([(key.to_owned(), of)]));
            objects.len() - 1
        });
        let numbers =
            [("", part.value), ("_floor", part.floor), ("_floor_spread", part.floor_spread)];
        for (end, number) in numbers {
            objects[place].insert(format!("{}{end}", part.name), json!(number));
        }
    }
    json!(objects)
}

/// Prints an integral count as an integer: only the adaptive solver needs a different count per sample.
fn whole(nfe: f64) -> Value {
    if nfe.fract() == 0.0 { json!(nfe as u64) } else { json!(nfe) }
}

/// Tabulates the figures: one line per figure, one column per number of steps, and one for what samples start
/// at.
fn table(rows: &[Row], start: &str) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    let Some(first) = rows.first() else { return table };
    let cells = |name: &str, of: &dyn Fn(&Row) -> String, ends: [String; 2]| -> Vec<String> {
        std::iter::once(name.to_owned()).chain(rows.iter().map(of)).chain(ends).collect()
    };
    let ends = ["real data", start].map(str::to_owned);
    table.set_header(cells("", &Row::name, ends));
    table.add_row(cells("evaluations", &|row| whole(row.nfe).to_string(), Default::default()));
    for (k, Figure { score, .. }) in first.figures.iter().enumerate() {
        let value = |row: &Row| verdict::number(row.figures[k].score.value, row.figures[k].sd);
        let floor = verdict::number(score.floor, score.floor_spread);
        table.add_row(cells(score.name, &value, [floor, format!("{:.4}", score.ceiling)]));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
