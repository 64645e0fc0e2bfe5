//! Trains several models at once, each in its own run directory.
//!
//! On the CPU, as many models as the machine has threads train at a time, each on its share of the
//! threads, and end with the same bits as alone: for small networks, one thread per model is faster than
//! dividing each batch among threads. On a GPU, models that differ only in their seeds take their steps
//! together, so that one launch serves all of them.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Job, Progress, RunConfig, RunDir, RunRows, Session, Start, Trained};
use crate::net::{self, DeviceChoice, SharedLearner};
use crate::{Error, Result};

/// One model of a set that is trained together.
#[derive(Clone, Debug)]
pub struct Member {
    /// The model's run directory.
    pub out: PathBuf,
    /// Everything that decides the model.
    pub config: RunConfig,
}

impl Member {
    /// `count` models of one configuration, with consecutive seeds starting at its own, each in
    /// `OUT/seed-S`.
    ///
    /// # Errors
    /// If there are not enough seeds.
    pub fn with_seeds(config: &RunConfig, out: &Path, count: u64) -> Result<Vec<Self>> {
        let first = config.train.seed;
        let Some(end) = first.checked_add(count) else {
            return Err(Error::usage("--seeds", "too many for the largest seed; lower `--seed`"));
        };
        let member = |seed| {
            let mut config = config.clone();
            config.train.seed = seed;
            Self { out: directory(out, seed), config }
        };
        Ok((first..end).map(member).collect())
    }
}

/// Whether the models differ only in their seeds: otherwise the shapes of their batches may differ.
fn alike(members: &[Member]) -> bool {
    let same = |a: &RunConfig, b: &RunConfig| {
        let mut a = a.clone();
        a.train.seed = b.train.seed;
        a == *b
    };
    members.windows(2).all(|pair| same(&pair[0].config, &pair[1].config))
}

/// The run directory of the model with this seed.
fn directory(out: &Path, seed: u64) -> PathBuf {
    out.join(format!("seed-{seed}"))
}

/// Reads the configuration of the set of runs in `out`, to resume it: that of any run, with the lowest seed
/// of all run directories.
///
/// # Errors
/// If `out` contains no run of a set, or cannot be read.
pub fn set_config(out: &Path) -> Result<RunConfig> {
    let entries = std::fs::read_dir(out).map_err(|e| Error::io("read", out, e))?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let seeds = names.filter_map(|name| name.to_str()?.strip_prefix("seed-")?.parse::<u64>().ok());
    let mut seeds: Vec<u64> = seeds.collect();
    seeds.sort_unstable();
    // A killed process may leave a directory without a run.
    let Some(run) = seeds.iter().find_map(|&seed| RunDir::open(&directory(out, seed)).ok()) else {
        let problem =
            "it contains no run of `fm train --seeds`; omit `--seeds`, or use another `--out`";
        return Err(Error::model(out, problem));
    };
    let mut config = run.config()?;
    config.train.seed = seeds.first().copied().unwrap_or(config.train.seed);
    Ok(config)
}

/// Models to train at once on the same rows.
#[derive(Clone, Copy, Debug)]
pub struct Together<'a> {
    /// The models, in the order in which they start.
    pub members: &'a [Member],
    /// The rows that they read.
    pub rows: RunRows<'a>,
    /// The device to train on.
    pub device: DeviceChoice,
    /// What to do about existing runs. A model that never started is started by [`Start::Resume`].
    pub start: Start,
    /// Set when the user stops the training, which then writes checkpoints.
    pub stop: &'a AtomicBool,
}

/// What [`Together::train`] reports while it runs.
pub enum News<'a> {
    /// The number of models that train at a time.
    Begin(usize),
    /// A model is ready to train.
    Ready(&'a Session),
    /// A model's training advanced.
    Progress(Progress<'a>),
}

impl Together<'_> {
    /// Trains all models. `tell` receives news from many threads; `finish` is called with each trained
    /// model on the thread that trained it, and its result is returned with the model.
    ///
    /// # Errors
    /// The first error of a model, after the others have ended.
    pub fn train<T: Send>(
        &self,
        tell: impl Fn(News) + Sync,
        finish: impl Fn(&Trained) -> Result<T> + Sync,
    ) -> Result<Vec<(Trained, T)>> {
        let learners = match self.members {
            [first, ..] if alike(self.members) => {
                let RunConfig { architecture, train, .. } = &first.config;
                let count = self.members.len();
                let device = self.device.for_steps(architecture, train.batch * count);
                net::shared_learners(architecture, count, device)?
            }
            _ => None,
        };
        self.train_with(learners, tell, finish)
    }

    /// Trains all models, with one learner per model if all take their steps together.
    fn train_with<T: Send>(
        &self,
        shared: Option<Vec<SharedLearner>>,
        tell: impl Fn(News) + Sync,
        finish: impl Fn(&Trained) -> Result<T> + Sync,
    ) -> Result<Vec<(Trained, T)>> {
        let count = self.members.len();
        let threads = rayon::current_num_threads();
        let at_once = if shared.is_some() { count } else { threads.min(count) };
        let mut learners: Vec<Option<SharedLearner>> = Vec::new();
        learners.extend(shared.into_iter().flatten().map(Some));
        learners.resize_with(count, || None);
        let waiting: Vec<_> = self.members.iter().zip(learners).enumerate().rev().collect();
        let waiting = Mutex::new(waiting);
        let work = || {
            let mut ended = Vec::new();
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some((i, (member, learner))) = next else { return ended };
                let one = || {
                    let trained = self.one(member, learner, &tell)?;
                    let found = finish(&trained)?;
                    Ok((trained, found))
                };
                let share = net::pool((threads / at_once).max(1));
                ended.push((i, share.and_then(|share| share.install(one))));
            }
        };
        tell(News::Begin(at_once));
        let mut ended: Vec<(usize, Result<(Trained, T)>)> = thread::scope(|scope| {
            let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
            let joined = workers.into_iter().map(|worker| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            joined.flatten().collect()
        });
        ended.sort_by_key(|(i, _)| *i);
        ended.into_iter().map(|(_, trained)| trained).collect()
    }

    /// Trains one model.
    fn one(
        &self,
        member: &Member,
        learner: Option<SharedLearner>,
        tell: &impl Fn(News),
    ) -> Result<Trained> {
        let start = match self.start {
            // A set that was killed early contains models that never started.
            Start::Resume if RunDir::open(&member.out).is_err() => Start::New,
            start => start,
        };
        let Member { out, config } = member;
        let Self { rows, device, stop, .. } = *self;
        let job = Job { out, config, rows, device, start, stop };
        let session = match learner {
            Some(learner) => Session::open_shared(&job, learner)?,
            None => Session::open(&job)?,
        };
        tell(News::Ready(&session));
        session.train(self.stop, &mut |progress| tell(News::Progress(progress)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::net::{State, plain_shared_learners};
    use crate::objective::Objective;
    use crate::train::{Outcome, TrainConfig, fixtures};

    const STEPS: u64 = 50;

    fn member(out: &Path, objective: Objective, seed: u64) -> Member {
        let train =
            TrainConfig { seed, checkpoint_every: 20, ..fixtures::train_config(objective, STEPS) };
        let config =
            RunConfig::new(train, fixtures::source(), &fixtures::plain(200)).expect("valid");
        Member { out: directory(out, seed), config }
    }

    /// Trains on dfdx's CPU in place of a GPU.
    fn together(members: &[Member], start: Start) -> Result<Vec<(Trained, ())>> {
        let learners = plain_shared_learners(&members[0].config.architecture, members.len())?;
        let (data, device, stop) = (&fixtures::plain(200), DeviceChoice::Cpu, &false.into());
        let set = Together { members, rows: data.into(), device, start, stop };
        set.train_with(Some(learners), |_| {}, |_| Ok(()))
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
            assert!(ended.iter().all(|(trained, ())| trained.outcome == Outcome::Finished));
            drop(ended);
            for one in &members {
                let seed = one.config.train.seed;
                let by_itself = alone(member(&at("alone").join(objective.name()), objective, seed));
                assert_eq!((by_itself.step, &by_itself), (STEPS, &state(one)), "seed {seed}");
                let log = RunDir::open(&one.out).and_then(|run| run.log()).expect("a log");
                assert_eq!(log.len(), 5);
            }
            // As a kill may leave the set: one model finished, one half-way, one not started.
            let whole = members.each_ref().map(state);
            std::fs::remove_file(members[1].out.join("checkpoint-0000000050.bin")).expect("there");
            std::fs::remove_dir_all(&members[2].out).expect("there");
            together(&members, Start::Resume).expect("they resume");
            assert_eq!(whole, members.each_ref().map(state));
            // Then one of them by itself, from the same files.
            std::fs::remove_file(members[1].out.join("checkpoint-0000000050.bin")).expect("there");
            together(&members[1..2], Start::Resume).expect("it resumes");
            assert_eq!(whole[1], state(&members[1]));
        }
    }

    #[test]
    fn models_that_differ_in_more_than_their_seeds_take_no_steps_together() {
        let config = member(Path::new("set"), Objective::Fm, 4).config;
        let mut members = Member::with_seeds(&config, Path::new("set"), 3).expect("few");
        assert_eq!(members.iter().map(|m| m.config.train.seed).collect::<Vec<_>>(), [4, 5, 6]);
        assert_eq!(members[2].out, Path::new("set/seed-6"));
        assert!(alike(&members));
        members[1].config.train.batch += 1;
        assert!(!alike(&members));
        assert!(!alike(&[member(Path::new("a"), Objective::MeanFlow, 4), members[0].clone()]));
        assert!(Member::with_seeds(&config, Path::new("set"), u64::MAX).is_err());
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
