//! `fm train --seeds N`: models of one configuration with seeds that follow each other, at once.
//!
//! Each has a run directory of its own, `OUT/seed-S`, and ends in the same bits as alone. As many
//! train at a time as the machine has threads, each on its share of them: small networks gain more
//! from a thread of their own than from a batch that is cut. A GPU takes their steps as they come.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rayon::ThreadPoolBuilder;

use super::progress;
use super::train::Finished;
use crate::data::Split;
use crate::net::DeviceChoice;
use crate::train::{Job, RunConfig, RunDir, Session, Start};
use crate::{Error, Result};

/// One model of a set.
#[derive(Debug)]
pub struct Member {
    /// Its run directory.
    pub out: PathBuf,
    /// All that decides it.
    pub config: RunConfig,
}

/// Where the model of a seed is.
pub fn directory(out: &Path, seed: u64) -> PathBuf {
    out.join(format!("seed-{seed}"))
}

/// The run of the lowest seed in `out`, to go on from.
///
/// # Errors
/// If there is none, or the folder cannot be read.
pub fn first(out: &Path) -> Result<RunDir> {
    let entries = std::fs::read_dir(out).map_err(|e| Error::io("read", out, e))?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let seeds = names.filter_map(|name| name.to_str()?.strip_prefix("seed-")?.parse::<u64>().ok());
    // A kill may leave a directory without a run in it.
    let runs = seeds.filter(|&seed| RunDir::open(&directory(out, seed)).is_ok());
    match runs.min() {
        Some(seed) => RunDir::open(&directory(out, seed)),
        None => Err(Error::model(out, "there is no run of `fm train --seeds` in it")),
    }
}

/// Trains all; Ctrl-C stops them and leaves checkpoints. `finish` ends each where it was trained.
///
/// # Errors
/// The first that a member had, after the others have ended.
pub fn train(
    members: &[Member],
    split: &Split,
    device: DeviceChoice,
    start: Start,
    finish: impl Fn(&RunDir) -> Result<()> + Sync,
) -> Result<Vec<Finished>> {
    let threads = rayon::current_num_threads();
    let at_once = threads.min(members.len()).max(1);
    let steps = members.iter().map(|member| member.config.train.steps).sum();
    let bar = progress::steps(steps, 0);
    let stop = progress::stop_on_ctrl_c()?;
    let one = |member: &Member| -> Result<Finished> {
        let start = match start {
            // A set that was killed early has members that never began.
            Start::Resume if RunDir::open(&member.out).is_err() => Start::New,
            start => start,
        };
        let job =
            Job { out: &member.out, config: &member.config, data: &split.train, device, start };
        let mut session = Session::open(&job)?;
        for notice in &session.notices {
            eprintln!("note: {notice}");
        }
        let trainer = &mut session.trainer;
        let device = trainer.device_name().to_owned();
        let mut done = 0;
        let outcome = trainer.run(&session.run, stop, &mut |row| {
            bar.inc(row.step - done);
            done = row.step;
        })?;
        finish(&session.run)?;
        Ok(Finished { run: session.run, outcome, device })
    };
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Result<Finished>)>> {
        let pool = ThreadPoolBuilder::new().num_threads(threads / at_once).build();
        let pool = pool.map_err(|e| Error::device(format!("cannot start threads: {e}")))?;
        let mut ended = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(member) = members.get(i) else { return Ok(ended) };
            ended.push((i, pool.install(|| one(member))));
        }
    };
    eprintln!("training {} models, {at_once} at a time", members.len());
    let ended = thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect::<Result<Vec<_>>>()
    })?;
    bar.finish();
    let mut ended: Vec<(usize, Result<Finished>)> = ended.into_iter().flatten().collect();
    ended.sort_by_key(|(i, _)| *i);
    ended.into_iter().map(|(_, finished)| finished).collect()
}
