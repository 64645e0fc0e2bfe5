//! The figures that models can be ranked by, and their descriptions.

use clap::ValueEnum;

use super::Point;
use crate::metrics::Score;
use crate::options;

/// A figure is worse than real data's if it differs by at least this many standard deviations of that.
pub(super) const OFF: f64 = 3.0;

/// A figure that models can be ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Measure {
    /// How well a classifier distinguishes samples from real rows (area under its ROC curve).
    C2st,
    /// The energy distance.
    Energy,
    /// The energy distance of condition and sample together (condition vectors).
    JointEnergy,
    /// The exact 2-Wasserstein distance.
    W2,
    /// The sliced 2-Wasserstein distance.
    Sw2,
    /// The Fréchet distance of 20 principal components (more than two columns).
    Fd20,
}

impl Measure {
    /// Returns the default figure: the classifier, which still distinguishes models when the 2-Wasserstein
    /// distance of all of them is within that of real data.
    ///
    /// If a column has few distinct values, the classifier detects the numbers between them, regardless of
    /// the rest of the model, and all models score the same. The energy distance has the most power there.
    pub fn usual(points: &[Point]) -> Self {
        let known = |name| points.iter().any(|point| point.figure(name).is_some());
        match (known("off_lattice"), known("joint_energy")) {
            (false, _) => Self::C2st,
            (true, true) => Self::JointEnergy,
            (true, false) => Self::Energy,
        }
    }

    /// Its key in the table of [`crate::metrics`].
    pub fn name(self) -> String {
        options::typed(self).replace('-', "_")
    }

    /// Its description, as the title of a panel.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::C2st => {
                "Classifier two-sample test (c2st): at 0.5 trees cannot tell samples from real rows"
            }
            Self::Energy => "Energy distance to real rows",
            Self::JointEnergy => "Energy distance to real rows, conditions and samples together",
            Self::W2 => "2-Wasserstein distance to real rows",
            Self::Sw2 => "Sliced 2-Wasserstein distance to real rows",
            Self::Fd20 => "Fréchet distance to real rows",
        }
    }

    /// Whether a score is close enough to real data's for most uses.
    pub(super) fn is_close(self, score: &Score) -> bool {
        match self {
            Self::C2st => score.value <= 0.55,
            Self::Energy | Self::JointEnergy => score.away() <= OFF,
            Self::W2 | Self::Sw2 | Self::Fd20 => score.value <= 1.25 * score.floor,
        }
    }

    /// Describes the condition of [`Measure::is_close`].
    pub(super) fn closeness(self) -> &'static str {
        match self {
            Self::C2st => "with a classifier's area under the ROC curve of at most 0.55",
            Self::Energy | Self::JointEnergy => {
                "with an energy distance within 3 standard deviations of real data's"
            }
            Self::W2 => "within 1.25 times real data's 2-Wasserstein distance",
            Self::Sw2 => "within 1.25 times real data's sliced 2-Wasserstein distance",
            Self::Fd20 => "within 1.25 times real data's Fréchet distance",
        }
    }

    /// Formats a score: `c2st 0.523, real data 0.497`.
    pub(super) fn told(self, score: &Score) -> String {
        format!(
            "{} {}, real data {}",
            self.name(),
            self.number(score.value),
            self.number(score.floor)
        )
    }

    /// Formats a value of the figure with its significant digits.
    pub(super) fn number(self, value: f64) -> String {
        match self {
            Self::Energy | Self::JointEnergy => format!("{value:.4}"),
            Self::C2st | Self::W2 | Self::Sw2 | Self::Fd20 => format!("{value:.3}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{figure, point};
    use super::*;
    use crate::objective::Objective;

    #[test]
    fn a_table_of_few_values_is_ranked_by_a_distance() {
        let mut points = vec![point(Objective::MeanFlow, 1, 0.6)];
        assert_eq!(Measure::usual(&points), Measure::C2st);
        points[0].figures.push(figure("off_lattice", 0.9, 0.0, 0.01));
        assert_eq!(Measure::usual(&points), Measure::Energy);
        points[0].figures.push(figure("joint_energy", 0.1, 0.0, 0.01));
        assert_eq!(Measure::usual(&points), Measure::JointEnergy);
        assert_eq!(Measure::JointEnergy.name(), "joint_energy");
    }

    #[test]
    fn close_is_a_size_of_the_figures_own() {
        let close = |measure: Measure, value, floor, spread| {
            measure.is_close(&figure("any", value, floor, spread).score)
        };
        assert!(close(Measure::C2st, 0.55, 0.5, 0.001) && !close(Measure::C2st, 0.56, 0.5, 0.1));
        assert!(close(Measure::W2, 1.25, 1.0, 0.01) && !close(Measure::W2, 1.26, 1.0, 0.5));
        assert!(close(Measure::Energy, 0.1, -0.1, 0.1) && !close(Measure::Energy, 0.3, -0.1, 0.1));
    }
}
