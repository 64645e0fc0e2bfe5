//! Where the inputs lie in a row: `[t, (h), condition, x]`.

use std::ops::Range;

use crate::net::Architecture;

/// The order of a network's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLayout {
    /// Whether `h = r - t` follows `t`.
    pub average: bool,
    /// How many condition inputs there are.
    pub condition: usize,
    /// How many numbers a data row has.
    pub data: usize,
}

impl InputLayout {
    /// Where the time lies.
    pub const TIME: usize = 0;
    /// Where the gap `h` lies, in a network that takes it.
    pub const GAP: usize = 1;

    /// How many inputs a row has.
    pub fn inputs(&self) -> usize {
        self.x().end
    }

    /// Where the condition lies.
    pub fn condition(&self) -> Range<usize> {
        let start = 1 + usize::from(self.average);
        start..start + self.condition
    }

    /// Whether the last condition input says "no condition", in a network that knows it.
    ///
    /// Shape: `row` is `[inputs]`.
    pub fn is_dropped(&self, row: &[f32]) -> bool {
        row[self.condition()].last() == Some(&1.0)
    }

    /// Makes the row's condition "none": 1 in the last condition input, 0 in the others.
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

    /// Where `x` lies.
    pub fn x(&self) -> Range<usize> {
        let start = self.condition().end;
        start..start + self.data
    }
}

impl From<&Architecture> for InputLayout {
    fn from(a: &Architecture) -> Self {
        Self { average: a.average, condition: a.condition, data: a.data }
    }
}
