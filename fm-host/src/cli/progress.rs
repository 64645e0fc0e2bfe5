//! Progress on stderr.
//!
//! On a terminal it is a bar. `indicatif` draws nothing elsewhere, so that the log of a cluster's job
//! would be silent for hours: there plain lines say the same now and then.

mod pace;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::say;
use crate::train::Progress;
use pace::Pace;

/// Training steps, of one model or of several at once: rate, time left, and a word early on where it
/// takes long.
pub struct Steps {
    name: String,
    total: u64,
    /// Why a step takes its time, and what helps.
    why: String,
    bar: ProgressBar,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    done: u64,
    loss: Option<f64>,
    /// From the first step on: pairs of noise and data may take their time before it.
    pace: Option<(Instant, Pace)>,
}

impl Steps {
    /// `total` steps of `name`; `why` follows the time that a long training takes.
    pub fn new(name: String, total: u64, why: String) -> Self {
        let bar = bar(total, "{bar:30} {pos}/{len} steps, {per_sec}, {eta} left, {msg}");
        Self { name, total, why, bar, now: Mutex::default() }
    }

    /// So many steps were done before, by a run that is resumed.
    pub fn skip(&self, steps: u64) {
        let mut now = self.now();
        now.done += steps;
        if let Some((_, pace)) = &mut now.pace {
            pace.skip(steps);
        }
        self.bar.set_position(now.done);
        self.bar.reset_eta();
    }

    /// What a training told of itself.
    pub fn tell(&self, progress: Progress) {
        match progress {
            Progress::Step(_) => self.step(),
            Progress::Row(row) => {
                self.now().loss = Some(row.loss);
                self.bar.set_message(format!("loss {:.4}", row.loss));
            }
        }
    }

    /// One more step is done.
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
                .suspend(|| say(&format!("note: {name}: training takes {left} more here; {why}")));
        }
        if self.bar.is_hidden()
            && let Some(line) = pace.line(done, seconds, loss)
        {
            say(&format!("{}: {line}", self.name));
        }
    }

    /// Leaves the bar as it is now.
    pub fn end(&self) {
        self.bar.abandon();
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bar over samples; it is silent where stderr is no terminal.
pub fn samples(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {human_pos}/{human_len} samples, {per_sec}, {eta} left")
}

/// A bar over draws that are measured; it is silent where stderr is no terminal.
pub fn draws(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {pos}/{len} draws, {eta} left")
}

/// Shows that work of unknown length is running, and since when.
pub struct Waiting {
    spinner: ProgressBar,
    /// What a thread that writes lines listens to, where there is no terminal.
    lines: Option<(Sender<()>, JoinHandle<()>)>,
}

/// Shows that the preparations of `name` go on, until the value is dropped.
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
            // It does nothing but write; a line more or less is no loss.
            let _ = thread.join();
        }
    }
}

fn bar(total: u64, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
