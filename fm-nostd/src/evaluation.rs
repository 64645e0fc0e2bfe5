//! A model's network with its working memory and its condition.

use crate::blob::{Conditioning, Model};
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError};
use crate::net::Inputs;

/// The row of the first layer that a condition switches on; `None` for a condition vector, which may be
/// empty.
pub(crate) type Active = Option<usize>;

/// The common part of every field and jump of a model.
///
/// `H` is the memory for the hidden layers and `C` for the condition vector: arrays on a device, slices
/// or vectors on a host.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation<'a, H, C> {
    pub model: &'a Model<'a>,
    pub active: Active,
    hidden: [H; 2],
    condition: C,
}

impl<'a, H: AsMut<[f32]>, C: AsMut<[f32]>> Evaluation<'a, H, C> {
    /// The network of `model` with its initial condition: "no condition" if it was trained with that,
    /// else class 0, or the mean of the condition vector.
    ///
    /// # Errors
    /// If a buffer is too short.
    pub fn new(
        model: &'a Model<'a>,
        mut hidden: [H; 2],
        mut condition: C,
    ) -> Result<Self, FieldError> {
        let width = model.network().shape().hidden;
        if hidden.iter_mut().any(|buffer| buffer.as_mut().len() < width) {
            return Err(FieldError::Hidden);
        }
        let vector = model.conditioning().vector();
        let Some(mean) = condition.as_mut().get_mut(..vector) else {
            return Err(FieldError::Condition);
        };
        mean.fill(0.0);
        let active = match model.conditioning() {
            _ if model.unconditional() => Some(unconditional(model)),
            Conditioning::Classes(_) => Some(0),
            Conditioning::None | Conditioning::Vector(_) => None,
        };
        Ok(Self { model, active, hidden, condition })
    }

    /// The row for "no condition".
    pub fn unconditional(&self) -> Active {
        Some(unconditional(self.model))
    }

    /// The network's output at times `[t, h]`; a velocity network reads only `t`.
    ///
    /// Shape: `x` and `out` are `[dim]`.
    pub fn output(&mut self, times: &[f32; 2], active: Active, x: &[f32], out: &mut [f32]) {
        let [a, b] = &mut self.hidden;
        let condition = inputs(self.model, active, self.condition.as_mut());
        let times = taken(self.model, times);
        self.model.network().evaluate(times, condition, x, [a.as_mut(), b.as_mut()], out);
    }

    /// The output and its derivative along `dx`, in the memory of `tangents`; `None` if the network has
    /// no derivative.
    pub fn output_along(
        &mut self,
        times: &[f32; 2],
        [x, dx]: [&[f32]; 2],
        tangents: [&mut [f32]; 2],
        outs: [&mut [f32]; 2],
    ) {
        let [a, b] = &mut self.hidden;
        let condition = inputs(self.model, self.active, self.condition.as_mut());
        let times = taken(self.model, times);
        let Some(network) = self.model.network().differentiable() else { return };
        network.evaluate_along(times, condition, [x, dx], [a.as_mut(), b.as_mut()], tangents, outs);
    }
}

/// The row for "no condition": after all others.
fn unconditional(model: &Model<'_>) -> usize {
    model.conditioning().size()
}

/// The times that the network reads: all of `[t, h]`, or only `t`.
fn taken<'t>(model: &Model<'_>, both: &'t [f32; 2]) -> &'t [f32] {
    if model.prediction().reach().jumps() { both } else { both.split_at(1).0 }
}

/// A condition in the form that the network reads.
fn inputs<'c>(model: &Model<'_>, active: Active, vector: &'c [f32]) -> Inputs<'c> {
    match active {
        Some(first) => Inputs { first, values: &[1.0] },
        None => Inputs {
            first: 0,
            values: vector.get(..model.conditioning().vector()).unwrap_or_default(),
        },
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Conditional for Evaluation<'_, H, C> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.active = match (self.model.conditioning(), condition) {
            (Conditioning::None, Condition::None) => None,
            (_, Condition::None) if self.model.unconditional() => self.unconditional(),
            (_, Condition::None) => return Err(ConditionError::Required),
            (Conditioning::Classes(count), Condition::Class(class)) if class < count => Some(class),
            (Conditioning::Classes(_), Condition::Class(_)) => {
                return Err(ConditionError::NoSuchClass);
            }
            (Conditioning::Vector(size), Condition::Vector(values)) if values.len() == size => {
                let standardised = self.model.standardise_condition(values);
                // Check all numbers before writing the first, so that a refused vector leaves the
                // previous one intact.
                if !standardised.clone().all(f32::is_finite) {
                    return Err(ConditionError::NotFinite);
                }
                for (slot, value) in self.condition.as_mut().iter_mut().zip(standardised) {
                    *slot = value;
                }
                None
            }
            (Conditioning::Vector(_), Condition::Vector(_)) => return Err(ConditionError::Length),
            _ => return Err(ConditionError::OtherKind),
        };
        Ok(())
    }
}
