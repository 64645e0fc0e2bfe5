//! Faults of samples that the ranking figure does not show.

use super::Point;
use super::measure::OFF;

/// Figures that each find one kind of fault, and its description.
const LOOKED_AT: [(&str, &str); 4] = [
    ("ks_worst", "the worst column has a Kolmogorov-Smirnov distance of"),
    ("out_of_range", "are outside the range of real rows"),
    ("off_lattice", "are between the values that occur in a column"),
    ("below_density", "lie where real rows are very rare"),
];

impl Point {
    /// Whether a figure is worse than real data's by at least three of real data's standard deviations.
    pub(super) fn is_off(&self, name: &str) -> bool {
        self.figure(name).is_some_and(|figure| figure.score.away() >= OFF)
    }

    /// Describes the other faults of the samples in a sentence; `None` if there are none.
    pub(super) fn faults(&self) -> Option<String> {
        let told = |(name, words): &(&str, &str)| {
            let score = self.figure(name).filter(|_| self.is_off(name))?.score;
            let (value, floor) = (score.value, score.floor);
            Some(match *name {
                "ks_worst" => format!("{words} {value:.2} (real data {floor:.2})"),
                _ => {
                    format!("{} of samples {words} (real data {})", percent(value), percent(floor))
                }
            })
        };
        let faults: Vec<String> = LOOKED_AT.iter().filter_map(told).collect();
        (!faults.is_empty()).then(|| format!("But {}.", faults.join("; ")))
    }
}

/// Formats a share as a percentage with about two digits.
fn percent(share: f64) -> String {
    let decimals = if share < 0.1 { 1 } else { 0 };
    format!("{:.decimals$} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{figure, point};
    use crate::objective::Objective;

    #[test]
    fn faults_are_told_where_there_are_some() {
        let mut point = point(Objective::MeanFlow, 1, 0.5);
        point.figures.push(figure("ks_worst", 0.022, 0.02, 0.002));
        point.figures.push(figure("out_of_range", 0.0004, 0.0002, 0.0002));
        assert_eq!(point.faults(), None);
        point.figures[1] = figure("ks_worst", 0.12, 0.02, 0.002);
        let said = point.faults().expect("one");
        assert!(said.contains("0.12") && !said.contains("range"), "{said}");
        point.figures[2] = figure("out_of_range", 0.234, 0.0002, 0.0002);
        let said = point.faults().expect("two");
        let outside = "; 23 % of samples are outside the range of real rows (real data 0.0 %)";
        assert!(said.contains(outside), "{said}");
        assert!(point.is_off("out_of_range") && !point.is_off("nothing"));
    }
}
