//! How far a training is, when to print a line where there is no bar, and whether it will take long.

use std::time::Duration;

use indicatif::{HumanCount, HumanDuration};

/// The least time between two lines.
const PAUSE: Duration = Duration::from_secs(30);
/// No line is printed in the first seconds: the first steps are slow, and a short training is soon done.
const SOON: f64 = 1.0;
/// Seconds of training after which its speed is known well enough to predict the rest.
const MEASURED: f64 = 2.0;
/// A training is long if it takes more seconds than this.
const LONG: f64 = 600.0;

/// The speed of the steps since the program started.
#[derive(Debug)]
pub struct Pace {
    total: u64,
    /// Steps done before.
    before: u64,
    /// When the next line is due at the latest.
    next: f64,
    first: bool,
    judged: bool,
}

impl Pace {
    /// A pace for `total` steps, of which `before` are done already.
    pub fn new(total: u64, before: u64) -> Self {
        Self { total, before, next: PAUSE.as_secs_f64(), first: true, judged: false }
    }

    /// Counts steps that another resumed training had done before.
    pub fn skip(&mut self, steps: u64) {
        self.before += steps;
    }

    /// Returns the line to print when `done` steps are done after `seconds`, if one is due: the first after
    /// a hundredth of the steps or half a minute, the next at growing intervals.
    pub fn line(&mut self, done: u64, seconds: f64, loss: Option<f64>) -> Option<String> {
        let hundredth = (self.total - self.before) / 100;
        let early = self.first && seconds >= SOON && done - self.before >= hundredth;
        if done == self.before || !(early || seconds >= self.next) {
            return None;
        }
        self.first = false;
        let pause = pause(Duration::try_from_secs_f64(seconds).unwrap_or_default());
        self.next = seconds + pause.as_secs_f64();
        let rate = self.rate(done, seconds);
        let rate = if rate < 10.0 { format!("{rate:.2}") } else { count(rate as u64) };
        let left = HumanDuration(self.left(done, seconds));
        let (done, total) = (count(done), count(self.total));
        let loss = loss.map_or_else(String::new, |loss| format!("loss {loss:.4}, "));
        Some(format!("step {done} of {total}, {loss}{rate} steps per second, {left} left"))
    }

    /// Returns the time left, once, if the training turns out to be long.
    pub fn long(&mut self, done: u64, seconds: f64) -> Option<Duration> {
        if self.judged || seconds < MEASURED || done == self.before {
            return None;
        }
        self.judged = true;
        Some(self.left(done, seconds)).filter(|left| left.as_secs_f64() > LONG)
    }

    /// Steps per second.
    fn rate(&self, done: u64, seconds: f64) -> f64 {
        (done - self.before) as f64 / seconds
    }

    fn left(&self, done: u64, seconds: f64) -> Duration {
        let seconds = (self.total - done) as f64 / self.rate(done, seconds);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

/// The time to the next line. It grows with the elapsed time, so that a day has about sixty lines.
pub fn pause(elapsed: Duration) -> Duration {
    PAUSE.max(elapsed / 10)
}

fn count(n: u64) -> String {
    HumanCount(n).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which a training of `steps` steps at `rate` steps per second prints a line.
    fn said(steps: u64, rate: f64) -> Vec<f64> {
        let mut pace = Pace::new(steps, 0);
        let mut due = |step: u64| {
            let seconds = step as f64 / rate;
            pace.line(step, seconds, None).map(|_| seconds)
        };
        (1..=steps).filter_map(&mut due).collect()
    }

    #[test]
    fn lines_are_few_and_come_early() {
        assert!(said(1000, 2000.0).is_empty(), "over in half a second");
        assert_eq!(said(40_000, 1000.0), [1.0, 31.0]);
        // A hundredth is an hour away: half a minute is soon enough.
        assert_eq!(said(360_000, 1.0)[0], 30.0);
        let day = said(86_400, 1.0);
        assert!((40..80).contains(&day.len()), "{day:?}");
        assert!(day.windows(2).all(|pair| pair[1] - pair[0] >= 30.0), "{day:?}");
    }

    #[test]
    fn a_line_says_how_far_and_how_long() {
        let mut pace = Pace::new(40_000, 0);
        assert_eq!(
            pace.line(2000, 4.0, Some(0.123_456)).expect("due"),
            "step 2,000 of 40,000, loss 0.1235, 500 steps per second, 76 seconds left"
        );
        assert_eq!(pace.line(2001, 4.1, None), None);
        // Steps of an earlier session must not count for the speed of this one.
        let mut resumed = Pace::new(1000, 900);
        let line = resumed.line(910, 4.0, None).expect("due");
        assert_eq!(line, "step 910 of 1,000, 2.50 steps per second, 36 seconds left");
    }

    #[test]
    fn a_long_training_is_told_of_once_and_early() {
        let mut long = Pace::new(40_000, 0);
        assert_eq!(long.long(4, 1.6), None, "not measured yet");
        // 39,992 steps of 0.4 s.
        let left = long.long(8, 3.2).expect("hours").as_secs_f64();
        assert!((left - 39_992.0 * 0.4).abs() < 1e-3, "{left}");
        assert_eq!(long.long(9, 3.6), None);
        let mut short = Pace::new(40_000, 0);
        assert_eq!(short.long(2000, 2.0), None);
    }
}
