//! The steps' batches, prepared on a second thread ahead of the network.
//!
//! Batch `i` is a function of the seed and `i` alone: the thread decides when it is made, never what
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

/// How many batches wait at most: enough to even out, small enough to be nothing in memory.
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
    /// `None` only while being dropped.
    receiver: Option<Receiver<Regression>>,
    worker: Option<JoinHandle<()>>,
}

impl Batches {
    /// Starts preparing the regressions of `steps`.
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
        let (sender, receiver) = sync_channel(AHEAD);
        let work = move || {
            for step in steps {
                // Nobody listens any more: the training ended early.
                if sender.send(regression_at(&pairs, &recipe, rows, seed, step)).is_err() {
                    break;
                }
            }
        };
        let worker = Builder::new()
            .name("batches".to_owned())
            .spawn(work)
            .map_err(|e| Error::device(format!("cannot start the thread for batches: {e}")))?;
        Ok(Self { receiver: Some(receiver), worker: Some(worker) })
    }

    /// The next regression, `None` after the last.
    ///
    /// # Panics
    /// With the thread's panic, if it had one.
    pub fn take(&mut self) -> Option<Regression> {
        if let Some(Ok(regression)) = self.receiver.as_ref().map(Receiver::recv) {
            return Some(regression);
        }
        if let Some(Err(panic)) = self.worker.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
        None
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        // First the receiver, so that a thread that waits to send gives up.
        self.receiver = None;
        if let Some(worker) = self.worker.take() {
            // Its panic, if any, is of batches that nobody asked for.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
