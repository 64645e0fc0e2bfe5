//! The pictures of a run: the loss, and samples of the model.

use std::fs;

use fm_nostd::blob::Conditioning;

use super::{Line, curves};
use crate::data::Dataset;
use crate::model::StoredModel;
use crate::sample::{Classes, Conditions, Method, Request, Start};
use crate::train::RunDir;
use crate::{Error, Result};

/// Points in a picture of two-dimensional samples.
const POINTS: usize = 4096;
/// Images per class in a contact sheet.
const IMAGES: usize = 20;

/// Draws the pictures of a run: `loss.png`, and `samples.png` if samples are points or square images.
/// Samples start at the rows of `source` if the run has a source. There are none of a model that always needs known
/// columns.
///
/// # Errors
/// If a picture cannot be written, or the model needs a source and none is given.
pub fn of_run(run: &RunDir, model: &StoredModel, source: Option<&Dataset>) -> Result<()> {
    let plots = run.plots_path();
    fs::create_dir_all(&plots).map_err(|error| Error::io("create", &plots, error))?;
    // The scale is logarithmic, and a log likelihood may have either sign.
    let (label, value): (_, fn(f64) -> f64) = match run.config()?.train.objective.facts().likelihood
    {
        true => ("perplexity: e to the negative log likelihood", f64::exp),
        false => ("squared error per row", |loss| loss),
    };
    let loss = run.log()?;
    let loss: Vec<(u64, f32)> = loss.iter().map(|row| (row.step, value(row.loss) as f32)).collect();
    let line = Line { label, points: &loss, spread: &[] };
    curves(&plots.join("loss.png"), "training", &[line])?;
    let view = model.view();
    let side = view.dim().isqrt();
    let points = view.dim() == 2;
    let is_picture = points || (side >= 3 && side * side == view.dim());
    if !is_picture || model.known_prefix().is_some() {
        return Ok(());
    }
    let unconditioned = if points { POINTS } else { IMAGES * IMAGES };
    let Conditioning { classes, vector } = view.conditioning();
    let (of_class, count) = match classes {
        0 => (Conditions::NONE, unconditioned),
        _ if points => (Conditions { classes: Classes::usual(&view)?, vectors: None }, POINTS),
        classes => (Conditions::every_class(&view)?, IMAGES * classes),
    };
    let conditions = match vector {
        0 => of_class,
        _ => of_class.or(Conditions::mean_vector(&view)?),
    };
    let method = Method::natural(view.prediction());
    let steps = method.default_steps();
    let plain = Request { conditions, ..Request::new(method, steps, count) };
    let request = match source {
        None => plain,
        Some(source) => Request {
            start: Start::at(source.values.clone()),
            conditions: Conditions::like(source),
            ..plain
        },
    };
    model.draw(&request)?.write(&plots.join("samples.png"))
}
