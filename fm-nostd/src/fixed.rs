//! The samplers with sizes in the type, checked once against the model, and working memory of known size.

mod known;

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError};
use crate::field::{AverageField, Field, Velocity};
use crate::jump::Jump;
use crate::noise::Draw;
use crate::sampler::Sampler;
use crate::score::AnomalyScore;
use crate::solver::{MeanFlow, Solver};

pub use known::{KnownJumps, KnownMemory, KnownMlp, KnownOneStep};

/// A [`Field`] in arrays.
pub type Memory<'a, const C: usize, const H: usize> = Field<'a, [f32; H], [f32; C]>;

/// A sampler of several jumps in arrays.
pub type Jumps<'a, const D: usize, const C: usize, const H: usize> =
    Sampler<'a, AverageField<'a, [f32; H], [f32; C]>, MeanFlow<[f32; D]>>;

/// An [`AnomalyScore`] in arrays.
pub type Scorer<'a, const D: usize, const C: usize, const H: usize> =
    AnomalyScore<'a, Memory<'a, C, H>, [f32; D]>;

/// Compares the sizes in the type with the model's, and the memory for its condition with `condition`.
fn check<const D: usize, const C: usize, const H: usize>(
    model: &Model<'_>,
    condition: usize,
) -> Result<(), FieldError> {
    if model.dim() != D {
        return Err(FieldError::Dim);
    }
    if model.network().shape().hidden != H {
        return Err(FieldError::Hidden);
    }
    if condition != C {
        return Err(FieldError::Condition);
    }
    Ok(())
}

/// A velocity network with sizes in its type, for sampling with any ODE solver.
///
/// `D` numbers per sample, `C` numbers in the condition vector (0 for a model without one), hidden layers
/// of width `H`. The value contains all the working memory, `2 H + C` floats and a few words, on the
/// stack or in a `static`.
#[derive(Clone, Debug)]
pub struct Mlp<'a, const D: usize, const C: usize, const H: usize> {
    model: &'a Model<'a>,
    field: Memory<'a, C, H>,
}

impl<'a, const D: usize, const C: usize, const H: usize> Mlp<'a, D, C, H> {
    /// The model's network in arrays, with the initial condition of a new [`Field`].
    ///
    /// # Errors
    /// If the model has sizes other than the type, or no velocity.
    pub fn new(model: &'a Model<'a>) -> Result<Self, FieldError> {
        check::<D, C, H>(model, model.conditioning().vector)?;
        Ok(Self { model, field: Field::new(model, [[0.0; H]; 2], [0.0; C])? })
    }

    /// Sets the condition of all samples until it is set again.
    ///
    /// # Errors
    /// If the model does not support this condition; the previous condition stays.
    pub fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.set_condition(condition)
    }

    /// A sampler with `solver`, as in `mlp.sampler(Euler::new([0.0; 2]))`.
    ///
    /// # Errors
    /// If the solver's working memory is shorter than a sample.
    pub fn sampler<S: Solver<Memory<'a, C, H>>>(
        self,
        solver: S,
    ) -> Result<Sampler<'a, Memory<'a, C, H>, S>, FieldError> {
        Sampler::new(self.model, self.field, solver)
    }

    /// A sampler with `solver` of a model that moves rows of a source ([`Sampler::transport`]).
    ///
    /// # Errors
    /// If the solver's working memory is shorter than a sample, or the model moves noise.
    pub fn sampler_with_source<S: Solver<Memory<'a, C, H>>>(
        self,
        solver: S,
    ) -> Result<Sampler<'a, Memory<'a, C, H>, S>, FieldError> {
        Sampler::with_source(self.model, self.field, solver)
    }

    /// A sampler with any number of jumps, for models of average velocities.
    ///
    /// # Errors
    /// If the model predicts plain velocities.
    pub fn jumps(self) -> Result<Jumps<'a, D, C, H>, FieldError> {
        Sampler::new(self.model, AverageField::new(self.field)?, MeanFlow::new([0.0; D]))
    }

    /// The score of rows by how strange they are: [`AnomalyScore`].
    ///
    /// # Errors
    /// If the model moves rows of a source.
    pub fn anomaly_score(self) -> Result<Scorer<'a, D, C, H>, FieldError> {
        AnomalyScore::new(self.model, self.field, [0.0; D])
    }
}

impl<const D: usize, const C: usize, const H: usize> Velocity for Mlp<'_, D, C, H> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.field.velocity(t, x, out);
    }
}

/// The main sampler of this crate: one evaluation of the network per sample.
///
/// For average velocities (MeanFlow) and for networks of a single jump (distillation). Sizes are as in
/// [`Mlp`]; the value contains all the working memory, `2 H + C + D` floats and a few words.
#[derive(Clone, Debug)]
pub struct OneStep<'a, const D: usize, const C: usize, const H: usize> {
    jump: Jump<'a, [f32; H], [f32; C], [f32; D]>,
}

impl<'a, const D: usize, const C: usize, const H: usize> OneStep<'a, D, C, H> {
    /// The model's one-step sampler, with the initial condition of a new [`Field`].
    ///
    /// # Errors
    /// If the model has sizes other than the type, predicts plain velocities, or moves rows of a source.
    pub fn new(model: &'a Model<'a>) -> Result<Self, FieldError> {
        check::<D, C, H>(model, model.conditioning().vector)?;
        Ok(Self { jump: Jump::new(model, [[0.0; H]; 2], [0.0; C], [0.0; D])? })
    }

    /// The one-step sampler of a model that moves rows of a source: call [`OneStep::transport`].
    ///
    /// ```no_run
    /// # use fm_nostd::{FieldError, Model, OneStep};
    /// # fn calibrated(model: &Model<'_>, reading: [f32; 3]) -> Result<[f32; 3], FieldError> {
    /// let mut map = OneStep::<3, 0, 64>::with_source(model)?;
    /// Ok(map.transport(reading)) // this sensor's reading on the other sensor's scale
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the model has sizes other than the type, predicts plain velocities, or moves noise.
    pub fn with_source(model: &'a Model<'a>) -> Result<Self, FieldError> {
        check::<D, C, H>(model, model.conditioning().vector)?;
        Ok(Self { jump: Jump::with_source(model, [[0.0; H]; 2], [0.0; C], [0.0; D])? })
    }

    /// Sets the condition of all samples until it is set again.
    ///
    /// # Errors
    /// If the model does not support this condition; the previous condition stays.
    pub fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.jump.set_condition(condition)
    }

    /// A sample in the data's units.
    pub fn sample(&mut self, draw: Draw) -> [f32; D] {
        let mut x = [0.0; D];
        self.jump.sample(draw, &mut x);
        x
    }

    /// The row of the data, in its own units, to which a row of the source leads.
    pub fn transport(&mut self, row: [f32; D]) -> [f32; D] {
        let mut x = row;
        self.jump.transport(&mut x);
        x
    }

    /// The sample, in the data's units, to which the caller's own noise leads.
    pub fn sample_from(&mut self, noise: [f32; D]) -> [f32; D] {
        let mut x = noise;
        self.jump.sample_from(&mut x);
        x
    }
}
