//! Starting a run or resuming one.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::checkpoints::Found;
use super::{Checkpoint, RunConfig, RunDir, Trainer};
use crate::coupling::{Coupling, Pairs};
use crate::data::Dataset;
use crate::net::{self, DeviceChoice, Learner, Seat, State};
use crate::objective::{Teacher, reflow};
use crate::{Error, ErrorKind, Result};

/// What to do about a run that may lie in the directory already.
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

/// All that [`Session::open`] needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The run's directory.
    pub out: &'a Path,
    /// All that decides the run.
    pub config: &'a RunConfig,
    /// The training set.
    pub data: &'a Dataset,
    /// Where to compute.
    pub device: DeviceChoice,
    /// What to do about a run that lies there.
    pub start: Start,
    /// Whether the user asked for an end: heard while pairs are made too.
    pub stop: &'a AtomicBool,
}

/// A run that is ready to go.
pub struct Session {
    /// Its directory.
    pub run: RunDir,
    /// Its trainer, at the step where the run stands.
    pub trainer: Trainer,
    /// What the user should hear: what was damaged, restored and set aside.
    pub notices: Vec<String>,
}

impl Session {
    /// Opens the directory, makes the pairs, and puts the network on the device.
    ///
    /// # Errors
    /// If a run is in the way or missing, if its configuration is another, if the teacher cannot be
    /// read, or what the device says.
    pub fn open(job: &Job) -> Result<Self> {
        Self::open_with(job, |state| net::learner(&job.config.architecture, state, job.device))
    }

    /// The same for a run that takes its steps together with others', on the device of the seat; the
    /// teacher, if any, is on the job's own.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_at(job: &Job, seat: Seat) -> Result<Self> {
        Self::open_with(job, |state| {
            state.check(&job.config.architecture)?;
            seat.take(state)
        })
    }

    fn open_with(
        job: &Job,
        learner: impl FnOnce(State) -> Result<Box<dyn Learner>>,
    ) -> Result<Self> {
        let Job { config, .. } = job;
        let train = &config.train;
        // Refusals come first: before the work, and before anything of an old run is removed.
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
        let (state, at) = match checkpoint {
            Some(Checkpoint { state, step, seconds, .. }) => (state, Some((step, seconds))),
            None => (State::fresh(&config.architecture, train.seed), None),
        };
        let learner = learner(state)?;
        let run = match run {
            Some(run) => run,
            None => begin(job)?,
        };
        notices.extend(run.restore_config(config)?);
        notices.extend(match at {
            Some((step, _)) => run.rewind(step)?,
            None => run.restart()?,
        });
        let at = at.unwrap_or_default();
        let examples = config.facts.examples(job.data, config.has_none_row());
        let (pairs, teacher) = match (teacher, train.coupling) {
            (Some(teacher), _) if train.objective.takes_pairs() => {
                (reflow::pairs(&teacher, &examples, train.reflow_pairs, train.seed, job.stop), None)
            }
            (teacher, Coupling::Independent) => (Ok(Pairs::independent(examples)), teacher),
            (teacher, Coupling::Ot | Coupling::C2ot) => {
                (Pairs::ot_until(examples, &train.pool(), train.seed, job.stop), teacher)
            }
        };
        let pairs = pairs.map_err(|error| match error.kind() {
            ErrorKind::Stopped { .. } => Error::stopped(format!(
                "nothing was trained yet in this sitting; `fm train --resume --out {}` begins",
                job.out.display()
            )),
            _ => error,
        })?;
        let trainer = Trainer::new((*config).clone(), pairs, learner, teacher, at)?;
        if at.0 == 0 {
            // A model to look at from the first second on.
            run.save(&trainer.checkpoint()?)?;
        }
        Ok(Self { run, trainer, notices })
    }
}

/// A new run's directory, with the configuration in it: from here on `--resume` works.
fn begin(job: &Job) -> Result<RunDir> {
    let same =
        |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().ok() == Some(a));
    if job.config.teacher.as_ref().is_some_and(|teacher| same(&teacher.run, job.out)) {
        return Err(Error::usage("--out", "that is the teacher's own run; name another directory"));
    }
    let run = RunDir::create(job.out, job.start == Start::Force)?;
    run.write_config(job.config)?;
    Ok(run)
}

/// The run that lies there, if this job is its own.
fn resume(job: &Job) -> Result<(RunDir, Found)> {
    let run = RunDir::resume(job.out)?;
    let config = run.config()?;
    run.check_checkpoints(&config)?;
    config.resumes_as(job.config)?;
    if job.config.train.steps > config.train.steps {
        run.write_config(job.config)?;
    }
    let found = run.find()?;
    Ok((run, found))
}

/// The configured teacher with its averaged weights, on the device.
fn teacher(config: &RunConfig, device: DeviceChoice) -> Result<Option<Teacher>> {
    let Some(teacher) = &config.teacher else {
        return Ok(None);
    };
    let checkpoint = RunDir::open(&teacher.run)?.load()?.checkpoint;
    if checkpoint.id() != teacher.id {
        return Err(Error::model(&teacher.run, "the teacher changed since it was checked"));
    }
    let RunConfig { train, architecture, .. } = &checkpoint.config;
    let mut state = checkpoint.state;
    state.parameters.clone_from(&state.average);
    let learner = net::learner(architecture, state, device)?;
    let kind = (train.objective, train.predict);
    Ok(Some(Teacher::new(architecture, kind, train.path, learner)))
}

#[cfg(test)]
mod tests;
