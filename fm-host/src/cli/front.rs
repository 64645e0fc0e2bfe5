//! `fm front`: quality against cost over objectives, widths, number formats and samplers.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use clap::builder::RangedU64ValueParser;
use clap::value_parser;
use rayon::prelude::*;

use super::source::Columns;
use super::train::train_all;
use super::{print, print_json, progress, say, stop};
use crate::coupling::Coupling;
use crate::data::{self, Source, Split};
use crate::front::{
    Bench, Entrant, Front, Kind, Measure, Planned, Point, look, plan, usual_widths,
};
use crate::net::DeviceChoice;
use crate::objective::Objective;
use crate::train::{Checkpoint, DataShape, Member, Outcome, RunConfig, RunDir, Start, TrainConfig};
use crate::{Error, Result, files};

/// Options of `fm front`. The same command resumes where it was stopped: what is trained or measured
/// already is kept, so that a table and a picture made again take seconds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Built-in set, or a .csv or .csv.gz file
    data: String,
    /// Folder for the runs, the models and front.csv, .json, .md, .png and .svg
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What to train: objectives, with `:ot`, `:c2ot` or `:independent` where the pairs are not to be
    /// the default ones [default: fm,fm:ot,meanflow,reflow,distill, with a condition vector fm:c2ot;
    /// nothing if --run is given]
    #[arg(long, value_delimiter = ',', value_name = "A,B,..")]
    objectives: Vec<Kind>,
    /// Widths to train each at [default: 16,32,64; 32,64,128 on more than eight columns]
    #[arg(long, value_delimiter = ',', value_name = "H,H,..", value_parser = size(4096))]
    widths: Vec<usize>,
    /// Numbers of hidden layers to train each width with [default: that of `fm train`]
    #[arg(long, value_delimiter = ',', value_name = "L,L,..", value_parser = size(64))]
    layers: Vec<usize>,
    /// A run of `fm train` on this data to measure too; may be given again
    #[arg(long, value_name = "RUN")]
    run: Vec<PathBuf>,
    /// Run that reflow and distill learn from [default: the widest fm of these]
    #[arg(long, value_name = "RUN")]
    teacher: Option<PathBuf>,
    /// Train for 1000 steps and try fewer numbers of steps: a look, not a result
    #[arg(long)]
    quick: bool,
    /// Draws of noise that every figure is the mean of
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = value_parser!(u64).range(1..=10_000))]
    draws: u64,
    /// Seed of weights, noise and batches in training
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Figure that models are ranked by [default: c2st; energy where a column takes few values, with a
    /// condition vector joint-energy]
    #[arg(long, value_enum, value_name = "FIGURE")]
    by: Option<Measure>,
    /// Clock of the Cortex-M4F that times are estimated for, in MHz
    #[arg(long, default_value_t = 64.0, value_name = "F")]
    mhz: f64,
    /// Where to train
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    columns: Columns,
}

/// A number from 1 to `most`.
fn size(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

impl Args {
    /// Trains what is missing, measures everything, and writes it down.
    pub fn run(self) -> Result<()> {
        if !(self.mhz.is_finite() && self.mhz > 0.0) {
            return Err(Error::usage("--mhz", "give a clock above 0, as in 64"));
        }
        let source = self.columns.over(Source::new(&self.data));
        let (split, source) = data::load_for_run(&source)?;
        self.check_measure(&split)?;
        if self.quick {
            say(&look());
        }
        let mut runs = self.trained(&source, &split)?;
        for path in &self.run {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            if runs.iter().any(|(other, _)| *other == name) {
                let problem = format!("two models are called `{name}`; rename a directory");
                return Err(Error::usage("--run", problem));
            }
            runs.push((name, RunDir::open(path)?.load()?.checkpoint));
        }
        let (samples, points) = self.measured(&split, &runs)?;
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

    /// Refuses a figure that the data has not.
    fn check_measure(&self, split: &Split) -> Result<()> {
        let problem = match self.by {
            Some(Measure::Fd20) if split.train.values.dim() <= 2 => {
                "fd20 needs more than two columns; take c2st or w2"
            }
            Some(Measure::JointEnergy) if !DataShape::of(&split.train).vector => {
                "joint-energy needs `--condition`; take energy"
            }
            _ => return Ok(()),
        };
        Err(Error::usage("--by", problem))
    }

    /// How many samples a draw has, and every point of the runs; what was measured before is not measured again.
    fn measured(
        &self,
        split: &Split,
        runs: &[(String, Checkpoint)],
    ) -> Result<(usize, Vec<Point>)> {
        say(&format!("measuring real data, writing {} models in f32 and q8", runs.len()));
        let mut bench = Bench::new(split, &self.out.join("measured"))?;
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
        Error::stopped("the same command resumes: what is trained and measured is kept")
    }

    /// The planned models by name, those trained that are not yet.
    fn trained(&self, source: &Source, split: &Split) -> Result<Vec<(String, Checkpoint)>> {
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
            let problem = "only reflow and distill learn from it; name one in --objectives";
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

    /// The run that is learnt from: the one that was named, or the widest (and of these the deepest)
    /// of plain flow matching.
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
                    format!("`{name}` learns from a trained model: name its run, or train `fm`");
                Err(Error::usage("--teacher", problem))
            }
        }
    }

    /// Trains what is not trained yet, and gives all by name.
    fn train(
        &self,
        planned: &[Planned],
        teacher: Option<&Path>,
        runs: &Path,
        source: &Source,
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
            // The longest first, so that no thread is left with one at the end.
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

/// Whether a model is trained to its end already.
///
/// # Errors
/// If another one lies in its place.
fn finished(member: &Member) -> Result<bool> {
    let Ok(run) = RunDir::open(&member.out) else { return Ok(false) };
    let Some(loaded) = run.newest()? else { return Ok(false) };
    if let Some((field, theirs, ours)) = loaded.checkpoint.config.difference(&member.config) {
        let problem = format!(
            "this run was trained with another `{field}` ({theirs}, now it is {ours}); give the front \
             another `--out`"
        );
        return Err(Error::model(&member.out, problem));
    }
    Ok(loaded.checkpoint.step == member.config.train.schedule.steps)
}
