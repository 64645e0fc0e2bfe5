//! One way to draw samples: what it costs and how good they are.

use fm_nostd::blob::Coupling;
use serde_json::{Value, json};

use super::Measure;
use crate::metrics::Figure;
use crate::model::coupling_name;
use crate::objective::Objective;
use crate::sample::Method;

/// What a sample costs on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Evaluations of the network.
    Evaluations,
    /// Multiply-accumulates.
    Macs,
    /// Milliseconds on a Cortex-M4F, estimated.
    Time,
    /// Bytes of the model in flash.
    Flash,
}

impl Cost {
    /// Every cost.
    pub const ALL: [Self; 4] = [Self::Evaluations, Self::Macs, Self::Time, Self::Flash];

    /// The name of its column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Evaluations => "evaluations",
            Self::Macs => "macs",
            Self::Time => "m4f_ms",
            Self::Flash => "flash_bytes",
        }
    }
}

/// A model in one number format with one sampler.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The run's name.
    pub model: String,
    /// What it was trained for.
    pub objective: Objective,
    /// How noise and data were paired.
    pub coupling: Coupling,
    /// Width of the hidden layers and how many there are, as `64x3`.
    pub size: String,
    /// Weights and biases.
    pub parameters: usize,
    /// The weights' numbers: `f32` or `q8`.
    pub dtype: &'static str,
    /// The sampler.
    pub solver: Method,
    /// Its steps.
    pub steps: u32,
    /// Evaluations of the network a sample.
    pub evaluations: u64,
    /// Multiply-accumulates a sample.
    pub macs: u64,
    /// Estimated milliseconds a sample on a Cortex-M4F: the network alone, without wait states.
    pub m4f_ms: f64,
    /// Bytes of the model's blob.
    pub flash_bytes: usize,
    /// The samples' figures over the draws.
    pub figures: Vec<Figure>,
}

impl Point {
    /// What it costs.
    pub fn cost(&self, cost: Cost) -> f64 {
        match cost {
            Cost::Evaluations => self.evaluations as f64,
            Cost::Macs => self.macs as f64,
            Cost::Time => self.m4f_ms,
            Cost::Flash => self.flash_bytes as f64,
        }
    }

    /// A figure by its name.
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.score.name == name)
    }

    /// By how many standard deviations of real data's own score a figure is worse; infinite where there
    /// is no such figure.
    pub fn away(&self, by: Measure) -> f64 {
        self.figure(&by.name()).map_or(f64::INFINITY, |figure| figure.score.away())
    }

    /// [`Point::away`] as it counts in a comparison: in whole halves, for draws of noise differ by more;
    /// and nothing is better than real data.
    pub fn rank(&self, by: Measure) -> f64 {
        (2.0 * self.away(by)).round().max(0.0)
    }

    /// All of it by name, in the order of a table; each figure with what it lies above its floor.
    pub(super) fn fields(&self) -> Vec<(String, Value)> {
        let own = [
            ("model", json!(self.model)),
            ("objective", json!(self.objective.name())),
            ("coupling", json!(coupling_name(self.coupling))),
            ("size", json!(self.size)),
            ("parameters", json!(self.parameters)),
            ("dtype", json!(self.dtype)),
            ("solver", json!(self.solver)),
            ("steps", json!(self.steps)),
            ("evaluations", json!(self.evaluations)),
            ("macs", json!(self.macs)),
            ("m4f_ms", json!(self.m4f_ms)),
            ("flash_bytes", json!(self.flash_bytes)),
        ];
        let mut fields: Vec<_> = own.map(|(name, value)| (name.to_owned(), value)).into();
        for figure in &self.figures {
            fields.extend(figure.fields().map(|(name, number)| (name, json!(number))));
            let above = figure.score.value - figure.score.floor;
            fields.push((format!("{}_above", figure.score.name), json!(above)));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::point;
    use super::*;

    #[test]
    fn draws_of_noise_decide_nothing_and_nothing_beats_real_data() {
        let rank = |c2st| point(Objective::MeanFlow, 1, c2st).rank(Measure::C2st);
        // Standard deviations of 0.01 above 0.5.
        assert_eq!([0.48, 0.5, 0.502].map(rank), [0.0; 3]);
        assert_eq!([0.511, 0.513, 0.6].map(rank), [2.0, 3.0, 20.0]);
        assert_eq!(point(Objective::Fm, 1, 0.5).rank(Measure::W2), f64::INFINITY);
    }
}
