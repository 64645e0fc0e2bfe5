//! The policies, as they run on the board and on the workstation: sampling an action from a model.

use fm_nostd::solver::Euler;
use fm_nostd::{Condition, Conditional, Draw, FieldError, Mlp, Model, OneStep};

use super::world::{self, ACTION, Action, Episode, Place};

/// Width of the hidden layers.
pub const HIDDEN: usize = 64;
/// Numbers in an observation.
const SEEN: usize = 2;

/// How to sample an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// MeanFlow, in this many jumps from noise to an action, one evaluation each.
    MeanFlow(u32),
    /// Flow matching, along the velocity in this many Euler steps.
    Euler(u32),
    /// Regression: one evaluation, without noise.
    Mean,
}

impl Policy {
    /// Runs an episode of the world; `seen` receives every position on the way.
    ///
    /// # Errors
    /// If the model is not a policy of this kind.
    pub fn episode(
        self,
        model: &Model<'_>,
        number: u32,
        seen: impl FnMut(Place),
    ) -> Result<Episode, FieldError> {
        match self {
            Self::MeanFlow(jumps) => {
                let mut sampler = Mlp::<ACTION, SEEN, HIDDEN>::new(model)?.jumps()?;
                let act = |place: &Place, draw: Draw| {
                    sampler.field.set_condition(Condition::Vector(place)).ok()?;
                    let mut action: Action = [0.0; ACTION];
                    sampler.sample(draw, jumps, &mut action);
                    Some(action)
                };
                Ok(world::episode(number, act, seen))
            }
            Self::Euler(steps) => {
                let network = Mlp::<ACTION, SEEN, HIDDEN>::new(model)?;
                let mut sampler = network.sampler(Euler::new([0.0; ACTION]))?;
                let act = |place: &Place, draw: Draw| {
                    sampler.field.set_condition(Condition::Vector(place)).ok()?;
                    let mut action: Action = [0.0; ACTION];
                    sampler.sample(draw, steps, &mut action);
                    Some(action)
                };
                Ok(world::episode(number, act, seen))
            }
            Self::Mean => {
                let mut sampler = OneStep::<ACTION, SEEN, HIDDEN>::new(model)?;
                let act = |place: &Place, _: Draw| {
                    sampler.set_condition(Condition::Vector(place)).ok()?;
                    Some(sampler.sample_from([0.0; ACTION]))
                };
                Ok(world::episode(number, act, seen))
            }
        }
    }
}
