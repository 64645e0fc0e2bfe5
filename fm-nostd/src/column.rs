//! The transform of a column: from the numbers of the network to those of the data, and back.
//!
//! Networks are best at columns that look normal. A [`Column`] says how the number `y` of such a column
//! becomes the data's `x`: through a monotone function, then to the nearest value that the data can have,
//! then within limits. Values that occur often, such as categories or the zeros of an income, own an
//! interval of `y`. Everything is fixed f32 arithmetic: the same bits on every target.

use libm::logf;
use serde::{Deserialize, Serialize};

use crate::activation::exp;
use crate::blob::floats;
use crate::math::at_most;

/// How a number of the network becomes a number of the data.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Column<'a> {
    /// What the data's numbers stand for.
    pub meaning: Meaning,
    /// The monotone function.
    pub form: Form,
    /// The least number of the data.
    pub low: f32,
    /// The greatest number of the data.
    pub high: f32,
    /// The function's value at its origin, in the data's units.
    pub shift: f32,
    /// The function's unit, in the data's units; above 0.
    pub scale: f32,
    /// The data's numbers are whole multiples of this numerator over [`Column::per`].
    pub step: f32,
    /// The denominator of the step between the data's numbers; 0 if they can be anything.
    pub per: f32,
    /// The parameters of the function, as little-endian `f32`: [`Form`] describes them. After those of any form
    /// but knots, the least and the greatest number of the training rows may follow.
    pub parameters: &'a [u8],
}

/// What the numbers of a column stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Meaning {
    /// Themselves.
    Number = 0,
    /// Categories, by their index.
    Category = 1,
    /// Dates, in days after a first one.
    Date = 2,
}

/// The monotone function of a column, from the number `y` of the network to `f(y)`; the data's number is
/// `shift + scale f(y)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Form {
    /// `y`. No parameters.
    Plain = 0,
    /// `exp(y)`. No parameters.
    Log = 1,
    /// The inverse of a power transform for both signs (Yeo and Johnson, 2000, doi:10.1093/biomet/87.4.954,
    /// equation 2.1). Parameters: `lambda`, `1 / lambda`, `2 - lambda`, `1 / (2 - lambda)`, where 0 stands
    /// for the reciprocal of 0.
    YeoJohnson = 2,
    /// Lines between knots. Parameters: for each knot in order, the `y` at which it begins, the `f` at which
    /// it begins, the slope from there, and a `y` that stands for it. A slope of 0 makes it one value.
    Knots = 3,
}

/// The bytes of a column before its parameters.
const HEAD: usize = 28;

/// The numbers of a knot.
const KNOT: usize = 4;

/// The numbers of a power transform.
const POWER: usize = 4;

/// The numbers of the range of the training rows.
const RANGE: usize = 2;

impl<'a> Column<'a> {
    /// A column whose numbers are the data's as they are.
    pub const PLAIN: Column<'static> = Column {
        meaning: Meaning::Number,
        form: Form::Plain,
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
        shift: 0.0,
        scale: 1.0,
        step: 1.0,
        per: 0.0,
        parameters: &[],
    };

    /// The words that a blob stores for this column, without its parameters, which follow them.
    pub fn words(&self) -> [u32; HEAD / 4] {
        let count = (self.parameters.len() / 4) as u32;
        let head = self.form as u32 | (self.meaning as u32) << 8 | count << 16;
        let [low, high, shift, scale, step, per] =
            [self.low, self.high, self.shift, self.scale, self.step, self.per].map(f32::to_bits);
        [head, low, high, shift, scale, step, per]
    }

    /// Reads a column from the front of `bytes`, and returns the rest; `None` if they do not contain one.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let ([form, meaning, low_count, high_count], numbers) = head.split_first_chunk()?;
        let mut numbers = floats(numbers);
        let [low, high, shift, scale, step, per] = [(); 6].map(|()| numbers.next().unwrap_or(0.0));
        let count = usize::from(u16::from_le_bytes([*low_count, *high_count]));
        let (parameters, rest) = rest.split_at_checked(4 * count)?;
        let (form, counts) = match form {
            0 => (Form::Plain, count | RANGE == RANGE),
            1 => (Form::Log, count | RANGE == RANGE),
            2 => (Form::YeoJohnson, count | RANGE == POWER | RANGE),
            3 => (Form::Knots, count > 0 && count % KNOT == 0),
            _ => return None,
        };
        let meaning = match meaning {
            0 => Meaning::Number,
            1 if form == Form::Knots => Meaning::Category,
            2 => Meaning::Date,
            _ => return None,
        };
        let column = Self { meaning, form, low, high, shift, scale, step, per, parameters };
        if counts { Some((column, rest)) } else { None }
    }

    /// How many names the column has in a model: its categories, or the first day of its dates.
    pub fn names(&self) -> usize {
        match self.meaning {
            Meaning::Number => 0,
            Meaning::Category => self.parameters.len() / (4 * KNOT),
            Meaning::Date => 1,
        }
    }

    /// Whether some values of the data stand for an interval, so that the column has no density.
    pub fn is_tied(&self) -> bool {
        self.per > 0.0 || self.knots().any(|[_, _, slope, _]| slope == 0.0)
    }

    /// A column of plain numbers within limits.
    pub const fn within(low: f32, high: f32) -> Column<'static> {
        Column { low, high, ..Column::PLAIN }
    }

    /// Whether the column's numbers have limits.
    pub fn is_limited(&self) -> bool {
        !(at_most(self.low, f32::NEG_INFINITY) && at_most(f32::INFINITY, self.high))
    }

    /// Whether `x` means something: any number does, unless the column has categories, of which it must be one.
    pub fn accepts(&self, x: f32) -> bool {
        let category =
            at_most(self.low, x) && at_most(x, self.high) && round(x).to_bits() == x.to_bits();
        category || (self.meaning != Meaning::Category && x.is_finite())
    }

    /// The number within the limits that is nearest to `x`; of a NaN, the lower one.
    pub fn limit(&self, x: f32) -> f32 {
        limited(x, self.low, self.high)
    }

    /// Converts a number of the network to one of the data.
    ///
    /// The result is within the limits for any input: a NaN becomes the lower one.
    pub fn invert(&self, y: f32) -> f32 {
        let f = match self.form {
            Form::Plain => y,
            Form::Log => exp(y),
            Form::YeoJohnson => self.inverse_power(y),
            Form::Knots => {
                let [_, value, slope, centre] = self.knot_at(y);
                value + (y - centre) * slope
            }
        };
        let x = self.shift + self.scale * f;
        let stepped = self.per > 0.0;
        let x = if stepped { round(x * self.per / self.step) * self.step / self.per } else { x };
        self.limit(x)
    }

    /// Converts a number of the data to one of the network; a value that stands for an interval becomes a
    /// point inside it.
    ///
    /// A number that no sample has, because the values beside it stand for intervals, lies on the line through
    /// their points; next to the only value of a column, it lies 16 away.
    pub fn apply(&self, x: f32) -> f32 {
        let f = (x - self.shift) / self.scale;
        match self.form {
            Form::Plain => f,
            Form::Log => logf(positive(f)),
            Form::YeoJohnson => self.power(f),
            Form::Knots => {
                let (knot, beside) = self.knot_of(f);
                let [_, value, slope, centre] = knot;
                match slope == 0.0 {
                    true => centre + off_values(knot, beside, f),
                    false => centre + (f - value) / slope,
                }
            }
        }
    }

    /// `ln dx/dy` at `y`, for a column that is not [tied](Column::is_tied).
    pub fn log_slope(&self, y: f32) -> f32 {
        let slope = match self.form {
            Form::Plain => 0.0,
            Form::Log => y,
            Form::YeoJohnson => {
                let ([lambda, inverse], y) = self.side(y);
                // (1 + lambda y)^(1 / lambda - 1)
                if inverse == 0.0 { y } else { logf(positive(lambda * y + 1.0)) * (inverse - 1.0) }
            }
            Form::Knots => {
                let [_, _, slope, _] = self.knot_at(y);
                logf(positive(slope))
            }
        };
        slope + logf(positive(self.scale))
    }

    /// `lambda` and its reciprocal for the sign of `value`, and its magnitude.
    fn side(&self, value: f32) -> ([f32; 2], f32) {
        let mut numbers = floats(self.parameters);
        let [a, b, c, d] = [(); 4].map(|()| numbers.next().unwrap_or(0.0));
        if at_most(0.0, value) { ([a, b], value) } else { ([c, d], -value) }
    }

    fn power(&self, x: f32) -> f32 {
        let ([lambda, inverse], size) = self.side(x);
        let log = logf(positive(1.0 + size));
        let y = if inverse == 0.0 { log } else { (exp(lambda * log) - 1.0) * inverse };
        if at_most(0.0, x) { y } else { -y }
    }

    fn inverse_power(&self, y: f32) -> f32 {
        let ([lambda, inverse], size) = self.side(y);
        let log = if inverse == 0.0 { size } else { logf(positive(lambda * size + 1.0)) * inverse };
        let x = exp(log) - 1.0;
        if at_most(0.0, y) { x } else { -x }
    }

    fn knots(&self) -> impl Iterator<Item = [f32; KNOT]> + use<'a> {
        let knots = if self.form == Form::Knots { self.parameters } else { &[] };
        let (knots, _) = knots.as_chunks::<{ 4 * KNOT }>();
        knots.iter().map(|knot| {
            let mut numbers = floats(knot);
            [(); KNOT].map(|()| numbers.next().unwrap_or(0.0))
        })
    }

    /// The last knot that begins at or before `y`; the first one if none does.
    fn knot_at(&self, y: f32) -> [f32; KNOT] {
        let mut found = [0.0; KNOT];
        for (i, knot) in self.knots().enumerate() {
            if i > 0 && !at_most(knot[0], y) {
                break;
            }
            found = knot;
        }
        found
    }

    /// The knot of the value `f`: one that is this value alone, or the last that begins at or before it;
    /// the first one if none does. With it, the knot after it, or before it if it is the last; itself if it is the
    /// only one. Values that own an interval can be in any order.
    fn knot_of(&self, f: f32) -> ([f32; KNOT], [f32; KNOT]) {
        let mut found = ([0.0; KNOT], [0.0; KNOT]);
        let (mut previous, mut at) = ([0.0; KNOT], 0);
        for (i, knot) in self.knots().enumerate() {
            let [_, value, slope, _] = knot;
            if slope == 0.0 && value == f {
                return (knot, knot);
            }
            if i == 0 || at_most(value, f) {
                found = (knot, if i == 0 { knot } else { previous });
                at = i;
            } else if i == at + 1 {
                found.1 = knot;
            }
            previous = knot;
        }
        found
    }
}

/// How far `f` is from the point of a value that owns an interval, along the line through the point of the knot
/// beside it.
fn off_values(knot: [f32; KNOT], beside: [f32; KNOT], f: f32) -> f32 {
    /// The distance from the only value of a column, which has no unit: no row is so far from the others.
    const FAR: f32 = 16.0;
    let [_, value, _, centre] = knot;
    let [_, other, slope, point] = beside;
    let off = f - value;
    let slope = if other == value { slope } else { (other - value) / (point - centre) };
    match (off == 0.0, slope == 0.0) {
        (true, _) => 0.0,
        (false, true) => FAR.copysign(off),
        (false, false) => off / slope,
    }
}

/// `x` within the limits; a NaN becomes the lower one.
fn limited(x: f32, low: f32, high: f32) -> f32 {
    // A NaN fails the comparison that keeps the value.
    let above = if at_most(low, x) { x } else { low };
    if at_most(above, high) { above } else { high }
}

/// `x`, or the smallest normal number if `x` is less: the logarithm of the result is finite.
fn positive(x: f32) -> f32 {
    limited(x, f32::MIN_POSITIVE, f32::MAX)
}

/// The nearest whole number, halves to even, for magnitudes below 2^22; other numbers stay as they are.
fn round(x: f32) -> f32 {
    // The sum has no fraction bits.
    const SHIFT: f32 = 12_582_912.0;
    if at_most(x.abs(), 4_194_304.0) { x + SHIFT - SHIFT } else { x }
}

/// The columns of a blob, in order.
pub(crate) fn columns(bytes: &[u8]) -> impl Iterator<Item = Column<'_>> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let column;
        (column, rest) = Column::read(rest)?;
        Some(column)
    })
}

/// How many names the columns of a blob have; `None` unless there are `dim` whole columns, or none.
pub(crate) fn check(bytes: &[u8], dim: usize) -> Option<usize> {
    if bytes.is_empty() {
        return Some(0);
    }
    let (mut rest, mut found, mut names) = (bytes, 0, 0);
    while !rest.is_empty() {
        let column;
        (column, rest) = Column::read(rest)?;
        found += 1;
        names += column.names();
    }
    if found == dim { Some(names) } else { None }
}

mod near;

#[cfg(test)]
mod tests;
