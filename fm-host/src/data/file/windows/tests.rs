//! Tests of windows over rows in memory.

use super::*;
use crate::data::file::testing::says;

/// Rows in memory, whose numbers start at 10.
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<Cell>>,
    next: usize,
}

impl RowReader for Table {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>> {
        let Some(next) = self.rows.get(self.next) else { return Ok(None) };
        row.clone_from(next);
        self.next += 1;
        Ok(Some(self.next + 9))
    }

    fn notes(&self) -> Vec<String> {
        vec!["a table".to_owned()]
    }
}

/// Columns `x`, `y` = 10 `x`, `g` and `k`: the letters of a row.
fn table(rows: &[(f64, &str)]) -> Box<dyn RowReader> {
    let names = ["x", "y", "g", "k"].map(str::to_owned).to_vec();
    let row = |(x, letters): &(f64, &str)| {
        let mut row = vec![Cell::Number(*x), Cell::Number(10.0 * x)];
        row.extend(letters.chars().map(|letter| Cell::Text(letter.to_string())));
        row
    };
    Box::new(Table { names, rows: rows.iter().map(row).collect(), next: 0 })
}

fn source(stride: usize, group: Option<&str>, kept: &[String]) -> DataSpec {
    let (stride, group) = (Some(stride), group.map(str::to_owned));
    DataSpec { stride, group, condition: kept.to_vec(), ..DataSpec::new("t.csv") }
}

fn windows(rows: &[(f64, &str)], size: usize, stride: usize) -> Windows {
    let source = source(stride, Some("g"), &["k".to_owned()]);
    Windows::new(&source, table(rows), size, |_| true).unwrap()
}

/// The row numbers and the first column of all windows.
fn starts(mut windows: Windows) -> Vec<(usize, f64)> {
    let (mut starts, mut row) = (Vec::new(), Vec::new());
    while let Some(number) = windows.next(&mut row).unwrap() {
        assert_eq!(row.len(), windows.names().len());
        let Cell::Number(first) = row[0] else { panic!("{row:?}") };
        starts.push((number, first));
    }
    starts
}

#[test]
fn the_times_of_a_column_stand_together() {
    let rows = [(1.0, "ab"), (2.0, "ab"), (3.0, "ab")];
    let mut windows = windows(&rows, 2, 2);
    assert_eq!(windows.names(), ["x_0", "x_1", "y_0", "y_1", "g", "k"]);
    let mut row = Vec::new();
    assert_eq!(windows.next(&mut row).unwrap(), Some(10));
    let mut wanted: Vec<Cell> = [1.0, 2.0, 10.0, 20.0].map(Cell::Number).to_vec();
    wanted.extend(["a", "b"].map(|letter| Cell::Text(letter.to_owned())));
    assert_eq!(row, wanted);
    // The rest does not fill a window.
    assert_eq!(windows.next(&mut row).unwrap(), None);
    assert_eq!(windows.notes(), ["a table", "windows of 2 rows, every 2 rows"]);
    assert_eq!(windows.warnings(), ["rows left out because they fill no window: 1"]);
}

#[test]
fn windows_start_every_stride_rows() {
    let rows: Vec<_> = (0..8).map(|x| (f64::from(x), "ab")).collect();
    let overlapping = [(10, 0.0), (12, 2.0), (14, 4.0)];
    assert_eq!(starts(windows(&rows, 3, 2)), overlapping);
    assert_eq!(starts(windows(&rows, 2, 3)), [(10, 0.0), (13, 3.0), (16, 6.0)]);
    assert_eq!(starts(windows(&rows, 9, 1)), []);
    assert_eq!(starts(windows(&rows, 1, 4)), [(10, 0.0), (14, 4.0)]);
}

#[test]
fn no_window_crosses_a_change_of_the_group() {
    let rows =
        [(0.0, "ab"), (1.0, "ab"), (2.0, "ab"), (3.0, "cb"), (4.0, "cb"), (5.0, "ab"), (6.0, "ab")];
    assert_eq!(starts(windows(&rows, 2, 2)), [(10, 0.0), (13, 3.0), (15, 5.0)]);
    // A new group starts a window at once, whatever the stride of the last.
    assert_eq!(starts(windows(&rows, 2, 9)), [(10, 0.0), (13, 3.0), (15, 5.0)]);
}

#[test]
fn a_window_in_which_a_kept_column_changes_is_dropped() {
    let rows = [(0.0, "ab"), (1.0, "ab"), (2.0, "ab"), (3.0, "ac"), (4.0, "ac"), (5.0, "ac")];
    let mut windows = windows(&rows, 2, 2);
    let mut row = Vec::new();
    assert_eq!(windows.next(&mut row).unwrap(), Some(10));
    assert_eq!(windows.next(&mut row).unwrap(), Some(14));
    assert_eq!(windows.next(&mut row).unwrap(), None);
    let warned = windows.warnings();
    assert_eq!(warned, ["windows dropped because a kept column changes within them: 1"]);
}

#[test]
fn what_is_not_valid_is_named() {
    let rows = [(1.0, "ab"), (2.0, "ab")];
    let make = |size, stride, group: Option<&str>, kept: &[&str]| {
        let kept: Vec<String> = kept.iter().map(|&name| name.to_owned()).collect();
        Windows::new(&source(stride, group, &kept), table(&rows), size, |_| true)
    };
    says(make(0, 1, None, &[]), &["--window", "at least 1"]);
    says(make(1, 0, None, &[]), &["--stride", "at least 1"]);
    says(make(2, 2, Some("gg"), &[]), &["t.csv", "--window", "`gg`", "`x`, `y`, `g`, `k`"]);
    says(make(2, 2, None, &["z"]), &["t.csv", "`z`"]);
    says(make(2, 2, Some("g"), &["x", "y", "k"]), &["--window", "none is left"]);
    says(make(usize::MAX, 1, None, &[]), &["--window", "65536"]);
    let text = make(2, 2, Some("g"), &[]).unwrap().next(&mut Vec::new());
    says(text, &["t.csv", "row 10", "column `k`", "text"]);
}
