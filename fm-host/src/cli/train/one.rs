//! One training, from the run directory to its pictures.

use std::path::Path;

use super::long::why_long;
use super::nearest::Neighbours;
use crate::cli::progress::{self, Steps};
use crate::cli::{say, stop};
use crate::coupling::Coupling;
use crate::data::Split;
use crate::model::StoredModel;
use crate::net::{self, DeviceChoice};
use crate::train::{
    Job, Opened, Outcome, RunConfig, RunDir, RunRows, Schedule, Start, TrainConfig, Trained,
};
use crate::{Error, ErrorKind, Result, export, files, report};

/// Says how to resume a run.
pub fn way_on(out: &Path) -> String {
    format!("`fm train --resume --out {}` continues the training", out.display())
}

/// Trains with a progress bar; Ctrl-C stops at the next step and writes a checkpoint.
pub fn train(
    out: &Path,
    config: &RunConfig,
    split: &Split,
    device: DeviceChoice,
    start: Start,
) -> Result<Trained> {
    // From here on, a signal must leave the run directory in order.
    let stop = stop::asked()?;
    let rows = RunRows::of(config, split);
    let job = Job { out, config, rows, device, start, stop };
    // On a thread of the pool, so that this thread shares the work instead of waiting.
    net::pool(0)?.install(|| steps(&job))
}

fn steps(job: &Job) -> Result<Trained> {
    let config = job.config;
    let name = config.train.objective.name();
    let opened = Opened::new(job)?;
    for notice in &opened.notices {
        say(&format!("note: {notice}"));
    }
    if opened.is_finished() {
        let steps = config.train.schedule.steps;
        say(&format!(
            "note: all {steps} steps are done; a larger `--steps` continues the training"
        ));
    } else {
        say_pairing(config);
    }
    let waiting = progress::waiting(name.clone());
    let session = opened.prepare()?;
    drop(waiting);
    say(&format!("{name}: training on {}", session.trainer.device_name()));
    let steps = Steps::new(name, config.train.schedule.steps, why_long(config));
    steps.skip(session.trainer.steps_done());
    let trained = session.train(job.stop, &mut |progress| steps.tell(progress))?;
    steps.end();
    Ok(trained)
}

/// Prints which pairs are made before the first step.
fn say_pairing(config: &RunConfig) {
    let train = &config.train;
    let start = if config.source.is_some() { "the source" } else { "noise" };
    let (teacher_pairs, pool) = (train.reflow.pairs, train.transport.pool);
    let name = train.objective.name();
    if train.objective.takes_pairs() {
        say(&format!("{name}: making {teacher_pairs} pairs of {start} and data with the teacher"));
    } else if train.coupling != Coupling::Independent && pool > 0 {
        say(&format!("{name}: making {pool} pairs of {start} and data by optimal transport"));
    }
}

/// Prints how to resume a run after an error of the disk.
pub fn tell_way_on(out: &Path, error: &Error) {
    let begun = RunDir::open(out).is_ok();
    if begun && matches!(error.kind(), ErrorKind::Io { .. }) {
        say(&format!("note: the run is intact up to its last checkpoint; {}", way_on(out)));
    }
}

/// Writes the model and the pictures of a run, and tests whether a finished one memorised its training rows.
/// A stopped run is not tested, because the user is waiting for the program to end.
pub fn finish(trained: &Trained, split: &Split) -> Result<Option<Neighbours>> {
    let Trained { run, outcome, .. } = trained;
    let checkpoint = run.load()?.checkpoint;
    let model = run.model_path();
    let TrainConfig { clamp, schedule: Schedule { steps, .. }, .. } = checkpoint.config.train;
    let blob = export::blob(&checkpoint.config, checkpoint.weights(), clamp)?;
    files::replace(&model, &blob)?;
    let stored = StoredModel::new(&blob, Some(checkpoint.config), &model)?;
    report::of_run(run, &stored, split.held_out_source())?;
    say(&format!("wrote {} and {}", model.display(), run.plots_path().display()));
    match outcome {
        Outcome::Finished => {}
        Outcome::Stopped => return Ok(None),
    }
    if let Some(best) = trained.selected.filter(|best| *best < steps) {
        say(&format!(
            "note: {} has the weights of step {best} of {steps}, which held-out rows fit best; `--keep-last` \
             keeps the last ones",
            run.root().display()
        ));
    }
    let neighbours = Neighbours::of(&stored, split)?;
    if let Some(note) = neighbours.and_then(|found| found.note(run.root(), steps)) {
        say(&format!("note: {note}"));
    }
    Ok(neighbours)
}
