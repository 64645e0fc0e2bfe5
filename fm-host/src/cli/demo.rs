//! `fm demo`: trains, samples and compares two models in about a minute.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::value_parser;
use comfy_table::Table;
use fm_nostd::Model;

use super::print;
use super::train::train;
use crate::counted::counted;
use crate::data::{self, Builtin, DataSpec, Rows, Standardisation};
use crate::metrics::{Evaluator, inside, mean_and_spread, sw2};
use crate::model::StoredModel;
use crate::net::{self, DeviceChoice};
use crate::objective::Objective;
use crate::report::{self, Panel};
use crate::sample::{self, Conditions, Method, Request};
use crate::train::{DataShape, Outcome, RunConfig, Start, TrainConfig};
use crate::{Error, Result, export};

/// The set with gaps between its cells, where blurred samples are easy to see.
const LAW: Builtin = Builtin::Checkerboard;
/// Draws of noise that a sampler's figures are averaged over.
const DRAWS: u64 = 8;
/// Numbers of Euler steps to compare for flow matching.
const EULER_STEPS: [u32; 4] = [1, 4, 16, 64];

/// Options of `fm demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory for the two runs and the picture
    #[arg(long, default_value = "runs/demo", value_name = "DIR")]
    out: PathBuf,
    /// Training steps per model [default: as fm train]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    steps: Option<u64>,
}

/// One sampler's outcome.
struct Row {
    name: String,
    evaluations: u32,
    /// The samples of each draw of noise.
    draws: Vec<Rows>,
    micros: f64,
}

impl Args {
    /// Trains both objectives, samples both through `fm-nostd`, and compares.
    pub fn run(self) -> Result<()> {
        let source = DataSpec::new(LAW.name());
        let split = data::load(&source)?;
        let standardisation = Standardisation::fit(&split.train.values);
        let evaluator = Evaluator::new(&split, &standardisation);
        let mut rows = Vec::new();
        for objective in [Objective::Fm, Objective::MeanFlow] {
            let mut config = TrainConfig::defaults(objective, DataShape::of(&split.train));
            if let Some(steps) = self.steps {
                config.schedule = config.schedule.with_steps(steps);
            }
            let config = RunConfig::new(config, source.clone(), &split.train)?;
            let out = self.out.join(objective.name());
            let trained = train(&out, &config, &split, DeviceChoice::Auto, Start::Force)?;
            if trained.outcome == Outcome::Stopped {
                return Err(Error::stopped("`fm demo` starts again from the beginning"));
            }
            let checkpoint = trained.run.load()?.checkpoint;
            export::write(&checkpoint, false, &trained.run.model_path())?;
            let stored = StoredModel::load(&trained.run.model_path())?;
            rows.extend(samplers(&stored, objective, evaluator.samples())?);
        }
        let picture = self.out.join("demo.png");
        let data = standardisation.undo(&evaluator.evaluation_rows().values);
        draw_panels(&picture, &data, &rows)?;
        print(&table(&evaluator, &standardisation, &rows))?;
        print(&format!(
            "\ndistance: sliced 2-Wasserstein distance between {} samples and as many held-out rows, \
             {DRAWS} draws; real data: 16 draws of fresh rows.\nA sampler is as good as real data if its \
             figures overlap with those of real data.",
            evaluator.samples()
        ))?;
        print(&format!("\n{}: samples next to data", picture.display()))
    }
}

/// Samples a model with every sampler, `count` samples per draw.
fn samplers(stored: &StoredModel, objective: Objective, count: usize) -> Result<Vec<Row>> {
    let model = stored.view();
    let (method, steps) = match objective.average() {
        false => (Method::Euler, &EULER_STEPS[..]),
        true => (Method::Meanflow, &[1][..]),
    };
    let row = |&steps: &u32| {
        let conditions = Conditions::NONE;
        let request = Request { conditions, ..Request::new(method, steps, count) };
        let draw = |seed| sample::draw(&model, &Request { seed, ..request.clone() });
        let draws = (0..DRAWS).map(draw).collect::<Result<_>>()?;
        let name = match objective.average() {
            false => format!("flow matching, {}", counted(steps as usize, "Euler step")),
            true => format!("MeanFlow, {}", counted(steps as usize, "step")),
        };
        let micros = micros_per_sample(&model, &request)?;
        Ok(Row { name, evaluations: steps, draws, micros })
    };
    steps.iter().map(row).collect()
}

/// Plots the data, flow matching with the fewest and the most steps, and MeanFlow in one step.
fn draw_panels(out: &Path, data: &Rows, rows: &[Row]) -> Result<()> {
    let shown = [0, EULER_STEPS.len() - 1, EULER_STEPS.len()];
    let samples = shown.iter().filter_map(|&i| rows.get(i));
    let samples = samples.map(|row| Panel { title: &row.name, points: &row.draws[0] });
    let panels: Vec<Panel> =
        std::iter::once(Panel { title: "data", points: data }).chain(samples).collect();
    report::scatter(out, &panels)
}

/// Returns the microseconds per sample on one core, the least of three runs.
fn micros_per_sample(model: &Model<'_>, request: &Request) -> Result<f64> {
    let alone = net::pool(1)?;
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        alone.install(|| sample::draw(model, request))?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(1e6 * least / request.count as f64)
}

/// Tabulates every sampler and real data: the distance, and the share of samples inside the cells.
fn table(evaluator: &Evaluator, standardisation: &Standardisation, rows: &[Row]) -> Table {
    let distance = |samples: &Rows| sw2(samples, &evaluator.evaluation_rows().values);
    let share = |samples: &Rows| inside(&standardisation.undo(samples), LAW).unwrap_or_default();
    let figures = |distance: (f64, f64), share: (f64, f64)| {
        let percent = format!("{:.1} ± {:.1} %", 100.0 * share.0, 100.0 * share.1);
        [format!("{:.3} ± {:.3}", distance.0, distance.1), percent]
    };
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["sampler", "evaluations", "distance", "inside cells", "us per sample"]);
    for row in rows {
        let draws: Vec<Rows> = row.draws.iter().map(|draw| standardisation.apply(draw)).collect();
        let over = |figure: &dyn Fn(&Rows) -> f64| {
            mean_and_spread(&draws.iter().map(figure).collect::<Vec<_>>())
        };
        let [distance, share] = figures(over(&distance), over(&share));
        let micros = format!("{:.2}", row.micros);
        table.add_row([row.name.clone(), row.evaluations.to_string(), distance, share, micros]);
    }
    let [distance, share] = figures(evaluator.floor_of(distance), evaluator.floor_of(share));
    let name = "real data (the floor)".to_owned();
    table.add_row([name, String::new(), distance, share, String::new()]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampler_of_real_data_scores_the_floor() {
        let load = |seed| {
            data::load(&DataSpec { seed, rows: 4096, ..DataSpec::new(LAW.name()) }).expect("a set")
        };
        let split = load(0);
        let standardisation = Standardisation::fit(&split.train.values);
        let evaluator = Evaluator::new(&split, &standardisation);
        let draws: Vec<Rows> = (1..=DRAWS).map(|seed| load(seed).train.values).collect();
        let row = Row { name: "real".to_owned(), evaluations: 1, draws, micros: 1.0 };
        let said = table(&evaluator, &standardisation, &[row]).to_string();
        // The mean and the standard deviation in the distance column of the last two lines.
        let numbers: Vec<[f64; 2]> = said
            .lines()
            .skip(2)
            .filter_map(|line| line.split('|').nth(3)?.split_once('±'))
            .map(|(mean, spread)| [mean, spread].map(|cell| cell.trim().parse().expect("a number")))
            .collect();
        let [[own, own_spread], [floor, spread]] = numbers[..] else { panic!("{said}") };
        // Means over 8 and 16 draws have standard errors of 0.35 and 0.25 standard deviations, 0.43 together.
        // Four of those are allowed, and the rounding to a thousandth. The floor of a single draw would be
        // arbitrary, with no standard deviation.
        assert!((own - floor).abs() < 1.8 * own_spread.max(spread) + 0.001, "{said}");
        assert!(spread > 0.0 && said.contains("100.0 ± 0.0 %"), "{said}");
    }
}
