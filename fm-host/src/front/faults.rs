//! What is wrong with samples that the figure they are ranked by does not show.

use super::Point;
use super::measure::OFF;

/// Figures that find a fault of a kind of its own, and how each is told.
const LOOKED_AT: [(&str, &str); 4] = [
    ("ks_worst", "the worst column differs by"),
    ("out_of_range", "out of the range of real rows are"),
    ("off_lattice", "between the values that a column takes are"),
    ("below_density", "where real rows hardly ever lie are"),
];

impl Point {
    /// Whether a figure is worse than real data's by three standard deviations of that or more.
    pub(super) fn is_off(&self, name: &str) -> bool {
        self.figure(name).is_some_and(|figure| figure.score.away() >= OFF)
    }

    /// What else is wrong with the samples, in a sentence; `None` where nothing is.
    pub(super) fn faults(&self) -> Option<String> {
        let told = |(name, words): &(&str, &str)| {
            let score = self.figure(name).filter(|_| self.is_off(name))?.score;
            let (value, floor) = (score.value, score.floor);
            Some(match *name {
                "ks_worst" => {
                    format!("{words} {value:.2} of 1 (Kolmogorov-Smirnov; real data {floor:.2})")
                }
                _ => {
                    format!("{words} {} of samples (real data {})", percent(value), percent(floor))
                }
            })
        };
        let faults: Vec<String> = LOOKED_AT.iter().filter_map(told).collect();
        (!faults.is_empty()).then(|| format!("But {}.", faults.join("; ")))
    }
}

/// A share with two digits or so.
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
        assert!(
            said.contains("; ") && said.contains("23 % of samples (real data 0.0 %)"),
            "{said}"
        );
        assert!(point.is_off("out_of_range") && !point.is_off("nothing"));
    }
}
