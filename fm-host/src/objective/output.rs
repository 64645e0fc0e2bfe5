//! What a network's output means.

use fm_nostd::Prediction;
use fm_nostd::prediction::ToVelocity;

use super::InputLayout;
use crate::data::Rows;
use crate::path::Path;

/// What a network's output means, and for which path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output {
    /// The meaning of the output.
    pub prediction: Prediction,
    /// The path that the network was trained on.
    pub path: Path,
}

impl Output {
    /// Converts outputs into velocities, in place; rows with a gap become average velocities. Known and absent
    /// columns have the velocity 0.
    ///
    /// Shape: `input` is `[n, inputs]` of this layout, `output` `[n, data]`.
    pub fn to_velocities(self, layout: &InputLayout, input: &Rows, output: &mut Rows) {
        for (i, row) in input.iter().enumerate() {
            let to = ToVelocity::new(self.prediction, self.path.at(row[InputLayout::TIME]), 1.0);
            for (value, x) in output.row_mut(i).iter_mut().zip(&row[layout.x()]) {
                *value = to.apply(*x, *value);
            }
            let still = output.row_mut(i).iter_mut().zip(layout.is_still(row));
            still.filter(|(_, is_still)| *is_still).for_each(|(value, _)| *value = 0.0);
        }
    }
}
