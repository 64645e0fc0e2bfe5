//! A program that takes training steps when it is asked to: `benches/train_step/_worker.py` says how.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::Case;
use crate::command::{Result, text};

/// A running program.
pub struct Worker {
    /// What the tables call it.
    pub name: &'static str,
    child: Child,
    /// `None` only while being dropped.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a program found on the steps that all take.
#[derive(Clone, Debug)]
pub struct Found {
    losses: Vec<f64>,
    average: f64,
}

impl Found {
    /// The largest relative difference of any loss, or of the averaged weights' squares; infinite
    /// where the steps are not as many.
    pub fn distance(&self, truth: &Self) -> f64 {
        if self.losses.len() != truth.losses.len() || truth.losses.is_empty() {
            return f64::INFINITY;
        }
        let losses = self.losses.iter().zip(&truth.losses);
        let pairs = losses.chain([(&self.average, &truth.average)]);
        // `f64::max` would lose a NaN.
        pairs.map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, |a, b| if a > b { a } else { b })
    }
}

impl Worker {
    /// Starts a program and waits until it is ready.
    ///
    /// # Errors
    /// If it cannot start.
    pub fn start(name: &'static str, mut command: Command) -> Result<Self> {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|e| format!("cannot start `{}`: {e}", text(&command)))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("`{}` has no pipes", text(&command)));
        };
        let answers = BufReader::new(answers);
        let mut worker = Self { name, child, requests: Some(requests), answers };
        worker.answer()?;
        Ok(worker)
    }

    /// Has it write the start and the steps that all take.
    ///
    /// # Errors
    /// If the program fails.
    pub fn export(&mut self, case: Case, path: &Path) -> Result<()> {
        self.ask(case, "export", json!(path)).map(drop)
    }

    /// What it finds on those steps; `None` where it cannot do the case, which it says on stderr.
    ///
    /// # Errors
    /// If the program fails.
    pub fn check(&mut self, case: Case, path: &Path) -> Result<Option<Found>> {
        let answer = self.ask(case, "check", json!(path))?;
        let losses = answer["losses"].as_array().map(|losses| {
            losses.iter().map(|loss| loss.as_f64().unwrap_or(f64::NAN)).collect::<Vec<_>>()
        });
        let average = answer["average"].as_f64();
        Ok(losses.zip(average).map(|(losses, average)| Found { losses, average }))
    }

    /// How many seconds so many steps took; `None` where it cannot do the case.
    ///
    /// # Errors
    /// If the program fails.
    pub fn steps(&mut self, case: Case, steps: u64) -> Result<Option<f64>> {
        Ok(self.ask(case, "steps", json!(steps))?["seconds"].as_f64())
    }

    /// How many steps take `seconds`, everything compiled and warm; `None` where it cannot do the
    /// case.
    ///
    /// # Errors
    /// If the program fails.
    pub fn calibrate(&mut self, case: Case, seconds: f64) -> Result<Option<u64>> {
        const FEW: u64 = 10;
        self.steps(case, FEW)?;
        let Some(few) = self.steps(case, FEW)? else { return Ok(None) };
        let steps = (seconds / (few / FEW as f64)).clamp(3.0, 5000.0) as u64;
        // A program that compiles a loop does so for its length.
        self.steps(case, steps)?;
        Ok(Some(steps))
    }

    fn ask(&mut self, case: Case, what: &str, value: Value) -> Result<Value> {
        let Case { objective, hidden, batch } = case;
        let mut request = json!({ "objective": objective, "hidden": hidden, "batch": batch });
        request[what] = value;
        let Some(requests) = &mut self.requests else { return Err("not running".to_owned()) };
        writeln!(requests, "{request}").map_err(|e| format!("{}: {e}", self.name))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|e| format!("{}: {e}", self.name))?;
        let answer: Value = serde_json::from_str(&line)
            .map_err(|_| format!("{} ended; what it wrote to stderr says why", self.name))?;
        if let Some(problem) = answer["error"].as_str() {
            eprintln!("{} cannot do this: {problem}", self.name);
        }
        Ok(answer)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.requests = None;
        self.child.wait().ok();
    }
}
