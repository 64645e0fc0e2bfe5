//! The options of samples that `fm sample` and `fm plot` share.

use clap::{Args, value_parser};

use super::conditions::ConditionOptions;
use super::sampling::Sampling;
use super::source::SampleSource;
use crate::Result;
use crate::model::StoredModel;
use crate::sample::{Method, Request, Start};

/// Options of samples.
#[derive(Clone, Debug, Args)]
pub struct SampleOptions {
    /// Steps from noise to data [default: 1 for --solver meanflow, else 64]
    #[arg(long, value_name = "K", value_parser = value_parser!(u32).range(1..))]
    steps: Option<u32>,
    #[command(flatten)]
    sampling: Sampling,
    /// Seed of the noise; sample i is the same for any --count, and on a device
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    pub seed: u64,
    #[command(flatten)]
    source: SampleSource,
    #[command(flatten)]
    conditions: ConditionOptions,
}

impl SampleOptions {
    /// Returns the request for samples of a model with the chosen solver, or `natural`. `count` returns their
    /// number, given the number of rows that they start at, or else of a file of conditions.
    ///
    /// # Errors
    /// If the model does not support the options, or a file cannot be read.
    pub fn request(
        &self,
        stored: &StoredModel,
        natural: Method,
        count: impl FnOnce(&Start, Option<usize>) -> usize,
    ) -> Result<Request> {
        let (start, conditions, rows) = self.source.starts(stored, &self.conditions)?;
        let method = self.sampling.method(natural);
        self.sampling.check_steps(self.steps.is_some(), method)?;
        let steps = self.steps.unwrap_or(method.default_steps());
        let plain = Request::new(method, steps, count(&start, rows));
        self.sampling.over(Request { start, seed: self.seed, conditions, ..plain })
    }
}
