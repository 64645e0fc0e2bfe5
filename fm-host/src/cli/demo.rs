//! `fm demo`: the whole way in about a minute.

use std::path::{Path, PathBuf};
use std::time::Instant;

use comfy_table::Table;
use fm_nostd::Model;

use super::print;
use super::train::train;
use crate::data::{self, Builtin, Rows, Source, Split, Standardisation};
use crate::metrics::{inside, sw2};
use crate::model::StoredModel;
use crate::net::DeviceChoice;
use crate::objective::Objective;
use crate::report::{self, Panel};
use crate::sample::{self, Asked, Method, Request};
use crate::train::{DataShape, Outcome, RunConfig, Start, TrainConfig};
use crate::{Error, Result, export};

/// The set with gaps between its cells, which show every smear.
const LAW: Builtin = Builtin::Checkerboard;
/// Samples to measure and to draw.
const COUNT: usize = 4096;
/// Samplers to compare: steps of Euler on the velocity, then jumps on the average velocity.
const EULER_STEPS: [u32; 4] = [1, 4, 16, 64];

/// Options of `fm demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory for the two runs and the picture
    #[arg(long, default_value = "runs/demo", value_name = "DIR")]
    out: PathBuf,
    /// Training steps of each model [default: those of fm train]
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
}

/// One sampler's outcome.
struct Row {
    name: String,
    evaluations: u32,
    samples: Rows,
    micros: f64,
}

impl Args {
    /// Trains both objectives, samples both through `fm-nostd`, and compares.
    pub fn run(self) -> Result<()> {
        let source = Source::new(LAW.name());
        let split = data::load(&source)?;
        let mut rows = Vec::new();
        for objective in [Objective::Fm, Objective::MeanFlow] {
            let mut config = TrainConfig::defaults(objective, DataShape::of(&split.train));
            config.steps = self.steps.unwrap_or(config.steps);
            config.warmup = TrainConfig::default_warmup(config.steps);
            let config = RunConfig::new(config, source.clone(), &split.train)?;
            let out = self.out.join(objective.name());
            let trained = train(&out, &config, &split, DeviceChoice::Auto, Start::Force)?;
            if trained.outcome == Outcome::Stopped {
                let problem = "stopped by Ctrl-C before the comparison";
                return Err(Error::model(&out, problem));
            }
            let checkpoint = trained.run.load()?.checkpoint;
            export::write(&checkpoint, false, &trained.run.model_path())?;
            let stored = StoredModel::load(&trained.run.model_path())?;
            rows.extend(self.samplers(&stored, objective)?);
        }
        let picture = self.out.join("demo.png");
        draw_panels(&picture, &split, &rows)?;
        print(&table(&split, &rows)?)?;
        print(&format!("\n{}: samples beside data", picture.display()))
    }

    /// Draws with every sampler of a model.
    fn samplers(&self, stored: &StoredModel, objective: Objective) -> Result<Vec<Row>> {
        let model = stored.view();
        let (method, steps) = match objective.average() {
            false => (Method::Euler, &EULER_STEPS[..]),
            true => (Method::Meanflow, &[1][..]),
        };
        let row = |&steps: &u32| {
            let asked = Asked::Nothing;
            let request = Request { asked, ..Request::new(method, steps, COUNT) };
            let samples = sample::draw(&model, &request)?;
            let unit = if steps == 1 { "step" } else { "steps" };
            let name = match method {
                Method::Meanflow => format!("MeanFlow, {steps} {unit}"),
                _ => format!("flow matching, {steps} Euler {unit}"),
            };
            let micros = micros_a_sample(&model, &request)?;
            Ok(Row { name, evaluations: steps, samples, micros })
        };
        steps.iter().map(row).collect()
    }
}

/// Data, flow matching in its first and last number of steps, MeanFlow in one.
fn draw_panels(out: &Path, split: &Split, rows: &[Row]) -> Result<()> {
    let data = Rows::select(&split.held_out.values, &Vec::from_iter(0..COUNT));
    let shown = [0, EULER_STEPS.len() - 1, EULER_STEPS.len()];
    let samples = shown.iter().filter_map(|&i| rows.get(i));
    let samples = samples.map(|row| Panel { title: &row.name, points: &row.samples });
    let panels: Vec<Panel> =
        std::iter::once(Panel { title: "data", points: &data }).chain(samples).collect();
    report::scatter(out, &panels)
}

/// Microseconds a sample on one core, the least of three runs.
fn micros_a_sample(model: &Model<'_>, request: &Request) -> Result<f64> {
    let alone = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .map_err(|error| Error::device(error.to_string()))?;
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        alone.install(|| sample::draw(model, request))?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(1e6 * least / request.count as f64)
}

fn table(split: &Split, rows: &[Row]) -> Result<Table> {
    let standardisation = Standardisation::fit(&split.train.values);
    let held_out = standardisation.apply(&split.held_out.values);
    let of = |samples: &Rows| {
        let distance = sw2(&standardisation.apply(samples), &held_out);
        let inside = inside(samples, LAW).unwrap_or_default();
        (format!("{distance:.3}"), format!("{:.1} %", 100.0 * inside))
    };
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["sampler", "evaluations", "distance", "inside cells", "us a sample"]);
    for row in rows {
        let (distance, inside) = of(&row.samples);
        let micros = format!("{:.2}", row.micros);
        table.add_row([row.name.clone(), row.evaluations.to_string(), distance, inside, micros]);
    }
    let fresh = data::load(&Source { seed: 1, rows: COUNT, ..Source::new(LAW.name()) })?;
    let (distance, inside) = of(&fresh.train.values);
    let name = "real data (the floor)".to_owned();
    table.add_row([name, String::new(), distance, inside, String::new()]);
    Ok(table)
}
