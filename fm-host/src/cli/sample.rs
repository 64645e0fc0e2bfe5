//! `fm sample`: draw samples into a file, with the bits that a device gives for the same seed.

use std::path::PathBuf;

use super::print_json;
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
    /// Steps from noise to data [default: 1 for meanflow models, else 64]
    #[arg(long, value_name = "K")]
    steps: Option<u32>,
    /// How to take them [default: meanflow for meanflow models, else euler]
    #[arg(long)]
    solver: Option<Method>,
    /// Seed of the noise; sample i is the same alone, in bulk and on a device
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,
    /// Class to draw, by number or by name; all in turn if not given
    #[arg(long, value_name = "K")]
    class: Option<String>,
    /// Condition vector, in the data's units
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "A,B,..")]
    condition: Vec<f32>,
    /// Scale of classifier-free guidance; 1 is the plain conditional model
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    guidance: Option<f32>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Draws and writes.
    pub fn run(self) -> Result<()> {
        let stored = StoredModel::load(&self.model)?;
        let model = stored.view();
        let (method, steps) = Method::natural(model.prediction());
        let asked = match (&self.class, self.condition.is_empty()) {
            (Some(class), _) => Asked::Classes(vec![class_number(&stored, class)?]),
            (None, false) => {
                let condition = self.condition.clone();
                Asked::Vectors(Rows::from_vec(condition.len(), condition))
            }
            (None, true) => Asked::all_of(&model),
        };
        let request = Request {
            method: self.solver.unwrap_or(method),
            steps: self.steps.unwrap_or(steps),
            seed: self.seed,
            count: self.count,
            asked,
            guidance: self.guidance,
        };
        let drawn = stored.draw(&request)?;
        drawn.write(&self.out)?;
        if self.json {
            return print_json(&serde_json::json!({
                "out": self.out,
                "count": self.count,
                "solver": request.method.name(),
                "steps": request.steps,
                "seed": self.seed,
            }));
        }
        eprintln!("wrote {} samples to {}", self.count, self.out.display());
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
