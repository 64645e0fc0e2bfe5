//! Samplers of samples with known parts, in arrays.

use super::check;
use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, KnownError};
use crate::field::{AverageField, Field};
use crate::jump::Jump;
use crate::known::{Known, KnownParts, KnownSampler};
use crate::noise::Draw;
use crate::solver::{MeanFlow, Solver};

/// A [`Field`] in arrays, with memory for known parts.
pub type KnownMemory<'a, const C: usize, const H: usize> = Field<'a, [f32; H], Known<[f32; C]>>;

/// A sampler of several jumps in arrays, with memory for known parts.
pub type KnownJumps<'a, const D: usize, const C: usize, const H: usize> =
    KnownSampler<'a, AverageField<'a, [f32; H], Known<[f32; C]>>, MeanFlow<[f32; D]>>;

/// Compares the sizes in the type with the model's.
fn sizes<const D: usize, const C: usize, const H: usize>(
    model: &Model<'_>,
) -> Result<(), FieldError> {
    match model.has_known() {
        true => check::<D, C, H>(model, model.known_memory()),
        false => Err(FieldError::NoKnown),
    }
}

/// A velocity network for samples of which a part is known, with sizes in its type.
///
/// `D` numbers per sample, `C` numbers of [memory](Model::known_memory) for the condition and the known parts,
/// hidden layers of width `H`. `C` is `3 D`, plus the length of the condition vector, plus one if the model has
/// "no condition"; `fm inspect` prints the type.
#[derive(Clone, Debug)]
pub struct KnownMlp<'a, const D: usize, const C: usize, const H: usize> {
    model: &'a Model<'a>,
    field: KnownMemory<'a, C, H>,
}

impl<'a, const D: usize, const C: usize, const H: usize> KnownMlp<'a, D, C, H> {
    /// The model's network in arrays, with the initial condition of a new [`Field`] and nothing known.
    ///
    /// # Errors
    /// If the model has sizes other than the type, no known parts, or no velocity.
    pub fn new(model: &'a Model<'a>) -> Result<Self, FieldError> {
        sizes::<D, C, H>(model)?;
        Ok(Self { model, field: Field::new(model, [[0.0; H]; 2], Known([0.0; C]))? })
    }

    /// A sampler with `solver`, as in `mlp.sampler(Euler::new([0.0; 2]))`.
    ///
    /// # Errors
    /// If the solver's working memory is shorter than a sample.
    pub fn sampler<S: Solver<KnownMemory<'a, C, H>>>(
        self,
        solver: S,
    ) -> Result<KnownSampler<'a, KnownMemory<'a, C, H>, S>, FieldError> {
        KnownSampler::new(self.model, self.field, solver)
    }

    /// A sampler with any number of jumps, for models of average velocities.
    ///
    /// # Errors
    /// If the model predicts plain velocities.
    pub fn jumps(self) -> Result<KnownJumps<'a, D, C, H>, FieldError> {
        KnownSampler::new(self.model, AverageField::new(self.field)?, MeanFlow::new([0.0; D]))
    }
}

/// A sampler with one evaluation of the network per sample, of samples of which a part is known.
///
/// Sizes are as in [`KnownMlp`].
///
/// ```no_run
/// # use fm_nostd::{Draw, KnownOneStep, Model};
/// # fn main() -> Result<(), Box<dyn core::error::Error>> {
/// # let flash: &[u8] = &[];
/// let model = Model::new(flash)?;
/// // Two columns, 64 hidden units: 6 numbers of memory for known parts.
/// let mut pairs = KnownOneStep::<2, 6, 64>::new(&model)?;
/// pairs.set_known(&[21.5, 0.0], &[true, false])?;
/// let [temperature, humidity] = pairs.sample(Draw { seed: 1, sample: 0 });
/// assert_eq!(temperature, 21.5); // as it was set
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KnownOneStep<'a, const D: usize, const C: usize, const H: usize> {
    jump: Jump<'a, [f32; H], Known<[f32; C]>, [f32; D]>,
}

impl<'a, const D: usize, const C: usize, const H: usize> KnownOneStep<'a, D, C, H> {
    /// The model's one-step sampler, with the initial condition of a new [`Field`] and nothing known.
    ///
    /// # Errors
    /// If the model has sizes other than the type, no known parts, or predicts plain velocities.
    pub fn new(model: &'a Model<'a>) -> Result<Self, FieldError> {
        sizes::<D, C, H>(model)?;
        Ok(Self { jump: Jump::new(model, [[0.0; H]; 2], Known([0.0; C]), [0.0; D])? })
    }

    /// Sets the known parts of all samples until they are set again.
    ///
    /// # Errors
    /// If a known value is impossible in its column; the previous known parts stay.
    pub fn set_known(&mut self, values: &[f32; D], known: &[bool; D]) -> Result<(), KnownError> {
        self.jump.set_known(values, known)
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

    /// The sample, in the data's units, to which the caller's own noise leads; the noise of known numbers is
    /// ignored.
    pub fn sample_from(&mut self, noise: [f32; D]) -> [f32; D] {
        let mut x = noise;
        self.jump.sample_from(&mut x);
        x
    }
}
