//! Prepares the steps' batches on threads of their own, ahead of the network.
//!
//! Batch `i` is a function of the seed and `i` only: the threads affect when it is made, never its content.

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

/// How many batches per thread may wait: enough to even out delays, few enough to use little memory.
const AHEAD: usize = 4;

/// Computes the regression of step `step` (counted from 0) with `rows` rows.
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

/// The regressions of a range of steps, in order.
#[derive(Debug)]
pub struct Batches {
    workers: Vec<Worker>,
    /// The number of batches taken so far.
    taken: usize,
}

/// A thread that makes every `n`th batch, for `n` threads.
#[derive(Debug)]
struct Worker {
    receiver: Receiver<Regression>,
    thread: JoinHandle<()>,
}

impl Batches {
    /// Starts preparing the regressions of `steps`: on one thread if they cost little, or on one thread
    /// per core if each batch is paired by optimal transport.
    ///
    /// # Errors
    /// If the system cannot start a thread.
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
                    // The receiver is gone: training ended early.
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

    /// Returns the next regression, or `None` after the last.
    ///
    /// # Panics
    /// With the thread's panic, if the thread panicked.
    pub fn take(&mut self) -> Option<Regression> {
        let turn = self.taken % self.workers.len().max(1);
        if let Ok(regression) = self.workers.get(turn)?.receiver.recv() {
            self.taken += 1;
            return Some(regression);
        }
        let mut workers = std::mem::take(&mut self.workers);
        let finished = workers.swap_remove(turn);
        // The other threads have no batches left, or batches that are no longer needed.
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

/// Waits for threads whose batches are no longer needed.
fn end(workers: Vec<Worker>) {
    let (receivers, threads): (Vec<_>, Vec<_>) =
        workers.into_iter().map(|worker| (worker.receiver, worker.thread)).unzip();
    // The receivers are dropped first, so that threads that wait to send stop.
    drop(receivers);
    for thread in threads {
        // A panic there would concern batches that are not needed.
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
