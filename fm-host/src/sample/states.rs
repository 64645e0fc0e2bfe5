//! Samples on their way from noise to data: where they are at any time, and the velocity there.

use fm_nostd::prediction::Reach;
use fm_nostd::{Conditional, Draw, Guided, KnownParts, Model, Velocity};
use rayon::prelude::*;

use super::drawing::field;
use super::method::Way;
use super::refusal::field_error;
use super::{Request, Steps, draw_checked};
use crate::data::Rows;
use crate::{Error, Result};

/// Returns where the samples of a request are at each of `times`, in the data's units.
///
/// Samples take the steps of the request, and a shorter last step if a time lies between two of them. At
/// time 1 they are the samples of [`draw`](super::draw).
///
/// Shape: `[times][count, dim]`.
///
/// # Errors
/// If the model does not support the request, a time is before the model's start or after 1, or lies between
/// noise and data for a model that predicts only the jump between them.
pub fn states(model: &Model<'_>, request: &Request, times: &[f32]) -> Result<Vec<Rows>> {
    request.check(model)?;
    let start = model.start();
    let steps = match request.method.way() {
        Way::Adaptive => vec![start],
        Way::Ode(_) | Way::Sde | Way::Jump => request.steps.times(start),
    };
    let state = |&t: &f32| {
        if t == start {
            return Ok(starts(model, request));
        }
        if !(start..=1.0).contains(&t) {
            let problem = format!("{t} is not a time from {start}, where sampling starts, to 1");
            return Err(Error::usage("--at", problem));
        }
        if model.prediction().reach() == Reach::OneJump && t != 1.0 {
            let problem = "the model predicts only one jump from noise to data (`--objective \
                           distill`), and nothing in between; use 0,1";
            return Err(Error::usage("--at", problem));
        }
        let before = steps.iter().copied().take_while(|step| *step < t);
        let steps = Steps::Times(before.chain([t]).collect());
        Ok(draw_checked(model, &Request { steps, ..request.clone() })?.0)
    };
    times.iter().map(state).collect()
}

/// Where the samples of a request start, in the data's units: at noise, or at standardised rows of a source.
fn starts(model: &Model<'_>, request: &Request) -> Rows {
    let mut rows = Rows::from_vec(model.dim(), vec![0.0; request.count * model.dim()]);
    for i in 0..request.count {
        let row = rows.row_mut(i);
        match request.start.row(i) {
            None => {
                Draw { seed: request.seed, sample: i as u64 }.fill(0, row);
                row.iter_mut().for_each(|value| *value *= request.temperature);
            }
            Some(start) => {
                row.copy_from_slice(start);
                model.standardise_source(row);
            }
        }
        model.destandardise(row);
        if let Some((values, known)) = request.known.as_ref().map(|cells| cells.of(i)) {
            for (value, (own, known)) in row.iter_mut().zip(values.iter().zip(known)) {
                *value = if *known { *own } else { *value };
            }
        }
    }
    rows
}

/// Returns the velocity of the request at time `t` and at each state, under the condition of the sample with
/// the state's number, in the data's units per unit of time. Of an average velocity it is the limit of short
/// steps.
///
/// Shape: as `states`.
///
/// # Errors
/// If the model has no velocity, or does not support the request's conditions or guidance.
pub fn velocities(model: &Model<'_>, request: &Request, t: f32, states: &Rows) -> Result<Rows> {
    /// States that share the working memory of a field.
    const CHUNK: usize = 256;
    let dim = model.dim();
    let mut velocities = vec![0.0; states.as_slice().len()];
    let chunks = velocities.par_chunks_mut(CHUNK * dim).enumerate();
    chunks.try_for_each(|(chunk, rows)| {
        let (field, _) = field(model, request)?;
        let at = (chunk * CHUNK, t);
        match request.guidance {
            None => along(model, request, field, at, states, rows),
            Some(scale) => {
                let guided = Guided::new(field, scale, vec![0.0; dim]).map_err(field_error)?;
                along(model, request, guided, at, states, rows)
            }
        }
    })?;
    Ok(Rows::from_vec(dim, velocities))
}

/// Writes the velocities of the states from number `first` on, at time `t`.
fn along<F: Velocity + Conditional + KnownParts>(
    model: &Model<'_>,
    request: &Request,
    mut field: F,
    (first, t): (usize, f32),
    states: &Rows,
    rows: &mut [f32],
) -> Result<()> {
    let mut x = vec![0.0; model.dim()];
    for (i, row) in (first..).zip(rows.chunks_mut(model.dim())) {
        request.conditions.of(i).set(model, &mut field)?;
        request.known.iter().try_for_each(|known| known.set(i, &mut field))?;
        x.copy_from_slice(states.row(i));
        model.standardise(&mut x);
        field.velocity(t, &x, row);
        row.iter_mut().zip(model.std()).for_each(|(value, std)| *value *= std);
        let numbers =
            x.iter().zip(model.mean().zip(model.std())).map(|(z, (mean, std))| z * std + mean);
        for ((value, column), y) in row.iter_mut().zip(model.transforms()).zip(numbers) {
            *value *= column.log_slope(y).exp();
        }
    }
    Ok(())
}
