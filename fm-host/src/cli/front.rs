//! `fm front`: compares quality and cost of objectives, widths, number formats and samplers.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use clap::builder::RangedU64ValueParser;
use clap::value_parser;
use rayon::prelude::*;

use super::columns::Columns;
use super::train::train_all;
use super::{print, print_json, progress, say, stop};
use crate::coupling::Coupling;
use crate::data::transform::Choice;
use crate::data::{self, DataSpec, RunData, Split};
use crate::front::{
    Bench, Entrant, Front, Kind, Measure, Planned, Point, look, plan, usual_widths,
};
use crate::net::DeviceChoice;
use crate::objective::Objective;
use crate::train::{Checkpoint, DataShape, Member, Outcome, RunConfig, RunDir, Start, TrainConfig};
use crate::{Error, Result, files};

/// Options of `fm front`. After a stop, the same command resumes: finished trainings and measurements are
/// kept, so repeating the table and the picture takes seconds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Built-in set, or a file: text with separated columns, which may be packed with gzip or zstd
    data: String,
    /// Directory for the runs, the models and front.csv, .json, .md, .png and .svg
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Objectives to train; append `:ot`, `:c2ot` or `:independent` for a coupling other than the default
    /// [default: fm,fm:ot,meanflow,reflow,distill; with --condition, fm:c2ot instead of fm:ot; with --run,
    /// none]
    #[arg(long, value_delimiter = ',', value_name = "A,B,..")]
    objectives: Vec<Kind>,
    /// Widths of the hidden layers to train [default: 16,32,64; with more than eight columns 32,64,128]
    #[arg(long, value_delimiter = ',', value_name = "H,H,..", value_parser = size(4096))]
    widths: Vec<usize>,
    /// Numbers of hidden layers to train [default: as fm train]
    #[arg(long, value_delimiter = ',', value_name = "L,L,..", value_parser = size(64))]
    layers: Vec<usize>,
    /// Also measure this run of `fm train` on the same data; can be repeated
    #[arg(long, value_name = "RUN")]
    run: Vec<PathBuf>,
    /// Run that reflow and distill learn from [default: the widest fm model]
    #[arg(long, value_name = "RUN")]
    teacher: Option<PathBuf>,
    /// Train for only 1000 steps and try fewer numbers of sampling steps: a preview, not a result
    #[arg(long)]
    quick: bool,
    /// Draws of noise to average every figure over
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = value_parser!(u64).range(1..=10_000))]
    draws: u64,
    /// Seed of weights, noise and batches in training
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Figure to rank models by [default: c2st; if a column has few distinct values energy, with
    /// --condition joint-energy]
    #[arg(long, value_enum, value_name = "FIGURE")]
    by: Option<Measure>,
    /// Clock rate in MHz of the Cortex-M4F that times are estimated for
    #[arg(long, default_value_t = 64.0, value_name = "F")]
    mhz: f64,
    /// Where to train
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    columns: Columns,
}

/// A parser for numbers from 1 to `most`.
fn size(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

impl Args {
    /// Trains the missing models, measures all, and writes the results.
    pub fn run(self) -> Result<()> {
        if !(self.mhz.is_finite() && self.mhz > 0.0) {
            return Err(Error::usage("--mhz", "must be above 0, for example 64"));
        }
        let source = self.columns.over(DataSpec::new(&self.data));
        let RunData { split, source, warnings } = data::load_for_run(&source)?;
        super::warn(&warnings);
        self.check_measure(&split)?;
        if self.quick {
            say(&look());
        }
        let mut runs = self.trained(&source, &split)?;
        for path in &self.run {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            if runs.iter().any(|(other, _)| *other == name) {
                let problem =
                    format!("two models are called `{name}`; rename one of their directories");
                return Err(Error::usage("--run", problem));
            }
            runs.push((name, RunDir::open(path)?.load()?.checkpoint));
        }
        let (samples, points) = self.measured(&split, &source.wishes(), &runs)?;
        let (data, draws, mhz) = (split.train.name.clone(), self.draws, self.mhz);
        let by = self.by.unwrap_or_else(|| Measure::usual(&points));
        let front = Front { data, by, samples, draws, mhz, quick: self.quick, points };
        front.write(&self.out)?;
        say(&format!("wrote {}", self.out.join("front.{csv,json,md,png,svg}").display()));
        if self.json {
            return print_json(&front.json());
        }
        print(&front.best())
    }

    /// Refuses a figure that does not exist for this data.
    fn check_measure(&self, split: &Split) -> Result<()> {
        let problem = match self.by {
            Some(Measure::Fd20) if split.train.values.dim() <= 2 => {
                "fd20 needs more than two columns; use c2st or w2"
            }
            Some(Measure::JointEnergy) if !DataShape::of(&split.train).vector => {
                "joint-energy needs `--condition`; add it, or use energy"
            }
            _ => return Ok(()),
        };
        Err(Error::usage("--by", problem))
    }

    /// Returns the number of samples per draw, and all points of the runs. Earlier measurements are reused.
    fn measured(
        &self,
        split: &Split,
        wishes: &[Choice],
        runs: &[(String, Checkpoint)],
    ) -> Result<(usize, Vec<Point>)> {
        say(&format!("measuring real data, writing {} models in f32 and q8", runs.len()));
        let mut bench = Bench::new(split, wishes, &self.out.join("measured"))?;
        (bench.draws, bench.mhz, bench.quick) = (self.draws, self.mhz, self.quick);
        let models = self.out.join("models");
        files::create_dir(&models)?;
        let enter =
            |(name, checkpoint): &(String, Checkpoint)| bench.enter(name, checkpoint, &models);
        let entrants: Vec<Vec<Entrant>> = runs.par_iter().map(enter).collect::<Result<_>>()?;
        let entrants = entrants.into_iter().flatten().collect::<Vec<_>>();
        let work = bench.work(&entrants);
        say(&format!("measuring {work} draws of samples"));
        let bar = progress::draws(work);
        let stop = stop::asked()?;
        let measured = AtomicU64::new(0);
        let tell = |new: bool| {
            bar.inc(1);
            measured.fetch_add(u64::from(new), Ordering::Relaxed);
            if stop.load(Ordering::Relaxed) { Err(self.stopped()) } else { Ok(()) }
        };
        let points = bench.points(&entrants, &tell)?;
        bar.finish_and_clear();
        say(&format!("{} of them were new", measured.into_inner()));
        Ok((bench.samples(), points))
    }

    fn stopped(&self) -> Error {
        Error::stopped("the same command resumes; finished trainings and measurements are kept")
    }

    /// Returns the planned models by name, after training those that are missing.
    fn trained(&self, source: &DataSpec, split: &Split) -> Result<Vec<(String, Checkpoint)>> {
        let shape = DataShape::of(&split.train);
        let kinds = match (&self.objectives[..], &self.run[..]) {
            ([], []) => Kind::usual(shape.vector),
            (chosen, _) => chosen.to_vec(),
        };
        let own = TrainConfig::defaults(Objective::Fm, shape).layers.widths.len();
        let or = |given: &[usize], usual| if given.is_empty() { usual } else { given.to_vec() };
        let (widths, layers) =
            (or(&self.widths, usual_widths(shape.columns)), or(&self.layers, vec![own]));
        let planned = plan(&kinds, &widths, &layers, shape, self.seed, self.quick);
        let runs = self.out.join("runs");
        let (taught, alone): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|planned| planned.train.objective.takes_pairs());
        if self.teacher.is_some() && taught.is_empty() {
            let problem = "only reflow and distill use a teacher; add one to --objectives, or omit \
                           this option";
            return Err(Error::usage("--teacher", problem));
        }
        let teacher = match taught.first() {
            Some(first) => Some(self.teacher(&first.train, &alone, &runs)?),
            None => None,
        };
        let mut trained = self.train(&alone, None, &runs, source, split)?;
        trained.extend(self.train(&taught, teacher.as_deref(), &runs, source, split)?);
        Ok(trained)
    }

    /// Returns the teacher's run: the named one, or the widest (then the deepest) plain flow-matching model.
    fn teacher(&self, learner: &TrainConfig, alone: &[Planned], runs: &Path) -> Result<PathBuf> {
        let plain = |planned: &&Planned| {
            let TrainConfig { objective, coupling, .. } = planned.train;
            objective == Objective::Fm && coupling == Coupling::Independent
        };
        let size = |planned: &&Planned| {
            (planned.train.layers.widths[0], planned.train.layers.widths.len())
        };
        match (&self.teacher, alone.iter().filter(plain).max_by_key(size)) {
            (Some(teacher), _) => Ok(teacher.clone()),
            (None, Some(widest)) => Ok(runs.join(&widest.name)),
            (None, None) => {
                let name = learner.objective.name();
                let problem =
                    format!("`{name}` needs a teacher; name a run, or add `fm` to --objectives");
                Err(Error::usage("--teacher", problem))
            }
        }
    }

    /// Trains the unfinished models, and returns all by name.
    fn train(
        &self,
        planned: &[Planned],
        teacher: Option<&Path>,
        runs: &Path,
        source: &DataSpec,
        split: &Split,
    ) -> Result<Vec<(String, Checkpoint)>> {
        let mut unfinished = Vec::new();
        for Planned { name, train } in planned {
            let mut train = train.clone();
            train.teacher = teacher.map(Path::to_owned);
            let config = RunConfig::new(train, source.clone(), &split.train)?;
            let member = Member { out: runs.join(name), config };
            if !finished(&member)? {
                unfinished.push(member);
            }
        }
        if !unfinished.is_empty() {
            // The longest first, so that no thread is still busy with one at the end.
            let work = |member: &Member| {
                let train = &member.config.train;
                train.schedule.steps
                    * (train.batch * train.layers.widths.iter().map(|h| h * h).sum::<usize>())
                        as u64
            };
            unfinished.sort_by_key(|member| Reverse(work(member)));
            let trained = train_all(&unfinished, split, self.device, Start::Resume, |_| Ok(()))?;
            if trained.iter().any(|(trained, ())| trained.outcome == Outcome::Stopped) {
                return Err(self.stopped());
            }
        }
        let load = |planned: &Planned| {
            let checkpoint = RunDir::open(&runs.join(&planned.name))?.load()?.checkpoint;
            Ok((planned.name.clone(), checkpoint))
        };
        planned.iter().map(load).collect()
    }
}

/// Whether a model is fully trained.
///
/// # Errors
/// If its directory contains a run with other settings.
fn finished(member: &Member) -> Result<bool> {
    let Ok(run) = RunDir::open(&member.out) else { return Ok(false) };
    let Some(loaded) = run.newest()? else { return Ok(false) };
    if let Some((field, theirs, ours)) = loaded.checkpoint.config.difference(&member.config) {
        let problem = format!(
            "this run was trained with another `{field}` ({theirs}, now {ours}); use another `--out`"
        );
        return Err(Error::model(&member.out, problem));
    }
    Ok(loaded.checkpoint.step == member.config.train.schedule.steps)
}
