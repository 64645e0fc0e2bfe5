//! The training loop: takes the steps, writes the log and the checkpoints, and stops if the loss diverges.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::log::Window;
use super::{Batches, Checkpoint, LogRow, RunConfig, RunDir, Schedule, Selected, Selector};
use crate::coupling::Pairs;
use crate::net::{Learner, Loss};
use crate::objective::{InputLayout, Teacher};
use crate::{ErrorKind, Result};

/// A mean squared error per dimension that no useful training of standardised data comes near: a network
/// that predicts 0 has 2 on the linear path.
const EXPLODED: f32 = 1e4;

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All steps have been taken.
    Finished,
    /// The training was stopped; the checkpoint contains all steps that were taken.
    Stopped,
}

/// What [`Trainer::run`] reports while it runs.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The number of steps taken.
    Step(u64),
    /// A row was written to the log.
    Row(&'a LogRow),
}

/// A network in training, with its batches and its optimiser.
pub struct Trainer {
    config: RunConfig,
    schedule: Schedule,
    learner: Box<dyn Learner>,
    teacher: Option<Teacher>,
    batches: Batches,
    selector: Option<Selector>,
    selected: Option<Selected>,
    /// The number of steps taken.
    step: u64,
    /// Seconds of training in earlier sessions of the run.
    seconds: f64,
    started: Instant,
}

impl Trainer {
    /// Makes a trainer for a `learner` that has already trained for `step` steps and `seconds` seconds.
    ///
    /// # Errors
    /// If the system cannot start a thread for the batches.
    pub fn new(
        config: RunConfig,
        pairs: Pairs,
        learner: Box<dyn Learner>,
        teacher: Option<Teacher>,
        (step, seconds): (u64, f64),
    ) -> Result<Self> {
        let train = &config.train;
        let recipe = train.recipe(pairs.examples());
        let steps = step..train.schedule.steps;
        let batches = Batches::start(Arc::new(pairs), recipe, train.batch, train.seed, steps)?;
        let (schedule, started) = (train.schedule, Instant::now());
        let (selector, selected) = (None, None);
        Ok(Self {
            config,
            schedule,
            learner,
            teacher,
            batches,
            selector,
            selected,
            step,
            seconds,
            started,
        })
    }

    /// Lets `selector` choose which weights become the model; `selected` are those it chose so far.
    pub fn selecting(self, selector: Option<Selector>, selected: Option<Selected>) -> Self {
        Self { selector, selected, ..self }
    }

    /// The number of steps taken.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Everything that decides the run.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The step whose weights held-out rows prefer so far, if they decide.
    pub fn selected(&self) -> Option<u64> {
        self.selected.as_ref().map(|selected| selected.step)
    }

    /// The device's name.
    pub fn device_name(&self) -> &str {
        self.learner.device_name()
    }

    /// Takes one step; returns `None` if all steps have been taken.
    ///
    /// # Errors
    /// [`ErrorKind::Diverged`] if the loss is not finite or far too large, or the error of the device.
    pub fn step(&mut self) -> Result<Option<Loss>> {
        let Some(mut regression) = self.batches.take() else {
            return Ok(None);
        };
        let layout = InputLayout::from(&self.config.architecture);
        if let Some(teacher) = &self.teacher {
            teacher.replace(&layout, &mut regression)?;
        }
        self.config.train.guidance().apply(&layout, &*self.learner, &mut regression)?;
        let loss = self.learner.step(&regression, &self.schedule.update(self.step))?;
        self.step += 1;
        let limit = EXPLODED * self.config.architecture.data as f32;
        // Negated so that NaN is caught too.
        let sound = loss.raw < limit && loss.weighted.is_finite() && loss.gradient_norm.is_finite();
        if sound {
            Ok(Some(loss))
        } else {
            Err(self.diverged(&format!("the loss is {}", loss.raw)))
        }
    }

    fn diverged(&self, what: &str) -> crate::Error {
        let lr = self.config.train.schedule.lr;
        let problem = format!(
            "{what}; train again with a lower `--lr` (now {lr}), a longer `--warmup` or a lower \
             `--clip`; the last good checkpoint is kept"
        );
        ErrorKind::Diverged { step: self.step, problem }.into()
    }

    /// Returns the present state of the run.
    ///
    /// # Errors
    /// If the device fails.
    pub fn checkpoint(&self) -> Result<Checkpoint> {
        Ok(Checkpoint {
            config: self.config.clone(),
            state: self.learner.state()?,
            selected: self.selected.clone(),
            step: self.step,
            seconds: self.elapsed(),
            arithmetic: self.learner.arithmetic().to_owned(),
        })
    }

    /// Takes all remaining steps, or those until `stop` is set. Writes log and checkpoints to `run`, and
    /// reports every step and every log row to `progress`.
    ///
    /// # Errors
    /// Those of [`Trainer::step`], and if writing fails.
    pub fn run(
        &mut self,
        run: &RunDir,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome> {
        let train = &self.config.train;
        let (steps, log_every, save_every) =
            (train.schedule.steps, train.log_every, train.checkpoint_every);
        let mut window = Window::default();
        let mut window_start = self.elapsed();
        while !stop.load(Ordering::Relaxed) {
            let Some(loss) = self.step()? else {
                break;
            };
            window.add(&loss);
            if let Some(selector) = &self.selector
                && Selector::is_due(self.step, steps)
            {
                let average = self.learner.state()?.average;
                self.selected = Some(selector.judge(self.selected.take(), self.step, &average));
            }
            progress(Progress::Step(self.step));
            if self.step.is_multiple_of(log_every) || self.step == steps {
                let now = self.elapsed();
                let update = self.schedule.update(self.step - 1);
                let row = window.close(self.step, &update, now, now - window_start);
                window_start = now;
                run.append_log(&row)?;
                progress(Progress::Row(&row));
            }
            if self.step.is_multiple_of(save_every) && self.step < steps {
                self.save(run)?;
            }
        }
        self.save(run)?;
        Ok(if self.step < steps { Outcome::Stopped } else { Outcome::Finished })
    }

    /// Writes a checkpoint, unless training could not resume from it.
    fn save(&self, run: &RunDir) -> Result<()> {
        let checkpoint = self.checkpoint()?;
        if !checkpoint.is_finite() {
            return Err(self.diverged("the weights are not finite"));
        }
        run.save(&checkpoint)
    }

    fn elapsed(&self) -> f64 {
        self.seconds + self.started.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests;
