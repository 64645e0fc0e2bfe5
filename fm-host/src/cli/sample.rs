//! `fm sample`: draw samples into a file, with the bits that a device gives for the same seed.

use std::path::PathBuf;

use super::sampling::{Sampling, check_steps};
use super::{print_json, progress};
use crate::data::Rows;
use crate::model::StoredModel;
use crate::sample::{Asked, Method, Request};
use crate::{Error, Result};

/// Options of `fm sample`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    model: PathBuf,
    /// Where the samples go: .csv, .npy or .png
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How many samples
    #[arg(long, default_value_t = 1000, value_name = "N")]
    count: usize,
    /// Steps from noise to data [default: 1 for --solver meanflow, else 64]
    #[arg(long, value_name = "K")]
    steps: Option<u32>,
    #[command(flatten)]
    sampling: Sampling,
    /// Seed of the noise; sample i is the same alone, in bulk and on a device
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Class to draw, by number or by name; all in turn if not given
    #[arg(long, value_name = "K")]
    class: Option<String>,
    /// Condition vector, in the data's units
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "A,B,..")]
    condition: Vec<f32>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Draws and writes.
    pub fn run(self) -> Result<()> {
        let stored = StoredModel::load(&self.model)?;
        let model = stored.view();
        let asked = match (&self.class, self.condition.is_empty()) {
            (Some(class), _) => Asked::Classes(vec![class_number(&stored, class)?]),
            (None, false) => {
                let condition = self.condition.clone();
                Asked::Vectors(Rows::from_vec(condition.len(), condition))
            }
            (None, true) => Asked::all_of(&model),
        };
        let method = self.sampling.method(Method::natural(model.prediction()));
        check_steps(self.steps.is_some(), method)?;
        let steps = self.steps.unwrap_or(method.default_steps());
        let plain = Request::new(method, steps, self.count);
        let request = self.sampling.over(Request { seed: self.seed, asked, ..plain })?;
        let evaluations = if self.out.extension().is_some_and(|extension| extension == "png") {
            let (drawn, evaluations) = stored.draw_counted(&request)?;
            drawn.write(&self.out)?;
            evaluations
        } else {
            let bar = progress::samples(self.count as u64);
            let mut tell = |drawn: usize| bar.set_position(drawn as u64);
            let evaluations = stored.stream(&request, &self.out, &mut tell)?;
            bar.finish_and_clear();
            evaluations
        };
        if self.json {
            return print_json(&serde_json::json!({
                "out": self.out,
                "count": self.count,
                "solver": request.method.name(),
                "steps": method.counts_steps().then_some(request.steps),
                "evaluations": evaluations,
                "nfe": evaluations as f64 / self.count.max(1) as f64,
                "seed": self.seed,
            }));
        }
        let each = evaluations as f64 / self.count.max(1) as f64;
        let (out, each) = (self.out.display(), (10.0 * each).round() / 10.0);
        eprintln!("wrote {} samples to {out}, {each} evaluations each", self.count);
        Ok(())
    }
}

/// A class by the name that the data gave it, or by its number.
fn class_number(stored: &StoredModel, class: &str) -> Result<usize> {
    let names = stored.class_names();
    if let Some(number) = names.iter().position(|name| name == class) {
        return Ok(number);
    }
    class.parse().map_err(|_| {
        let known =
            if names.is_empty() { "numbers from 0 on".to_owned() } else { names.join(", ") };
        Error::usage("--class", format!("no class `{class}`; there are {known}"))
    })
}
