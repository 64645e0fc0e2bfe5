//! What a network predicts: a velocity, or the endpoint `N = x + u` that is reached after a unit of time
//! at the velocity `u`. Then `u = N - x`: a skip connection past the network, as in residual networks.
//!
//! On the linear path the endpoint at `t = 0` is the sample itself. Every velocity `x1 - x0` contains all of the noise, which
//! a network that predicts velocities must pass through accurately, or the remainder stays on the sample
//! as speckle. A small network can predict a data point that is close to a low-dimensional surface.
//!
//! Along a tangent `(1, -1, w)` the derivative of `u` is `dN - w`. So a target `v + h du` for `u` becomes
//! the target `x + v - h w + h dN` for `N`: a velocity network's regression with other values, and the same
//! loss.

use clap::ValueEnum;
use fm_nostd::Prediction;
use fm_nostd::prediction::ToVelocity;
use serde::{Deserialize, Serialize};

use super::InputLayout;
use crate::data::Rows;
use crate::net::Regression;
use crate::path::Path;

/// What a network trained on velocities predicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Predict {
    /// The velocity.
    #[default]
    Velocity,
    /// The point reached by following the velocity for a unit of time: from noise, on the linear path, a sample.
    Endpoint,
}

/// What a network's output means, and for which path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output {
    /// The meaning of the output.
    pub prediction: Prediction,
    /// The path that the network was trained on.
    pub path: Path,
}

impl Output {
    /// Converts outputs into velocities, in place; rows with a gap become average velocities.
    ///
    /// Shape: `input` is `[n, inputs]` of this layout, `output` `[n, data]`.
    pub fn to_velocities(self, layout: &InputLayout, input: &Rows, output: &mut Rows) {
        for (i, row) in input.iter().enumerate() {
            let to = ToVelocity::new(self.prediction, self.path.at(row[InputLayout::TIME]), 1.0);
            for (value, x) in output.row_mut(i).iter_mut().zip(&row[layout.x()]) {
                *value = to.apply(*x, *value);
            }
        }
    }
}

impl Predict {
    /// Converts a regression of velocities, with its tangents, into a regression of the network's outputs.
    pub fn pose(self, layout: &InputLayout, regression: &mut Regression) {
        if self == Self::Velocity {
            return;
        }
        let Regression { input, tangent, velocity, gap, .. } = regression;
        for (i, row) in input.iter().enumerate() {
            let target = velocity.row_mut(i);
            target.iter_mut().zip(&row[layout.x()]).for_each(|(v, x)| *v += x);
            let Some(&h) = gap.get(i) else { continue };
            let along = &tangent.row(i)[layout.x()];
            target.iter_mut().zip(along).for_each(|(value, w)| *value -= h * w);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, fixtures};
    use super::*;
    use crate::random::{Purpose, fill_normal, stream};

    #[test]
    fn the_target_of_an_endpoint_is_that_of_its_velocity() {
        let batch = fixtures::batch(400, false);
        let recipe = fixtures::recipe(Objective::MeanFlow);
        let mut of_velocity = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        let layout = recipe.layout(&batch);
        // As with `--tangent predicted`: not the target's velocity.
        fill_normal(&mut stream(3, Purpose::Batch, 0), of_velocity.tangent.as_mut_slice());
        let mut of_endpoint = of_velocity.clone();
        Predict::Velocity.pose(&layout, &mut of_endpoint);
        assert_eq!(of_endpoint, of_velocity);
        Predict::Endpoint.pose(&layout, &mut of_endpoint);
        assert_eq!((&of_velocity.input, &of_velocity.gap), (&of_endpoint.input, &of_endpoint.gap));
        // The output's derivative along the tangent; any value will do.
        let slope = -0.6f32;
        for (i, row) in of_velocity.input.iter().enumerate() {
            for (d, x) in row[layout.x()].iter().enumerate() {
                let v = of_velocity.velocity.row(i)[d];
                let (mut endpoint, mut velocity) = (of_endpoint.velocity.row(i)[d], v);
                if let Some(h) = of_velocity.gap.get(i) {
                    endpoint += h * slope;
                    velocity += h * (slope - of_velocity.tangent.row(i)[layout.x()][d]);
                }
                let said = Prediction::Endpoint.without_skip(*x, endpoint);
                // A few roundings of values up to 10.
                assert!((said - velocity).abs() < 1e-5, "{i}: {said} for {velocity}");
            }
        }
    }

    #[test]
    fn from_noise_the_target_is_the_data_point() {
        let batch = fixtures::batch(300, false);
        let recipe = fixtures::recipe(Objective::Distill);
        let mut regression = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        Predict::Endpoint.pose(&recipe.layout(&batch), &mut regression);
        for (target, x1) in regression.velocity.as_slice().iter().zip(batch.x1.as_slice()) {
            // x0 + (x1 - x0), for values below 8.
            assert!((target - x1).abs() < 2e-6, "{target} for {x1}");
        }
    }
}
