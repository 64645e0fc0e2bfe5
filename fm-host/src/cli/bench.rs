//! `fm bench`: training steps a second on this machine, batches and optimiser included.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::{print, print_json};
use crate::Result;
use crate::coupling::{Examples, Pairs};
use crate::data::Rows;
use crate::net::{Architecture, DeviceChoice, State, learner};
use crate::objective::Objective;
use crate::random::{Purpose, fill_normal, stream};
use crate::train::{Batches, Schedule, TrainConfig};

const OBJECTIVES: [Objective; 2] = [Objective::Fm, Objective::MeanFlow];
/// Width of the three hidden layers, and rows a step; the last is a load for a GPU.
const SIZES: [(usize, usize); 5] = [(64, 512), (64, 1024), (128, 1024), (256, 1024), (256, 16_384)];
/// Steps before the clock starts: memory is taken, a GPU's kernels are loaded.
const WARM_UP: u64 = 10;
/// Rows of the data that batches are drawn from.
const ROWS: usize = 20_000;

/// Options of `fm bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to compute
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// How long to take steps of each size
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    seconds: f64,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Speeds {
    device: String,
    speeds: Vec<Speed>,
}

/// Training steps of 3 hidden layers on 2-D data.
#[derive(Debug, Serialize)]
struct Speed {
    objective: Objective,
    hidden: usize,
    batch: usize,
    steps_per_second: f64,
    rows_per_second: f64,
}

impl Args {
    /// Measures every size.
    pub fn run(self) -> Result<()> {
        // A time that is none, or below zero, is one step.
        let time = Duration::try_from_secs_f64(self.seconds).unwrap_or_default();
        let mut device = String::new();
        let mut speeds = Vec::new();
        for objective in OBJECTIVES {
            for (hidden, batch) in SIZES {
                // On one of rayon's threads, as `fm train`.
                let (name, steps_per_second) =
                    rayon::scope(|_| measure(objective, hidden, batch, self.device, time))?;
                device = name;
                let rows_per_second = steps_per_second * batch as f64;
                speeds.push(Speed { objective, hidden, batch, steps_per_second, rows_per_second });
            }
        }
        let speeds = Speeds { device, speeds };
        if self.json {
            return print_json(&speeds);
        }
        print(&speeds)
    }
}

/// The device's name, and the steps a second there.
fn measure(
    objective: Objective,
    hidden: usize,
    batch: usize,
    device: DeviceChoice,
    time: Duration,
) -> Result<(String, f64)> {
    let mut config = TrainConfig::defaults(objective, 2, false);
    config.batch = batch;
    let architecture = Architecture {
        data: 2,
        average: objective.average(),
        condition: 0,
        hidden,
        layers: config.hidden.len(),
        activation: config.activation,
    };
    let mut learner = learner(&architecture, State::fresh(&architecture, 0), device)?;
    let mut values = vec![0.0; 2 * ROWS];
    fill_normal(&mut stream(0, Purpose::Train, 0), &mut values);
    let pairs = Arc::new(Pairs::independent(Examples::plain(Rows::from_vec(2, values))));
    let (recipe, schedule) = (config.recipe(pairs.examples()), Schedule::new(&config));
    let mut batches = Batches::start(pairs, recipe, batch, 0, 0..u64::MAX)?;
    let (mut started, mut steps) = (Instant::now(), 0);
    while let Some(regression) = batches.take() {
        learner.step(&regression, &schedule.update(steps))?;
        steps += 1;
        if steps == WARM_UP {
            started = Instant::now();
        } else if steps > WARM_UP && started.elapsed() >= time {
            break;
        }
    }
    // Each step reads its loss, so a device has done them all.
    let rate = (steps - WARM_UP) as f64 / started.elapsed().as_secs_f64();
    Ok((learner.device_name().to_owned(), rate))
}

impl fmt::Display for Speeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["objective", "width", "batch", "steps/s", "ms a step", "million rows/s"]);
        for speed in &self.speeds {
            table.add_row([
                speed.objective.name().to_owned(),
                speed.hidden.to_string(),
                speed.batch.to_string(),
                format!("{:.0}", speed.steps_per_second),
                format!("{:.3}", 1e3 / speed.steps_per_second),
                format!("{:.2}", speed.rows_per_second / 1e6),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "training steps on {}\n", self.device)?;
        write!(f, "{table}")
    }
}
