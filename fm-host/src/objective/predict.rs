//! Data prediction: the network says the data point, the velocity follows from it (Li and He, 2025,
//! "Back to Basics: Let Denoising Generative Models Denoise").
//!
//! `u = (D - x) / q` with `q = max(1 - t, 0.1)`, on the linear path. A network narrower than its data
//! cannot let the noise through that is in every velocity `x1 - x0`; of data near a low-dimensional
//! surface it can say a point.
//!
//! With `D` for the output, `i = 1` where `q` is not at its bound, and the tangent `(1, -1, w)`, the
//! derivative of `u` is `(dD - w)/q + i (D - x)/q^2`. So a target `v + h du` of `u` is for `D` the target
//! `x + q v + h (dD - w) + (i h / q)(D - x)`: that of a velocity network, with a share `i h / q` of its
//! own output in it. The loss is in `D`'s units, `q^2 |u - target|^2`.

use clap::ValueEnum;
use fm_nostd::path::time_left;
use serde::{Deserialize, Serialize};

use super::Layout;
use crate::data::Rows;
use crate::net::Regression;

/// What the output of a network that is trained on velocities says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Predict {
    /// The velocity.
    #[default]
    Velocity,
    /// The data point that the velocity leads to.
    Data,
}

impl Predict {
    /// The velocity that one coordinate of an output says at `(t, x)`.
    pub fn velocity(self, t: f32, x: f32, output: f32) -> f32 {
        match self {
            Self::Velocity => output,
            Self::Data => (output - x) / time_left(t),
        }
    }

    /// Turns outputs into the velocities that they say, average ones at a gap.
    ///
    /// Shape: `input` is `[n, inputs]` of this layout, `output` `[n, data]`.
    pub fn velocities(self, layout: &Layout, input: &Rows, output: &mut Rows) {
        for (i, row) in input.iter().enumerate() {
            for (value, x) in output.row_mut(i).iter_mut().zip(&row[layout.x()]) {
                *value = self.velocity(row[Layout::TIME], *x, *value);
            }
        }
    }

    /// Turns a regression of velocities, with its tangents, into one of the network's outputs.
    pub fn pose(self, layout: &Layout, regression: &mut Regression) {
        if self == Self::Velocity {
            return;
        }
        let Regression { input, tangent, velocity, gap, own, .. } = regression;
        for (i, row) in input.iter().enumerate() {
            let (t, x) = (row[Layout::TIME], &row[layout.x()]);
            let q = time_left(t);
            let target = velocity.row_mut(i);
            target.iter_mut().zip(x).for_each(|(v, x)| *v = x + q * *v);
            let Some(&h) = gap.get(i) else { continue };
            let share = if q == 1.0 - t { h / q } else { 0.0 };
            let along = &tangent.row(i)[layout.x()];
            for ((value, x), w) in target.iter_mut().zip(x).zip(along) {
                *value -= h * w + share * x;
            }
            own.push(share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, fixtures};
    use super::*;
    use crate::random::{Purpose, fill_normal, stream};

    /// The regressions of both kinds, a velocity's with a tangent of its own.
    fn both() -> (Layout, Regression, Regression) {
        let batch = fixtures::batch(400, false);
        let recipe = fixtures::recipe(Objective::MeanFlow);
        let mut of_velocity = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        let layout = recipe.layout(&batch);
        // As `--tangent predicted` has it: not the target's velocity.
        fill_normal(&mut stream(3, Purpose::Batch, 0), of_velocity.tangent.as_mut_slice());
        let mut of_data = of_velocity.clone();
        Predict::Velocity.pose(&layout, &mut of_data);
        assert_eq!(of_data, of_velocity);
        Predict::Data.pose(&layout, &mut of_data);
        (layout, of_velocity, of_data)
    }

    #[test]
    fn the_target_of_a_data_point_is_that_of_its_velocity() {
        let (layout, of_velocity, of_data) = both();
        assert_eq!((&of_velocity.input, &of_velocity.gap), (&of_data.input, &of_data.gap));
        // Whatever the network says, and however that changes along the tangent.
        let (output, slope) = (1.7f32, -0.6f32);
        let mut bounded = 0;
        for (i, row) in of_velocity.input.iter().enumerate() {
            let t = row[Layout::TIME];
            let (q, moves) = if t < 0.9 { (1.0 - t, 1.0) } else { (0.1, 0.0) };
            bounded += usize::from(moves == 0.0);
            for d in 0..2 {
                let (x, v) = (row[layout.x()][d], of_velocity.velocity.row(i)[d]);
                let (mut data, mut velocity) = (of_data.velocity.row(i)[d], v);
                if let Some(h) = of_velocity.gap.get(i) {
                    data += h * slope + of_data.own[i] * output;
                    let w = of_velocity.tangent.row(i)[layout.x()][d];
                    velocity += h * ((slope - w) / q + moves * (output - x) / (q * q));
                }
                let said = Predict::Data.velocity(t, x, data);
                // Roundings of numbers up to 10, over q.
                assert!((said - velocity).abs() < 3e-5 / q, "{i}: {said} for {velocity}");
            }
        }
        assert!(bounded > 10 && of_data.own.len() == of_data.gap.len());
    }

    #[test]
    fn without_a_gap_the_target_is_the_data_point() {
        let batch = fixtures::batch(300, false);
        for objective in [Objective::Fm, Objective::Distill] {
            let recipe = fixtures::recipe(objective);
            let mut regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
            Predict::Data.pose(&recipe.layout(&batch), &mut regression);
            assert!(regression.own.is_empty());
            for (i, row) in regression.input.iter().enumerate().filter(|(_, row)| row[0] < 0.9) {
                for (target, x1) in regression.velocity.row(i).iter().zip(batch.x1.row(i)) {
                    assert!((target - x1).abs() < 2e-6 * (1.0 + x1.abs()), "{}", row[0]);
                }
            }
        }
    }
}
