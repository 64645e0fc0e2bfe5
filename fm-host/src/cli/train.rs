//! `fm train`: from a data set to a run directory with a model in it.

mod help;
mod long;
mod nearest;
mod one;
mod several;

use std::path::PathBuf;

use serde::Serialize;

use super::columns::Columns;
use super::source::TrainSource;
use super::{print_json, say};
use crate::data::{self, DataSpec, Dataset, RunData, Split};
use crate::net::DeviceChoice;
use crate::objective::Masks;
use crate::train::{
    DataShape, LogRow, Member, Outcome, RunConfig, RunDir, Start, TrainConfig, TrainOptions,
    Trained, set_config,
};
use crate::{Error, Result};
use nearest::Neighbours;
pub(super) use one::train;
use one::{finish, tell_way_on, way_on};
pub(super) use several::train_all;

/// Options of `fm train`.
#[derive(Debug, clap::Args)]
#[command(mut_args = help::with_default, after_help = help::rule())]
pub struct Args {
    /// Built-in set (moons, checkerboard, 8gaussians, spirals, two-circles, swiss-roll), or a file: text
    /// with separated columns (.csv, .tsv, also packed with gzip or zstd), Parquet, .npy, .npz, IDX, .wav, or a folder of
    /// PNG images; not needed with --resume
    data: Option<String>,
    /// Run directory
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// Resume the run in --out from its last checkpoint
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace the run in --out
    #[arg(long)]
    force: bool,
    /// Where to compute
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Train N models at once, with consecutive seeds starting at --seed, into RUN/seed-S; on a GPU, their
    /// steps run together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: Option<u64>,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    columns: Columns,
    #[command(flatten)]
    source: TrainSource,
    #[command(flatten)]
    options: TrainOptions,
}

/// Says how many rows have missing cells, and what is assumed about them.
fn say_missing(data: &Dataset) {
    let incomplete = data.incomplete();
    if incomplete > 0 {
        let rows = data.len();
        say(&format!(
            "note: {incomplete} of {rows} training rows have missing cells, which are assumed to be missing at random"
        ));
    }
}

/// The `--json` output of one training.
#[derive(Debug, Serialize)]
struct Summary {
    run: PathBuf,
    device: String,
    finished: bool,
    /// How near the samples are to the training rows; `None` if the training was stopped, or if the samples
    /// are not finite.
    nearest: Option<Neighbours>,
    /// The step whose weights held-out rows prefer; `None` if the last weights are the model.
    selected: Option<u64>,
    #[serde(flatten)]
    last: Option<LogRow>,
}

/// The `--json` output of several trainings.
#[derive(Debug, Serialize)]
struct Summaries {
    runs: Vec<Summary>,
}

impl Summary {
    fn of((trained, nearest): (Trained, Option<Neighbours>)) -> Result<Self> {
        Ok(Self {
            run: trained.run.root().to_owned(),
            device: trained.device,
            finished: trained.outcome == Outcome::Finished,
            nearest,
            selected: trained.selected,
            last: trained.run.log()?.pop(),
        })
    }
}

impl Args {
    /// Trains, and writes model and pictures into the run directory.
    pub fn run(self) -> Result<()> {
        let begin = match (self.resume, self.force) {
            (true, _) => Start::Resume,
            (_, true) => Start::Force,
            _ => Start::New,
        };
        let before = match (self.resume, self.seeds) {
            (false, _) => None,
            (true, None) => Some(RunDir::open(&self.out)?.config()?),
            (true, Some(_)) => Some(set_config(&self.out)?),
        };
        let source = match (&self.data, &before) {
            (Some(data), Some(before)) => before.data.in_file(data),
            (None, Some(before)) => before.data.settled(),
            (Some(data), None) => DataSpec::new(data),
            (None, None) => {
                let problem = "no data is named; name a built-in set (`fm train --help` lists them) or a \
                               file";
                return Err(Error::usage("DATA", problem));
            }
        };
        let mut chosen = self.columns.over(source.clone());
        chosen.keep_missing |= self.options.masks.over(Masks::default()).masked;
        if chosen != source {
            // Other columns give other rows. The error should name the option, not report a changed file.
            chosen.origin = None;
        }
        let RunData { mut split, source: data, warnings } = data::load_for_run(&chosen)
            .inspect_err(|_| {
                if before.is_none() && self.options.objective.is_none() {
                    say(&format!("note: {}", TrainOptions::no_objective()));
                }
            })?;
        super::warn(&warnings);
        let start = self.source.load(&data, before.as_ref(), &mut split)?;
        let shape = DataShape { source: start.is_some(), ..DataShape::of(&split.train) };
        let chosen = match &before {
            Some(_) if self.options.from.is_some() => {
                let problem = "a run that is resumed has its weights already; omit this option";
                return Err(Error::usage("--from", problem));
            }
            // The run that it started from may be gone.
            Some(before) => TrainConfig { from: None, ..self.options.over(before.train.clone())? },
            None => self.options.resolve(shape)?,
        };
        if let Some(before) = &before {
            before.check_steps(chosen.schedule.steps)?;
        }
        let source = start.zip(split.source_rows());
        let mut config = RunConfig::between(chosen, source, (data, &split.train))?;
        say_missing(&split.train);
        if let Some(before) = before {
            // The file may have been renamed since.
            config.facts.name = before.facts.name;
            (config.train.from, config.start) = (before.train.from, before.start);
        }
        if let Some(count) = self.seeds {
            return self.run_set(&config, &split, begin, count);
        }
        let trained = train(&self.out, &config, &split, self.device, begin)
            .and_then(|trained| finish(&trained, &split).map(|nearest| (trained, nearest)))
            .inspect_err(|error| tell_way_on(&self.out, error))?;
        let stopped = trained.0.outcome == Outcome::Stopped;
        if self.json {
            print_json(&Summary::of(trained)?)?;
        }
        if stopped { Err(Error::stopped(way_on(&self.out))) } else { Ok(()) }
    }

    /// Trains `count` models with consecutive seeds, starting at the configured one.
    fn run_set(&self, config: &RunConfig, split: &Split, start: Start, count: u64) -> Result<()> {
        let members = Member::with_seeds(config, &self.out, count)?;
        let all = train_all(&members, split, self.device, start, |trained| finish(trained, split))?;
        let stopped = all.iter().any(|(trained, _)| trained.outcome == Outcome::Stopped);
        if self.json {
            let runs = all.into_iter().map(Summary::of).collect::<Result<_>>()?;
            print_json(&Summaries { runs })?;
        }
        let out = self.out.display();
        let way_on =
            format!("`fm train --resume --seeds {count} --out {out}` continues the training");
        if stopped { Err(Error::stopped(way_on)) } else { Ok(()) }
    }
}
