//! Signals that stop the work: SIGINT (Ctrl-C), SIGTERM (a cluster) and SIGHUP (a closed terminal).
//!
//! The first signal stops the work where it can be resumed; a second one ends the program at once.
//! A signal that was ignored when the program started stays ignored: `nohup` keeps training.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::{Error, ErrorKind, Result};

/// What a signal handler sets.
#[derive(Default)]
struct Stop {
    asked: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

static STOP: OnceLock<std::result::Result<Stop, String>> = OnceLock::new();

/// Returns the flag that a signal sets. From now on, the first signal does not end the program.
///
/// # Errors
/// If the signal handlers cannot be installed.
pub fn asked() -> Result<&'static AtomicBool> {
    match STOP.get_or_init(|| listen().map_err(|error| error.to_string())) {
        Ok(stop) => Ok(&stop.asked),
        Err(problem) => Err(Error::device(format!("cannot listen for signals: {problem}"))),
    }
}

fn listen() -> std::io::Result<Stop> {
    let (stop, ignored) = (Stop::default(), ignored());
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        if ignored >> (signal - 1) & 1 == 1 {
            continue;
        }
        // In this order: it ends the program where an earlier signal has set the flag.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop.asked))?;
        flag::register_usize(signal, Arc::clone(&stop.signal), signal as usize)?;
        flag::register(signal, Arc::clone(&stop.asked))?;
    }
    Ok(stop)
}

/// The signals that are ignored, one bit each, starting at SIGHUP; none where `/proc` does not exist.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Returns the program's exit code for an error: 128 + N if signal N stopped the work, else 1.
pub fn exit_code(error: &Error) -> u8 {
    let signal = match (error.kind(), STOP.get()) {
        (ErrorKind::Stopped { .. }, Some(Ok(stop))) => stop.signal.load(Ordering::Relaxed),
        _ => return 1,
    };
    u8::try_from(128 + signal).unwrap_or(1)
}
