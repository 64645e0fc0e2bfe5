//! A model's network with its working memory and its condition.

use crate::blob::{Conditioning, Model};
use crate::condition::{Condition, Conditional};
use crate::error::{ConditionError, FieldError, KnownError};
use crate::known::{ConditionMemory, KnownParts, Parts};
use crate::net::Inputs;

/// The row of the first layer that a condition switches on, for a class or for "no condition"; `None`
/// without classes.
pub(crate) type Active = Option<usize>;

/// The common part of every field and jump of a model.
///
/// `H` is the memory for the hidden layers and `C` for the condition: arrays on a device, slices or vectors on
/// a host.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation<'a, H, C> {
    pub model: &'a Model<'a>,
    pub active: Active,
    hidden: [H; 2],
    condition: C,
}

impl<'a, H: AsMut<[f32]>, C: ConditionMemory> Evaluation<'a, H, C> {
    /// The network of `model` with its initial condition: "no condition" if it was trained with that,
    /// else class 0 and the mean of the condition vector, as far as the model has them.
    ///
    /// # Errors
    /// If a buffer is too short, or is for known parts that the model does not have.
    pub fn new(
        model: &'a Model<'a>,
        mut hidden: [H; 2],
        mut condition: C,
    ) -> Result<Self, FieldError> {
        let width = model.network().shape().hidden;
        if hidden.iter_mut().any(|buffer| buffer.as_mut().len() < width) {
            return Err(FieldError::Hidden);
        }
        let Conditioning { classes, vector } = model.conditioning();
        let known = condition.known();
        if known && !model.has_known() {
            return Err(FieldError::NoKnown);
        }
        let len = if known { model.known_memory() } else { vector };
        let Some(mean) = condition.numbers().get_mut(..len) else {
            return Err(FieldError::Condition);
        };
        mean.fill(0.0);
        let active = match classes {
            _ if model.unconditional() => Some(unconditional(model)),
            0 => None,
            _ => Some(0),
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
        let condition = inputs(self.model, active, &mut self.condition);
        let times = taken(self.model, times);
        self.model.network().evaluate(times, condition, x, [a.as_mut(), b.as_mut()], out);
    }

    /// Sets the velocity of known numbers to 0.
    pub fn hold(&mut self, velocity: &mut [f32]) {
        if let Some(parts) = Parts::of(self.model, &mut self.condition) {
            parts.hold(velocity);
        }
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
        let condition = inputs(self.model, self.active, &mut self.condition);
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

/// A condition in the form that the network reads: its class, or "no condition", and its vector with the known
/// parts.
fn inputs<'c>(
    model: &Model<'_>,
    active: Active,
    memory: &'c mut impl ConditionMemory,
) -> [Inputs<'c>; 2] {
    let Conditioning { classes, vector: size } = model.conditioning();
    let (first, row): (usize, &[f32]) = active.map_or((0, &[]), |first| (first, &[1.0]));
    let class = Inputs { first, values: row };
    let conditional = first < classes + size;
    if memory.known() {
        // The flags and values are read under every condition, and the last part of the memory never.
        let start = if conditional { 0 } else { model.before_known() };
        let end = model.before_known() + 2 * model.dim();
        let given = memory.numbers().get(start..end);
        return [class, Inputs { first: classes + start, values: given.unwrap_or_default() }];
    }
    let given = if conditional { memory.numbers().get(..size) } else { None };
    [class, Inputs { first: classes, values: given.unwrap_or_default() }]
}

impl<H: AsMut<[f32]>, C: ConditionMemory> Conditional for Evaluation<'_, H, C> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        let Conditioning { classes, vector } = self.model.conditioning();
        // The row of the class that stays if only the vector changes.
        let class = match self.active {
            _ if classes == 0 => None,
            Some(class) if class < classes => Some(class),
            _ => Some(0),
        };
        self.active = match condition {
            Condition::None if self.model.unconditional() => self.unconditional(),
            Condition::None if classes + vector == 0 => None,
            Condition::None => return Err(ConditionError::Required),
            Condition::Class(class) if class < classes => Some(class),
            Condition::Class(_) if classes > 0 => return Err(ConditionError::NoSuchClass),
            Condition::Vector(values) if vector > 0 && values.len() == vector => {
                let standardised = self.model.standardise_condition(values);
                // Check all numbers before writing the first, so that a refused vector leaves the
                // previous one intact.
                if !standardised.clone().all(f32::is_finite) {
                    return Err(ConditionError::NotFinite);
                }
                for (slot, value) in self.condition.numbers().iter_mut().zip(standardised) {
                    *slot = value;
                }
                class
            }
            Condition::Vector(_) if vector > 0 => return Err(ConditionError::Length),
            Condition::Class(_) | Condition::Vector(_) => return Err(ConditionError::OtherKind),
        };
        Ok(())
    }
}

impl<H, C: ConditionMemory> KnownParts for Evaluation<'_, H, C> {
    fn set_known(&mut self, values: &[f32], known: &[bool]) -> Result<(), KnownError> {
        match Parts::of(self.model, &mut self.condition) {
            Some(mut parts) => parts.set(self.model, values, known),
            None => Err(KnownError::NoMemory),
        }
    }

    fn pin(&mut self, x: &mut [f32]) {
        if let Some(parts) = Parts::of(self.model, &mut self.condition) {
            parts.pin(x);
        }
    }

    fn put_back(&mut self, x: &mut [f32]) {
        if let Some(parts) = Parts::of(self.model, &mut self.condition) {
            parts.put_back(x);
        }
    }
}
