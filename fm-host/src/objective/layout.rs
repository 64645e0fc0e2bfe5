//! The order of the network's inputs in a row: `[t, (h), condition, (known columns), x]`.

use std::ops::Range;

use fm_nostd::blob::KnownInputs;

use crate::net::Architecture;

/// The order of a network's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLayout {
    /// Whether `h = r - t` follows `t`.
    pub average: bool,
    /// The number of condition inputs.
    pub condition: usize,
    /// The inputs that tell which columns are known, after the condition.
    pub known: KnownInputs,
    /// The number of values in a data row.
    pub data: usize,
}

impl InputLayout {
    /// The index of the time.
    pub const TIME: usize = 0;
    /// The index of the gap `h`, in a network that has it.
    pub const GAP: usize = 1;

    /// The number of inputs in a row.
    pub fn inputs(&self) -> usize {
        self.x().end
    }

    /// The indices of the condition.
    pub fn condition(&self) -> Range<usize> {
        let start = 1 + usize::from(self.average);
        start..start + self.condition
    }

    /// The indices of everything that tells which columns are known.
    pub fn known(&self) -> Range<usize> {
        let start = self.condition().end;
        start..start + known_inputs(self.known, self.data)
    }

    /// The indices of the flags of known columns: 1 for a known one, else 0. Empty if no column is ever known.
    pub fn flags(&self) -> Range<usize> {
        self.known_part(0)
    }

    /// The indices of the known values, 0 for a column that is not known.
    fn values(&self) -> Range<usize> {
        self.known_part(1)
    }

    /// The indices of the flags of absent columns: 1 for a missing cell, else 0. Empty if no cell is missing.
    fn absent(&self) -> Range<usize> {
        self.known_part(2)
    }

    fn known_part(&self, index: usize) -> Range<usize> {
        let known = self.known();
        let start = (known.start + index * self.data).min(known.end);
        start..(start + self.data).min(known.end)
    }

    /// Whether each column has a velocity of 0: its value is known, or absent. All false if no column is ever
    /// known.
    ///
    /// Shape: `row` is `[inputs]`; the result is `[data]`.
    pub fn is_still<'r>(&self, row: &'r [f32]) -> impl Iterator<Item = bool> + use<'r> {
        let [known, absent] = [self.flags(), self.absent()].map(|range| &row[range]);
        let is_set = |flags: &[f32], d: usize| flags.get(d) == Some(&1.0);
        (0..self.data).map(move |d| is_set(known, d) || is_set(absent, d))
    }

    /// Writes which columns are `known`, and where `x1` is missing (NaN), into a row; there, `x` becomes the
    /// known value, or 0.
    ///
    /// Shape: `row` is `[inputs]`, the others `[data]`.
    pub fn tell(&self, known: &[f32], x1: &[f32], row: &mut [f32]) {
        let (flags, values, absent, x) = (self.flags(), self.values(), self.absent(), self.x());
        for (d, (&known, &x1)) in known.iter().zip(x1).enumerate() {
            let is_known = known == 1.0;
            row[flags.start + d] = known;
            row[values.start + d] = if is_known { x1 } else { 0.0 };
            if !absent.is_empty() {
                row[absent.start + d] = f32::from(u8::from(x1.is_nan()));
            }
            if is_known {
                row[x.start + d] = x1;
            } else if x1.is_nan() {
                row[x.start + d] = 0.0;
            }
        }
    }

    /// Whether the row's condition is "none": the last condition input is set, in a network that has it.
    ///
    /// Shape: `row` is `[inputs]`.
    pub fn is_dropped(&self, row: &[f32]) -> bool {
        row[self.condition()].last() == Some(&1.0)
    }

    /// Sets the row's condition to "none": 1 in the last condition input, 0 in the others.
    ///
    /// Shape: `row` is `[inputs]`.
    ///
    /// # Panics
    /// If there are no condition inputs.
    pub fn drop_condition(&self, row: &mut [f32]) {
        let condition = &mut row[self.condition()];
        condition.fill(0.0);
        condition[self.condition - 1] = 1.0;
    }

    /// The indices of `x`.
    pub fn x(&self) -> Range<usize> {
        let start = self.known().end;
        start..start + self.data
    }
}

/// The number of inputs that tell which of `data` columns are known.
pub fn known_inputs(known: KnownInputs, data: usize) -> usize {
    // No machine has as many columns as would overflow.
    known.rows(data).unwrap_or(usize::MAX)
}

impl From<&Architecture> for InputLayout {
    fn from(a: &Architecture) -> Self {
        let condition = a.condition - known_inputs(a.known, a.data);
        Self { average: a.average, condition, known: a.known, data: a.data }
    }
}
