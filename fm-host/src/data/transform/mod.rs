//! Transforms of columns: from the data's numbers to numbers that look normal, on which networks are best.
//!
//! [`fit`] chooses one for each column of the training rows. The device inverts it
//! ([`fm_nostd::Column`]), so samples are in the data's own numbers: categories, whole numbers, zeros.
//! Values that stand for an interval are spread over it in training ([`Transform::spread`]), each row at
//! random.

mod candidates;
mod choice;
mod fit;
mod knots;
mod lattice;
mod order;

pub use choice::{Choice, Wanted};
pub use fit::fit;
#[cfg(test)]
pub(crate) use fit::numbers;

use fm_nostd::{Column, Form, Meaning};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// The transform of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    /// What the data's numbers stand for.
    pub meaning: Meaning,
    /// The monotone function.
    pub form: Form,
    /// The least and the greatest number of a sample, if it is limited.
    pub limits: Option<(f32, f32)>,
    /// The function's value at its origin, in the data's units.
    pub shift: f32,
    /// The function's unit, in the data's units.
    pub scale: f32,
    /// The numerator and the denominator of the step between the data's numbers, if there is one.
    pub step: Option<(f32, f32)>,
    /// The parameters of the function, as [`Form`] describes them.
    pub parameters: Vec<f32>,
    /// Why this transform was chosen, in a few words.
    pub reason: String,
}

impl Transform {
    /// Numbers as they are.
    pub fn plain(reason: impl Into<String>) -> Self {
        Self {
            meaning: Meaning::Number,
            form: Form::Plain,
            limits: None,
            shift: 0.0,
            scale: 1.0,
            step: None,
            parameters: Vec::new(),
            reason: reason.into(),
        }
    }

    /// A copy of a model's column, without the range of its training rows.
    pub fn of(column: Column<'_>) -> Self {
        let (numbers, _) = column.parameters.as_chunks();
        let own = match column.form {
            Form::Plain | Form::Log => 0,
            Form::YeoJohnson => 4,
            Form::Knots => numbers.len(),
        };
        Self {
            meaning: column.meaning,
            form: column.form,
            limits: column.is_limited().then_some((column.low, column.high)),
            shift: column.shift,
            scale: column.scale,
            step: (column.per > 0.0).then_some((column.step, column.per)),
            parameters: numbers.iter().take(own).map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            reason: String::new(),
        }
    }

    /// The view that computes, on the device too.
    pub fn column(&self) -> Column<'_> {
        let (low, high) = self.limits.unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
        let (step, per) = self.step.unwrap_or((1.0, 0.0));
        Column {
            meaning: self.meaning,
            form: self.form,
            low,
            high,
            shift: self.shift,
            scale: self.scale,
            step,
            per,
            parameters: bytemuck::cast_slice(&self.parameters),
        }
    }

    /// Whether the network's numbers are the data's.
    pub fn is_plain(&self) -> bool {
        *self == Self { reason: self.reason.clone(), ..Self::plain("") }
    }

    /// Whether the data's numbers are whole.
    pub fn is_whole(&self) -> bool {
        let values = self.owned_only() && !self.knots().is_empty();
        let whole = || self.knots().iter().all(|[_, value, ..]| value.fract() == 0.0);
        self.step.is_some_and(|(_, per)| per == 1.0) || values && whole()
    }

    /// The name of the form, as it is typed on the command line or printed.
    pub fn name(&self) -> &'static str {
        match self.form {
            Form::Plain => "plain",
            Form::Log => "log",
            Form::YeoJohnson => "power",
            Form::Knots if self.owned_only() => "values",
            Form::Knots => "quantiles",
        }
    }

    /// The network's number for a number of the data, at random within the interval that the number stands
    /// for.
    pub fn spread(&self, x: f32, rng: &mut impl Rng) -> f32 {
        let column = self.column();
        match (self.interval(x), self.step) {
            (Some([low, high]), _) => {
                let normal = Normal::standard();
                let (low, high) = (normal.cdf(low), normal.cdf(high));
                let u = low + (high - low) * rng.random::<f64>();
                normal.inverse_cdf(u.clamp(1e-12, 1.0 - 1e-12)) as f32
            }
            (None, Some((step, per))) => column.apply(x + (rng.random::<f32>() - 0.5) * step / per),
            (None, None) => column.apply(x),
        }
    }

    /// The logarithm of the density with which [`Transform::spread`] puts `x` at `y`; for a number that
    /// stands for itself, of `dx/dy`.
    ///
    /// With it, `ln p(y) - log_spread` is the log density of `x`, or an unbiased term of a lower bound of
    /// its log probability.
    pub fn log_spread(&self, x: f32, y: f32) -> f64 {
        let slope = || f64::from(self.column().log_slope(y));
        match (self.interval(x), self.step) {
            (Some([low, high]), _) => {
                let normal = Normal::standard();
                let share = (normal.cdf(high) - normal.cdf(low)).max(f64::MIN_POSITIVE);
                normal.ln_pdf(y.into()) - share.ln()
            }
            (None, Some((step, per))) => slope() - f64::from(step / per).ln(),
            (None, None) => slope(),
        }
    }

    /// The numbers of the network between which a number of the data lies, if it stands for an interval.
    fn interval(&self, x: f32) -> Option<[f64; 2]> {
        let f = (x - self.shift) / self.scale;
        let knots = self.knots();
        let place = knots.iter().position(|[_, value, slope, _]| *slope == 0.0 && *value == f)?;
        let low = if place == 0 { f64::NEG_INFINITY } else { knots[place][0].into() };
        let high = knots.get(place + 1).map_or(f64::INFINITY, |next| next[0].into());
        Some([low, high])
    }

    /// The knots; empty for other forms.
    fn knots(&self) -> &[[f32; 4]] {
        if self.form == Form::Knots { self.parameters.as_chunks().0 } else { &[] }
    }

    /// Whether every number of the data stands for an interval.
    fn owned_only(&self) -> bool {
        self.knots().iter().all(|[_, _, slope, _]| *slope == 0.0)
    }
}

#[cfg(test)]
mod tests;
