//! Steps one after another: each with its time, all of them run, the sum at the end.

use std::time::Instant;

use crate::command::Result;

/// What came of the steps so far.
#[derive(Default)]
pub struct Steps {
    passed: u32,
    failed: Vec<String>,
}

impl Steps {
    /// Runs a step and prints how it went; a failure stops the sum, not the steps behind it.
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
                println!("step: {name}: FAILED after {seconds:.1} s: {problem}\n");
            }
        }
    }

    /// Prints the sum.
    ///
    /// # Errors
    /// If a step failed.
    pub fn finish(self) -> Result<()> {
        println!("steps: {} passed, {} failed", self.passed, self.failed.len());
        if self.failed.is_empty() { Ok(()) } else { Err(self.failed.join(", ")) }
    }
}
