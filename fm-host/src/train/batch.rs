//! The steps' batches, prepared on threads of their own ahead of the network.
//!
//! Batch `i` is a function of the seed and `i` alone: the threads decide when it is made, never what
//! is in it.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use crate::coupling::Pairs;
use crate::net::Regression;
use crate::objective::Recipe;
use crate::random::{Purpose, stream};
use crate::{Error, Result};

/// How many batches of a thread wait at most: enough to even out, small enough to be nothing in
/// memory.
const AHEAD: usize = 4;

/// The regression of step `step` (counted from 0), of `rows` rows.
pub fn regression_at(
    pairs: &Pairs,
    recipe: &Recipe,
    rows: usize,
    seed: u64,
    step: u64,
) -> Regression {
    let mut rng = stream(seed, Purpose::Batch, step);
    let batch = pairs.draw(rows, &mut rng);
    recipe.regression(&batch, step, &mut rng)
}

/// A range of steps' regressions, in order.
#[derive(Debug)]
pub struct Batches {
    workers: Vec<Worker>,
    /// Batches taken.
    taken: usize,
}

/// A thread that makes every batch whose turn is its.
#[derive(Debug)]
struct Worker {
    receiver: Receiver<Regression>,
    thread: JoinHandle<()>,
}

impl Batches {
    /// Starts preparing the regressions of `steps`: on one thread where they cost next to nothing, on
    /// as many as there are cores where each is paired anew.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start(
        pairs: Arc<Pairs>,
        recipe: Recipe,
        rows: usize,
        seed: u64,
        steps: Range<u64>,
    ) -> Result<Self> {
        let count = if pairs.are_made_anew() { rayon::current_num_threads() } else { 1 };
        let worker = |turn: usize| {
            let (pairs, recipe) = (pairs.clone(), recipe.clone());
            let (sender, receiver) = sync_channel(AHEAD);
            let steps = steps.clone().skip(turn).step_by(count);
            let work = move || {
                for step in steps {
                    // Nobody listens any more: the training ended early.
                    if sender.send(regression_at(&pairs, &recipe, rows, seed, step)).is_err() {
                        break;
                    }
                }
            };
            let thread = Builder::new()
                .name("batches".to_owned())
                .spawn(work)
                .map_err(|e| Error::device(format!("cannot start a thread for batches: {e}")))?;
            Ok(Worker { receiver, thread })
        };
        Ok(Self { workers: (0..count).map(worker).collect::<Result<_>>()?, taken: 0 })
    }

    /// The next regression, `None` after the last.
    ///
    /// # Panics
    /// With the thread's panic, if it had one.
    pub fn take(&mut self) -> Option<Regression> {
        let turn = self.taken % self.workers.len().max(1);
        if let Ok(regression) = self.workers.get(turn)?.receiver.recv() {
            self.taken += 1;
            return Some(regression);
        }
        let mut workers = std::mem::take(&mut self.workers);
        let finished = workers.swap_remove(turn);
        // The others' batches are of later steps: there are none, or nobody asks for them.
        end(workers);
        match finished.thread.join() {
            Ok(()) => None,
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        end(std::mem::take(&mut self.workers));
    }
}

/// Waits for threads that nobody listens to any more.
fn end(workers: Vec<Worker>) {
    let (receivers, threads): (Vec<_>, Vec<_>) =
        workers.into_iter().map(|worker| (worker.receiver, worker.thread)).unzip();
    // First the receivers, so that threads that wait to send give up.
    drop(receivers);
    for thread in threads {
        // Its panic, if any, is of batches that nobody asked for.
        let _ = thread.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupling::{Optimal, PoolSettings};
    use crate::objective::Objective;
    use crate::train::fixtures;

    #[test]
    fn batches_come_in_order_and_depend_on_their_step_only() {
        let config = fixtures::config(Objective::MeanFlow, 10);
        let pairs = Arc::new(fixtures::pairs(&config));
        let (recipe, rows) = (config.train.recipe(pairs.examples()), config.train.batch);
        let collect = |steps: Range<u64>| {
            let mut batches =
                Batches::start(pairs.clone(), recipe.clone(), rows, 5, steps).expect("a thread");
            std::iter::from_fn(|| batches.take()).collect::<Vec<_>>()
        };
        let all = collect(0..10);
        assert_eq!(all.len(), 10);
        let late = collect(7..10);
        for (i, regression) in late.iter().enumerate() {
            assert_eq!(regression.input, all[7 + i].input);
            assert_eq!(regression.velocity, all[7 + i].velocity);
        }
        assert_ne!(all[0].input, all[1].input);
        assert_ne!(regression_at(&pairs, &recipe, rows, 6, 0).input, all[0].input);
    }

    #[test]
    fn many_threads_pair_the_same_batches() {
        let config = fixtures::config(Objective::Fm, 10);
        let settings = PoolSettings { batch: 32, rows: 0, cost: Optimal::Plain };
        let examples = config.facts.examples(&fixtures::plain(200), false);
        let pairs = Arc::new(Pairs::ot(examples, &settings, 5).expect("they fit"));
        let recipe = config.train.recipe(pairs.examples());
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("threads").install(|| {
                let mut batches =
                    Batches::start(pairs.clone(), recipe.clone(), 64, 5, 3..14).expect("threads");
                let inputs = std::iter::from_fn(|| batches.take().map(|batch| batch.input));
                let inputs: Vec<_> = inputs.collect();
                assert!(batches.take().is_none());
                inputs
            })
        };
        let one = on(1);
        assert_eq!(one.len(), 11);
        assert_eq!((&one, &one), (&on(3), &on(20)));
        assert_eq!(Arc::strong_count(&pairs), 1);
    }

    #[test]
    fn leaving_early_ends_the_thread() {
        let config = fixtures::config(Objective::Fm, 10);
        let pairs = Arc::new(fixtures::pairs(&config));
        let recipe = config.train.recipe(pairs.examples());
        let mut batches =
            Batches::start(pairs.clone(), recipe, 8, 5, 0..u64::MAX).expect("a thread");
        batches.take().expect("the first");
        drop(batches);
        // The thread held the other reference.
        assert_eq!(Arc::strong_count(&pairs), 1);
    }
}
