//! Sampling from noise, or from a row of a source, to the data's units: a field, a solver, and the model's standardisation.

use crate::blob::Model;
use crate::error::FieldError;
use crate::grid;
use crate::noise::Draw;
use crate::solver::Solver;

/// Draws samples of a model along a field with a solver.
///
/// The fields are public: set the condition on `field` before the first sample and between samples. Until
/// then a [`Field`](crate::Field) has "no condition" if its model was trained with that, else class 0, or
/// the mean of the condition vector.
#[derive(Clone, Debug)]
pub struct Sampler<'a, F, S> {
    model: &'a Model<'a>,
    /// The field that moves the samples.
    pub field: F,
    /// The solver of its equation.
    pub solver: S,
    /// The factor of the starting noise, 1 unless set. Below 1 samples concentrate where the density is
    /// high; this is a heuristic and does not sample from a power of the density.
    pub temperature: f32,
}

impl<'a, F, S: Solver<F>> Sampler<'a, F, S> {
    /// A sampler of `model` along `field`, with the condition that is set on `field`.
    ///
    /// # Errors
    /// If the solver's working memory is shorter than a sample, or the model moves rows of a source.
    pub fn new(model: &'a Model<'a>, field: F, solver: S) -> Result<Self, FieldError> {
        match model.has_source() {
            true => Err(FieldError::Source),
            false => Self::any(model, field, solver),
        }
    }

    /// A sampler of a model that moves rows of a source: start with [`Sampler::transport`].
    ///
    /// # Errors
    /// If the solver's working memory is shorter than a sample, or the model moves noise.
    pub fn with_source(model: &'a Model<'a>, field: F, solver: S) -> Result<Self, FieldError> {
        match model.has_source() {
            true => Self::any(model, field, solver),
            false => Err(FieldError::NoSource),
        }
    }

    fn any(model: &'a Model<'a>, field: F, mut solver: S) -> Result<Self, FieldError> {
        if solver.capacity() < model.dim() {
            return Err(FieldError::Work);
        }
        Ok(Self { model, field, solver, temperature: 1.0 })
    }

    /// Draws a sample of a model that moves noise, in `steps` equal steps (at least one), in the data's units.
    ///
    /// Shape: `x` is `[dim]`; its previous contents are ignored.
    pub fn sample(&mut self, draw: Draw, steps: u32, x: &mut [f32]) {
        self.begin(draw, x);
        self.sample_from(grid::uniform(self.model.start(), steps), x);
    }

    /// Writes a sample's starting noise, to be moved by [`Sampler::step`] at any later time.
    ///
    /// Only `x` is kept between steps (and, with an SDE, the number of the step): any task may run in
    /// between, or take the next step.
    ///
    /// ```no_run
    /// # use fm_nostd::{Draw, FieldError, Mlp, Model, solver::Heun};
    /// # fn idle() {}
    /// # fn draw(model: &Model<'_>) -> Result<[f32; 2], FieldError> {
    /// let mut sampler = Mlp::<2, 0, 32>::new(model)?.sampler(Heun::new([[0.0; 2]; 2]))?;
    /// let mut x = [0.0; 2];
    /// sampler.begin(Draw { seed: 1, sample: 0 }, &mut x);
    /// for (t, r) in [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)] {
    ///     sampler.step(t, r, &mut x);
    ///     idle(); // or `.await`
    /// }
    /// sampler.finish(&mut x);
    /// # Ok(x)
    /// # }
    /// ```
    ///
    /// Shape: `x` is `[dim]`; its previous contents are ignored.
    pub fn begin(&mut self, draw: Draw, x: &mut [f32]) {
        draw.fill(0, x);
        for value in x.iter_mut() {
            *value *= self.temperature;
        }
        self.solver.begin(draw);
    }

    /// Moves the caller's own noise along a grid of times, then converts it to the data's units.
    ///
    /// Shape: `x` is `[dim]`: standard normal noise on input, the sample on output. The caller must first
    /// call [`Solver::begin`] for a solver that adds noise.
    pub fn sample_from(&mut self, times: impl IntoIterator<Item = f32>, x: &mut [f32]) {
        let mut times = times.into_iter();
        let Some(mut t) = times.next() else { return };
        for r in times {
            self.step(t, r, x);
            t = r;
        }
        self.finish(x);
    }

    /// Moves a row of the source along a grid of times to a row of the data.
    ///
    /// Shape: `x` is `[dim]`: the row of the source in its own units on input, the row of the data in its
    /// own units on output.
    pub fn transport(&mut self, times: impl IntoIterator<Item = f32>, x: &mut [f32]) {
        self.model.standardise_source(x);
        self.sample_from(times, x);
    }

    /// One step in standardised units: call [`Sampler::begin`] before the first step and
    /// [`Sampler::finish`] after the last.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn step(&mut self, t: f32, r: f32, x: &mut [f32]) {
        let dim = self.model.dim().min(x.len());
        if let Some(x) = x.get_mut(..dim) {
            self.solver.step(&mut self.field, t, r, x);
        }
    }

    /// Converts a finished sample to the data's units: [`Model::destandardise`].
    pub fn finish(&self, x: &mut [f32]) {
        self.model.destandardise(x);
    }
}
