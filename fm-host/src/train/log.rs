//! The training log: one JSON object per line.

use std::io::{self, BufRead, Read};

use serde::{Deserialize, Serialize};

use crate::net::{Loss, Update};

/// What is measured after a step; losses are averaged since the previous row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    /// The number of steps taken.
    pub step: u64,
    /// The mean squared error per row, summed over the data's dimensions; of `mle`, the negative log
    /// likelihood of standardised rows.
    pub loss: f64,
    /// The loss that is minimised: the same with the objective's weights or penalties.
    pub weighted: f64,
    /// The learning rate of this step.
    pub lr: f32,
    /// The gradient's global norm before clipping.
    pub gradient_norm: f64,
    /// Seconds of training, including earlier sessions of the run.
    pub seconds: f64,
    /// Steps per second since the previous row.
    pub steps_per_second: f64,
}

/// Sums since the last row of the log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    steps: u64,
    raw: f64,
    weighted: f64,
    gradient_norm: f64,
}

impl Window {
    /// Adds one step.
    pub fn add(&mut self, loss: &Loss) {
        self.steps += 1;
        self.raw += f64::from(loss.raw);
        self.weighted += f64::from(loss.weighted);
        self.gradient_norm += f64::from(loss.gradient_norm);
    }

    /// Returns the row of step `step`, after `seconds` in total and `elapsed` in this window, and resets
    /// the sums.
    pub fn close(&mut self, step: u64, update: &Update, seconds: f64, elapsed: f64) -> LogRow {
        let steps = self.steps.max(1) as f64;
        let row = LogRow {
            step,
            loss: self.raw / steps,
            weighted: self.weighted / steps,
            lr: update.rate,
            gradient_norm: self.gradient_norm / steps,
            seconds,
            // A clock that is too coarse to measure the window must not cause an infinity.
            steps_per_second: steps / elapsed.max(1e-9),
        };
        *self = Self::default();
        row
    }
}

/// The readable part of a log.
#[derive(Debug, Default)]
pub struct Log {
    /// The rows.
    pub rows: Vec<LogRow>,
    /// Their lines, exactly as they are in the file.
    pub text: Vec<u8>,
    /// The number of unreadable lines, without a last line that a crash cut short.
    pub damaged: usize,
}

impl Log {
    /// Reads the rows up to the step `last`; unreadable lines are left out.
    ///
    /// # Errors
    /// The error of the reader.
    pub fn read(mut text: impl BufRead, last: u64) -> io::Result<Self> {
        /// Many times the length of any row.
        const LONGEST: u64 = 1 << 16;
        let mut log = Self::default();
        let mut line = Vec::new();
        let mut begun = false;
        while text.by_ref().take(LONGEST).read_until(b'\n', &mut line)? > 0 {
            let (whole, ended) = (!begun, line.ends_with(b"\n"));
            begun = !ended;
            match serde_json::from_slice::<LogRow>(&line) {
                Ok(row) if whole && ended => {
                    if row.step <= last {
                        log.rows.push(row);
                        log.text.extend_from_slice(&line);
                    }
                }
                _ => log.damaged += usize::from(ended),
            }
            line.clear();
        }
        Ok(log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_averages_and_starts_anew() {
        let mut window = Window::default();
        for raw in [1.0, 3.0] {
            window.add(&Loss { raw, weighted: raw / 2.0, gradient_norm: 4.0 });
        }
        let update = Update { rate: 0.5, clip: 1.0, ema: 0.9 };
        let row = window.close(20, &update, 9.0, 0.5);
        assert_eq!((row.loss, row.weighted, row.gradient_norm), (2.0, 1.0, 4.0));
        assert_eq!((row.step, row.seconds, row.steps_per_second), (20, 9.0, 4.0));
        window.add(&Loss { raw: 7.0, weighted: 7.0, gradient_norm: 7.0 });
        assert_eq!(window.close(21, &update, 9.0, 0.5).loss, 7.0);
    }

    #[test]
    fn a_log_ends_at_the_step_and_without_what_is_damaged() {
        let update = Update { rate: 0.5, clip: 1.0, ema: 0.9 };
        let line = |step| {
            let row = Window::default().close(step, &update, 0.0, 1.0);
            serde_json::to_vec(&row).expect("plain fields").into_iter().chain(*b"\n")
        };
        let lines = |steps: &[u64]| steps.iter().copied().flat_map(line).collect::<Vec<u8>>();
        let read = |text: &[u8], last| {
            let Log { rows, text, damaged } = Log::read(text, last).expect("in memory");
            let steps: Vec<u64> = rows.iter().map(|row| row.step).collect();
            assert_eq!(text, lines(&steps));
            (steps, damaged)
        };
        let text = lines(&[10, 20, 30]);
        assert_eq!(read(&text, 20), (vec![10, 20], 0));
        assert_eq!(read(&text, 5), (vec![], 0));
        // A line cut short by a crash does not count as damage.
        assert_eq!(read(&text[..text.len() - 5], 99), (vec![10, 20], 0));
        // A byte that is not UTF-8, a line with other content, a line without end.
        let mut spoilt = text.clone();
        spoilt[3] = 0xff;
        assert_eq!(read(&spoilt, 99), (vec![20, 30], 1));
        let zeros = vec![0; 1 << 18];
        assert_eq!(read(&[&zeros, &b"\n"[..], &text].concat(), 99), (vec![10, 20, 30], 1));
        assert_eq!(read(&[&text, &zeros[..]].concat(), 99), (vec![10, 20, 30], 0));
    }
}
