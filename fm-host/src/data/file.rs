//! CSV files, plain or gzipped: a header of column names, then one row a sample.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::checked::{Checked, Fault};
use super::classes::Labels;
use super::columns::{self, Chosen};
use super::{Condition, Dataset, Rows, Source};
use crate::{Error, Result};

/// All rows of the file that `source` names, and the number of each in the file.
///
/// # Errors
/// If the file cannot be read, is no CSV, or a cell in use cannot be used.
pub(super) fn read(source: &Source) -> Result<(Dataset, Vec<usize>)> {
    let path = Path::new(&source.data);
    let file = open(path)?;
    let name = source.data.to_lowercase();
    if !(name.ends_with(".csv") || name.ends_with(".csv.gz")) {
        let problem = "this kind of file cannot be read: give a .csv or a .csv.gz file";
        return Err(Error::data(&source.data, problem));
    }
    parse(source, file)
}

/// Refuses a file without these columns: `option` is what names them.
///
/// # Errors
/// If the file cannot be read, is no CSV, or lacks a column.
pub(super) fn check_columns(source: &Source, option: &str, wanted: &[String]) -> Result<()> {
    let names = header(source, &mut reader(open(Path::new(&source.data))?))?;
    wanted.iter().try_for_each(|column| columns::find(source, &names, option, column).map(|_| ()))
}

/// The text of one column, row by row: `option` is what names it.
///
/// # Errors
/// If the file cannot be read, is no CSV, or has no such column.
pub(super) fn read_column(source: &Source, option: &str, column: &str) -> Result<Vec<String>> {
    let mut reader = reader(open(Path::new(&source.data))?);
    let names = header(source, &mut reader)?;
    let at = columns::find(source, &names, option, column)?;
    let mut record = csv::StringRecord::new();
    let mut cells = Vec::new();
    while next(source, &mut reader, &mut record)? {
        if record.len() != names.len() {
            let (found, wanted) = (record.len(), names.len());
            let problem = format!(
                "row {} below the header has {found} cells where the header has \
                                   {wanted}: mend the row",
                cells.len() + 1
            );
            return Err(Error::data(&source.data, problem));
        }
        cells.push(record.get(at).unwrap_or_default().trim().to_owned());
    }
    if cells.is_empty() {
        return Err(Error::data(&source.data, "there is a header but no row under it"));
    }
    Ok(cells)
}

/// The file's bytes, unpacked if they begin as gzip does, whatever the name says.
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

/// A column as far as it is read.
#[derive(Default)]
struct Column {
    /// Every cell, 0 for one that is not a number; empty if none is, as in a column of text.
    values: Vec<f32>,
    /// The first cell that cannot be used: its row, and what is wrong.
    fault: Option<(usize, String)>,
    /// The least and the greatest number, as they were written.
    bounds: Option<(f64, f64)>,
}

impl Column {
    /// Takes the cell of a row that has so many before it.
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

    /// Why single precision cannot hold the column's samples, `None` where it can.
    fn unfit(&self) -> Option<String> {
        /// Steps of single precision over the column's range: fewer show in the samples.
        const STEPS: f64 = 1000.0;
        /// Samples may lie some spreads beyond the data.
        const LARGEST: f64 = f32::MAX as f64 / 100.0;
        let (low, high) = self.bounds?;
        let most = low.abs().max(high.abs());
        if most > LARGEST {
            return Some(format!(
                "the numbers, from {low:e} to {high:e}, leave single precision no room for samples \
                 beyond them (it ends at {:.1e}): divide the column by {:e}, or leave it out with \
                 --columns",
                f32::MAX,
                10f64.powf(most.log10().floor()),
            ));
        }
        let step = most * f64::from(f32::EPSILON);
        let lost = high > low && high - low < STEPS * step;
        lost.then(|| {
            format!(
                "the numbers, from {low} to {high}, are too close together for single precision: \
                 subtract {low} from the column, or leave it out with --columns"
            )
        })
    }
}

/// A cell as far as a message needs it.
fn short(cell: &str) -> String {
    const SHOWN: usize = 40;
    let mut short: String = cell.chars().take(SHOWN).collect();
    if short.len() < cell.len() {
        short.push('…');
    }
    short
}

/// Reads a table out of text: its rows, and the number of each in the text.
///
/// # Errors
/// If it is not a table, or a cell in use cannot be used.
pub(super) fn parse(source: &Source, text: Checked<impl Read>) -> Result<(Dataset, Vec<usize>)> {
    let mut reader = reader(text);
    let names = header(source, &mut reader)?;
    let mut record = csv::StringRecord::new();
    let chosen = columns::choose(source, &names)?;

    let mut table: Vec<Column> = names.iter().map(|_| Column::default()).collect();
    let used: Vec<bool> = (0..names.len()).map(|i| chosen.may_be_used(i)).collect();
    let mut labels = Labels::default();
    let mut numbers = Vec::new();
    while next(source, &mut reader, &mut record)? {
        // The reader stands behind the row's line end: rows are counted as an editor does, blank
        // ones too, which the record's own position leaves out. A row is named by its first line.
        let breaks = record.as_slice().bytes().filter(|byte| *byte == b'\n').count();
        let row = reader.position().line() as usize - 1 - breaks;
        let before = numbers.len();
        numbers.push(row);
        if record.len() != names.len() {
            let (found, wanted) = (record.len(), names.len());
            let problem =
                format!("the row has {found} cells where the header has {wanted}: correct the row");
            return Err(Error::cell(&source.data, Some(row), None, problem));
        }
        for (i, (column, cell)) in table.iter_mut().zip(&record).enumerate() {
            let cell = cell.trim();
            if chosen.class != Some(i) {
                if used[i] {
                    column.push(cell, row, before);
                }
            } else if cell.is_empty() {
                let problem = "the class is empty: give the row a class, or take it out";
                return Err(Error::cell(&source.data, Some(row), Some(&names[i]), problem));
            } else {
                labels.push(cell);
                check_classes(source, &names[i], labels.len())?;
            }
        }
    }
    Ok((assemble(source, names, chosen, (&table, numbers.len()), labels)?, numbers))
}

/// Refuses a column that is hardly one of classes, before it makes a network of thousands of inputs.
fn check_classes(source: &Source, column: &str, found: usize) -> Result<()> {
    let most = source.max_classes;
    if found <= most {
        return Ok(());
    }
    let problem = format!(
        "more than {most} different values, and each would be a class with an input of its own: to \
         condition on a number use `--condition {column}`, for that many classes raise `--max-classes`"
    );
    Err(Error::cell(&source.data, None, Some(column), problem))
}

/// A reader of rows that may be uneven: they are refused in our own words.
fn reader(text: Checked<impl Read>) -> csv::Reader<impl Read> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.chain(&b"\n"[..]))
}

/// Reads the names of the columns.
fn header(source: &Source, reader: &mut csv::Reader<impl Read>) -> Result<Vec<String>> {
    let mut record = csv::StringRecord::new();
    if !next(source, reader, &mut record)? {
        let problem = "the file is empty: a header of column names is needed";
        return Err(Error::data(&source.data, problem));
    }
    let names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    check_header(source, &names)?;
    Ok(names)
}

/// Reads the next row; false at the end.
fn next(
    source: &Source,
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
                "the text is not UTF-8: save the file as UTF-8",
            ),
            kind => Error::cell(&source.data, row, None, format!("this is not CSV: {kind:?}")),
        }
    })
}

/// Refuses headers that cannot name columns.
fn check_header(source: &Source, names: &[String]) -> Result<()> {
    const LONGEST: usize = 1000;
    let refuse = |column: Option<&str>, problem: String| {
        Err(Error::cell(&source.data, Some(1), column, problem))
    };
    if let [only] = names
        && let Some(separator) = [';', '\t'].into_iter().find(|&c| only.contains(c))
    {
        let problem = format!("cells seem to be separated by {separator:?}: save them with commas");
        return refuse(None, problem);
    }
    if names.iter().all(|name| name.parse::<f64>().is_ok()) {
        let problem = "the first row holds numbers where column names are needed: add a header row";
        return refuse(None, problem.to_owned());
    }
    if let Some(i) = names.iter().position(|name| name.len() > LONGEST) {
        let problem =
            format!("the name of column {} is longer than {LONGEST} bytes: shorten it", i + 1);
        return refuse(None, problem);
    }
    let mut seen = HashSet::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        if !seen.insert(name) {
            return refuse(Some(name), "two columns have this name: rename one".to_owned());
        }
    }
    Ok(())
}

/// Puts together the columns that are in use.
fn assemble(
    source: &Source,
    names: Vec<String>,
    chosen: Chosen,
    (table, rows): (&[Column], usize),
    labels: Labels,
) -> Result<Dataset> {
    let (classes, labels) = labels.finish();
    if rows == 0 {
        return Err(Error::data(&source.data, "there is a header but no row under it"));
    }
    let data = match chosen.data {
        Some(data) => data,
        None => by_default(source, &names, chosen.class, &chosen.condition, table)?,
    };
    let values = |columns: &[usize]| -> Result<Rows> {
        for &i in columns {
            if let Some((row, problem)) = &table[i].fault {
                let problem =
                    format!("{problem}: correct the cell, or leave the column out with --columns");
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
    let condition = if let Some(column) = chosen.class {
        Condition::Classes { column: names[column].clone(), names: classes, labels }
    } else if chosen.condition.is_empty() {
        Condition::None
    } else {
        Condition::Vector { columns: named(&chosen.condition), values: values(&chosen.condition)? }
    };
    Ok(Dataset {
        name: source.data.clone(),
        columns: named(&data),
        values: values(&data)?,
        condition,
    })
}

/// Every column of numbers that has no other use.
fn by_default(
    source: &Source,
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
        let problem = format!("no column of numbers is left to be data; the columns are {list}");
        return Err(Error::data(&source.data, problem));
    }
    // A table's row numbers are often saved as a column without a name: that is no data.
    if let Some(i) = data.iter().find(|&&i| names[i].is_empty()) {
        let problem = format!(
            "column {} of numbers has no name: name it in the header, or choose with --columns",
            i + 1
        );
        return Err(Error::cell(&source.data, Some(1), None, problem));
    }
    Ok(data)
}

#[cfg(test)]
mod tests;
