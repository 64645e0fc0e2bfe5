//! Starting a run or going on with one.

use std::path::Path;

use super::{Checkpoint, RunConfig, RunDir, Trainer};
use crate::coupling::{Coupling, Pairs};
use crate::data::Dataset;
use crate::net::{self, DeviceChoice, State};
use crate::objective::{Teacher, reflow};
use crate::{Error, Result};

/// What to do about a run that may lie in the directory already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Refuse it.
    #[default]
    New,
    /// Replace it.
    Force,
    /// Go on with it.
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
}

/// A run that is ready to go.
pub struct Session {
    /// Its directory.
    pub run: RunDir,
    /// Its trainer, at the step where the run stands.
    pub trainer: Trainer,
    /// What the user should hear: checkpoints that could not be read.
    pub notices: Vec<String>,
}

impl Session {
    /// Opens the directory, makes the pairs, and puts the network on the device.
    ///
    /// # Errors
    /// If a run is in the way or missing, if its configuration is another, if the teacher cannot be
    /// read, or what the device says.
    pub fn open(job: &Job) -> Result<Self> {
        let Job { config, .. } = job;
        let train = &config.train;
        // A refusal comes before the work, and before anything of an old run is removed.
        let resumed = match job.start {
            Start::Resume => Some(RunDir::open(job.out)?.load()?),
            Start::New | Start::Force => None,
        };
        let (state, at, notices) = match resumed {
            Some(loaded) => {
                let Checkpoint { config: before, state, step, seconds } = loaded.checkpoint;
                before.same_as(config)?;
                (state, (step, seconds), loaded.damaged)
            }
            None => (State::fresh(&config.architecture, train.seed), (0, 0.0), Vec::new()),
        };
        let teacher = teacher(config, job.device)?;
        let learner = net::learner(&config.architecture, state, job.device)?;
        let examples = config.facts.examples(job.data, config.has_none_row());
        let (pairs, teacher) = match (teacher, train.coupling) {
            (Some(teacher), _) if train.objective.takes_pairs() => {
                (reflow::pairs(&teacher, &examples, train.reflow_pairs, train.seed)?, None)
            }
            (teacher, Coupling::Independent) => (Pairs::independent(examples), teacher),
            (teacher, Coupling::Ot | Coupling::C2ot) => {
                (Pairs::ot(examples, &train.pool(), train.seed)?, teacher)
            }
        };
        let run = if job.start == Start::Resume {
            let run = RunDir::open(job.out)?;
            run.rewind(at.0)?;
            run
        } else {
            let run = RunDir::create(job.out, job.start == Start::Force)?;
            run.write_config(config)?;
            run
        };
        let trainer = Trainer::new((*config).clone(), pairs, learner, teacher, at)?;
        if at.0 == 0 {
            // So that `--resume` works from the first second on.
            run.save(&trainer.checkpoint())?;
        }
        Ok(Self { run, trainer, notices })
    }
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
    Ok(Some(Teacher::new(architecture, train.objective, train.path, learner)))
}

#[cfg(test)]
mod tests;
