//! What MeanFlow computes with the network while it trains it: guidance inside the target (Geng et al.,
//! 2025, "Mean Flows", arXiv:2505.13447), and the improved variant's tangent (Geng et al., 2025, "Improved
//! Mean Flows", arXiv:2512.02012).
//!
//! The velocity `v` is replaced by `omega v + kappa u(t,t,x,c) + (1 - omega - kappa) u(t,t,x,none)`, with
//! the networks under stop-gradient. The result is a field that is guided with the scale
//! `omega / (1 - kappa)`; since guidance is trained in, one step suffices to sample it.

use clap::ValueEnum;
use fm_nostd::Prediction;
use serde::{Deserialize, Serialize};

use super::{InputLayout, Output};
use crate::Result;
use crate::data::Rows;
use crate::net::{Learner, Regression};
use crate::path::Path;

/// The velocity that the derivative is taken along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Tangent {
    /// The velocity in the target: the pair's, or the teacher's.
    #[default]
    Data,
    /// The network's own velocity `u(t, t, x)`, which does not contain a pair's noise.
    Predicted,
}

/// What a MeanFlow step computes with the network before its regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guidance {
    /// The weight of the pair's velocity.
    pub omega: f32,
    /// The weight of the network's conditional velocity, below 1.
    pub kappa: f32,
    /// The velocity that the derivative is taken along.
    pub tangent: Tangent,
    /// What the network's outputs mean.
    pub output: Output,
}

impl Guidance {
    /// No guidance, and the tangent of the target.
    pub const NONE: Self = Self {
        omega: 1.0,
        kappa: 0.0,
        tangent: Tangent::Data,
        output: Output { prediction: Prediction::AverageVelocity, path: Path::Linear },
    };

    /// Whether the target is guided.
    pub fn guides(&self) -> bool {
        self.omega != 1.0 || self.kappa != 0.0
    }

    /// The equivalent scale of classifier-free guidance.
    pub fn scale(&self) -> f32 {
        self.omega / (1.0 - self.kappa)
    }

    /// Replaces the velocities in the target and the tangent by guided ones, computed with the network's
    /// present parameters. Rows without their condition keep their velocity.
    ///
    /// Shape: `regression` has the `layout` of an average field; for guidance, the last condition input
    /// must mean "no condition".
    ///
    /// # Errors
    /// If the device fails.
    pub fn apply(
        &self,
        layout: &InputLayout,
        network: &dyn Learner,
        regression: &mut Regression,
    ) -> Result<()> {
        let predicted = self.tangent == Tangent::Predicted;
        if !predicted && !self.guides() {
            return Ok(());
        }
        let mut input = regression.input.clone();
        for i in 0..input.len() {
            input.row_mut(i)[InputLayout::GAP] = 0.0;
        }
        let mut own = network.evaluate(&input)?;
        self.output.to_velocities(layout, &input, &mut own);
        if self.guides() {
            self.guide(layout, network, input, &own, regression)?;
        }
        let along = if predicted { &own } else { &regression.velocity };
        for i in 0..regression.tangent.len() {
            regression.tangent.row_mut(i)[layout.x()].copy_from_slice(along.row(i));
        }
        Ok(())
    }

    fn guide(
        &self,
        layout: &InputLayout,
        network: &dyn Learner,
        mut input: Rows,
        own: &Rows,
        regression: &mut Regression,
    ) -> Result<()> {
        let dropped: Vec<bool> = input.iter().map(|row| layout.is_dropped(row)).collect();
        for i in 0..input.len() {
            layout.drop_condition(input.row_mut(i));
        }
        let mut none = network.evaluate(&input)?;
        self.output.to_velocities(layout, &input, &mut none);
        let rest = 1.0 - self.omega - self.kappa;
        for (i, _) in dropped.iter().enumerate().filter(|(_, dropped)| !**dropped) {
            let networks = own.row(i).iter().zip(none.row(i));
            for (v, (own, none)) in regression.velocity.row_mut(i).iter_mut().zip(networks) {
                *v = self.omega * *v + self.kappa * own + rest * none;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Objective, Recipe, fixtures};
    use super::*;
    use crate::net::{Loss, State, Update};
    use crate::random::{Purpose, stream};

    /// A field that returns what it was evaluated at: `u = (100 h + label, t)`.
    struct EchoLearner(InputLayout);

    impl Learner for EchoLearner {
        fn step(&mut self, _: &Regression, _: &Update) -> Result<Loss> {
            unreachable!("it is only evaluated")
        }

        fn evaluate(&self, input: &Rows) -> Result<Rows> {
            let mut out = Rows::new(2);
            for row in input.iter() {
                let label = row[self.0.condition()].iter().position(|&c| c == 1.0);
                out.push(&[100.0 * row[InputLayout::GAP] + label.expect("one-hot") as f32, row[0]]);
            }
            Ok(out)
        }

        fn state(&self) -> Result<State> {
            unreachable!("it is only evaluated")
        }

        fn device_name(&self) -> &str {
            "test"
        }
    }

    fn guided(guidance: Guidance) -> (Regression, Regression, Vec<u32>) {
        let batch = fixtures::batch(200, true);
        let recipe = Recipe { label_dropout: 0.3, ..fixtures::recipe(Objective::MeanFlow) };
        let before = recipe.regression(&batch, 0, &mut stream(1, Purpose::Batch, 0));
        let layout = recipe.layout(&batch);
        let mut after = before.clone();
        guidance.apply(&layout, &EchoLearner(layout), &mut after).expect("it cannot fail");
        assert_eq!((&before.input, &before.gap), (&after.input, &after.gap));
        (before, after, batch.labels)
    }

    #[test]
    fn the_target_and_the_tangent_are_guided_where_there_is_a_condition() {
        let guidance = Guidance { omega: 1.5, kappa: 0.25, ..Guidance::NONE };
        let (before, after, labels) = guided(guidance);
        let mut kept = 0;
        for (i, label) in labels.into_iter().enumerate() {
            let (row, v) = (before.input.row(i), before.velocity.row(i));
            let expected = if row[5] == 1.0 {
                kept += 1;
                [v[0], v[1]]
            } else {
                // The class's field and that of "none", which is the condition input with index 3.
                let (own, none) = (0.25 * label as f32, -0.75 * 3.0);
                [1.5 * v[0] + own + none, 1.5 * v[1] + (0.25 - 0.75) * row[0]]
            };
            for (got, expected) in after.velocity.row(i).iter().zip(expected) {
                assert!((got - expected).abs() < 1e-5);
            }
            if i < after.tangent.len() {
                assert_eq!(after.tangent.row(i)[6..], *after.velocity.row(i));
            }
        }
        assert!(kept > 30 && after.tangent.len() == 100);
    }

    #[test]
    fn the_predicted_tangent_leaves_the_target() {
        let guidance = Guidance { tangent: Tangent::Predicted, ..Guidance::NONE };
        let (before, after, _) = guided(guidance);
        assert_eq!(before.velocity, after.velocity);
        for (i, tangent) in after.tangent.iter().enumerate() {
            let row = before.input.row(i);
            let label = row[2..6].iter().position(|&c| c == 1.0).expect("one-hot");
            assert_eq!(tangent[..6], [1.0, -1.0, 0.0, 0.0, 0.0, 0.0]);
            assert_eq!(tangent[6..], [label as f32, row[0]]);
        }
        let (before, after, _) = guided(Guidance::NONE);
        assert_eq!(before, after);
    }
}
