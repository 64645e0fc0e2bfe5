//! The order of the network's inputs in a row: `[t, (h), condition, x]`.

use std::ops::Range;

use crate::net::Architecture;

/// The order of a network's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLayout {
    /// Whether `h = r - t` follows `t`.
    pub average: bool,
    /// The number of condition inputs.
    pub condition: usize,
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
        let start = self.condition().end;
        start..start + self.data
    }
}

impl From<&Architecture> for InputLayout {
    fn from(a: &Architecture) -> Self {
        Self { average: a.average, condition: a.condition, data: a.data }
    }
}
