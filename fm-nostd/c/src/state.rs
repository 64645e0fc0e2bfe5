//! The state of a sampler: a network over borrowed memory, and the solvers that move samples.

use fm_nostd::grid;
use fm_nostd::prediction::Reach;
use fm_nostd::solver::{Euler, Heun, Solver};
use fm_nostd::{
    AnomalyScore, AverageField, AverageVelocity, Condition, ConditionMemory, Conditional, Field,
    Jump, KnownError, KnownParts, KnownSampler, MeanFlow, Model, Sampler, Velocity,
};

use crate::status::fm_status;

/// Memory borrowed from the caller.
type Lent = &'static mut [f32];

/// The memory for a condition and, if the model has them, known parts.
struct Memory {
    numbers: Lent,
    known: bool,
}

impl ConditionMemory for Memory {
    fn numbers(&mut self) -> &mut [f32] {
        self.numbers
    }

    fn known(&self) -> bool {
        self.known
    }
}

/// A model's network, by the ways in which it can be sampled.
enum AnyField {
    /// Velocities.
    Plain(Field<'static, Lent, Memory>),
    /// Velocities, and jumps of any length.
    Average(AverageField<'static, Lent, Memory>),
    /// Only the single jump from noise to data.
    Jump(Jump<'static, Lent, Memory, Lent>),
}

/// A network that has velocities, for an ODE solver.
enum Flow<'s> {
    Plain(&'s mut Field<'static, Lent, Memory>),
    Average(&'s mut AverageField<'static, Lent, Memory>),
}

impl Velocity for Flow<'_> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        match self {
            Self::Plain(field) => field.velocity(t, x, out),
            Self::Average(field) => field.velocity(t, x, out),
        }
    }
}

/// A network that can jump any length.
struct Jumps<'s>(&'s mut AverageField<'static, Lent, Memory>);

impl AverageVelocity for Jumps<'_> {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        self.0.average_velocity(t, r, x, out);
    }
}

impl Flow<'_> {
    fn parts(&mut self) -> &mut dyn KnownParts {
        match self {
            Self::Plain(field) => *field,
            Self::Average(field) => *field,
        }
    }
}

impl KnownParts for Flow<'_> {
    fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError> {
        self.parts().set_known(values, known)
    }

    fn pin(&mut self, x: &mut [f32]) {
        self.parts().pin(x);
    }

    fn put_back(&mut self, x: &mut [f32]) {
        self.parts().put_back(x);
    }
}

impl KnownParts for Jumps<'_> {
    fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError> {
        self.0.set_known(values, known)
    }

    fn pin(&mut self, x: &mut [f32]) {
        self.0.pin(x);
    }

    fn put_back(&mut self, x: &mut [f32]) {
        self.0.put_back(x);
    }
}

impl AnyField {
    fn parts(&mut self) -> &mut dyn KnownParts {
        match self {
            Self::Plain(field) => field,
            Self::Average(field) => field,
            Self::Jump(jump) => jump,
        }
    }

    fn flow(&mut self) -> Result<Flow<'_>, fm_status> {
        match self {
            Self::Plain(field) => Ok(Flow::Plain(field)),
            Self::Average(field) => Ok(Flow::Average(field)),
            Self::Jump(_) => Err(fm_status::FM_ONE_JUMP),
        }
    }
}

/// The contents of an [`fm_sampler`].
pub struct State {
    pub model: &'static Model<'static>,
    network: AnyField,
    /// The solvers' part of the working memory: at least `dim` numbers, none for a one-jump network.
    work: Lent,
    /// Whether any part of a sample is known.
    some_known: bool,
}

/// The requested part of a trajectory.
#[derive(Clone, Copy)]
pub enum Part {
    /// The whole trajectory in this many equal steps, then the conversion to the data's units.
    Whole(u32),
    /// From one time to another.
    Step(f32, f32),
}

impl State {
    pub fn new(
        model: &'static Model<'static>,
        work: &'static mut [f32],
    ) -> Result<Self, fm_status> {
        let short = fm_status::FM_WORK;
        let width = model.network().shape().hidden;
        let known = model.has_known();
        let vector = if known { model.known_memory() } else { model.conditioning().vector };
        let (first, rest) = work.split_at_mut_checked(width).ok_or(short)?;
        let (second, rest) = rest.split_at_mut_checked(width).ok_or(short)?;
        let (condition, work) = rest.split_at_mut_checked(vector).ok_or(short)?;
        if work.len() < model.dim() {
            return Err(short);
        }
        let (hidden, condition) = ([first, second], Memory { numbers: condition, known });
        let (network, work): (_, Lent) = match model.prediction().reach() {
            Reach::Velocity => (AnyField::Plain(Field::new(model, hidden, condition)?), work),
            Reach::AnyJump => {
                let field = Field::new(model, hidden, condition)?;
                (AnyField::Average(AverageField::new(field)?), work)
            }
            Reach::OneJump => {
                let jump = match model.has_source() {
                    true => Jump::with_source(model, hidden, condition, work)?,
                    false => Jump::new(model, hidden, condition, work)?,
                };
                (AnyField::Jump(jump), Default::default())
            }
        };
        Ok(Self { model, network, work, some_known: false })
    }

    pub fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), fm_status> {
        match &mut self.network {
            AnyField::Plain(field) => field.set_condition(condition)?,
            AnyField::Average(field) => field.set_condition(condition)?,
            AnyField::Jump(jump) => jump.set_condition(condition)?,
        }
        Ok(())
    }

    /// Refuses a model without known parts before anything else.
    pub fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), fm_status> {
        if !self.model.has_known() {
            return Err(fm_status::FM_NO_KNOWN);
        }
        self.network.parts().set_known(values, known)?;
        self.some_known = known.contains(&true);
        Ok(())
    }

    /// Converts a finished sample to the data's units, and puts the known values back.
    pub fn finish(&mut self, x: &mut [f32]) {
        self.model.destandardise(x);
        self.network.parts().put_back(x);
    }

    /// Whether the network can jump, checked before anything is written.
    pub fn check_jumps(&self) -> Result<(), fm_status> {
        match self.network {
            AnyField::Plain(_) => Err(fm_status::FM_NOT_AVERAGE),
            AnyField::Average(_) | AnyField::Jump(_) => Ok(()),
        }
    }

    /// Refuses a model that does not start at rows of a source, or one that does.
    pub fn check_source(&self, wanted: bool) -> Result<(), fm_status> {
        match (self.model.has_source(), wanted) {
            (true, false) => Err(fm_status::FM_SOURCE),
            (false, true) => Err(fm_status::FM_NO_SOURCE),
            (true, true) | (false, false) => Ok(()),
        }
    }

    pub fn jump(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        match (&mut self.network, part) {
            (AnyField::Plain(_), _) => return Err(fm_status::FM_NOT_AVERAGE),
            (AnyField::Average(field), _) => {
                carry(self.model, Jumps(field), MeanFlow::new(&mut *self.work), part, x)?;
            }
            (AnyField::Jump(jump), Part::Whole(0 | 1)) => jump.sample_from(x),
            (AnyField::Jump(jump), Part::Step(t, r)) if t == 0.0 && r == 1.0 => jump.jump(x),
            (AnyField::Jump(_), _) => return Err(fm_status::FM_ONE_JUMP),
        }
        Ok(())
    }

    /// How strange a row is, with the share of each number.
    pub fn score(&mut self, row: &[f32], shares: &mut [f32]) -> Result<f32, fm_status> {
        if self.some_known && self.model.known_prefix() == 0 {
            return Err(fm_status::FM_KNOWN);
        }
        let mut detector = AnomalyScore::new(self.model, self.network.flow()?, &mut *self.work)?;
        Ok(detector.score(row, shares)?)
    }

    pub fn euler(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        carry(self.model, self.network.flow()?, Euler::new(&mut *self.work), part, x)
    }

    pub fn heun(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        let flow = self.network.flow()?;
        let work = self.work.split_at_mut_checked(self.model.dim()).ok_or(fm_status::FM_WORK)?;
        carry(self.model, flow, Heun::new(work.into()), part, x)
    }
}

/// Moves a sample along its trajectory, or along a part of it.
fn carry<F: KnownParts, S: Solver<F>>(
    model: &'static Model<'static>,
    field: F,
    solver: S,
    part: Part,
    x: &mut [f32],
) -> Result<(), fm_status> {
    let times = |steps| grid::uniform(model.start(), steps);
    if model.has_source() {
        let mut sampler = Sampler::with_source(model, field, solver)?;
        match part {
            Part::Whole(steps) => sampler.sample_from(times(steps), x),
            Part::Step(t, r) => sampler.step(t, r, x),
        }
    } else {
        // Nothing is known in a model without known parts.
        let mut sampler = KnownSampler::new(model, field, solver)?;
        match part {
            Part::Whole(steps) => sampler.sample_from(times(steps), x),
            Part::Step(t, r) => sampler.step(t, r, x),
        }
    }
    Ok(())
}
