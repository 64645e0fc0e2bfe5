//! Draws a range of samples, one after the other or, where possible, in tiles.

use fm_nostd::path::Path;
use fm_nostd::prediction::Reach;
use fm_nostd::solver::{EulerMaruyama, Solver};
use fm_nostd::{
    AverageField, Conditional, Draw, Field, FieldError, Guided, Jump, KnownParts, KnownSampler,
    MeanFlow, Model, Sampler, Velocity,
};

use super::method::{Way, WithSolver};
use super::refusal::{contrast_error, field_error};
use super::request::GUIDED_EVALUATIONS;
use super::{ContrastHandling, Dopri5, KnownCells, Memory, Request, Start, Steps, tile};
use crate::{Error, Result};

/// A range of samples, starting at `first`. Every method returns the number of evaluations of the network.
pub struct Drawing<'r> {
    /// The model.
    pub model: &'r Model<'r>,
    /// The request.
    pub request: &'r Request,
    /// The network for tiles, if tiles support the request.
    pub tiles: Option<&'r tile::TiledNetwork<'r>>,
    /// The first sample.
    pub first: usize,
}

/// A model's field on the host.
pub type HostField<'m> = Field<'m, Vec<f32>, Memory>;

/// The working memory of a network: hidden layers, and the condition with known parts if the request has some.
fn memory(model: &Model<'_>, request: &Request) -> ([Vec<f32>; 2], Memory) {
    let hidden = || vec![0.0; model.network().shape().hidden];
    ([hidden(), hidden()], Memory::new(model, request.known.is_some()))
}

/// Returns the field of the request, and whether the contrast is to be undone. A jump keeps its contrast.
///
/// # Errors
/// If the model has no velocity, or a contrast that cannot be undone.
pub fn field<'m>(model: &'m Model<'m>, request: &Request) -> Result<(HostField<'m>, bool)> {
    let (hidden, condition) = memory(model, request);
    let mut field = Field::new(model, hidden, condition).map_err(field_error)?;
    let undo = request.contrast.unwrap_or_else(|| ContrastHandling::natural(request))
        == ContrastHandling::Undo;
    if undo && request.method.way() != Way::Jump {
        field = field.without_contrast().map_err(|_| contrast_error(request.method))?;
    }
    Ok((field, undo))
}

impl Drawing<'_> {
    /// Draws all samples, and checks that they are finite.
    ///
    /// # Errors
    /// If the model does not support the request, or a sample is not finite.
    pub fn all(&self, rows: &mut [f32]) -> Result<u64> {
        let evaluations = self.any(rows)?;
        match rows.iter().position(|x| !x.is_finite()) {
            None => Ok(evaluations),
            Some(at) => {
                let sample = self.first + at / self.model.dim();
                let problem = format!(
                    "sample {sample} is not finite; lower --temperature or --guidance if they are large, \
                     use a condition closer to the training data, or train again (training may have \
                     diverged)"
                );
                Err(Error::data("the samples", problem))
            }
        }
    }

    /// Builds the field and the solver of the request, and draws with them.
    fn any(&self, rows: &mut [f32]) -> Result<u64> {
        let Self { model, request, .. } = *self;
        if model.prediction().reach() == Reach::OneJump {
            let ((hidden, condition), state) = (memory(model, request), self.state());
            let jump = match &request.start {
                Start::Noise => Jump::new(model, hidden, condition, state),
                Start::Rows(_) => Jump::with_source(model, hidden, condition, state),
            };
            return self.jump(rows, jump.map_err(field_error)?);
        }
        let (mut field, undo) = field(model, request)?;
        let way = request.method.way();
        if let Some(tiles) = self.tiles {
            self.check_conditions(&mut field, rows.len() / model.dim())?;
            if request.guidance.is_some() {
                Guided::new(field, 1.0, self.state()).map_err(field_error)?;
            }
            return Ok(tile::Tiles::new(tiles, request, undo).draw(self.first, rows));
        }
        if way == Way::Jump {
            let field = AverageField::new(field).map_err(field_error)?;
            return self.counted(rows, field, MeanFlow::new(self.state()));
        }
        // Guided velocities belong to guided scores, because both are the same linear combination.
        let path = match way {
            Way::Sde => field.score_path().map_err(field_error)?,
            Way::Ode(_) | Way::Adaptive | Way::Jump => model.path(),
        };
        match request.guidance {
            None => self.with_solver(rows, field, path),
            Some(scale) => {
                let guided = Guided::new(field, scale, self.state()).map_err(field_error)?;
                Ok(GUIDED_EVALUATIONS * self.with_solver(rows, guided, path)?)
            }
        }
    }

    /// Draws with a network that predicts only the jump from noise to data.
    fn jump(
        &self,
        rows: &mut [f32],
        mut jump: Jump<'_, Vec<f32>, Memory, Vec<f32>>,
    ) -> Result<u64> {
        let Self { model, request, first, .. } = *self;
        if let Some(tiles) = self.tiles {
            self.check_conditions(&mut jump, rows.len() / model.dim())?;
            return Ok(tile::Tiles::new(tiles, request, false).draw(first, rows));
        }
        jump.temperature = request.temperature;
        for (i, row) in (first..).zip(rows.chunks_mut(model.dim())) {
            request.conditions.of(i).set(model, &mut jump)?;
            request.known.iter().try_for_each(|known| known.set(i, &mut jump))?;
            match request.start.row(i) {
                None => jump.sample(Draw { seed: request.seed, sample: i as u64 }, row),
                Some(start) => {
                    row.copy_from_slice(start);
                    jump.transport(row);
                }
            }
        }
        Ok((rows.len() / model.dim()) as u64)
    }

    /// Checks that the field supports the conditions of the samples.
    fn check_conditions(&self, field: &mut impl Conditional, samples: usize) -> Result<()> {
        let conditions = &self.request.conditions;
        let different = conditions.period().unwrap_or(samples);
        for i in (self.first..).take(samples.min(different)) {
            conditions.of(i).set(self.model, field)?;
        }
        Ok(())
    }

    fn with_solver<F: Velocity + Conditional + KnownParts>(
        &self,
        rows: &mut [f32],
        field: F,
        path: Path,
    ) -> Result<u64> {
        match self.request.method.way() {
            Way::Ode(solver) => {
                let drawing = self;
                solver.with(self.model.dim(), Counted { drawing, rows, field })
            }
            Way::Sde => {
                let work = [self.state(), self.state()];
                let solver = EulerMaruyama::new(path, self.request.eta, work);
                self.counted(rows, field, solver.with_schedule(self.request.sde_noise))
            }
            Way::Adaptive => {
                let solver = Dopri5::new(self.model.dim(), self.request.tolerance);
                Ok(self.each(rows, field, solver, &self.request.steps.whole())?.evaluations())
            }
            // A velocity does not support jumps.
            Way::Jump => Err(field_error(FieldError::NotAverage)),
        }
    }

    /// Draws with a solver that takes the requested number of steps.
    fn counted<F: Conditional + KnownParts, S: Solver<F>>(
        &self,
        rows: &mut [f32],
        field: F,
        solver: S,
    ) -> Result<u64> {
        self.each(rows, field, solver, &self.request.steps)?;
        let samples = rows.len() / self.model.dim();
        Ok(samples as u64 * u64::from(self.request.steps.count()) * u64::from(S::EVALUATIONS))
    }

    fn each<F: Conditional + KnownParts, S: Solver<F>>(
        &self,
        rows: &mut [f32],
        field: F,
        solver: S,
        steps: &Steps,
    ) -> Result<S> {
        let Self { model, request, first, .. } = *self;
        let times = steps.times(model.start());
        if let Some(known) = &request.known {
            let sampler = KnownSampler::new(model, field, solver).map_err(field_error)?;
            return self.each_known(rows, sampler, known, &times);
        }
        let sampler = match &request.start {
            Start::Noise => Sampler::new(model, field, solver),
            Start::Rows(_) => Sampler::with_source(model, field, solver),
        };
        let mut sampler = sampler.map_err(field_error)?;
        sampler.temperature = request.temperature;
        for (i, row) in (first..).zip(rows.chunks_mut(model.dim())) {
            request.conditions.of(i).set(model, &mut sampler.field)?;
            match request.start.row(i) {
                None => {
                    sampler.begin(Draw { seed: request.seed, sample: i as u64 }, row);
                    sampler.sample_from(times.iter().copied(), row);
                }
                Some(start) => {
                    row.copy_from_slice(start);
                    sampler.transport(times.iter().copied(), row);
                }
            }
        }
        Ok(sampler.solver)
    }

    /// Draws the rest of samples of which a part is known.
    fn each_known<F: Conditional + KnownParts, S: Solver<F>>(
        &self,
        rows: &mut [f32],
        mut sampler: KnownSampler<'_, F, S>,
        known: &KnownCells,
        times: &[f32],
    ) -> Result<S> {
        let Self { model, request, first, .. } = *self;
        sampler.set_temperature(request.temperature);
        for (i, row) in (first..).zip(rows.chunks_mut(model.dim())) {
            request.conditions.of(i).set(model, &mut sampler)?;
            known.set(i, sampler.field())?;
            sampler.begin(Draw { seed: request.seed, sample: i as u64 }, row);
            sampler.sample_from(times.iter().copied(), row);
        }
        Ok(sampler.into_solver())
    }

    fn state(&self) -> Vec<f32> {
        vec![0.0; self.model.dim()]
    }
}

/// A drawing without its solver yet.
struct Counted<'d, 'r, F> {
    drawing: &'d Drawing<'r>,
    rows: &'d mut [f32],
    field: F,
}

impl<F: Velocity + Conditional + KnownParts> WithSolver<F> for Counted<'_, '_, F> {
    type Output = Result<u64>;

    fn with<S: Solver<F>>(self, solver: S) -> Result<u64> {
        self.drawing.counted(self.rows, self.field, solver)
    }
}
