//! Steps that run one after another: each is timed, failures do not stop later steps, and a summary ends
//! them.

use std::time::Instant;

use anyhow::{Result, bail};

/// The results of the steps so far.
#[derive(Default)]
pub struct Steps {
    passed: u32,
    failed: Vec<String>,
}

impl Steps {
    /// Runs a step and prints its result; after a failure the next steps still run.
    pub fn run(&mut self, name: &str, step: impl FnOnce() -> Result<()>) {
        println!("step: {name}");
        let start = Instant::now();
        let done = step();
        let seconds = start.elapsed().as_secs_f64();
        match done {
            Ok(()) => {
                self.passed += 1;
                println!("step: {name}: passed in {seconds:.1} s\n");
            }
            Err(problem) => {
                self.failed.push(name.to_owned());
                println!("step: {name}: FAILED after {seconds:.1} s: {problem:#}\n");
            }
        }
    }

    /// Prints the summary.
    pub fn finish(self) -> Result<()> {
        println!("steps: {} passed, {} failed", self.passed, self.failed.len());
        if !self.failed.is_empty() {
            bail!(self.failed.join(", "));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_to_the_last_and_the_sum_names_those_that_failed() {
        let mut steps = Steps::default();
        steps.run("first", || bail!("broken"));
        let mut ran = false;
        steps.run("second", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        assert_eq!(steps.finish().unwrap_err().to_string(), "first");
        assert!(Steps::default().finish().is_ok());
    }
}
