//! Points as a table for people.

use comfy_table::{CellAlignment, Table, presets};

use super::Point;
use crate::model::coupling_name;

/// Figures that the table shows beside the one that is quality, where they are known.
const SHOWN: [&str; 5] = ["w2", "sw2", "energy", "fd20", "below_density"];
/// Columns of words; numbers follow.
const WORDS: usize = 4;

/// A row a point, its `mark` last where there is any. Shape: both `[n]`.
pub fn table(points: &[&Point], marks: &[String], by: &str) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let known = |name: &&str| points.iter().any(|point| point.figure(name).is_some());
    let shown: Vec<&str> = SHOWN.into_iter().filter(known).collect();
    let marked = marks.iter().any(|mark| !mark.is_empty());
    let head = ["model", "numbers", "solver", "coupling", "evaluations", "MACs", "M4F ms", "flash"];
    let over = format!("{by} x floor");
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
            format!("{:.2}", point.over_floor(by)),
        ];
        let figure =
            |name: &&str| point.figure(name).map_or(String::new(), |f| number(f.score.value, f.sd));
        let last = marked.then(|| mark.clone());
        table.add_row(cells.into_iter().chain(shown.iter().map(figure)).chain(last));
    }
    if let Some(first) = points.first() {
        let floor = |name: &&str| {
            let score = first.figure(name).map(|figure| figure.score);
            score.map_or(String::new(), |score| number(score.floor, score.floor_spread))
        };
        let blank = std::iter::repeat_n(String::new(), head.len() - 1);
        let row = ["real data".to_owned()].into_iter().chain(blank).chain(["1.00".to_owned()]);
        let last = marked.then(String::new);
        table.add_row(row.chain(shown.iter().map(floor)).chain(last));
    }
    for column in table.column_iter_mut().skip(WORDS) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A figure with its standard deviation, where it has one.
pub(super) fn number(value: f64, sd: f64) -> String {
    if sd == 0.0 { format!("{value:.4}") } else { format!("{value:.4} ± {sd:.4}") }
}
