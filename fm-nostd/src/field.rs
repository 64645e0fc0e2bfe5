//! Vector fields: what moves noise to data. Arguments are in the order `(t, x)`, `t = 0` is noise.

use crate::blob::{Conditioning, Coupling, Model, Path, Prediction};
use crate::error::{ConditionError, FieldError};
use crate::math::at_most;
use crate::net::Inputs;

/// A velocity `dx/dt = v(t, x)`.
pub trait Velocity {
    /// Writes `v(t, x)`.
    ///
    /// Shape: `x` and `out` are `[dim]`, standardised units per unit of time.
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]);
}

/// An average velocity: `u(t, r, x_t) (r - t)` carries `x_t` to `x_r` (MeanFlow, seed 004).
pub trait AverageVelocity {
    /// Writes `u(t, r, x)` for `t <= r`.
    ///
    /// Shape: `x` and `out` are `[dim]`, standardised units per unit of time.
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]);
}

/// Any function `(t, x, out)` is a velocity: closed forms, tests, other people's networks.
impl<F: FnMut(f32, &[f32], &mut [f32])> Velocity for F {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self(t, x, out);
    }
}

/// What a sample is asked to be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Condition<'c> {
    /// Anything: for models without a condition, or trained with labels dropped.
    None,
    /// Of this class.
    Class(usize),
    /// As these numbers say, in the data's units; they are standardised here, as in training.
    Vector(&'c [f32]),
}

/// A field that can be asked for something.
pub trait Conditional {
    /// Sets what is asked for, until it is set again.
    ///
    /// # Errors
    /// If the model knows no such condition; the one before stays.
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError>;
}

/// Which row of the first layer a condition switches on; with none it is the condition vector's,
/// which may be empty.
type Active = Option<usize>;

/// A model's network with the memory that it needs, as a velocity.
///
/// `H` holds the hidden layers and `C` the condition vector: arrays on a device, slices or vectors
/// elsewhere. A velocity network gives `v(t, x)`, an average one `u(t, t, x)`, which is the same; a
/// network of endpoints the velocity that leads there; a score or noise network the velocity that it implies,
/// singular at `t = 0`: begin at [`Model::start`].
///
/// It starts out with [`Condition::None`] where the model knows that, else with class 0 or the
/// mean condition.
#[derive(Clone, Debug)]
pub struct Field<'a, H, C> {
    model: &'a Model<'a>,
    hidden: [H; 2],
    condition: C,
    active: Active,
    /// The contrast that is still in the velocity, and what undid the rest.
    contrast: f32,
    gain: f32,
}

impl<'a, H: AsMut<[f32]>, C: AsMut<[f32]>> Field<'a, H, C> {
    /// A field over a checked model.
    ///
    /// Shape: each of `hidden` is `[hidden]` or longer; `condition` is `[c]` or longer, and may be
    /// empty where the condition is none or a class.
    ///
    /// # Errors
    /// If a buffer is too short, or if the network predicts scores or noise but was trained so that
    /// these imply no velocity.
    pub fn new(model: &'a Model<'a>, hidden: [H; 2], condition: C) -> Result<Self, FieldError> {
        let contrast = model.contrast();
        let mut field = Self { model, hidden, condition, active: None, contrast, gain: 1.0 };
        if let Prediction::Score | Prediction::Noise = model.prediction() {
            field.score_path()?;
        }
        let width = model.network().shape().hidden;
        if field.hidden.iter_mut().any(|buffer| buffer.as_mut().len() < width) {
            return Err(FieldError::Hidden);
        }
        let vector = model.conditioning().vector();
        let Some(condition) = field.condition.as_mut().get_mut(..vector) else {
            return Err(FieldError::Condition);
        };
        condition.fill(0.0);
        field.active = match model.conditioning() {
            _ if model.unconditional() => field.unconditional(),
            Conditioning::Classes(_) => Some(0),
            Conditioning::None | Conditioning::Vector(_) => None,
        };
        Ok(field)
    }

    /// The path along which the velocity has a score, which an SDE needs.
    ///
    /// # Errors
    /// If there is none: the model was not trained on independent pairs, or carries a contrast.
    pub fn score_path(&self) -> Result<Path, FieldError> {
        if self.model.coupling() != Coupling::Independent {
            return Err(FieldError::Coupling);
        }
        // A NaN is a contrast too.
        if !at_most(self.contrast.abs(), 0.0) {
            return Err(FieldError::Contrast);
        }
        Ok(self.model.path())
    }

    /// The plain velocity under a contrasted one: `v_FM = (1 - lambda) v` (seed 000), for negatives
    /// from all samples of standardised data.
    ///
    /// # Errors
    /// If the model carries a contrast that no gain undoes.
    pub fn without_contrast(mut self) -> Result<Self, FieldError> {
        let contrast = self.model.contrast();
        if !(0.0..1.0).contains(&contrast) {
            return Err(FieldError::Contrast);
        }
        (self.contrast, self.gain) = (0.0, 1.0 - contrast);
        Ok(self)
    }

    /// The row for "no condition": behind all others.
    fn unconditional(&self) -> Active {
        Some(self.model.conditioning().size())
    }

    fn evaluate(&mut self, times: &[f32], active: Active, x: &[f32], out: &mut [f32]) {
        let network = self.model.network();
        let [a, b] = &mut self.hidden;
        let condition = inputs(self.model, active, self.condition.as_mut());
        network.evaluate(times, condition, x, [a.as_mut(), b.as_mut()], out);
    }

    fn velocity_given(&mut self, active: Active, t: f32, x: &[f32], out: &mut [f32]) {
        self.evaluate(times(self.model, &[t, 0.0]), active, x, out);
        self.imply(t, x, out);
    }

    /// Turns the network's output into the velocity that it implies.
    ///
    /// Linear in `(x, out)` together, so it turns tangents into tangents too.
    fn imply(&self, t: f32, x: &[f32], out: &mut [f32]) {
        let at = self.model.path().at(t);
        let factor = match self.model.prediction() {
            Prediction::Velocity | Prediction::AverageVelocity => {
                for value in out {
                    *value *= self.gain;
                }
                return;
            }
            Prediction::Endpoint | Prediction::AverageEndpoint => return lead(self.gain, x, out),
            Prediction::Noise => 1.0,
            Prediction::Score => -at.sigma,
        };
        for (value, x) in out.iter_mut().zip(x) {
            *value = at.velocity_of_noise(*x, factor * *value);
        }
    }

    /// The velocity and its derivative along `dx`, in the memory of `tangents`.
    pub(crate) fn velocity_along(
        &mut self,
        t: f32,
        [x, dx]: [&[f32]; 2],
        tangents: [&mut [f32]; 2],
        [out, dout]: [&mut [f32]; 2],
    ) {
        let [a, b] = &mut self.hidden;
        let condition = inputs(self.model, self.active, self.condition.as_mut());
        let hidden = [a.as_mut(), b.as_mut()];
        let Some(network) = self.model.network().differentiable() else { return };
        network.evaluate_along(
            times(self.model, &[t, 0.0]),
            condition,
            [x, dx],
            hidden,
            tangents,
            [out, dout],
        );
        self.imply(t, x, out);
        self.imply(t, dx, dout);
    }

    pub(crate) fn model(&self) -> &'a Model<'a> {
        self.model
    }
}

/// The times that the network takes: all of `[t, h]`, or `t` alone.
fn times<'t>(model: &Model<'_>, both: &'t [f32; 2]) -> &'t [f32] {
    if model.prediction().average() { both } else { both.split_at(1).0 }
}

/// Turns endpoints into `gain` times the velocities that lead there from `x` in a unit of time.
fn lead(gain: f32, x: &[f32], out: &mut [f32]) {
    for (value, x) in out.iter_mut().zip(x) {
        *value = (*value - x) * gain;
    }
}

/// A condition as the network takes it.
fn inputs<'c>(model: &Model<'_>, active: Active, vector: &'c [f32]) -> Inputs<'c> {
    match active {
        Some(first) => Inputs { first, values: &[1.0] },
        None => Inputs {
            first: 0,
            values: vector.get(..model.conditioning().vector()).unwrap_or_default(),
        },
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Conditional for Field<'_, H, C> {
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
                // All of them before the first is written: the condition before stays whole.
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

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Velocity for Field<'_, H, C> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.velocity_given(self.active, t, x, out);
    }
}

/// A [`Field`] whose network was checked to predict average velocities.
#[derive(Clone, Debug)]
pub struct AverageField<'a, H, C>(Field<'a, H, C>);

impl<'a, H: AsMut<[f32]>, C: AsMut<[f32]>> AverageField<'a, H, C> {
    /// The average field of `field`'s network.
    ///
    /// # Errors
    /// If the network predicts plain velocities: those know no jumps.
    pub fn new(field: Field<'a, H, C>) -> Result<Self, FieldError> {
        if field.model.prediction().average() {
            Ok(Self(field))
        } else {
            Err(FieldError::NotAverage)
        }
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Conditional for AverageField<'_, H, C> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.0.set_condition(condition)
    }
}

/// `u(t, t, x)`: an ODE solver takes an average field too.
impl<H: AsMut<[f32]>, C: AsMut<[f32]>> Velocity for AverageField<'_, H, C> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.0.velocity(t, x, out);
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>> AverageVelocity for AverageField<'_, H, C> {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        self.0.evaluate(&[t, r - t], self.0.active, x, out);
        if self.0.model.prediction() == Prediction::AverageEndpoint {
            lead(1.0, x, out);
        }
    }
}

/// Classifier-free guidance: `v_null + w (v_c - v_null)` (Ho and Salimans, 2022).
///
/// A contrasted field (ΔFM) is guided as it comes; [`Field::without_contrast`] before that gives the
/// guidance of the plain one. A velocity only: guiding a finished average field is no average of the guided one.
#[derive(Clone, Debug)]
pub struct Guided<'a, H, C, D> {
    field: Field<'a, H, C>,
    scale: f32,
    null: D,
}

impl<'a, H: AsMut<[f32]>, C: AsMut<[f32]>, D: AsMut<[f32]>> Guided<'a, H, C, D> {
    /// Guides `field` with `scale` w: 0 ignores the condition, 1 is the plain conditional field.
    ///
    /// Shape: `null` is `[dim]` or longer.
    ///
    /// # Errors
    /// If the model was not trained with labels dropped, or `null` is too short.
    pub fn new(field: Field<'a, H, C>, scale: f32, null: D) -> Result<Self, FieldError> {
        let mut guided = Self { field, scale, null };
        if !guided.field.model.unconditional() {
            return Err(FieldError::NoUnconditional);
        }
        if guided.null.as_mut().len() < guided.field.model.dim() {
            return Err(FieldError::Work);
        }
        Ok(guided)
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>, D: AsMut<[f32]>> Conditional for Guided<'_, H, C, D> {
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError> {
        self.field.set_condition(condition)
    }
}

impl<H: AsMut<[f32]>, C: AsMut<[f32]>, D: AsMut<[f32]>> Velocity for Guided<'_, H, C, D> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        let null = self.null.as_mut();
        let Some(null) = null.get_mut(..x.len()) else { return };
        self.field.velocity_given(self.field.unconditional(), t, x, null);
        self.field.velocity_given(self.field.active, t, x, out);
        for (value, null) in out.iter_mut().zip(null) {
            *value = *null + self.scale * (*value - *null);
        }
    }
}

#[cfg(test)]
mod tests;
