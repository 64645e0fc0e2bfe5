//! Progress on stderr.
//!
//! On a terminal it is a bar. Elsewhere `indicatif` draws nothing, and the log of a cluster job would be
//! silent for hours, so plain lines are printed there from time to time.

mod pace;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::say;
use crate::train::Progress;
use pace::Pace;

/// Progress of one or several trainings: speed, time left, and an early note if the training will take long.
pub struct Steps {
    name: String,
    total: u64,
    /// Why a step takes long, and what would make it shorter.
    why: String,
    bar: ProgressBar,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    done: u64,
    loss: Option<f64>,
    /// Starts with the first step, because pairing noise with data before it may take long.
    pace: Option<(Instant, Pace)>,
}

impl Steps {
    /// A bar of `total` steps for `name`; the note about a long training ends with `why`.
    pub fn new(name: String, total: u64, why: String) -> Self {
        let bar = bar(total, "{bar:30} {pos}/{len} steps, {per_sec}, {eta} left, {msg}");
        Self { name, total, why, bar, now: Mutex::default() }
    }

    /// Counts steps that a resumed run has done before.
    pub fn skip(&self, steps: u64) {
        let mut now = self.now();
        now.done += steps;
        if let Some((_, pace)) = &mut now.pace {
            pace.skip(steps);
        }
        self.bar.set_position(now.done);
        self.bar.reset_eta();
    }

    /// Shows the progress of a training.
    pub fn tell(&self, progress: Progress) {
        match progress {
            Progress::Step(_) => self.step(),
            Progress::Row(row) => {
                self.now().loss = Some(row.loss);
                self.bar.set_message(format!("loss {:.4}", row.loss));
            }
        }
    }

    /// Counts one more step.
    fn step(&self) {
        let mut now = self.now();
        now.done += 1;
        let Now { done, loss, ref mut pace } = *now;
        self.bar.set_position(done);
        let start = || (Instant::now(), Pace::new(self.total, done));
        let (started, pace) = pace.get_or_insert_with(start);
        let seconds = started.elapsed().as_secs_f64();
        if let Some(left) = pace.long(done, seconds) {
            let (name, why, left) = (&self.name, &self.why, HumanDuration(left));
            self.bar
                .suspend(|| say(&format!("note: {name}: training will take {left} more; {why}")));
        }
        if self.bar.is_hidden()
            && let Some(line) = pace.line(done, seconds, loss)
        {
            say(&format!("{}: {line}", self.name));
        }
    }

    /// Stops the bar where it is.
    pub fn end(&self) {
        self.bar.abandon();
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bar over samples; hidden if stderr is not a terminal.
pub fn samples(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {human_pos}/{human_len} samples, {per_sec}, {eta} left")
}

/// A bar over measured draws; hidden if stderr is not a terminal.
pub fn draws(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {pos}/{len} draws, {eta} left")
}

/// Shows that work of unknown length is running, and for how long.
pub struct Waiting {
    spinner: ProgressBar,
    /// Ends the thread that prints lines where there is no terminal.
    lines: Option<(Sender<()>, JoinHandle<()>)>,
}

/// Shows that `name` is still preparing, until the returned value is dropped.
pub fn waiting(name: String) -> Waiting {
    let style = ProgressStyle::with_template("{spinner} {elapsed}");
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let lines = spinner.is_hidden().then(|| {
        let (end, ended) = channel();
        (end, thread::spawn(move || write_lines(&name, &ended)))
    });
    Waiting { spinner, lines }
}

fn write_lines(name: &str, ended: &Receiver<()>) {
    let started = Instant::now();
    while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(pace::pause(started.elapsed())) {
        say(&format!("{name}: still preparing after {}", HumanDuration(started.elapsed())));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.spinner.finish_and_clear();
        if let Some((end, thread)) = self.lines.take() {
            drop(end);
            // The thread only prints lines, so a panic in it does not matter.
            let _ = thread.join();
        }
    }
}

fn bar(total: u64, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
