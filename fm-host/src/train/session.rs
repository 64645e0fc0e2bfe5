//! Starts or resumes a run.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::checkpoints::Found;
use super::{
    Checkpoint, Outcome, Progress, RunConfig, RunDir, RunRows, Selected, Selector, Trainer,
};
use crate::coupling::{Coupling, Pairs};
use crate::net::{self, DeviceChoice, Learner, SharedLearner, State};
use crate::objective::{Teacher, reflow};
use crate::{Error, ErrorKind, Result, files};

/// What to do about a run that may exist in the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Refuse it.
    #[default]
    New,
    /// Replace it.
    Force,
    /// Resume it.
    Resume,
}

/// What [`Session::open`] needs.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The run's directory.
    pub out: &'a Path,
    /// Everything that decides the run.
    pub config: &'a RunConfig,
    /// The rows that it reads.
    pub rows: RunRows<'a>,
    /// The device to train on.
    pub device: DeviceChoice,
    /// What to do about an existing run.
    pub start: Start,
    /// Set when the user stops the training; also checked while pairs are made.
    pub stop: &'a AtomicBool,
}

/// A run whose directory is open: all checks have passed, and the longest preparation is still to come.
pub struct Opened<'a> {
    job: &'a Job<'a>,
    /// The job's configuration as the run stores it.
    config: RunConfig,
    run: RunDir,
    learner: Box<dyn Learner>,
    teacher: Option<Teacher>,
    selected: Option<Selected>,
    /// Steps and seconds of earlier sessions of the run.
    at: (u64, f64),
    /// Messages for the user: what was damaged, restored and renamed.
    pub notices: Vec<String>,
}

/// A run that is ready to train.
pub struct Session {
    /// The run's directory.
    pub run: RunDir,
    /// The trainer, at the step that the run has reached.
    pub trainer: Trainer,
    /// Messages for the user: what was damaged, restored and renamed.
    pub notices: Vec<String>,
}

/// The result of a training that did not fail.
#[derive(Debug)]
pub struct Trained {
    /// The run's directory.
    pub run: RunDir,
    /// How the training ended.
    pub outcome: Outcome,
    /// The step whose weights held-out rows prefer, if they decide.
    pub selected: Option<u64>,
    /// The name of the device that trained.
    pub device: String,
}

impl Session {
    /// Opens the directory, makes the pairs, and puts the network on the device.
    ///
    /// # Errors
    /// Those of [`Opened::new`] and [`Opened::prepare`].
    pub fn open(job: &Job) -> Result<Self> {
        Opened::new(job)?.prepare()
    }

    /// Opens a run that takes its steps together with other runs, on the shared device; a teacher runs
    /// on the job's own device.
    ///
    /// # Errors
    /// Those of [`Session::open`].
    pub fn open_shared(job: &Job, learner: SharedLearner) -> Result<Self> {
        let opened = Opened::with(job, |state| {
            state.check(&job.config.architecture)?;
            learner.join(state)
        });
        opened?.prepare()
    }

    /// Takes the steps as [`Trainer::run`] does, and releases the device.
    ///
    /// # Errors
    /// Those of [`Trainer::run`].
    pub fn train(self, stop: &AtomicBool, progress: &mut dyn FnMut(Progress)) -> Result<Trained> {
        let Self { run, mut trainer, .. } = self;
        let outcome = trainer.run(&run, stop, progress)?;
        let (selected, device) = (trainer.selected(), trainer.device_name().to_owned());
        Ok(Trained { run, outcome, selected, device })
    }
}

impl<'a> Opened<'a> {
    /// Opens the directory, and puts the network on the device.
    ///
    /// # Errors
    /// If there is a run already or none to resume, if its configuration differs, if the teacher cannot
    /// be read, or if the device fails.
    pub fn new(job: &'a Job<'a>) -> Result<Self> {
        let RunConfig { architecture, train, .. } = job.config;
        let device = job.device.for_steps(architecture, train.batch);
        Self::with(job, |state| net::learner(architecture, state, device))
    }

    fn with(
        job: &'a Job<'a>,
        learner: impl FnOnce(State) -> Result<Box<dyn Learner>>,
    ) -> Result<Self> {
        let Job { config, .. } = job;
        // Checks come first: before the work, and before any file of an old run is removed.
        let teacher = teacher(config, job.device)?;
        let (run, found) = match job.start {
            Start::Resume => resume(job).map(|(run, found)| (Some(run), Some(found)))?,
            Start::New | Start::Force => (None, None),
        };
        let (checkpoint, mut notices) = match found {
            Some(Found { checkpoint: None, mut damaged }) => {
                let none = if damaged.is_empty() {
                    "there is no checkpoint"
                } else {
                    "no checkpoint can be read"
                };
                damaged.push(format!("{none}: the training starts again from step 0"));
                (None, damaged)
            }
            Some(Found { checkpoint, damaged }) => (checkpoint, damaged),
            None => (None, Vec::new()),
        };
        let (state, selected, at) = match checkpoint {
            Some(Checkpoint { state, selected, step, seconds, arithmetic, .. }) => {
                (state, selected, Some((step, seconds, arithmetic)))
            }
            None => (config.first_state()?, None, None),
        };
        let learner = learner(state)?;
        let run = match run {
            Some(run) => run,
            None => begin(job)?,
        };
        let config = config.anchored(run.root());
        notices.extend(run.store_config(&config)?);
        let at = match at {
            Some((step, seconds, before)) => {
                notices.extend(run.rewind(step)?);
                notices.extend(other_arithmetic(&before, learner.arithmetic()));
                (step, seconds)
            }
            None => {
                notices.extend(run.restart()?);
                (0, 0.0)
            }
        };
        Ok(Self { job, config, run, learner, teacher, selected, at, notices })
    }

    /// Whether all steps have been taken.
    pub fn is_finished(&self) -> bool {
        self.at.0 >= self.config.train.schedule.steps
    }

    /// Makes the pairs, which may take a long time.
    ///
    /// # Errors
    /// If the user stops the training meanwhile, or the system fails.
    pub fn prepare(self) -> Result<Session> {
        let finished = self.is_finished();
        let Self { job, config, run, learner, teacher, selected, at, notices } = self;
        let train = &config.train;
        let examples = config.examples(job.rows.train, job.rows.source);
        let (pairs, teacher) = match (teacher, train.coupling) {
            (teacher, _) if finished => (Ok(Pairs::independent(examples)), teacher),
            (Some(teacher), _) if train.objective.takes_pairs() => {
                let wanted = (train.reflow.pairs, &train.masks);
                (reflow::pairs(&teacher, &examples, wanted, train.seed, job.stop), None)
            }
            (teacher, Coupling::Independent) => (Ok(Pairs::independent(examples)), teacher),
            (teacher, Coupling::Ot | Coupling::C2ot) => {
                (Pairs::ot_until(examples, &train.pool(), train.seed, job.stop), teacher)
            }
        };
        let pairs = pairs.map_err(|error| match error.kind() {
            ErrorKind::Stopped { .. } => Error::stopped(format!(
                "no step was taken in this session; `fm train --resume --out {}` starts the training",
                job.out.display()
            )),
            _ => error,
        })?;
        let selector = match finished {
            true => None,
            false => Selector::new(&config, job.rows.held_out)?,
        };
        let trainer =
            Trainer::new(config, pairs, learner, teacher, at)?.selecting(selector, selected);
        if at.0 == 0 {
            // From now on the run has a model that can be exported and sampled.
            run.save(&trainer.checkpoint()?)?;
        }
        Ok(Session { run, trainer, notices })
    }
}

/// The message for a run that is resumed on a device with other rounding.
fn other_arithmetic(before: &str, now: &str) -> Option<String> {
    (before != now).then(|| {
        format!(
            "earlier steps were taken on `{before}`, the next ones on `{now}`: the model will be as good \
             as that of an uninterrupted training, but not equal to it in every bit"
        )
    })
}

/// Makes a new run's directory with the configuration in it; now `--resume` works.
fn begin(job: &Job) -> Result<RunDir> {
    if job.config.teacher.as_ref().is_some_and(|teacher| files::same(&teacher.run, job.out)) {
        return Err(Error::usage("--out", "this is the teacher's run; use another directory"));
    }
    if job.config.start.as_ref().is_some_and(|start| files::same(&start.run, job.out)) {
        return Err(Error::usage(
            "--out",
            "this is the run that `--from` names; use another directory",
        ));
    }
    let run = RunDir::create(job.out, job.start == Start::Force)?;
    run.write_config(&job.config.anchored(run.root()))?;
    Ok(run)
}

/// Opens the existing run, if it belongs to this job.
fn resume(job: &Job) -> Result<(RunDir, Found)> {
    let run = RunDir::resume(job.out)?;
    let config = run.config()?;
    run.check_checkpoints(&config)?;
    config.resumes_as(job.config)?;
    let found = run.find()?;
    Ok((run, found))
}

/// Loads the configured teacher with its model's weights onto the device.
fn teacher(config: &RunConfig, device: DeviceChoice) -> Result<Option<Teacher>> {
    let Some(teacher) = &config.teacher else {
        return Ok(None);
    };
    let checkpoint = RunDir::open(&teacher.run)?.load()?.checkpoint;
    if checkpoint.id() != teacher.id {
        return Err(Error::model(
            &teacher.run,
            "the teacher has changed since it was checked; start again",
        ));
    }
    let RunConfig { train, architecture, .. } = &checkpoint.config;
    let state = State { parameters: checkpoint.weights().to_vec(), ..checkpoint.state };
    let device = device.for_steps(architecture, config.train.batch);
    let learner = net::learner(architecture, state, device)?;
    let start = train.objective.facts().start;
    let teacher = Teacher::new(architecture, train.output(), start, learner);
    Ok(Some(teacher.guided(config.train.teacher_guidance)))
}

#[cfg(test)]
mod tests;
