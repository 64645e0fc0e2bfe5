//! `fm export`: writes a run's model for a device or another program.

use std::path::PathBuf;

use clap::ValueEnum;
use comfy_table::Table;
use fm_nostd::net::Weights;
use serde::Serialize;
use serde_json::json;

use super::columns::Columns;
use super::source;
use super::{evaluation, print_json, say, verdict};
use crate::data::{self, Split};
use crate::metrics::Evaluator;
use crate::model::{Description, StoredModel, without_names};
use crate::quantise::{self, Difference};
use crate::sample::{self, Conditions, Method, Request};
use crate::train::{Checkpoint, RunDir};
use crate::{Error, Result, export};

/// Options of `fm export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run directory, or .fm file
    run: PathBuf,
    /// Output file: .fm, .rs (a Rust module), .h (a C header for the library in fm-nostd/c), .c (C99 without any
    /// library, with its header beside it) or, from a run, .safetensors. C99 draws samples in one step, by Euler and
    /// by Heun; for guidance, an SDE, likelihoods and scores, use .h
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number format of the weights [default: f32 for a run, a file's own for a .fm file]; the loss of quality
    /// by 8-bit weights is measured and printed
    #[arg(long, value_enum)]
    dtype: Option<Dtype>,
    /// Clamp samples to the range of the training data, as after `fm train --clamp`
    #[arg(long)]
    clamp: bool,
    /// Omit the names of columns and classes from the model, to save flash
    #[arg(long)]
    no_names: bool,
    /// Data to fit 8-bit weights to and to measure them on [default: the run's data]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// Rows of the source that --dtype q8 is fitted to, for a model that was trained with --source [default:
    /// the run's]
    #[arg(long, value_name = "DATA")]
    source: Option<String>,
    /// Print one JSON object to stdout
    #[arg(long)]
    json: bool,
}

/// Number formats of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Dtype {
    /// Single precision, as trained.
    F32,
    /// 8-bit weights and 16-bit activations: a quarter of the flash.
    Q8,
}

/// The loss of 8-bit weights, compared with the `f32` weights that they were rounded from.
#[derive(Serialize)]
struct Loss {
    /// The difference of the network's outputs, in standardised units.
    output: Difference,
    solver: Method,
    steps: u32,
    samples: usize,
    /// How many rows are held out; `samples` of them are compared with the samples.
    held_out: usize,
    figures: Vec<Figure>,
}

/// One figure, for both models' samples from the same noise.
#[derive(Serialize)]
struct Figure {
    name: &'static str,
    f32: f64,
    q8: f64,
    floor: f64,
    floor_spread: f64,
}

impl Args {
    /// Exports the averaged weights of the newest checkpoint.
    pub fn run(self) -> Result<()> {
        if self.data.is_some() && self.dtype != Some(Dtype::Q8) {
            let problem =
                "only 8-bit weights are fitted to data; add `--dtype q8`, or omit this option";
            return Err(Error::usage("--data", problem));
        }
        if self.run.is_file() {
            return self.rewrite();
        }
        let loaded = RunDir::open(&self.run)?.load()?;
        for notice in &loaded.damaged {
            say(&format!("note: {notice}"));
        }
        let steps = loaded.checkpoint.config.train.schedule.steps;
        if let Some(step) = loaded.checkpoint.unfinished() {
            say(&super::unfinished(&self.run, step, steps));
        }
        let clamp = self.clamp || loaded.checkpoint.config.train.clamp;
        let dtype = self.dtype.unwrap_or(Dtype::F32);
        let loss = match dtype {
            Dtype::F32 => {
                self.write(&loaded.checkpoint, clamp)?;
                None
            }
            Dtype::Q8 => Some(self.quantised(&loaded.checkpoint, clamp)?),
        };
        if self.json {
            return print_json(
                &json!({ "out": self.out.display().to_string(), "dtype": dtype, "loss": loss }),
            );
        }
        if let Some(loss) = &loss {
            say(&loss.to_string());
        }
        say(&format!("wrote {}", self.out.display()));
        Ok(())
    }

    /// Writes the weights as they were trained.
    fn write(&self, checkpoint: &Checkpoint, clamp: bool) -> Result<()> {
        if !self.no_names {
            return export::write(checkpoint, clamp, &self.out);
        }
        let blob = export::blob(&checkpoint.config, checkpoint.weights(), clamp)?;
        self.put(&blob)
    }

    /// Writes a blob, without its names after `--no-names`.
    fn put(&self, blob: &[u8]) -> Result<()> {
        if !self.no_names {
            return export::write_blob(blob, &self.out);
        }
        let stored = StoredModel::new(blob, None, &self.out)?;
        let bare = without_names(&stored.view());
        let bare = bare.map_err(|error| Error::model(&self.out, error.to_string()))?;
        export::write_blob(&bare, &self.out)
    }

    /// Writes a `.fm` file in another format.
    fn rewrite(&self) -> Result<()> {
        if self.clamp {
            let problem =
                "a .fm file does not contain the range of the training data; export the run";
            return Err(Error::usage("--clamp", problem));
        }
        let stored = StoredModel::load(&self.run)?;
        let problem = match (self.dtype, stored.view().network().weights()) {
            (Some(Dtype::Q8), Weights::F32(_)) => Some(
                "8-bit weights are fitted to the training data, and a .fm file does not contain its \
                 path; export the run",
            ),
            (Some(Dtype::F32), Weights::Q8(_)) => Some(
                "the file's 8-bit weights cannot become the trained ones again; export the run",
            ),
            (Some(Dtype::F32) | None, Weights::F32(_))
            | (Some(Dtype::Q8) | None, Weights::Q8(_)) => None,
        };
        if let Some(problem) = problem {
            return Err(Error::usage("--dtype", problem));
        }
        let blob = stored.bytes().get(..stored.view().len()).unwrap_or_default();
        self.put(blob)?;
        if self.json {
            let dtype = Description::of(&stored.view()).dtype;
            return print_json(
                &json!({ "out": self.out.display().to_string(), "dtype": dtype, "loss": null }),
            );
        }
        say(&format!("wrote {}", self.out.display()));
        Ok(())
    }

    /// Writes the 8-bit model and measures its loss.
    fn quantised(&self, checkpoint: &Checkpoint, clamp: bool) -> Result<Loss> {
        if self.out.extension() == Some("safetensors".as_ref()) {
            let problem =
                "8-bit weights need a .fm, .rs, .h or .c file; change --out, or omit --dtype";
            return Err(Error::usage("--dtype", problem));
        }
        let (config, parameters) = (&checkpoint.config, checkpoint.weights());
        let blob = export::blob(config, parameters, clamp)?;
        let f32 = StoredModel::new(&blob, Some(config.clone()), &self.run)?;
        let split = self.fitted_to(&f32)?;
        let examples = config.examples(&split.train, split.source_rows());
        let layers = quantise::quantise(config, parameters, &examples)?;
        let blob = export::blob_q8(config, parameters, &layers, clamp)?;
        self.put(&blob)?;
        let q8 = StoredModel::new(&blob, None, &self.out)?;
        let output = quantise::difference(config, parameters, &layers, &examples);
        let solver = Method::natural(f32.view().prediction());
        let steps = solver.default_steps();
        let evaluator = Evaluator::new(&split.complete(), &config.facts.standardisation);
        let (conditions, samples) =
            (Conditions::like(evaluator.evaluation_rows()), evaluator.samples());
        let start = source::matched(split.held_out_source(), evaluator.evaluation_rows(), 0)?;
        let standardisation = &config.facts.standardisation;
        let known = f32.always_known(&standardisation.undo(&evaluator.evaluation_rows().values));
        let request = Request { start, conditions, known, ..Request::new(solver, steps, samples) };
        let scores = |stored: &StoredModel| {
            let samples = sample::draw(&stored.view(), &request)?;
            evaluator.score(&standardisation.apply(&samples))
        };
        let pairs = scores(&f32)?.into_iter().zip(scores(&q8)?);
        let figures = pairs.map(|(f32, q8)| Figure {
            name: f32.name,
            f32: f32.value,
            q8: q8.value,
            floor: f32.floor,
            floor_spread: f32.floor_spread,
        });
        let (figures, held_out) = (figures.collect(), evaluator.held_out());
        Ok(Loss { output, solver, steps, samples, held_out, figures })
    }

    /// Reads the rows that 8-bit weights are fitted to and measured on.
    fn fitted_to(&self, stored: &StoredModel) -> Result<Split> {
        let (source, own) = evaluation::source(self.data.as_deref(), &Columns::default(), stored)?;
        let mut split = evaluation::split_for_model(data::load(&source)?, stored)?;
        for part in [&mut split.train, &mut split.held_out] {
            evaluation::know_classes(part, &stored.class_names())?;
        }
        source::load_of_run(stored, self.source.as_deref(), &mut split)?;
        let config = stored.config.as_ref().filter(|_| own);
        if config.is_some_and(|config| config.facts.digest != split.train.digest()) {
            let problem = "8-bit weights are fitted to the training rows, and these rows have changed \
                           since; restore them, or name other data with `--data`";
            return Err(Error::data(&source.data, problem));
        }
        Ok(split)
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Difference { rms, max, size } = self.output;
        let (solver, steps) = (self.solver.name(), self.steps);
        writeln!(
            f,
            "8-bit weights change outputs (typical size {size:.3}) by {rms:.4} (RMS), by at most {max:.4}"
        )?;
        writeln!(
            f,
            "{} samples per model from the same noise, {solver} with --steps {steps}, compared with \
             as many of {} held-out rows:",
            self.samples, self.held_out
        )?;
        let mut table = Table::new();
        table.load_style(comfy_table::presets::ASCII_MARKDOWN);
        table.set_header(["", "f32", "q8", "real data"]);
        for figure in &self.figures {
            let [f32, q8] = [figure.f32, figure.q8].map(|x| format!("{x:.4}"));
            let floor = verdict::number(figure.floor, figure.floor_spread);
            table.add_row([figure.name.to_owned(), f32, q8, floor]);
        }
        write!(f, "{table}")
    }
}
