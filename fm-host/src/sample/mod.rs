//! Drawing samples on the host: `fm-nostd`'s samplers over all cores, with the device's bits.

mod method;
mod output;

pub use method::Method;
pub use output::{Classes, Drawn};

use fm_nostd::blob::{Conditioning, Prediction};
use fm_nostd::solver::{Euler, Heun, Midpoint, Rk4, Solver};
use fm_nostd::{
    AverageField, Condition, ConditionError, Conditional, Draw, Field, FieldError, Guided,
    MeanFlow, Model, Sampler, Velocity,
};
use rayon::prelude::*;

use crate::data::Rows;
use crate::{Error, Result};

/// What is asked of every sample; sample `i` takes entry `i` modulo their number.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// A class.
    Classes(Vec<usize>),
    /// A condition vector, in the data's units.
    Vectors(Rows),
}

/// Which samples to draw, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The solver.
    pub method: Method,
    /// Steps of equal length.
    pub steps: u32,
    /// The seed of the noise.
    pub seed: u64,
    /// How many samples, from sample 0 on.
    pub count: usize,
    /// What is asked of them.
    pub asked: Asked,
    /// The scale of classifier-free guidance, if any.
    pub guidance: Option<f32>,
}

impl Asked {
    fn of(&self, sample: usize) -> Condition<'_> {
        match self {
            Self::Nothing => Condition::None,
            Self::Classes(classes) => Condition::Class(classes[sample % classes.len()]),
            Self::Vectors(rows) => Condition::Vector(rows.row(sample % rows.len())),
        }
    }

    /// Every class in turn where the model has classes, else nothing.
    pub fn all_of(model: &Model<'_>) -> Self {
        match model.conditioning() {
            Conditioning::Classes(count) => Self::Classes((0..count).collect()),
            _ => Self::Nothing,
        }
    }

    /// The class of each of `count` samples, where classes are asked for.
    pub fn labels(&self, count: usize) -> Option<Vec<u32>> {
        match self {
            Self::Classes(classes) => {
                Some((0..count).map(|i| classes[i % classes.len()] as u32).collect())
            }
            _ => None,
        }
    }
}

/// Draws samples in the data's units: sample `i` has the bits that a device gives for the same seed.
///
/// Shape: `[count, dim]`.
///
/// # Errors
/// If the model cannot be sampled so; the option and the way out are named.
pub fn draw(model: &Model<'_>, request: &Request) -> Result<Rows> {
    check(model, request)?;
    let dim = model.dim();
    let mut samples = vec![0.0; request.count * dim];
    // Long enough that building a sampler is nothing, short enough to keep every core busy.
    const CHUNK: usize = 256;
    samples.par_chunks_mut(CHUNK * dim).enumerate().try_for_each(|(chunk, rows)| {
        let first = chunk * CHUNK;
        draw_chunk(model, request, first, rows)
    })?;
    Ok(Rows::from_vec(dim, samples))
}

fn check(model: &Model<'_>, request: &Request) -> Result<()> {
    let average = model.prediction() == Prediction::AverageVelocity;
    if request.method == Method::Meanflow && !average {
        let problem = "the model predicts velocities, which know no jumps; take `euler`, or train \
                       with `--objective meanflow`";
        return Err(Error::usage("--solver", problem));
    }
    if request.guidance.is_some() && request.method == Method::Meanflow {
        let problem = "guiding a finished average field is no average of the guided one; take an \
                       ODE solver such as `--solver euler`";
        return Err(Error::usage("--guidance", problem));
    }
    if request.steps == 0 {
        return Err(Error::usage("--steps", "give at least 1"));
    }
    Ok(())
}

/// One field of one kind with one solver, over a chunk of samples.
fn draw_chunk(model: &Model<'_>, request: &Request, first: usize, rows: &mut [f32]) -> Result<()> {
    let shape = model.network().shape();
    let hidden = || vec![0.0; shape.hidden];
    let state = || vec![0.0; shape.dim];
    let condition = vec![0.0; model.conditioning().size()];
    let field = Field::new(model, [hidden(), hidden()], condition).map_err(field_error)?;
    if request.method == Method::Meanflow {
        let field = AverageField::new(field).map_err(field_error)?;
        return each(model, request, first, rows, field, MeanFlow::new(state()));
    }
    match request.guidance {
        None => with_solver(model, request, first, rows, field),
        Some(scale) => {
            let guided = Guided::new(field, scale, state()).map_err(field_error)?;
            with_solver(model, request, first, rows, guided)
        }
    }
}

fn with_solver<F: Velocity + Conditional>(
    model: &Model<'_>,
    request: &Request,
    first: usize,
    rows: &mut [f32],
    field: F,
) -> Result<()> {
    let state = || vec![0.0; model.dim()];
    match request.method {
        // A velocity field has no jumps: `check` refused them.
        Method::Euler | Method::Meanflow => {
            each(model, request, first, rows, field, Euler::new(state()))
        }
        Method::Midpoint => {
            each(model, request, first, rows, field, Midpoint::new([state(), state()]))
        }
        Method::Heun => each(model, request, first, rows, field, Heun::new([state(), state()])),
        Method::Rk4 => {
            each(model, request, first, rows, field, Rk4::new([state(), state(), state()]))
        }
    }
}

fn each<F: Conditional, S: Solver<F>>(
    model: &Model<'_>,
    request: &Request,
    first: usize,
    rows: &mut [f32],
    field: F,
    solver: S,
) -> Result<()> {
    let mut sampler = Sampler::new(model, field, solver).map_err(field_error)?;
    for (i, row) in (first..).zip(rows.chunks_mut(model.dim())) {
        let asked = request.asked.of(i);
        sampler.field.set_condition(asked).map_err(|error| condition_error(model, error))?;
        sampler.sample(Draw { seed: request.seed, sample: i as u64 }, request.steps, row);
    }
    Ok(())
}

fn field_error(error: FieldError) -> Error {
    match error {
        FieldError::NoUnconditional => Error::usage(
            "--guidance",
            "the model was trained without `--label-dropout`: there is nothing to guide away from",
        ),
        other => Error::usage("--solver", other.to_string()),
    }
}

fn condition_error(model: &Model<'_>, error: ConditionError) -> Error {
    let takes = match model.conditioning() {
        Conditioning::None => "the model takes no condition".to_owned(),
        Conditioning::Classes(count) => {
            format!("the model takes a class from 0 to {}: `--class K`", count - 1)
        }
        Conditioning::Vector(size) => {
            format!("the model takes {size} numbers: `--condition A,B,..`")
        }
    };
    let option = match model.conditioning() {
        Conditioning::Vector(_) => "--condition",
        _ => "--class",
    };
    Error::usage(option, format!("{error}; {takes}"))
}
