//! `fm train`: from a data set to a run directory with a model in it.

mod help;
mod long;
mod nearest;
mod one;
mod settings;

use std::path::PathBuf;

use fm_nostd::Activation;
use serde::Serialize;

use super::seeds::Member;
use super::source::Columns;
use super::{print_json, seeds};
use crate::coupling::Coupling;
use crate::data::{self, Source, Split};
use crate::net::DeviceChoice;
use crate::objective::{Negatives, Objective, Predict, Tangent, TimeSampler};
use crate::train::{LogRow, Outcome, RunConfig, RunDir, Start};
use crate::{Error, Result, path};
pub(super) use long::why_long;
use nearest::Neighbours;
pub(super) use one::{Finished, train};
use one::{finish, tell_way_on, way_on};

/// Options of `fm train`. What is not given takes the default that measured best for the objective
/// and the data.
#[derive(Debug, clap::Args)]
#[command(mut_args = help::with_default, after_help = help::rule())]
pub struct Args {
    /// Built-in set (moons, checkerboard, 8gaussians, spirals, two-circles, swiss-roll), or a .csv or
    /// .csv.gz file; not needed with --resume
    data: Option<String>,
    #[command(flatten)]
    columns: Columns,
    /// What to train; not needed with --resume
    #[arg(long)]
    objective: Option<Objective>,
    /// What the network of fm, meanflow, reflow and distill predicts
    #[arg(long)]
    predict: Option<Predict>,
    /// Directory of the run
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// Go on with the run in --out, from its last checkpoint
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace the run in --out
    #[arg(long)]
    force: bool,
    /// Where to compute
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Widths of the hidden layers, all equal
    #[arg(long, value_delimiter = ',', value_name = "H,H,..")]
    hidden: Option<Vec<usize>>,
    /// What follows every hidden layer
    #[arg(long, value_parser = activation)]
    activation: Option<Activation>,
    /// Curve between noise and data
    #[arg(long)]
    path: Option<path::Path>,
    /// How noise and data are paired
    #[arg(long)]
    coupling: Option<Coupling>,
    /// Trained run that provides the velocity (meanflow) or the pairs (reflow, distill)
    #[arg(long, value_name = "RUN")]
    teacher: Option<PathBuf>,
    /// Steps in all
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Rows per step
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Highest learning rate
    #[arg(long, value_name = "F")]
    lr: Option<f32>,
    /// Steps in which the rate rises
    #[arg(long, value_name = "N")]
    warmup: Option<u64>,
    /// Last rate as a share of the highest; the rate falls to it by a cosine
    #[arg(long, value_name = "SHARE")]
    final_lr: Option<f32>,
    /// Largest global norm of the gradient
    #[arg(long, value_name = "F")]
    clip: Option<f32>,
    /// Largest decay of the averaged weights, which are the model
    #[arg(long, value_name = "F")]
    ema: Option<f32>,
    /// Seed of weights, noise and batches
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Train N models at once, with seeds from --seed on, into RUN/seed-S; a GPU takes all their steps
    /// together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: Option<u64>,
    /// Probability that a row's condition is hidden, which guidance needs
    #[arg(long, value_name = "P")]
    label_dropout: Option<f64>,
    /// Rows assigned together by --coupling ot and c2ot
    #[arg(long, value_name = "N")]
    ot_batch: Option<usize>,
    /// Pairs made beforehand by --coupling ot and c2ot; 0 pairs every batch anew
    #[arg(long, value_name = "N")]
    ot_pool: Option<usize>,
    /// What a unit of the standardised condition costs in --coupling c2ot
    #[arg(long, value_name = "W")]
    condition_weight: Option<f32>,
    /// Pairs that the teacher makes for reflow and distill
    #[arg(long, value_name = "N")]
    reflow_pairs: Option<usize>,
    /// Law of the times
    #[arg(long)]
    time_sampler: Option<TimeSampler>,
    /// Mean of a logit-normal time's normal number; above 0 favours data
    #[arg(long, value_name = "F")]
    time_mean: Option<f32>,
    /// Its standard deviation
    #[arg(long, value_name = "F")]
    time_sd: Option<f32>,
    /// Samples that delta-fm holds a row against
    #[arg(long)]
    negatives: Option<Negatives>,
    /// Strength of delta-fm's contrast, below 1
    #[arg(long, value_name = "F")]
    lambda: Option<f64>,
    /// Strength at the last step, reached in a straight line [default: that of the first]
    #[arg(long, value_name = "F")]
    lambda_end: Option<f64>,
    /// Let delta-fm contrast rows whose label was dropped too
    #[arg(long)]
    contrast_unconditional: bool,
    /// Let delta-fm take the negatives' mean velocity, its closed form
    #[arg(long)]
    delta_closed: bool,
    /// Share of the rows with r != t in meanflow
    #[arg(long, value_name = "SHARE")]
    meanflow_share: Option<f64>,
    /// Share of these with r = 1
    #[arg(long, value_name = "SHARE")]
    end_share: Option<f64>,
    /// Weight of the data velocity in meanflow's target; above 1 it trains guidance in
    #[arg(long, value_name = "F")]
    omega: Option<f32>,
    /// Weight of the network's own velocity there; the scale of the guidance is omega/(1 - kappa)
    #[arg(long, value_name = "F")]
    kappa: Option<f32>,
    /// Velocity that meanflow's derivative is taken along
    #[arg(long)]
    tangent: Option<Tangent>,
    /// Power p of the loss weight 1/(|e|^2 + c)^p; 0 is plain least squares
    #[arg(long, value_name = "P")]
    weight_p: Option<f32>,
    /// Constant c of that weight
    #[arg(long, value_name = "C")]
    weight_c: Option<f32>,
    /// Steps from one row of the log to the next
    #[arg(long, value_name = "N")]
    log_every: Option<u64>,
    /// Steps from one checkpoint to the next
    #[arg(long, value_name = "N")]
    checkpoint_every: Option<u64>,
    /// Keep the model's samples inside the range of the training data
    #[arg(long)]
    clamp: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// An activation by name.
fn activation(name: &str) -> std::result::Result<Activation, String> {
    match name {
        "relu" => Ok(Activation::Relu),
        "silu" => Ok(Activation::Silu),
        "gelu" => Ok(Activation::Gelu),
        "tanh" => Ok(Activation::Tanh),
        _ => Err("the activations are relu, silu, gelu and tanh".to_owned()),
    }
}

/// What `--json` says of a training.
#[derive(Debug, Serialize)]
struct Summary {
    run: PathBuf,
    device: String,
    finished: bool,
    /// How near the samples lie to the training rows; none where they are not finite.
    nearest: Option<Neighbours>,
    #[serde(flatten)]
    last: Option<LogRow>,
}

/// What `--json` says of a set.
#[derive(Debug, Serialize)]
struct Summaries {
    runs: Vec<Summary>,
}

impl Summary {
    fn of((finished, nearest): (Finished, Option<Neighbours>)) -> Result<Self> {
        Ok(Self {
            run: finished.run.root().to_owned(),
            device: finished.device,
            finished: finished.outcome == Outcome::Finished,
            nearest,
            last: finished.run.log()?.pop(),
        })
    }
}

impl Args {
    /// Trains, and leaves model and pictures in the run directory.
    pub fn run(self) -> Result<()> {
        let start = match (self.resume, self.force) {
            (true, _) => Start::Resume,
            (_, true) => Start::Force,
            _ => Start::New,
        };
        let before = match (self.resume, self.seeds) {
            (false, _) => None,
            (true, None) => Some(RunDir::open(&self.out)?.config()?),
            (true, Some(_)) => Some(seeds::first(&self.out)?.config()?),
        };
        let source = match (&self.data, &before) {
            (Some(data), Some(before)) => Source { data: data.clone(), ..before.source.clone() },
            (None, Some(before)) => before.source.clone(),
            (Some(data), None) => Source::new(data),
            (None, None) => {
                let problem = "name a built-in set or a file; `fm train --help` lists them";
                return Err(Error::usage("DATA", problem));
            }
        };
        let mut asked = self.columns.over(source.clone());
        if asked != source {
            // Other columns are other rows: refused by the name of the option, not as a changed file.
            asked.origin = None;
        }
        let (split, source) = data::load_for_run(&asked)?;
        let chosen = self.over(match &before {
            Some(before) => before.train.clone(),
            None => self.defaults(&split)?,
        });
        self.check_use(&chosen)?;
        let mut config = RunConfig::new(chosen, source, &split.train)?;
        if let Some(before) = before {
            // The file may be called something else now.
            config.facts.name = before.facts.name;
        }
        if let Some(count) = self.seeds {
            return self.run_set(&config, &split, start, count);
        }
        let finished = train(&self.out, &config, &split, self.device, start)
            .and_then(|finished| finish(&finished.run, &split).map(|nearest| (finished, nearest)))
            .inspect_err(|error| tell_way_on(&self.out, error))?;
        let stopped = finished.0.outcome == Outcome::Stopped;
        if self.json {
            print_json(&Summary::of(finished)?)?;
        }
        if stopped { Err(Error::stopped(way_on(&self.out))) } else { Ok(()) }
    }

    /// Trains `count` models with the seeds from the configured one on.
    fn run_set(&self, config: &RunConfig, split: &Split, start: Start, count: u64) -> Result<()> {
        let first = config.train.seed;
        let Some(end) = first.checked_add(count) else {
            return Err(Error::usage("--seeds", "there are no more seeds behind that of `--seed`"));
        };
        let members = (first..end).map(|seed| {
            let mut config = config.clone();
            config.train.seed = seed;
            Member { out: seeds::directory(&self.out, seed), config }
        });
        let members: Vec<_> = members.collect();
        let all = seeds::train(&members, split, self.device, start, |run| finish(run, split))?;
        let stopped = all.iter().any(|(finished, _)| finished.outcome == Outcome::Stopped);
        if self.json {
            let runs = all.into_iter().map(Summary::of).collect::<Result<_>>()?;
            print_json(&Summaries { runs })?;
        }
        let out = self.out.display();
        let way_on =
            format!("`fm train --resume --seeds {count} --out {out}` resumes the training");
        if stopped { Err(Error::stopped(way_on)) } else { Ok(()) }
    }
}
