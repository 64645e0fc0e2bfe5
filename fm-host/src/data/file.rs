//! CSV files, plain or gzipped: a header of column names, then one line per row.

mod array;
mod binary;
#[cfg_attr(not(test), expect(dead_code, reason = "the loader of files will call it"))]
mod formats;
mod idx;
mod images;
mod item;
mod npy;
mod npz;
mod parquet;
mod reader;
#[cfg(test)]
mod testing;
mod wav;
#[cfg_attr(not(test), expect(dead_code, reason = "the loader of files will call it"))]
mod windows;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::checked::{Checked, Fault};
use super::classes::Labels;
use super::columns::{self, Chosen};
use super::{ClassData, ConditionData, DataSpec, Dataset, Rows, VectorData};
use crate::{Error, Result};

/// Reads all rows of the file that `source` names, and the number of each row in the file.
///
/// # Errors
/// If the file cannot be read, is not CSV, or has an invalid cell in a column in use.
pub(super) fn read(source: &DataSpec) -> Result<(Dataset, Vec<usize>)> {
    let path = Path::new(&source.data);
    let file = open(path)?;
    let name = source.data.to_lowercase();
    if !(name.ends_with(".csv") || name.ends_with(".csv.gz")) {
        let problem = "this kind of file cannot be read; use a .csv or .csv.gz file";
        return Err(Error::data(&source.data, problem));
    }
    parse(source, file)
}

/// Checks that a file has these columns, which `option` names.
///
/// # Errors
/// If the file cannot be read, is not CSV, or lacks a column.
pub(super) fn check_columns(source: &DataSpec, option: &str, wanted: &[String]) -> Result<()> {
    let names = header(source, &mut reader(open(Path::new(&source.data))?))?;
    wanted.iter().try_for_each(|column| columns::find(source, &names, option, column).map(|_| ()))
}

/// Reads the text of one column, which `option` names, row by row.
///
/// # Errors
/// If the file cannot be read, is not CSV, or lacks the column.
pub(super) fn read_column(source: &DataSpec, option: &str, column: &str) -> Result<Vec<String>> {
    let mut reader = reader(open(Path::new(&source.data))?);
    let names = header(source, &mut reader)?;
    let at = columns::find(source, &names, option, column)?;
    let mut record = csv::StringRecord::new();
    let mut cells = Vec::new();
    while next(source, &mut reader, &mut record)? {
        if record.len() != names.len() {
            let (found, wanted) = (record.len(), names.len());
            let problem = format!(
                "row {} below the header has {found} cells, but the header has {wanted}; correct the row",
                cells.len() + 1
            );
            return Err(Error::data(&source.data, problem));
        }
        cells.push(record.get(at).unwrap_or_default().trim().to_owned());
    }
    if cells.is_empty() {
        return Err(Error::data(&source.data, "there are no rows below the header; add rows"));
    }
    Ok(cells)
}

/// Opens a file, and unpacks it if it begins like gzip, regardless of its name.
fn open(path: &Path) -> Result<Checked<Box<dyn Read>>> {
    let open = || {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut file = BufReader::new(file);
        let packed = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        Ok(if packed {
            Checked::new(Box::new(MultiGzDecoder::new(file)) as Box<dyn Read>, Some(size))
        } else {
            Checked::new(Box::new(file) as Box<dyn Read>, None)
        })
    };
    open().map_err(|e| Error::io("read", path, e))
}

/// A column that is being read.
#[derive(Default)]
struct Column {
    /// Every cell, 0 for one that is not a number; empty as long as no cell is a number.
    values: Vec<f32>,
    /// The row and the problem of the first invalid cell.
    fault: Option<(usize, String)>,
    /// The least and the greatest number, in double precision.
    bounds: Option<(f64, f64)>,
}

impl Column {
    /// Adds the cell of row number `row` of the file, with `before` data rows before it.
    fn push(&mut self, cell: &str, row: usize, before: usize) {
        let number = cell.parse::<f64>();
        let value = number.as_ref().map_or(0.0, |&x| x as f32);
        if let Ok(x) = number {
            let (low, high) = self.bounds.unwrap_or((x, x));
            self.bounds = Some((low.min(x), high.max(x)));
        }
        if number.is_ok() || !self.values.is_empty() {
            self.values.resize(before, 0.0);
            self.values.push(value);
        }
        let problem = match number {
            Ok(_) if value.is_finite() => return,
            _ if self.fault.is_some() => return,
            Ok(x) if x.is_finite() => format!("{} is too large for single precision", short(cell)),
            Ok(_) => format!("`{}` is not a finite number", short(cell)),
            Err(_) if cell.is_empty() => "the cell is empty".to_owned(),
            Err(_) => format!("`{}` is not a number", short(cell)),
        };
        self.fault = Some((row, problem));
    }

    /// Says why single precision cannot hold samples of this column; `None` if it can.
    fn unfit(&self) -> Option<String> {
        /// With fewer steps of single precision over the column's range, rounding shows in the samples.
        const STEPS: f64 = 1000.0;
        /// Samples may be some standard deviations outside the data.
        const LARGEST: f64 = f32::MAX as f64 / 100.0;
        let (low, high) = self.bounds?;
        let most = low.abs().max(high.abs());
        if most > LARGEST {
            return Some(format!(
                "the numbers, from {low:e} to {high:e}, are too close to the end of single precision \
                 ({:.1e}) to draw samples; divide the column by {:e}, or exclude it with --columns",
                f32::MAX,
                10f64.powf(most.log10().floor()),
            ));
        }
        let step = most * f64::from(f32::EPSILON);
        let lost = high > low && high - low < STEPS * step;
        lost.then(|| {
            format!(
                "the numbers, from {low} to {high}, are too close together for single precision; \
                 subtract {low} from the column, or exclude it with --columns"
            )
        })
    }
}

/// Shortens a cell for a message.
fn short(cell: &str) -> String {
    const SHOWN: usize = 40;
    let mut short: String = cell.chars().take(SHOWN).collect();
    if short.len() < cell.len() {
        short.push('…');
    }
    short
}

/// Reads a table from text: its rows, and the number of each row in the text.
///
/// # Errors
/// If the text is not a table, or has an invalid cell in a column in use.
pub(super) fn parse(source: &DataSpec, text: Checked<impl Read>) -> Result<(Dataset, Vec<usize>)> {
    let mut reader = reader(text);
    let names = header(source, &mut reader)?;
    let mut record = csv::StringRecord::new();
    let chosen = columns::choose(source, &names)?;

    let mut table: Vec<Column> = names.iter().map(|_| Column::default()).collect();
    let used: Vec<bool> = (0..names.len()).map(|i| chosen.may_be_used(i)).collect();
    let mut labels = Labels::default();
    let mut numbers = Vec::new();
    while next(source, &mut reader, &mut record)? {
        // The reader is now past the end of the row. Rows are numbered as in an editor, by their first line.
        // Blank lines count, but the record's own position skips them.
        let breaks = record.as_slice().bytes().filter(|byte| *byte == b'\n').count();
        let row = reader.position().line() as usize - 1 - breaks;
        let before = numbers.len();
        numbers.push(row);
        if record.len() != names.len() {
            let (found, wanted) = (record.len(), names.len());
            let problem =
                format!("the row has {found} cells, but the header has {wanted}; correct the row");
            return Err(Error::cell(&source.data, Some(row), None, problem));
        }
        for (i, (column, cell)) in table.iter_mut().zip(&record).enumerate() {
            let cell = cell.trim();
            if chosen.class != Some(i) {
                if used[i] {
                    column.push(cell, row, before);
                }
            } else if cell.is_empty() {
                let problem = "the class is empty; fill in a class, or remove the row";
                return Err(Error::cell(&source.data, Some(row), Some(&names[i]), problem));
            } else {
                labels.push(cell);
                check_classes(source, &names[i], labels.len())?;
            }
        }
    }
    Ok((assemble(source, names, chosen, (&table, numbers.len()), labels)?, numbers))
}

/// Refuses a column with too many values to be classes, before it needs a network with thousands of inputs.
fn check_classes(source: &DataSpec, column: &str, found: usize) -> Result<()> {
    let most = source.max_classes;
    if found <= most {
        return Ok(());
    }
    let problem = format!(
        "the column has more than {most} different values, too many for classes; to condition on a \
         number, use `--condition {column}`; for that many classes, raise `--max-classes`"
    );
    Err(Error::cell(&source.data, None, Some(column), problem))
}

/// Returns a CSV reader that accepts rows of different lengths, so that our own error can name the row.
fn reader(text: Checked<impl Read>) -> csv::Reader<impl Read> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.chain(&b"\n"[..]))
}

/// Reads the names of the columns.
fn header(source: &DataSpec, reader: &mut csv::Reader<impl Read>) -> Result<Vec<String>> {
    let mut record = csv::StringRecord::new();
    if !next(source, reader, &mut record)? {
        let problem = "the file is empty; add a header of column names, and rows";
        return Err(Error::data(&source.data, problem));
    }
    let names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    check_header(source, &names)?;
    Ok(names)
}

/// Reads the next row; returns false at the end.
fn next(
    source: &DataSpec,
    reader: &mut csv::Reader<impl Read>,
    record: &mut csv::StringRecord,
) -> Result<bool> {
    reader.read_record(record).map_err(|e| {
        let row = e.position().map(|position| position.line() as usize);
        match e.into_kind() {
            csv::ErrorKind::Io(e) => match e.downcast::<Fault>() {
                Ok(Fault { row, problem }) => Error::cell(&source.data, Some(row), None, problem),
                Err(e) => Error::io("read", &source.data, e),
            },
            csv::ErrorKind::Utf8 { .. } => Error::cell(
                &source.data,
                row,
                None,
                "the text is not UTF-8; save the file as UTF-8",
            ),
            kind => {
                let problem = format!("the file is not valid CSV ({kind:?}); save it as CSV again");
                Error::cell(&source.data, row, None, problem)
            }
        }
    })
}

/// Refuses a header that does not name columns.
fn check_header(source: &DataSpec, names: &[String]) -> Result<()> {
    const LONGEST: usize = 1000;
    let refuse = |column: Option<&str>, problem: String| {
        Err(Error::cell(&source.data, Some(1), column, problem))
    };
    if let [only] = names
        && let Some(separator) = [';', '\t'].into_iter().find(|&c| only.contains(c))
    {
        let problem =
            format!("the cells seem to be separated by {separator:?}; save the file with commas");
        return refuse(None, problem);
    }
    if names.iter().all(|name| name.parse::<f64>().is_ok()) {
        let problem = "the first row contains numbers, not column names; add a header row";
        return refuse(None, problem.to_owned());
    }
    if let Some(i) = names.iter().position(|name| name.len() > LONGEST) {
        let problem =
            format!("the name of column {} is longer than {LONGEST} bytes; shorten it", i + 1);
        return refuse(None, problem);
    }
    let mut seen = HashSet::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        if !seen.insert(name) {
            return refuse(Some(name), "two columns have this name; rename one".to_owned());
        }
    }
    Ok(())
}

/// Assembles the columns in use.
fn assemble(
    source: &DataSpec,
    names: Vec<String>,
    chosen: Chosen,
    (table, rows): (&[Column], usize),
    labels: Labels,
) -> Result<Dataset> {
    let (classes, labels) = labels.finish();
    if rows == 0 {
        return Err(Error::data(&source.data, "there are no rows below the header; add rows"));
    }
    let data = match chosen.data {
        Some(data) => data,
        None => by_default(source, &names, chosen.class, &chosen.condition, table)?,
    };
    let values = |columns: &[usize]| -> Result<Rows> {
        for &i in columns {
            if let Some((row, problem)) = &table[i].fault {
                let problem =
                    format!("{problem}; correct the cell, or exclude the column with --columns");
                return Err(Error::cell(&source.data, Some(*row), Some(&names[i]), problem));
            }
            if let Some(problem) = table[i].unfit() {
                return Err(Error::cell(&source.data, None, Some(&names[i]), problem));
            }
        }
        let mut values = Vec::with_capacity(rows * columns.len());
        for row in 0..rows {
            values.extend(columns.iter().map(|&i| table[i].values[row]));
        }
        Ok(Rows::from_vec(columns.len(), values))
    };
    let named = |columns: &[usize]| columns.iter().map(|&i| names[i].clone()).collect();
    let class = |column: usize| {
        let column = names[column].clone();
        ClassData { column, names: classes, labels }
    };
    let vector = match chosen.condition.is_empty() {
        true => None,
        false => Some(VectorData {
            columns: named(&chosen.condition),
            values: values(&chosen.condition)?,
        }),
    };
    let condition = ConditionData { classes: chosen.class.map(class), vector };
    Ok(Dataset::new(source.data.clone(), named(&data), values(&data)?, condition))
}

/// Returns every numeric column that is neither class nor condition.
fn by_default(
    source: &DataSpec,
    names: &[String],
    class: Option<usize>,
    condition: &[usize],
    table: &[Column],
) -> Result<Vec<usize>> {
    let free = |i: &usize| Some(*i) != class && !condition.contains(i);
    let data: Vec<usize> =
        (0..names.len()).filter(free).filter(|&i| !table[i].values.is_empty()).collect();
    if data.is_empty() {
        let list = columns::list(names);
        let problem = format!("there is no numeric column to model; the columns are {list}");
        return Err(Error::data(&source.data, problem));
    }
    // Row numbers are often saved as a column without a name, and they are not data.
    if let Some(i) = data.iter().find(|&&i| names[i].is_empty()) {
        let problem = format!(
            "numeric column {} has no name; name it in the header, or choose columns with --columns",
            i + 1
        );
        return Err(Error::cell(&source.data, Some(1), None, problem));
    }
    Ok(data)
}

#[cfg(test)]
mod tests;
