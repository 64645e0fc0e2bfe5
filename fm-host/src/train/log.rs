//! The log: one JSON object a line.

use serde::{Deserialize, Serialize};

use crate::net::{Loss, Update};

/// What is known after a step, losses averaged since the row before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    /// Steps done.
    pub step: u64,
    /// Mean squared error a row, summed over the data's dimensions.
    pub loss: f64,
    /// The same under the objective's weights: what was descended.
    pub weighted: f64,
    /// The learning rate of this step.
    pub lr: f32,
    /// The gradient's global norm before clipping.
    pub gradient_norm: f64,
    /// Seconds of training, sittings before included.
    pub seconds: f64,
    /// Speed since the row before.
    pub steps_per_second: f64,
}

/// Sums since the last row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    steps: u64,
    raw: f64,
    weighted: f64,
    gradient_norm: f64,
}

impl Window {
    /// Counts one step in.
    pub fn add(&mut self, loss: &Loss) {
        self.steps += 1;
        self.raw += f64::from(loss.raw);
        self.weighted += f64::from(loss.weighted);
        self.gradient_norm += f64::from(loss.gradient_norm);
    }

    /// The row of step `step`, `seconds` of all and `elapsed` of this window; the window starts anew.
    pub fn close(&mut self, step: u64, update: &Update, seconds: f64, elapsed: f64) -> LogRow {
        let steps = self.steps.max(1) as f64;
        let row = LogRow {
            step,
            loss: self.raw / steps,
            weighted: self.weighted / steps,
            lr: update.rate,
            gradient_norm: self.gradient_norm / steps,
            seconds,
            // A clock too coarse to see the window must not write an infinity.
            steps_per_second: steps / elapsed.max(1e-9),
        };
        *self = Self::default();
        row
    }
}

/// The first rows of a log up to `step`, whole lines only.
///
/// A line that was cut by a crash, and all after it, is left out.
pub(super) fn up_to(text: &str, step: u64) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let row: Option<LogRow> = serde_json::from_str(line).ok();
        if !line.ends_with('\n') || row.is_none_or(|row| row.step > step) {
            break;
        }
        end += line.len();
    }
    &text[..end]
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
    fn a_log_ends_at_the_step_or_at_the_cut_line() {
        let update = Update { rate: 0.5, clip: 1.0, ema: 0.9 };
        let line = |step| {
            let row = Window::default().close(step, &update, 0.0, 1.0);
            serde_json::to_string(&row).expect("plain fields") + "\n"
        };
        let text = line(10) + &line(20) + &line(30);
        assert_eq!(up_to(&text, 20), line(10) + &line(20));
        assert_eq!(up_to(&text[..text.len() - 5], 99), line(10) + &line(20));
        assert_eq!(up_to(&text, 5), "");
    }
}
