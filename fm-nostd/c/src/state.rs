//! What is inside of a sampler: a network over lent memory, and the solvers that carry samples.

use fm_nostd::blob::Conditioning;
use fm_nostd::grid;
use fm_nostd::solver::{Euler, Heun, Solver};
use fm_nostd::{
    AverageField, AverageVelocity, Condition, Conditional, Field, MeanFlow, Model, Sampler,
    Velocity,
};

use crate::status::fm_status;

/// A network over lent memory.
type Memory = Field<'static, &'static mut [f32], &'static mut [f32]>;
/// A network that jumps.
type Jumping = AverageField<'static, &'static mut [f32], &'static mut [f32]>;

/// A model's network, which may be able to jump.
enum Network {
    Plain(Memory),
    Average(Jumping),
}

/// What is inside of an [`fm_sampler`].
pub struct State {
    pub model: &'static Model<'static>,
    network: Network,
    /// The solvers' part of the work memory: `dim` numbers at least.
    work: &'static mut [f32],
}

/// The network for an ODE solver.
struct Flow<'s>(&'s mut Network);

impl Velocity for Flow<'_> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        match self.0 {
            Network::Plain(field) => field.velocity(t, x, out),
            Network::Average(field) => field.velocity(t, x, out),
        }
    }
}

/// The network for jumps.
struct Jump<'s>(&'s mut Jumping);

impl AverageVelocity for Jump<'_> {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        self.0.average_velocity(t, r, x, out);
    }
}

/// Which part of a trajectory is asked for.
#[derive(Clone, Copy)]
pub enum Part {
    /// All of it, in so many equal steps, into the data's units.
    Whole(u32),
    /// From a time to another.
    Step(f32, f32),
}

impl State {
    pub fn new(
        model: &'static Model<'static>,
        work: &'static mut [f32],
    ) -> Result<Self, fm_status> {
        let short = fm_status::FM_WORK;
        let width = model.network().shape().hidden;
        let vector = if let Conditioning::Vector(size) = model.conditioning() { size } else { 0 };
        let (first, rest) = work.split_at_mut_checked(width).ok_or(short)?;
        let (second, rest) = rest.split_at_mut_checked(width).ok_or(short)?;
        let (condition, work) = rest.split_at_mut_checked(vector).ok_or(short)?;
        if work.len() < model.dim() {
            return Err(short);
        }
        let field = Field::new(model, [first, second], condition)?;
        let network = match model.prediction().average() {
            true => Network::Average(AverageField::new(field)?),
            false => Network::Plain(field),
        };
        Ok(Self { model, network, work })
    }

    pub fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), fm_status> {
        match &mut self.network {
            Network::Plain(field) => field.set_condition(condition)?,
            Network::Average(field) => field.set_condition(condition)?,
        }
        Ok(())
    }

    pub fn jump(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        match &mut self.network {
            Network::Plain(_) => Err(fm_status::FM_NOT_AVERAGE),
            Network::Average(field) => {
                carry(self.model, Jump(field), MeanFlow::new(&mut *self.work), part, x)
            }
        }
    }

    pub fn euler(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        carry(self.model, Flow(&mut self.network), Euler::new(&mut *self.work), part, x)
    }

    pub fn heun(&mut self, part: Part, x: &mut [f32]) -> Result<(), fm_status> {
        let work = self.work.split_at_mut_checked(self.model.dim()).ok_or(fm_status::FM_WORK)?;
        carry(self.model, Flow(&mut self.network), Heun::new(work.into()), part, x)
    }
}

/// Carries a sample along its trajectory, or along a part of it.
fn carry<F, S: Solver<F>>(
    model: &'static Model<'static>,
    field: F,
    solver: S,
    part: Part,
    x: &mut [f32],
) -> Result<(), fm_status> {
    let mut sampler = Sampler::new(model, field, solver)?;
    match part {
        Part::Whole(steps) => sampler.sample_from(grid::uniform(model.start(), steps), x),
        Part::Step(t, r) => sampler.step(t, r, x),
    }
    Ok(())
}
