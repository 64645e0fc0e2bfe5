//! `fm bench`: measures training steps per second on this machine, batches and optimiser included.

use std::fmt;
use std::panic::resume_unwind;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::builder::RangedU64ValueParser;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::{print, print_json};
use crate::coupling::{Examples, Pairs};
use crate::data::Rows;
use crate::net::{self, Architecture, DeviceChoice, Learner, SharedLearner, State};
use crate::objective::Objective;
use crate::random::{Purpose, fill_normal, stream};
use crate::train::{Batches, DataShape, TrainConfig};
use crate::{Error, Result};

const OBJECTIVES: [Objective; 2] = [Objective::Fm, Objective::MeanFlow];
/// The last size is large enough to load a GPU.
const SIZES: [&str; 5] = ["64x512", "64x1024", "128x1024", "256x1024", "256x16384"];
/// Steps before the clock starts, in which memory is allocated and a GPU's kernels are loaded.
const WARM_UP: u64 = 10;
/// Rows of the data that batches are drawn from.
const ROWS: usize = 20_000;

/// Options of `fm bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to compute
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Measure N models at once, in addition to one model
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    seeds: usize,
    /// Sizes to measure: the width of the three hidden layers, and the rows per step
    #[arg(long, value_name = "WIDTHxROWS,..", value_delimiter = ',', default_values = SIZES)]
    sizes: Vec<Size>,
    /// How long to measure each size; 0 takes one step
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    seconds: f64,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
}

/// A network's width and a batch's rows.
#[derive(Clone, Copy, Debug)]
struct Size {
    hidden: usize,
    batch: usize,
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let wrong = "needs a width and a number of rows, as in 64x1024; both from 1 to 65536";
        let number = |text: &str| text.parse().ok().filter(|n| (1..=1 << 16).contains(n));
        let (hidden, batch) = text.split_once('x').ok_or(wrong)?;
        Ok(Self { hidden: number(hidden).ok_or(wrong)?, batch: number(batch).ok_or(wrong)? })
    }
}

/// The longest time for one size.
const LONGEST: Duration = Duration::from_secs(3600);

/// The results.
#[derive(Debug, Serialize)]
struct Speeds {
    device: String,
    speeds: Vec<Speed>,
}

/// The speed of training 3 hidden layers on 2-D data.
#[derive(Debug, Serialize)]
struct Speed {
    objective: Objective,
    hidden: usize,
    batch: usize,
    models: usize,
    /// Summed over all models.
    steps_per_second: f64,
    rows_per_second: f64,
}

impl Args {
    /// Measures every size.
    pub fn run(self) -> Result<()> {
        let Some(time) = Duration::try_from_secs_f64(self.seconds).ok().filter(|t| *t <= LONGEST)
        else {
            return Err(Error::usage("--seconds", "must be from 0 to 3600; 0 takes one step"));
        };
        let mut device = String::new();
        let mut speeds = Vec::new();
        let mut counts = vec![1, self.seeds];
        counts.dedup();
        for objective in OBJECTIVES {
            for &Size { hidden, batch } in &self.sizes {
                for &models in &counts {
                    let case = Case::new(objective, hidden, batch)?;
                    let (name, steps_per_second) = case.measure(models, self.device, time)?;
                    device = name;
                    let rows_per_second = steps_per_second * batch as f64;
                    speeds.push(Speed {
                        objective,
                        hidden,
                        batch,
                        models,
                        steps_per_second,
                        rows_per_second,
                    });
                }
            }
        }
        let speeds = Speeds { device, speeds };
        if self.json {
            return print_json(&speeds);
        }
        print(&speeds)
    }
}

/// One training to measure.
struct Case {
    config: TrainConfig,
    architecture: Architecture,
    pairs: Arc<Pairs>,
}

impl Case {
    fn new(objective: Objective, hidden: usize, batch: usize) -> Result<Self> {
        let mut config = TrainConfig::defaults(objective, DataShape::BUILT_IN);
        config.batch = batch;
        let architecture = Architecture {
            data: 2,
            average: objective.average(),
            condition: 0,
            hidden,
            layers: config.layers.widths.len(),
            activation: config.layers.activation,
            known: fm_nostd::blob::KnownInputs::None,
            gain: true,
        };
        let mut values = vec![0.0; 2 * ROWS];
        fill_normal(&mut stream(0, Purpose::Train, 0), &mut values);
        let pairs = Arc::new(Pairs::independent(Examples::plain(Rows::from_vec(2, values))));
        Ok(Self { config, architecture, pairs })
    }

    /// Returns the device's name, and the steps per second of `models` models. As in `fm train --seeds`, they
    /// step together on a GPU, and on the CPU each uses its share of the threads.
    fn measure(
        &self,
        models: usize,
        device: DeviceChoice,
        time: Duration,
    ) -> Result<(String, f64)> {
        let device = device.for_steps(&self.architecture, self.config.batch * models);
        let shared = match models {
            1 => None,
            _ => net::shared_learners(&self.architecture, models, device)?,
        };
        let threads = rayon::current_num_threads();
        let learners: Vec<Option<SharedLearner>> = match shared {
            Some(learners) => learners.into_iter().map(Some).collect(),
            None => (0..threads.min(models)).map(|_| None).collect(),
        };
        let share = (threads / learners.len()).max(1);
        let last = AtomicU64::new(u64::MAX);
        let measure = |seed: usize, shared: Option<SharedLearner>| -> Result<(String, f64)> {
            net::pool(share)?.install(|| {
                let seed = seed as u64;
                let state = State::fresh(&self.architecture, seed);
                let learner = match shared {
                    Some(learner) => learner.join(state)?,
                    None => net::learner(&self.architecture, state, device)?,
                };
                let name = learner.device_name().to_owned();
                Ok((name, self.rate(learner, seed, time, &last)?))
            })
        };
        let one = |seed, shared| {
            let measured = measure(seed, shared);
            // Also after an error, because the others must not wait for this thread.
            last.store(0, Ordering::Relaxed);
            measured
        };
        thread::scope(|scope| {
            let one = &one;
            let each = learners.into_iter().enumerate();
            let workers: Vec<_> =
                each.map(|(seed, shared)| scope.spawn(move || one(seed, shared))).collect();
            let mut sum = (String::new(), 0.0);
            for worker in workers {
                let (name, rate) = worker.join().unwrap_or_else(|panic| resume_unwind(panic))?;
                sum = (name, sum.1 + rate);
            }
            Ok(sum)
        })
    }

    /// Returns the steps per second of one of several models. The first model chooses the `last` step of
    /// all, so that models that step together end together.
    fn rate(
        &self,
        mut learner: Box<dyn Learner>,
        seed: u64,
        time: Duration,
        last: &AtomicU64,
    ) -> Result<f64> {
        let schedule = self.config.schedule;
        let recipe = self.config.recipe(self.pairs.examples());
        let (pairs, batch) = (self.pairs.clone(), self.config.batch);
        let mut batches = Batches::start(pairs, recipe, batch, seed, 0..u64::MAX)?;
        let (mut started, mut steps) = (Instant::now(), 0);
        while let Some(regression) = batches.take() {
            learner.step(&regression, &schedule.update(steps))?;
            steps += 1;
            if steps == WARM_UP {
                started = Instant::now();
            } else if steps > WARM_UP {
                if steps >= last.load(Ordering::Relaxed) {
                    break;
                }
                if seed == 0 && started.elapsed() >= time {
                    // The others may have begun the next step already.
                    last.store(steps + 1, Ordering::Relaxed);
                }
            }
        }
        // Each step reads its loss back, so a device has finished all of them.
        Ok((steps - WARM_UP) as f64 / started.elapsed().as_secs_f64())
    }
}

impl fmt::Display for Speeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header([
            "objective",
            "width",
            "batch",
            "models",
            "models x steps/s",
            "ms per step",
            "million rows/s",
        ]);
        for speed in &self.speeds {
            table.add_row([
                speed.objective.name(),
                speed.hidden.to_string(),
                speed.batch.to_string(),
                speed.models.to_string(),
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
