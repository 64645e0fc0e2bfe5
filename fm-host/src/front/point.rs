//! One way to draw samples, with its cost and its quality.

use fm_nostd::blob::Pairing;
use serde_json::{Value, json};

use super::Measure;
use crate::metrics::Figure;
use crate::model::coupling_name;
use crate::objective::Objective;
use crate::sample::Method;

/// The kinds of cost of a sample on the device.
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
    /// The objective of its training.
    pub objective: Objective,
    /// How noise and data were paired.
    pub coupling: Pairing,
    /// Width and number of the hidden layers, such as `64x3`.
    pub size: String,
    /// Weights and biases.
    pub parameters: usize,
    /// The number format of the weights: `f32` or `q8`.
    pub dtype: &'static str,
    /// The sampler.
    pub solver: Method,
    /// The number of steps.
    pub steps: u32,
    /// Evaluations of the network per sample.
    pub evaluations: u64,
    /// Multiply-accumulates per sample.
    pub macs: u64,
    /// Estimated milliseconds per sample on a Cortex-M4F, for only the network, without wait states.
    pub m4f_ms: f64,
    /// Bytes of the model's blob.
    pub flash_bytes: usize,
    /// The samples' figures, averaged over the draws.
    pub figures: Vec<Figure>,
}

impl Point {
    /// Its cost of one kind.
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

    /// How many standard deviations of real data's score a figure is worse than real data's; infinite if the
    /// point does not have the figure.
    pub fn away(&self, by: Measure) -> f64 {
        self.figure(&by.name()).map_or(f64::INFINITY, |figure| figure.score.away())
    }

    /// [`Point::away`] for comparisons: in half standard deviations, because draws of noise differ by more, and
    /// at least 0, because no point is better than real data.
    pub fn rank(&self, by: Measure) -> f64 {
        (2.0 * self.away(by)).round().max(0.0)
    }

    /// All fields by name, in the order of the table; each figure also with its difference from the floor.
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
