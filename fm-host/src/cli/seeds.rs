//! `fm train --seeds N`: models of one configuration with seeds that follow each other, at once.
//!
//! Each has a run directory of its own, `OUT/seed-S`. On the CPU as many train at a time as the
//! machine has threads, each on its share of them, and end in the same bits as alone: small networks
//! gain more from a thread of their own than from a batch that is cut. On a GPU all take their steps
//! together, so that one launch serves all.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::progress::Steps;
use super::train::{Finished, why_long};
use super::{pool, say, stop};
use crate::data::Split;
use crate::net::{self, DeviceChoice, Seat};
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

/// Trains all; Ctrl-C stops them and leaves checkpoints. `finish` ends each where it was trained, and
/// what it found comes with the training.
///
/// # Errors
/// The first that a member had, after the others have ended.
pub fn train<T: Send>(
    members: &[Member],
    split: &Split,
    device: DeviceChoice,
    start: Start,
    finish: impl Fn(&Finished) -> Result<T> + Sync,
) -> Result<Vec<(Finished, T)>> {
    let Some(first) = members.first() else { return Ok(Vec::new()) };
    let seats = net::seats(&first.config.architecture, members.len(), device)?;
    train_at(seats, members, split, device, start, finish)
}

/// The same, with a seat for every member where all take their steps together.
fn train_at<T: Send>(
    seats: Option<Vec<Seat>>,
    members: &[Member],
    split: &Split,
    device: DeviceChoice,
    start: Start,
    finish: impl Fn(&Finished) -> Result<T> + Sync,
) -> Result<Vec<(Finished, T)>> {
    let Some(first) = members.first() else { return Ok(Vec::new()) };
    let threads = rayon::current_num_threads();
    let at_once = if seats.is_some() { members.len() } else { threads.min(members.len()) };
    let steps = members.iter().map(|member| member.config.train.schedule.steps).sum();
    let name = format!("{} models", members.len());
    let progress = Steps::new(name, steps, why_long(&first.config));
    let stop = stop::asked()?;
    let one = |member: &Member, seat: Option<Seat>| -> Result<(Finished, T)> {
        let start = match start {
            // A set that was killed early has members that never began.
            Start::Resume if RunDir::open(&member.out).is_err() => Start::New,
            start => start,
        };
        let job = Job {
            out: &member.out,
            config: &member.config,
            data: &split.train,
            device,
            start,
            stop,
        };
        let session = match seat {
            Some(seat) => Session::open_at(&job, seat)?,
            None => Session::open(&job)?,
        };
        let Session { run, mut trainer, notices } = session;
        for notice in &notices {
            say(&format!("note: {notice}"));
        }
        let device = trainer.device_name().to_owned();
        progress.skip(trainer.steps_done());
        let outcome = trainer.run(&run, stop, &mut |told| progress.tell(told))?;
        // Else the others would wait for it.
        drop(trainer);
        let finished = Finished { run, outcome, device };
        let found = finish(&finished)?;
        Ok((finished, found))
    };
    let mut places: Vec<Option<Seat>> = Vec::new();
    places.extend(seats.into_iter().flatten().map(Some));
    places.resize_with(members.len(), || None);
    let waiting: Vec<_> = members.iter().zip(places).enumerate().rev().collect();
    let waiting = Mutex::new(waiting);
    let work = || {
        let mut ended = Vec::new();
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((i, (member, seat))) = next else { return ended };
            let share = pool((threads / at_once).max(1));
            let finished = share.and_then(|share| share.install(|| one(member, seat)));
            ended.push((i, finished));
        }
    };
    say(&format!("training {} models, {at_once} at a time", members.len()));
    let mut ended: Vec<(usize, Result<(Finished, T)>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    });
    progress.end();
    ended.sort_by_key(|(i, _)| *i);
    ended.into_iter().map(|(_, finished)| finished).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::net::{State, plain_seats};
    use crate::objective::Objective;
    use crate::train::{Outcome, TrainConfig, fixtures};

    const STEPS: u64 = 50;

    fn split() -> Split {
        Split { train: fixtures::plain(200), held_out: fixtures::plain(20) }
    }

    fn member(out: &Path, objective: Objective, seed: u64) -> Member {
        let train =
            TrainConfig { seed, checkpoint_every: 20, ..fixtures::train_config(objective, STEPS) };
        let config = RunConfig::new(train, fixtures::source(), &split().train).expect("valid");
        Member { out: directory(out, seed), config }
    }

    /// On dfdx's CPU in the place of a GPU.
    fn together(members: &[Member], start: Start) -> Result<Vec<(Finished, ())>> {
        let seats = plain_seats(&members[0].config.architecture, members.len())?;
        train_at(Some(seats), members, &split(), DeviceChoice::Cpu, start, |_| Ok(()))
    }

    fn alone(member: Member) -> State {
        together(std::slice::from_ref(&member), Start::New).expect("it trains");
        state(&member)
    }

    fn state(member: &Member) -> State {
        let run = RunDir::open(&member.out).expect("a run");
        run.load().expect("a checkpoint").checkpoint.state
    }

    #[test]
    fn together_each_ends_in_the_bits_that_it_has_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        for objective in [Objective::Fm, Objective::MeanFlow] {
            let set = at(&objective.name());
            let members = [4, 5, 6].map(|seed| member(&set, objective, seed));
            let ended = together(&members, Start::New).expect("they train");
            assert!(ended.iter().all(|(finished, ())| finished.outcome == Outcome::Finished));
            drop(ended);
            for one in &members {
                let seed = one.config.train.seed;
                let by_itself = alone(member(&at("alone").join(objective.name()), objective, seed));
                assert_eq!((by_itself.step, &by_itself), (STEPS, &state(one)), "seed {seed}");
                let log = RunDir::open(&one.out).and_then(|run| run.log()).expect("a log");
                assert_eq!(log.len(), 5);
            }
            // As a kill leaves it: one at the end, one in the middle, one that never began.
            let whole = members.each_ref().map(state);
            std::fs::remove_file(members[1].out.join("checkpoint-0000000050.bin")).expect("there");
            std::fs::remove_dir_all(&members[2].out).expect("there");
            together(&members, Start::Resume).expect("they go on");
            assert_eq!(whole, members.each_ref().map(state));
            // And one of them by itself, from the same files.
            std::fs::remove_file(members[1].out.join("checkpoint-0000000050.bin")).expect("there");
            together(&members[1..2], Start::Resume).expect("it goes on");
            assert_eq!(whole[1], state(&members[1]));
        }
    }

    #[test]
    fn one_that_diverges_spoils_no_other() {
        let dir = tempfile::tempdir().expect("a directory");
        let (set, apart) = (dir.path().join("set"), dir.path().join("apart"));
        let mut members = [1, 2, 3].map(|seed| member(&set, Objective::Fm, seed));
        members[1].config.train.schedule.lr = 1e30;
        let error = together(&members, Start::New).map(|_| ()).expect_err("it diverges");
        assert!(matches!(error.kind(), ErrorKind::Diverged { .. }), "{error}");
        for one in [0, 2] {
            let seed = members[one].config.train.seed;
            assert_eq!(state(&members[one]), alone(member(&apart, Objective::Fm, seed)));
        }
        let kept = RunDir::open(&members[1].out).and_then(|run| run.load()).expect("a checkpoint");
        assert!(kept.checkpoint.step < STEPS && kept.checkpoint.is_finite());
    }
}
