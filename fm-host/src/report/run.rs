//! The pictures of a run: the loss, and samples of the model.

use std::fs;

use fm_nostd::blob::Conditioning;

use super::{Line, curves};
use crate::model::StoredModel;
use crate::sample::{Classes, Conditions, Method, Request};
use crate::train::RunDir;
use crate::{Error, Result};

/// Points in a picture of two-dimensional samples.
const POINTS: usize = 4096;
/// Images per class in a contact sheet.
const IMAGES: usize = 20;

/// Draws the pictures of a run: `loss.png`, and `samples.png` if samples are points or square images.
///
/// # Errors
/// If a picture cannot be written.
pub fn of_run(run: &RunDir, model: &StoredModel) -> Result<()> {
    let plots = run.plots_path();
    fs::create_dir_all(&plots).map_err(|error| Error::io("create", &plots, error))?;
    let loss: Vec<(u64, f32)> = run.log()?.iter().map(|row| (row.step, row.loss as f32)).collect();
    let line = Line { label: "squared error per row", points: &loss, spread: &[] };
    curves(&plots.join("loss.png"), "training", &[line])?;
    let view = model.view();
    let side = view.dim().isqrt();
    let points = view.dim() == 2;
    if !points && (side < 3 || side * side != view.dim()) {
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
    let request = Request { conditions, ..Request::new(method, steps, count) };
    model.draw(&request)?.write(&plots.join("samples.png"))
}
