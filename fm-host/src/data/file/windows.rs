//! Windows over the rows of a file: consecutive rows, side by side, become one row.
//!
//! A column `x` of numbers becomes `x_0`, `x_1`, ..: the times of one column stand together. A group column
//! is kept once, and no window crosses a change of its value. Other kept columns must not change within a
//! window either: a window in which one changes is dropped.

use std::collections::VecDeque;

use super::binary;
use super::reader::{Cell, RowReader, Want};
use crate::data::missing::Missing;
use crate::data::{DataSpec, columns, dates};
use crate::{Error, ErrorKind, Result};

/// The column of a file that a column of windows of `size` rows is cut from: `x` for `x_3`.
pub(super) fn stem(column: &str, size: usize) -> Option<&str> {
    let (stem, row) = column.rsplit_once('_')?;
    row.parse::<usize>().is_ok_and(|row| row < size).then_some(stem)
}

/// The windows over the rows of another reader.
pub(super) struct Windows {
    /// The file, for errors.
    file: String,
    missing: Missing,
    inner: Box<dyn RowReader>,
    size: usize,
    stride: usize,
    /// The indices of the inner columns: of numbers, of the group, and of others that are kept.
    windowed: Vec<usize>,
    group: Option<usize>,
    kept: Vec<usize>,
    names: Vec<String>,
    /// The rows from the start of the next window on, with their numbers; fewer than `size` between calls.
    rows: VecDeque<(usize, Vec<Cell>)>,
    /// The group of the latest row.
    latest: Option<Cell>,
    /// How many rows lie before the next window.
    skip: usize,
    /// How many windows were dropped.
    dropped: usize,
    /// The first row, until it is taken.
    ahead: Option<(usize, Vec<Cell>)>,
    /// Columns of dates, which are left out.
    dates: Vec<String>,
    /// Whether the last windows are held out, so that none shares rows with training windows.
    by_time: bool,
    /// How many of the waiting rows are in a window already, and how many rows fill none.
    covered: usize,
    left_out: usize,
}

impl Windows {
    /// Makes windows of `size` rows from the `wanted` columns of the file of `source`, at its stride. Its group,
    /// class and condition stay single, and need not be wanted.
    ///
    /// # Errors
    /// If a size is zero, a column does not exist, or there would be too many columns.
    pub fn new(
        source: &DataSpec,
        mut inner: Box<dyn RowReader>,
        size: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let (file, stride) = (&*source.data, source.stride.unwrap_or(size));
        for (option, number) in [("--window", size), ("--stride", stride)] {
            if number == 0 {
                return Err(Error::usage(option, "must be at least 1"));
            }
        }
        let mut first = Vec::new();
        let ahead = inner.next(&mut first)?.map(|number| (number, first));
        let names = inner.names();
        let find = |wanted: &str| {
            names.iter().position(|name| name == wanted).ok_or_else(|| {
                let hint = columns::suggestion(wanted, names.iter().map(String::as_str));
                let list = columns::list(names);
                let problem = format!(
                    "--window: there is no column `{wanted}` to keep{hint}; the columns are {list}"
                );
                Error::data(file, problem)
            })
        };
        let group = source.group.as_deref().map(|group| {
            let way_out = "; a file of one series needs the column too, with one value in all rows";
            find(group).map_err(|error| match error.kind() {
                ErrorKind::Data { problem, .. } => Error::data(file, problem.to_owned() + way_out),
                _ => error,
            })
        });
        let group = group.transpose()?;
        let kept = source.class.iter().chain(&source.condition);
        let mut kept = kept.map(|name| find(name)).collect::<Result<Vec<_>>>()?;
        kept.retain(|&i| Some(i) != group);
        let mut windowed: Vec<usize> = (0..names.len())
            .filter(|i| Some(*i) != group && !kept.contains(i))
            .filter(|&i| wanted(&names[i]))
            .collect();
        // A column of times beside the numbers is no reason to refuse them, unless it is asked for.
        let is_date = |i: &usize| {
            let cell = ahead.as_ref().map(|(_, row)| &row[*i]);
            source.columns.is_none()
                && matches!(cell, Some(Cell::Text(text)) if dates::days(text).is_some())
        };
        let dates = windowed.extract_if(.., |i| is_date(i)).map(|i| names[i].clone()).collect();
        if windowed.is_empty() {
            let problem = "every column is left out or kept once per window, so none is left; leave out or keep fewer";
            return Err(Error::usage("--window", problem));
        }
        let count = windowed.len().saturating_mul(size);
        if count > binary::COLUMNS {
            let problem = format!(
                "{size} rows of {} columns are {count} columns, but {} is the limit; use shorter windows",
                windowed.len(),
                binary::COLUMNS
            );
            return Err(Error::usage("--window", problem));
        }
        let numbers =
            windowed.iter().flat_map(|&i| binary::numbered(format!("{}_", names[i]), size));
        let once = group.iter().chain(&kept).map(|&i| names[i].clone());
        let names = numbers.chain(once).collect();
        Ok(Self {
            file: file.to_owned(),
            missing: Missing::new(source.missing.as_deref()),
            inner,
            size,
            stride,
            windowed,
            group,
            kept,
            names,
            rows: VecDeque::new(),
            latest: None,
            skip: 0,
            dropped: 0,
            ahead,
            dates,
            by_time: source.holdout_last,
            covered: 0,
            left_out: 0,
        })
    }

    /// Adds the next row of the file; returns false at its end.
    fn add(&mut self) -> Result<bool> {
        let (number, row) = match self.ahead.take() {
            Some(first) => first,
            None => {
                let mut row = Vec::new();
                let Some(number) = self.inner.next(&mut row)? else { return Ok(false) };
                (number, row)
            }
        };
        for &i in &self.windowed {
            let text =
                |text: &str| self.inner.number(text).is_none() && !self.missing.is_text(text);
            if matches!(&row[i], Cell::Text(cell) if text(cell.trim())) {
                let problem = "the cell is text, but windows are made of numbers; keep the column once per \
                               window, as a class or group, or leave it out with --exclude";
                return Err(Error::cell(
                    &self.file,
                    Some(number),
                    Some(&self.inner.names()[i]),
                    problem,
                ));
            }
        }
        if let Some(group) = self.group {
            if self.latest.as_ref().is_some_and(|latest| !same(latest, &row[group])) {
                self.end_series();
                self.skip = 0;
            }
            self.latest = Some(row[group].clone());
        }
        match self.skip {
            0 => self.rows.push_back((number, row)),
            _ => self.skip -= 1,
        }
        Ok(true)
    }

    /// Drops the rows that fill no window.
    fn end_series(&mut self) {
        self.left_out += self.rows.len() - self.covered;
        self.rows.clear();
        self.covered = 0;
    }

    /// Whether no kept column changes within the rows of the window.
    fn is_constant(&self) -> bool {
        let mut rows = self.rows.iter().map(|(_, row)| row);
        let Some(first) = rows.next() else { return true };
        rows.all(|row| self.kept.iter().all(|&i| same(&first[i], &row[i])))
    }
}

impl RowReader for Windows {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>> {
        row.clear();
        loop {
            while self.rows.len() < self.size {
                if !self.add()? {
                    self.end_series();
                    return Ok(None);
                }
            }
            let constant = self.is_constant();
            if constant {
                let column = |&i: &usize| self.rows.iter().map(move |(_, row)| row[i].clone());
                row.extend(self.windowed.iter().flat_map(column));
                row.extend(self.group.iter().chain(&self.kept).map(|&i| self.rows[0].1[i].clone()));
            }
            let number = self.rows[0].0;
            self.rows.drain(..self.stride.min(self.size));
            self.covered = self.rows.len();
            self.skip = self.stride.saturating_sub(self.size);
            if constant {
                return Ok(Some(number));
            }
            self.dropped += 1;
        }
    }

    fn want(&mut self, columns: Vec<Want>) {
        let mut inner = vec![Want::Nothing; self.inner.names().len()];
        for (i, wants) in self.windowed.iter().zip(columns.chunks(self.size)) {
            let used = wants.iter().find(|want| **want != Want::Nothing);
            inner[*i] = used.copied().unwrap_or(Want::Nothing);
        }
        // A change of the group is seen even if nobody else wants it.
        for &i in self.group.iter().chain(&self.kept) {
            inner[i] = Want::Text;
        }
        self.inner.want(inner);
    }

    fn number(&self, text: &str) -> Option<f64> {
        self.inner.number(text)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.inner.notes();
        notes.push(format!("windows of {} rows, every {} rows", self.size, self.stride));
        notes
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.inner.warnings();
        let mut warn = |holds, text: String| {
            if holds {
                warnings.push(text)
            }
        };
        let overlap = "windows overlap, so held-out windows share rows with training windows; hold out the last ones \
                       with `--holdout-last`, name a `--group` whose windows are held out together, or use a \
                       `--stride` as long as the window";
        let apart = self.stride >= self.size || self.group.is_some() || self.by_time;
        warn(!apart, overlap.to_owned());
        let dates = columns::list(&self.dates);
        warn(
            !self.dates.is_empty(),
            format!("left out of the windows, because they are dates: {dates}"),
        );
        warn(
            self.left_out > 0,
            format!("rows left out because they fill no window: {}", self.left_out),
        );
        warn(
            self.dropped > 0,
            format!("windows dropped because a kept column changes within them: {}", self.dropped),
        );
        warnings
    }
}

/// Whether two cells are equal; what is not a number is equal to itself.
fn same(a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => a == b || a.is_nan() && b.is_nan(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests;
