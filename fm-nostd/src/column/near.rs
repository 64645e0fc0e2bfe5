//! Which numbers samples of a column can have, and the nearest one of them to any other.

use super::{Column, Form, KNOT, POWER, limited, round};
use crate::blob::floats;
use crate::math::at_most;

impl Column<'_> {
    /// The least and the greatest number of the training rows: those that are stored, or else the limits.
    pub fn range(&self) -> [f32; 2] {
        let own = if self.form == Form::YeoJohnson { 4 * POWER } else { 0 };
        let stored = if self.form == Form::Knots { None } else { self.parameters.get(own..) };
        let mut numbers = floats(stored.unwrap_or_default());
        match (numbers.next(), numbers.next()) {
            (Some(low), Some(high)) => [low, high],
            _ => [self.low, self.high],
        }
    }

    /// The number nearest to `x` that a model read in training: within the [range](Column::range), and one of the
    /// values of a column that has no others there. Whole numbers and other multiples of a step stand for all
    /// numbers around them, so `x` need not be one.
    pub fn nearest(&self, x: f32) -> f32 {
        let [low, high] = self.range();
        let x = limited(x, low, high);
        if self.form != Form::Knots {
            return x;
        }
        let f = (x - self.shift) / self.scale;
        let ([_, value, slope, _], [_, other, ..]) = self.knot_of(f);
        if slope != 0.0 || value == f {
            return x;
        }
        let near = if at_most((f - value).abs(), (f - other).abs()) { value } else { other };
        self.shift + self.scale * near
    }

    /// Whether samples can have the number `x`, limits aside: they cannot if it is no multiple of the column's step,
    /// lies beside values that stand for intervals, or has no logarithm where one is needed.
    pub fn has(&self, x: f32) -> bool {
        let stepped = round(x * self.per / self.step) * self.step / self.per == x;
        if !x.is_finite() || (self.per > 0.0 && !stepped) {
            return false;
        }
        let f = (x - self.shift) / self.scale;
        match self.form {
            Form::Plain | Form::YeoJohnson => true,
            Form::Log => f > 0.0,
            Form::Knots => self.knots_have(f),
        }
    }

    /// Whether `f` is a value that owns an interval, or lies on a line between the others.
    fn knots_have(&self, f: f32) -> bool {
        let ([_, value, slope, centre], _) = self.knot_of(f);
        if slope == 0.0 {
            return value == f;
        }
        // The line ends where the next knot begins.
        let start = |knot: &[f32; KNOT]| at_most(knot[0], centre);
        let Some([end, ..]) = self.knots().find(|knot| !start(knot)) else { return true };
        let reach = (end - centre) * slope;
        // The ends were rounded when they were stored.
        at_most(f - value, reach + 1e-5 * (reach.abs() + value.abs()))
    }
}
