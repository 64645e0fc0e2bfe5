//! The spread of each drawn cell over the draws.

use std::io;

use super::incomplete::{Column, Incomplete};
use crate::data::{ColumnKind, Rows};
use crate::metrics::quantile;

/// The columns of the file: of a number the first ones after its column are filled, of a category the last two,
/// in a line per category that was drawn.
const HEADER: [&str; 8] = ["row", "column", "mean", "sd", "q05", "q95", "value", "share"];

impl Incomplete {
    /// A line per drawn cell, or per category drawn in it, the most frequent first. Rows have their number in the
    /// file.
    pub(super) fn spread(&self, drawn: &Rows, draws: usize) -> io::Result<Vec<u8>> {
        let mut text = csv::Writer::from_writer(Vec::new());
        text.write_record(HEADER)?;
        for (i, row) in self.rows.iter().enumerate() {
            let row = self.cells.number(*row).to_string();
            for (d, column) in
                self.columns.iter().enumerate().filter(|(d, _)| self.is_missing(i, *d))
            {
                let values = (0..draws).map(|draw| drawn.row(draw * self.rows.len() + i)[d]);
                for line in lines(column, values.collect()) {
                    let start = [row.as_str(), column.name.as_str()];
                    text.write_record(start.into_iter().chain(line.iter().map(String::as_str)))?;
                }
            }
        }
        text.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The lines of one cell, without its row and column.
fn lines(column: &Column, mut values: Vec<f32>) -> Vec<[String; 6]> {
    let n = values.len() as f64;
    let empty = String::new;
    values.sort_by(f32::total_cmp);
    if let ColumnKind::Category(_) = column.kind {
        let mut groups: Vec<&[f32]> = values.chunk_by(|a, b| a == b).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let line = |group: &[f32]| {
            let name = column.kind.text(group[0]).unwrap_or_default().into_owned();
            let share = group.len() as f64 / n;
            [empty(), empty(), empty(), empty(), name, share.to_string()]
        };
        return groups.into_iter().map(line).collect();
    }
    let sorted: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
    let mean = sorted.iter().sum::<f64>() / n;
    let squares = sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let sd = (squares / (n - 1.0)).sqrt();
    let text = |value: f64| match column.kind.text(value as f32) {
        Some(date) => date.into_owned(),
        None => (value as f32).to_string(),
    };
    let [low, high] = [0.05, 0.95].map(|level| text(quantile(&sorted, level)));
    // Of dates it is a number of days.
    let days = if let ColumnKind::Date(_) = column.kind { " days" } else { "" };
    vec![[text(mean), format!("{}{days}", sd as f32), low, high, empty(), empty()]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: ColumnKind) -> Column {
        Column { name: "x".into(), at: Some(0), kind }
    }

    #[test]
    fn numbers_have_moments_and_quantiles() {
        let values = (0..=100).rev().map(|i| i as f32).collect();
        let [line] = &lines(&column(ColumnKind::Number), values)[..] else { panic!("one line") };
        // The variance of 0, 1, .. n - 1 over n - 1 is n (n + 1) / 12.
        let sd = ((101.0 * 102.0_f64 / 12.0).sqrt() as f32).to_string();
        assert_eq!(line, &["50", &sd, "5", "95", "", ""]);
    }

    #[test]
    fn categories_have_shares_and_dates_are_dates() {
        let kind = ColumnKind::Category(vec!["blue".into(), "red".into(), "white".into()]);
        let found = lines(&column(kind), vec![1.0, 0.0, 1.0, 1.0]);
        assert_eq!(found[0][4..], ["red", "0.75"]);
        assert_eq!(found[1][4..], ["blue", "0.25"]);
        assert_eq!(found.len(), 2);
        let found = lines(&column(ColumnKind::Date("2026-11-27".into())), vec![0.0, 4.0]);
        assert_eq!(found[0][..2], ["2026-11-29", "2.828427 days"]);
    }
}
