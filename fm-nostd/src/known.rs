//! Known parts: given some numbers of a sample, draw the others.
//!
//! The network reads a flag for each number, 1 where it is known, and the known values. Known numbers start
//! at their values and their velocity is 0, so only the others move.

use crate::blob::Model;
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, KnownError};
use crate::grid;
use crate::noise::Draw;
use crate::sampler::Sampler;
use crate::solver::Solver;

/// Memory for the condition of samples: any buffer, or [`Known`] for samples with known parts.
pub trait ConditionMemory {
    /// The numbers.
    fn numbers(&mut self) -> &mut [f32];

    /// Whether the memory is for known parts too: [`Model::known_memory`] numbers.
    fn known(&self) -> bool;
}

/// A buffer for a condition vector alone.
impl<B: AsMut<[f32]>> ConditionMemory for B {
    #[inline(always)]
    fn numbers(&mut self) -> &mut [f32] {
        self.as_mut()
    }

    #[inline(always)]
    fn known(&self) -> bool {
        false
    }
}

/// A buffer for a condition vector and the known parts of a sample.
///
/// Shape: [`Model::known_memory`] or longer.
#[derive(Clone, Copy, Debug)]
pub struct Known<B>(
    /// The numbers.
    pub B,
);

impl<B: AsMut<[f32]>> ConditionMemory for Known<B> {
    #[inline(always)]
    fn numbers(&mut self) -> &mut [f32] {
        self.0.as_mut()
    }

    #[inline(always)]
    fn known(&self) -> bool {
        true
    }
}

/// A field or jump whose samples can have known parts: a [`Field`](crate::Field),
/// [`AverageField`](crate::AverageField), [`Guided`](crate::Guided) or [`Jump`](crate::Jump) with [`Known`]
/// memory.
pub trait KnownParts {
    /// Sets the known parts of all samples until they are set again: number `d` is `values[d]`, in the data's
    /// units, if `known[d]`. Other values are ignored. Until the first call nothing is known, which a model with a
    /// [prefix](Model::known_prefix) never learnt.
    ///
    /// Samples contain the known values bit for bit. Where a value stands for an interval, such as a category
    /// or a whole number, the network reads a point inside it. For a value that its column does not have in the
    /// training rows, because it is beyond them or beside the few values that they have, it reads the nearest one
    /// ([`Column::nearest`](crate::Column::nearest)).
    ///
    /// Shape: both are `[dim]`.
    ///
    /// # Errors
    /// If a known value is not finite or none of its column's categories, a length differs, the known numbers are not
    /// those of the model's [prefix](Model::known_prefix) if it has one, or there is no [`Known`] memory. The
    /// previous known parts stay.
    fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError>;

    /// Writes the known parts over a state on the way from noise to data. Shape: `x` is `[dim]`, standardised.
    fn pin(&mut self, x: &mut [f32]);

    /// Writes the known parts over a finished sample. Shape: `x` is `[dim]`, in the data's units.
    fn put_back(&mut self, x: &mut [f32]);
}

/// A [`Sampler`] of samples of which a part is known.
///
/// ```no_run
/// # use fm_nostd::{Draw, FieldError, KnownError, KnownMlp, Model, solver::Heun};
/// # enum Error { Field(FieldError), Known(KnownError) }
/// # impl From<FieldError> for Error { fn from(error: FieldError) -> Self { Self::Field(error) } }
/// # impl From<KnownError> for Error { fn from(error: KnownError) -> Self { Self::Known(error) } }
/// # fn complete(model: &Model<'_>) -> Result<[f32; 3], Error> {
/// // Three columns and no condition vector: 9 numbers of memory for known parts.
/// let mut sampler = KnownMlp::<3, 9, 32>::new(model)?.sampler(Heun::new([[0.0; 3]; 2]))?;
/// sampler.set_known(&[21.5, 0.0, 0.0], &[true, false, false])?;
/// let mut x = [0.0; 3];
/// sampler.sample(Draw { seed: 1, sample: 0 }, 8, &mut x);
/// assert_eq!(x[0], 21.5);
/// # Ok(x)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KnownSampler<'a, F, S> {
    model: &'a Model<'a>,
    sampler: Sampler<'a, F, S>,
}

impl<'a, F: KnownParts, S: Solver<F>> KnownSampler<'a, F, S> {
    /// A sampler of `model` along `field`, with the condition and the known parts that are set on `field`.
    ///
    /// # Errors
    /// If the solver's working memory is shorter than a sample.
    pub fn new(model: &'a Model<'a>, field: F, solver: S) -> Result<Self, FieldError> {
        Ok(Self { model, sampler: Sampler::new(model, field, solver)? })
    }

    /// Sets the known parts of all samples until they are set again.
    ///
    /// # Errors
    /// As [`KnownParts::set_known`].
    pub fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError> {
        self.sampler.field.set_known(values, known)
    }

    /// The field, to set its condition.
    pub fn field(&mut self) -> &mut F {
        &mut self.sampler.field
    }

    /// The solver, when all samples are drawn.
    pub fn into_solver(self) -> S {
        self.sampler.solver
    }

    /// Sets the factor of the starting noise, as [`Sampler::temperature`].
    pub fn set_temperature(&mut self, temperature: f32) {
        self.sampler.temperature = temperature;
    }

    /// Draws a sample in `steps` equal steps (at least one), in the data's units.
    ///
    /// Shape: `x` is `[dim]`; its previous contents are ignored.
    pub fn sample(&mut self, draw: Draw, steps: u32, x: &mut [f32]) {
        self.begin(draw, x);
        self.sample_from(grid::uniform(self.model.start(), steps), x);
    }

    /// Writes a sample's start, to be moved by [`KnownSampler::step`] at any later time, as [`Sampler::begin`].
    ///
    /// Shape: `x` is `[dim]`; its previous contents are ignored.
    pub fn begin(&mut self, draw: Draw, x: &mut [f32]) {
        self.sampler.begin(draw, x);
        self.sampler.field.pin(x);
    }

    /// Moves the caller's own noise along a grid of times, then converts it to the data's units. As
    /// [`Sampler::sample_from`]; the noise of known numbers is ignored.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn sample_from(&mut self, times: impl IntoIterator<Item = f32>, x: &mut [f32]) {
        let mut times = times.into_iter();
        let Some(mut t) = times.next() else { return };
        for r in times {
            self.step(t, r, x);
            t = r;
        }
        self.finish(x);
    }

    /// One step in standardised units: call [`KnownSampler::begin`] before the first step and
    /// [`KnownSampler::finish`] after the last.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn step(&mut self, t: f32, r: f32, x: &mut [f32]) {
        self.sampler.field.pin(x);
        self.sampler.step(t, r, x);
        // An SDE adds noise to the known numbers too.
        self.sampler.field.pin(x);
    }

    /// Converts a finished sample to the data's units, and puts the known values back bit for bit.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn finish(&mut self, x: &mut [f32]) {
        self.sampler.finish(x);
        self.sampler.field.put_back(x);
    }
}

impl<F: Conditional, S> Conditional for KnownSampler<'_, F, S> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.sampler.field.set_condition(condition)
    }
}

/// [`Known`] memory, part by part.
///
/// The order is that of the network's inputs: the vector, a 0 for "no condition" if the model has that, the
/// flags and the standardised values; then the values in the data's units.
pub(crate) struct Parts<'m> {
    pub flags: &'m mut [f32],
    pub standardised: &'m mut [f32],
    pub values: &'m mut [f32],
}

impl<'m> Parts<'m> {
    /// The parts of `memory`; empty ones unless it is for known parts.
    pub fn of<C: ConditionMemory>(model: &Model<'_>, memory: &'m mut C) -> Option<Self> {
        if !memory.known() {
            return None;
        }
        let (_, rest) = memory.numbers().split_at_mut_checked(model.before_known())?;
        let (flags, rest) = rest.split_at_mut_checked(model.dim())?;
        let (standardised, rest) = rest.split_at_mut_checked(model.dim())?;
        let (values, _) = rest.split_at_mut_checked(model.dim())?;
        Some(Self { flags, standardised, values })
    }

    /// Sets the parts, after all values were checked.
    pub fn set(
        &mut self,
        model: &Model<'_>,
        values: &[f32],
        known: &[bool],
    ) -> Result<(), KnownError> {
        if [values.len(), known.len()] != [model.dim(); 2] {
            return Err(KnownError::Length);
        }
        let prefix = model.known_prefix();
        if prefix > 0 && known.iter().enumerate().any(|(column, known)| *known != (column < prefix))
        {
            return Err(KnownError::Prefix);
        }
        let columns = || model.columns_of(values, true);
        for (column, ((value, known), (possible, standardised))) in
            values.iter().zip(known).zip(columns()).enumerate()
        {
            if *known && !(value.is_finite() && standardised.is_finite()) {
                return Err(KnownError::NotFinite { column });
            }
            if *known && !possible {
                return Err(KnownError::Impossible { column });
            }
        }
        let slots = self.flags.iter_mut().zip(self.standardised.iter_mut()).zip(&mut *self.values);
        for (((flag, slot), kept), ((value, known), (_, standardised))) in
            slots.zip(values.iter().zip(known).zip(columns()))
        {
            (*flag, *slot, *kept) =
                if *known { (1.0, standardised, *value) } else { (0.0, 0.0, 0.0) };
        }
        Ok(())
    }

    /// Sets the velocity of known numbers to 0.
    pub fn hold(&self, velocity: &mut [f32]) {
        for (value, flag) in velocity.iter_mut().zip(&*self.flags) {
            *value = if is_set(*flag) { 0.0 } else { *value };
        }
    }

    /// Writes the standardised known values.
    pub fn pin(&self, x: &mut [f32]) {
        put(x, self.flags, self.standardised);
    }

    /// Writes the known values in the data's units.
    pub fn put_back(&self, x: &mut [f32]) {
        put(x, self.flags, self.values);
    }
}

fn put(x: &mut [f32], flags: &[f32], values: &[f32]) {
    for ((x, flag), value) in x.iter_mut().zip(flags).zip(values) {
        *x = if is_set(*flag) { *value } else { *x };
    }
}

/// Whether a flag is not 0, without a comparison of floats.
fn is_set(flag: f32) -> bool {
    flag.to_bits() != 0
}
