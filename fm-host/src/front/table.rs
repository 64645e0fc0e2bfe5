//! Points as a table.

use comfy_table::{CellAlignment, Table, presets};

use super::{Measure, Point};
use crate::metrics::Figure;
use crate::model::coupling_name;

/// The figures in the table, if they are known.
const SHOWN: [&str; 10] = [
    "c2st",
    "w2",
    "energy",
    "joint_energy",
    "fd20",
    "ks_worst",
    "out_of_range",
    "off_lattice",
    "accuracy",
    "below_density",
];
/// The number of text columns; numbers follow.
const WORDS: usize = 4;

/// Tabulates one line per point, with its `mark` last if there are marks. Figures that are worse than real
/// data's by at least three of its standard deviations are followed by `!`. Shape: both `[n]`.
pub fn table(points: &[&Point], marks: &[String], by: Measure) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let known = |name: &&str| points.iter().any(|point| point.figure(name).is_some());
    let shown: Vec<&str> = SHOWN.into_iter().filter(known).collect();
    let marked = marks.iter().any(|mark| !mark.is_empty());
    let head = ["model", "numbers", "solver", "coupling", "evaluations", "MACs", "M4F ms", "flash"];
    let over = format!("{} sd away", by.name());
    let last = marked.then_some("front");
    let header = head.into_iter().chain([over.as_str()]).chain(shown.iter().copied()).chain(last);
    table.set_header(header);
    for (point, mark) in points.iter().zip(marks) {
        let cells = [
            point.model.clone(),
            point.dtype.to_owned(),
            point.solver.name(),
            coupling_name(point.coupling).to_owned(),
            point.evaluations.to_string(),
            point.macs.to_string(),
            format!("{:.3}", point.m4f_ms),
            point.flash_bytes.to_string(),
            // Adding 0 turns a rounded -0 into 0.
            format!("{:.1}", (10.0 * point.away(by)).round() / 10.0 + 0.0),
        ];
        let figure = |name: &&str| {
            let sign = if point.is_off(name) { " !" } else { "" };
            let value = |f: &Figure| number(f.score.value, f.sd) + sign;
            point.figure(name).map_or(String::new(), value)
        };
        let last = marked.then(|| mark.clone());
        table.add_row(cells.into_iter().chain(shown.iter().map(figure)).chain(last));
    }
    if let Some(first) = points.first() {
        let floor = |name: &&str| {
            let score = first.figure(name).map(|figure| figure.score);
            score.map_or(String::new(), |score| number(score.floor, score.floor_spread))
        };
        let blank = std::iter::repeat_n(String::new(), head.len() - 1);
        let row = ["real data".to_owned()].into_iter().chain(blank).chain(["0.0".to_owned()]);
        let last = marked.then(String::new);
        table.add_row(row.chain(shown.iter().map(floor)).chain(last));
    }
    for column in table.column_iter_mut().skip(WORDS) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Formats a figure with its standard deviation, if it has one.
pub(super) fn number(value: f64, sd: f64) -> String {
    if sd == 0.0 { format!("{value:.4}") } else { format!("{value:.4} ± {sd:.4}") }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{figure, point};
    use super::*;
    use crate::objective::Objective;

    #[test]
    fn what_is_worse_than_real_data_is_marked() {
        let mut good = point(Objective::MeanFlow, 1, 0.52);
        good.figures.push(figure("out_of_range", 0.001, 0.001, 0.001));
        let mut wild = point(Objective::Fm, 1, 0.52);
        wild.figures.push(figure("out_of_range", 0.5, 0.001, 0.001));
        let marks = ["".to_owned(), "e".to_owned()];
        let said = table(&[&good, &wild], &marks, Measure::C2st).to_string();
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].contains("c2st sd away") && lines[0].contains("out_of_range"), "{said}");
        // Both are two standard deviations away by the classifier; one is out of range.
        assert!(lines[2].contains(" 2.0 ") && !lines[2].contains('!'), "{said}");
        assert!(lines[3].contains("0.5000 !") && lines[3].ends_with("e |"), "{said}");
        assert!(lines[4].starts_with("| real data"), "{said}");
    }
}
