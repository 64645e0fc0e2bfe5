//! A program that runs training steps on request; `benches/train_step/_worker.py` defines the protocol.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use xshell::Cmd;

use super::Case;

/// A running program.
pub struct Worker {
    /// Its name in the tables.
    pub name: &'static str,
    child: Child,
    /// `None` only while being dropped.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// The results of the steps that all programs run.
#[derive(Clone, Debug)]
pub struct Found {
    losses: Vec<f64>,
    average: f64,
}

impl Found {
    /// Reads an answer; `None` if it reports no steps.
    fn of(answer: &Value) -> Option<Self> {
        let losses = answer["losses"].as_array()?;
        let losses = losses.iter().map(|loss| loss.as_f64().unwrap_or(f64::NAN)).collect();
        Some(Self { losses, average: answer["average"].as_f64()? })
    }

    /// The largest relative difference of any loss, or of the averaged weights' squares; infinite if the
    /// numbers of steps differ.
    pub fn distance(&self, truth: &Self) -> f64 {
        if self.losses.len() != truth.losses.len() || truth.losses.is_empty() {
            return f64::INFINITY;
        }
        let losses = self.losses.iter().zip(&truth.losses);
        let pairs = losses.chain([(&self.average, &truth.average)]);
        // `f64::max` would drop a NaN, which this order counts as the largest.
        pairs.map(|(a, b)| (a / b - 1.0).abs()).max_by(f64::total_cmp).unwrap_or(f64::INFINITY)
    }
}

impl Worker {
    /// Starts a program and waits until it is ready.
    pub fn start(name: &'static str, command: Cmd<'_>) -> Result<Self> {
        let text = command.to_string();
        let child = Command::from(command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("cannot start `{text}`"))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("`{text}` has no pipes");
        };
        let answers = BufReader::new(answers);
        let mut worker = Self { name, child, requests: Some(requests), answers };
        worker.answer()?;
        Ok(worker)
    }

    /// Lets it write the initial weights and the steps that all programs run.
    pub fn export(&mut self, case: Case, path: &Path) -> Result<()> {
        self.ask(case, "export", json!(path)).map(drop)
    }

    /// Its results on those steps; `None` if it cannot run the case, which it reports on stderr.
    pub fn check(&mut self, case: Case, path: &Path) -> Result<Option<Found>> {
        Ok(Found::of(&self.ask(case, "check", json!(path))?))
    }

    /// The seconds that this many steps took; `None` if it cannot run the case.
    pub fn steps(&mut self, case: Case, steps: u64) -> Result<Option<f64>> {
        Ok(self.ask(case, "steps", json!(steps))?["seconds"].as_f64())
    }

    /// The number of steps that take `seconds`, when everything is compiled and warm; `None` if it
    /// cannot run the case.
    pub fn calibrate(&mut self, case: Case, seconds: f64) -> Result<Option<u64>> {
        const FEW: u64 = 10;
        self.steps(case, FEW)?;
        let Some(few) = self.steps(case, FEW)? else { return Ok(None) };
        let steps = (seconds / (few / FEW as f64)).clamp(3.0, 5000.0) as u64;
        // A program that compiles a loop does so for each length.
        self.steps(case, steps)?;
        Ok(Some(steps))
    }

    fn ask(&mut self, case: Case, what: &str, value: Value) -> Result<Value> {
        let Case { objective, hidden, batch } = case;
        let mut request = json!({ "objective": objective, "hidden": hidden, "batch": batch });
        request[what] = value;
        let requests = self.requests.as_mut().context("not running")?;
        writeln!(requests, "{request}").context(self.name)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).context(self.name)?;
        let Ok(answer) = serde_json::from_str::<Value>(&line) else {
            bail!("{} ended; its stderr shows the reason", self.name);
        };
        if let Some(problem) = answer["error"].as_str() {
            eprintln!("{} cannot do this: {problem}", self.name);
        }
        Ok(answer)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends when its input ends.
        self.requests = None;
        self.child.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(losses: &[f64], average: f64) -> Found {
        Found { losses: losses.to_vec(), average }
    }

    #[test]
    fn an_answer_tells_losses_and_average_or_nothing() {
        let answer = Found::of(&json!({ "losses": [1.5, null], "average": 2.0 })).unwrap();
        assert_eq!((answer.losses[0], answer.average), (1.5, 2.0));
        assert!(answer.losses[1].is_nan());
        assert!(Found::of(&json!({ "error": "no GPU" })).is_none());
    }

    #[test]
    fn the_distance_is_the_largest_relative_difference_and_no_nan_is_lost() {
        let truth = found(&[2.0, 4.0], 1.0);
        assert_eq!(truth.distance(&truth), 0.0);
        assert_eq!(found(&[2.5, 4.0], 1.125).distance(&truth), 0.25);
        assert_eq!(found(&[2.0, 4.0], 1.5).distance(&truth), 0.5);
        // Other lines before and after it are ignored.
        assert!(found(&[f64::NAN, 4.0], 1.0).distance(&truth).is_nan());
        assert_eq!(found(&[2.0], 1.0).distance(&truth), f64::INFINITY);
        assert_eq!(found(&[], 1.0).distance(&found(&[], 1.0)), f64::INFINITY);
    }

    #[test]
    fn a_program_is_asked_in_lines_and_one_that_ended_is_named() {
        let sh = crate::workspace::shell().unwrap();
        let case = Case { objective: "fm", hidden: 64, batch: 8 };
        // First ready, then one answer, then the end.
        let script = r#"echo '{}'; read line; echo '{"seconds": 2.5}'; read line"#;
        let mut worker = Worker::start("a shell", sh.cmd("sh").args(["-c", script])).unwrap();
        assert_eq!(worker.steps(case, 3).unwrap(), Some(2.5));
        let problem = worker.steps(case, 3).unwrap_err().to_string();
        assert_eq!(problem, "a shell ended; its stderr shows the reason");
    }
}
