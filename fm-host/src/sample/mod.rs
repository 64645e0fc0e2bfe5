//! Drawing samples on the host: `fm-nostd`'s samplers over all cores, with the device's bits.

mod asked;
mod dopri5;
mod method;
mod output;
mod stream;
mod tile;

pub use asked::{Asked, Shares};
pub use dopri5::{Dopri5, LEAST_TOLERANCE};
pub use method::Method;
pub use output::Drawn;
pub use stream::Labels;
pub(crate) use stream::stream;

use clap::ValueEnum;
use fm_nostd::blob::{self, Conditioning, Path, Reach};
use fm_nostd::solver::{Euler, EulerMaruyama, Heun, Midpoint, Rk4, Solver};
use fm_nostd::{
    AverageField, ConditionError, Conditional, Draw, Field, FieldError, Guided, Jump, MeanFlow,
    Model, Sampler, Velocity,
};
use rayon::prelude::*;

use crate::data::Rows;
use crate::{Error, Result};

/// Which samples to draw, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The solver.
    pub method: Method,
    /// Steps of equal length; [`Method::Dopri5`] chooses its own.
    pub steps: u32,
    /// The seed of the noise.
    pub seed: u64,
    /// How many samples, from sample 0 on.
    pub count: usize,
    /// What is asked of them.
    pub asked: Asked,
    /// The scale of classifier-free guidance, if any.
    pub guidance: Option<f32>,
    /// What the starting noise is multiplied by; 1 leaves it.
    pub temperature: f32,
    /// How much noise [`Method::Sde`] takes on the way; 0 is Euler.
    pub eta: f32,
    /// The error that a step of [`Method::Dopri5`] may make.
    pub tolerance: f32,
    /// What becomes of a contrast in the model; as [`Contrast::natural`] says if not given.
    pub contrast: Option<Contrast>,
}

/// What becomes of a contrast that a ΔFM model carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contrast {
    /// It stays: the model's own samples, and naive guidance.
    Keep,
    /// It is undone first, by the gain: what guidance and the SDE are meant for.
    Undo,
}

impl Contrast {
    /// It is undone where a method needs a plain velocity.
    pub fn natural(request: &Request) -> Self {
        let plain = request.guidance.is_some() || request.method == Method::Sde;
        if plain { Self::Undo } else { Self::Keep }
    }
}

impl Request {
    /// `count` samples of seed 0 with nothing asked for and every other setting at its default.
    pub fn new(method: Method, steps: u32, count: usize) -> Self {
        Self {
            method,
            steps,
            seed: 0,
            count,
            asked: Asked::Nothing,
            guidance: None,
            temperature: 1.0,
            eta: 1.0,
            tolerance: 1e-4,
            contrast: None,
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
    Ok(draw_counted(model, request)?.0)
}

/// [`draw`], with how often the network was evaluated for all samples together: guidance evaluates it
/// twice per velocity.
///
/// # Errors
/// As [`draw`].
pub fn draw_counted(model: &Model<'_>, request: &Request) -> Result<(Rows, u64)> {
    check(model, request)?;
    let dim = model.dim();
    let mut samples = vec![0.0; request.count * dim];
    // Long enough that building a sampler is nothing, short enough to keep every core busy.
    const CHUNK: usize = 256;
    let tiles = tile::Network::new(model, request);
    let chunks = samples.par_chunks_mut(CHUNK * dim).enumerate();
    let drawn = chunks.map(|(chunk, rows)| {
        Drawing { model, request, tiles: tiles.as_ref(), first: chunk * CHUNK }.all(rows)
    });
    let evaluations = drawn.try_reduce(|| 0, |a, b| Ok(a + b))?;
    Ok((Rows::from_vec(dim, samples), evaluations))
}

/// Refuses what the model's network does not know.
fn check_reach(model: &Model<'_>, request: &Request) -> Result<()> {
    let jumps = request.method == Method::Meanflow;
    if request.guidance.is_some() && model.prediction().reach() == Reach::OneJump {
        return Err(field_error(FieldError::OneJump));
    }
    if request.guidance.is_some() && request.asked == Asked::Nothing && model.unconditional() {
        let problem = "guidance leads towards a condition, and none is asked for: name one, or leave it \
                       out";
        return Err(Error::usage("--guidance", problem));
    }
    match (model.prediction().reach(), jumps) {
        (Reach::Velocity, true) => {
            let problem = "the model predicts velocities and cannot jump; take `euler`, or train with \
                           `--objective meanflow`";
            return Err(Error::usage("--solver", problem));
        }
        (Reach::OneJump, false) => return Err(field_error(FieldError::OneJump)),
        (Reach::OneJump, true) if request.steps != 1 => {
            let problem = "the model knows the one jump from noise to data (`--objective distill`): \
                           take 1, or train with `--objective meanflow` for more";
            return Err(Error::usage("--steps", problem));
        }
        (Reach::OneJump | Reach::AnyJump, true) | (Reach::Velocity | Reach::AnyJump, false) => {}
    }
    if jumps && request.guidance.is_some() {
        let problem = "a jump cannot be guided afterwards: the average of a guided velocity is another \
                       one; take an ODE solver such as `--solver euler`, or train the guidance in \
                       (`fm train --omega`)";
        return Err(Error::usage("--guidance", problem));
    }
    let contrasted = model.contrast() != blob::Contrast::None;
    if jumps && contrasted && request.contrast == Some(Contrast::Undo) {
        let problem = "a contrast can be taken off a velocity, not off a jump: take an ODE solver such \
                       as `--solver euler`, or `keep`";
        return Err(Error::usage("--contrast", problem));
    }
    Ok(())
}

fn check(model: &Model<'_>, request: &Request) -> Result<()> {
    check_reach(model, request)?;
    if request.steps == 0 {
        return Err(Error::usage("--steps", "give at least 1"));
    }
    // A file holds no more bytes than that, a condition as long as the sample included.
    let bytes = request.count as u128 * model.dim() as u128 * 2 * size_of::<f32>() as u128;
    if bytes > i64::MAX as u128 {
        return Err(Error::usage("--count", "no disk has room for so many samples: give fewer"));
    }
    if request.guidance.is_some_and(|scale| !scale.is_finite()) {
        return Err(Error::usage("--guidance", "give a finite number; 1 is the plain model"));
    }
    let positive = |x: f32| x.is_finite() && x >= 0.0;
    if !positive(request.eta) {
        return Err(Error::usage("--eta", "give a number of at least 0; 0 is Euler's method"));
    }
    if !positive(request.temperature) {
        return Err(Error::usage("--temperature", "give a number of at least 0; 1 is the model's"));
    }
    if !(LEAST_TOLERANCE..=1.0).contains(&request.tolerance) {
        let problem = format!("give a number from {LEAST_TOLERANCE} (single precision) to 1");
        return Err(Error::usage("--tolerance", problem));
    }
    Ok(())
}

/// How often guidance evaluates the network per velocity: with the condition and without.
const GUIDED_EVALUATIONS: u64 = 2;

/// A run of samples from `first` on. Every method gives how often it evaluated the network.
struct Drawing<'r> {
    model: &'r Model<'r>,
    request: &'r Request,
    /// Where tiles will do.
    tiles: Option<&'r tile::Network<'r>>,
    first: usize,
}

impl Drawing<'_> {
    /// Draws all, and checks that they are numbers.
    fn all(&self, rows: &mut [f32]) -> Result<u64> {
        let evaluations = self.any(rows)?;
        match rows.iter().position(|x| !x.is_finite()) {
            None => Ok(evaluations),
            Some(at) => {
                let sample = self.first + at / self.model.dim();
                let problem = format!(
                    "sample {sample} is not finite: lower --eta, --temperature or --guidance if they are \
                     large; else the network diverged, or the condition is far from its training data"
                );
                Err(Error::data("the samples", problem))
            }
        }
    }

    /// One field of one kind with one solver.
    fn any(&self, rows: &mut [f32]) -> Result<u64> {
        let Self { model, request, .. } = *self;
        let shape = model.network().shape();
        let hidden = || vec![0.0; shape.hidden];
        let condition = vec![0.0; model.conditioning().size()];
        if model.prediction().reach() == Reach::OneJump {
            let jump = Jump::new(model, [hidden(), hidden()], condition, self.state());
            return self.jump(rows, jump.map_err(field_error)?);
        }
        let mut field = Field::new(model, [hidden(), hidden()], condition).map_err(field_error)?;
        let undo = request.contrast.unwrap_or_else(|| Contrast::natural(request)) == Contrast::Undo;
        if undo && request.method != Method::Meanflow {
            field = field.without_contrast().map_err(|_| contrast_error(request.method))?;
        }
        if let Some(tiles) = self.tiles {
            self.check_conditions(&mut field, rows.len() / model.dim())?;
            if request.guidance.is_some() {
                Guided::new(field, 1.0, self.state()).map_err(field_error)?;
            }
            return Ok(tile::Tiles::new(tiles, request, undo).draw(self.first, rows));
        }
        if request.method == Method::Meanflow {
            let field = AverageField::new(field).map_err(field_error)?;
            return self.counted(rows, field, MeanFlow::new(self.state()));
        }
        // Guided velocities are those of guided scores: the same linear mix.
        let path = match request.method {
            Method::Sde => field.score_path().map_err(field_error)?,
            Method::Euler
            | Method::Midpoint
            | Method::Heun
            | Method::Rk4
            | Method::Dopri5
            | Method::Meanflow => model.path(),
        };
        match request.guidance {
            None => self.with_solver(rows, field, path),
            Some(scale) => {
                let guided = Guided::new(field, scale, self.state()).map_err(field_error)?;
                Ok(GUIDED_EVALUATIONS * self.with_solver(rows, guided, path)?)
            }
        }
    }

    /// The one jump of a network that knows no other.
    fn jump(
        &self,
        rows: &mut [f32],
        mut jump: Jump<'_, Vec<f32>, Vec<f32>, Vec<f32>>,
    ) -> Result<u64> {
        let Self { model, request, first, .. } = *self;
        if let Some(tiles) = self.tiles {
            self.check_conditions(&mut jump, rows.len() / model.dim())?;
            return Ok(tile::Tiles::new(tiles, request, false).draw(first, rows));
        }
        jump.temperature = request.temperature;
        for (i, row) in (first..).zip(rows.chunks_mut(model.dim())) {
            let asked = request.asked.of(i);
            jump.set_condition(asked).map_err(|error| condition_error(model, error))?;
            jump.sample(Draw { seed: request.seed, sample: i as u64 }, row);
        }
        Ok((rows.len() / model.dim()) as u64)
    }

    /// Whether the field takes what is asked of the samples.
    fn check_conditions(&self, field: &mut impl Conditional, samples: usize) -> Result<()> {
        let asked = &self.request.asked;
        let different = asked.period().unwrap_or(samples);
        for i in (self.first..).take(samples.min(different)) {
            field.set_condition(asked.of(i)).map_err(|e| condition_error(self.model, e))?;
        }
        Ok(())
    }

    fn with_solver<F: Velocity + Conditional>(
        &self,
        rows: &mut [f32],
        field: F,
        path: Path,
    ) -> Result<u64> {
        let state = || self.state();
        match self.request.method {
            // A velocity field has no jumps: `check` refused them.
            Method::Euler | Method::Meanflow => self.counted(rows, field, Euler::new(state())),
            Method::Midpoint => self.counted(rows, field, Midpoint::new([state(), state()])),
            Method::Heun => self.counted(rows, field, Heun::new([state(), state()])),
            Method::Rk4 => self.counted(rows, field, Rk4::new([state(), state(), state()])),
            Method::Sde => {
                let work = [state(), state()];
                self.counted(rows, field, EulerMaruyama::new(path, self.request.eta, work))
            }
            Method::Dopri5 => {
                let solver = Dopri5::new(self.model.dim(), self.request.tolerance);
                Ok(self.each(rows, field, solver, 1)?.evaluations())
            }
        }
    }

    /// A solver that takes as many steps as it is told to.
    fn counted<F: Conditional, S: Solver<F>>(
        &self,
        rows: &mut [f32],
        field: F,
        solver: S,
    ) -> Result<u64> {
        self.each(rows, field, solver, self.request.steps)?;
        let samples = rows.len() / self.model.dim();
        Ok(samples as u64 * u64::from(self.request.steps) * u64::from(S::EVALUATIONS))
    }

    fn each<F: Conditional, S: Solver<F>>(
        &self,
        rows: &mut [f32],
        field: F,
        solver: S,
        steps: u32,
    ) -> Result<S> {
        let Self { model, request, first, .. } = *self;
        let mut sampler = Sampler::new(model, field, solver).map_err(field_error)?;
        sampler.temperature = request.temperature;
        for (i, row) in (first..).zip(rows.chunks_mut(model.dim())) {
            let asked = request.asked.of(i);
            sampler.field.set_condition(asked).map_err(|error| condition_error(model, error))?;
            sampler.sample(Draw { seed: request.seed, sample: i as u64 }, steps, row);
        }
        Ok(sampler.solver)
    }

    fn state(&self) -> Vec<f32> {
        vec![0.0; self.model.dim()]
    }
}

pub(crate) fn field_error(error: FieldError) -> Error {
    match error {
        FieldError::NoUnconditional => Error::usage(
            "--guidance",
            "the model was trained without `--label-dropout`: there is nothing to guide away from",
        ),
        FieldError::Coupling => Error::usage(
            "--solver",
            "the model was trained on pairs that are not independent: it has no score and no SDE; \
             take an ODE solver such as `euler`, or train with `--coupling independent`",
        ),
        FieldError::OneJump => Error::usage(
            "MODEL",
            "it knows the one jump from noise to data (`--objective distill`) and no velocity: sample it \
             with `--solver meanflow --steps 1`; other solvers, guidance and likelihoods need another \
             model, such as its teacher",
        ),
        FieldError::Guidance => Error::usage(
            "--solver",
            "the model was trained with guidance in its target: it has no score and no SDE; take an ODE \
             solver such as `euler`, or train without `--omega` and `--kappa`",
        ),
        FieldError::Reweighted => Error::usage(
            "--solver",
            "the model was trained with rows weighted by their error, so its velocity is not the \
             conditional mean: it has no score and no SDE; take an ODE solver such as `euler`, or train \
             with `--weight-p 0`",
        ),
        FieldError::Contrast => Error::usage(
            "--contrast",
            "the model carries a contrast, and a contrasted field has no score and no SDE; take \
             `undo`, or an ODE solver",
        ),
        FieldError::NoSlope => Error::usage(
            "MODEL",
            "it is of 8-bit weights, which have no slope, so no likelihood: name its run, or a .fm \
             file that was exported with `--dtype f32`",
        ),
        other => Error::usage("--solver", other.to_string()),
    }
}

fn contrast_error(method: Method) -> Error {
    let contrast = "the model carries a contrast that no affine map undoes (lambda changed during training, \
                    rows without a label were held against another class, or a contrasted teacher made its \
                    pairs)";
    if method == Method::Sde {
        let problem = format!(
            "{contrast}, so it has no score and no SDE; take an ODE solver such as `euler`"
        );
        return Error::usage("--solver", problem);
    }
    let problem = format!("{contrast}; take `keep`, or train with `--objective fm`");
    Error::usage("--contrast", problem)
}

pub(crate) fn condition_error(model: &Model<'_>, error: ConditionError) -> Error {
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
        Conditioning::None | Conditioning::Classes(_) => "--class",
    };
    Error::usage(option, format!("{error}; {takes}"))
}
