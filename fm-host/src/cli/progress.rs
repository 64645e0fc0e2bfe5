//! Progress on stderr, and the wish to stop.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::{Error, Result};

/// A bar over training steps with rate and time left; it is silent where stderr is no terminal.
pub fn steps(total: u64, done: u64) -> ProgressBar {
    let bar = bar(total, "{bar:30} {pos}/{len} steps, {per_sec}, {eta} left, {msg}");
    bar.set_position(done);
    bar.reset_eta();
    bar
}

/// A bar over samples; it is silent where stderr is no terminal.
pub fn samples(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {human_pos}/{human_len} samples, {per_sec}, {eta} left")
}

/// A bar over draws that are measured; it is silent where stderr is no terminal.
pub fn draws(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {pos}/{len} draws, {eta} left")
}

/// Shows that work of unknown length goes on, and since when; silent where stderr is no terminal.
pub fn waiting() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {elapsed}");
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

fn bar(total: u64, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

/// A flag that Ctrl-C sets; a second Ctrl-C ends the program at once.
///
/// # Errors
/// If the system gives no signal handler.
pub fn stop_on_ctrl_c() -> Result<&'static AtomicBool> {
    static STOP: AtomicBool = AtomicBool::new(false);
    static INSTALLED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| {
        let handler = || {
            if STOP.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        };
        ctrlc::set_handler(handler).map_err(|error| error.to_string())
    });
    match installed {
        Ok(()) => Ok(&STOP),
        Err(problem) => Err(Error::device(format!("cannot listen for Ctrl-C: {problem}"))),
    }
}
