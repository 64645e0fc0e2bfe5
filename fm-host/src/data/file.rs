//! CSV files, plain or gzipped: a header of column names, then one row a sample.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

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
        cells.push(record.get(at).unwrap_or_default().to_owned());
    }
    if cells.is_empty() {
        return Err(Error::data(&source.data, "there is a header but no row under it"));
    }
    Ok(cells)
}

/// The file's bytes, unpacked if they begin as gzip does, whatever the name says.
fn open(path: &Path) -> Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path).map_err(|e| Error::io("read", path, e))?);
    let start = file.fill_buf().map_err(|e| Error::io("read", path, e))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        Ok(Box::new(MultiGzDecoder::new(file)))
    } else {
        Ok(Box::new(file))
    }
}

/// A column as far as it is read.
#[derive(Default)]
struct Column {
    /// Every cell, 0 for one that is no number.
    values: Vec<f32>,
    /// Whether any cell reads as a number; a column with none is text.
    has_numbers: bool,
    /// The first cell that cannot be used: its row, and what is wrong.
    fault: Option<(usize, String)>,
}

impl Column {
    fn push(&mut self, cell: &str, row: usize) {
        let number = cell.parse::<f64>();
        self.has_numbers |= number.is_ok();
        let value = number.as_ref().map_or(0.0, |&x| x as f32);
        self.values.push(value);
        let problem = match number {
            Ok(_) if value.is_finite() => return,
            Ok(x) if x.is_finite() => format!("{cell} is too large for single precision"),
            Ok(_) => format!("`{cell}` is no finite number"),
            Err(_) if cell.is_empty() => "the cell is empty".to_owned(),
            Err(_) => format!("`{cell}` is no number"),
        };
        self.fault.get_or_insert((row, problem));
    }
}

/// Reads a table out of text.
fn parse(source: &Source, text: impl Read) -> Result<(Dataset, Vec<usize>)> {
    let mut reader = reader(text);
    let names = header(source, &mut reader)?;
    let mut record = csv::StringRecord::new();
    let chosen = columns::choose(source, &names)?;

    let mut table: Vec<Column> = names.iter().map(|_| Column::default()).collect();
    let mut labels = Labels::default();
    let mut numbers = Vec::new();
    while next(source, &mut reader, &mut record)? {
        // The reader stands behind the row's line end: rows are counted as an editor does, blank
        // ones too, which the record's own position leaves out.
        let row = reader.position().line() as usize - 1;
        numbers.push(row);
        if record.len() != names.len() {
            let (found, wanted) = (record.len(), names.len());
            let problem =
                format!("the row has {found} cells where the header has {wanted}: mend the row");
            return Err(Error::cell(&source.data, Some(row), None, problem));
        }
        for (i, (column, cell)) in table.iter_mut().zip(&record).enumerate() {
            if chosen.class != Some(i) {
                column.push(cell, row);
            } else if cell.is_empty() {
                let problem = "the class is empty: give the row a class, or take it out";
                return Err(Error::cell(&source.data, Some(row), Some(&names[i]), problem));
            } else {
                labels.push(cell);
            }
        }
    }
    Ok((assemble(source, names, chosen, &table, labels)?, numbers))
}

/// A reader of rows that may be uneven: they are refused in our own words.
fn reader(text: impl Read) -> csv::Reader<impl Read> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(WithoutReturns(text).chain(&b"\n"[..]))
}

/// Reads the names of the columns.
fn header(source: &Source, reader: &mut csv::Reader<impl Read>) -> Result<Vec<String>> {
    let mut record = csv::StringRecord::new();
    if !next(source, reader, &mut record)? {
        let problem = "the file is empty: a header of column names is needed";
        return Err(Error::data(&source.data, problem));
    }
    let names: Vec<String> = record.iter().map(str::to_owned).collect();
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
            csv::ErrorKind::Io(e) => Error::io("read", &source.data, e),
            csv::ErrorKind::Utf8 { .. } => Error::cell(
                &source.data,
                row,
                None,
                "the text is not UTF-8: save the file as UTF-8",
            ),
            kind => Error::cell(&source.data, row, None, format!("this is no CSV: {kind:?}")),
        }
    })
}

/// Text with `\n` alone for a line end: the CSV reader counts lines by it, and miscounts `\r\n`.
struct WithoutReturns<R>(R);

impl<R: Read> Read for WithoutReturns<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            let mut kept = 0;
            for i in 0..read {
                if buffer[i] != b'\r' {
                    buffer[kept] = buffer[i];
                    kept += 1;
                }
            }
            // Zero would mean the end.
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Refuses headers that cannot name columns.
fn check_header(source: &Source, names: &[String]) -> Result<()> {
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
    table: &[Column],
    labels: Labels,
) -> Result<Dataset> {
    let rows = table.iter().map(|column| column.values.len()).max().unwrap_or(0);
    let (classes, labels) = labels.finish();
    if rows.max(labels.len()) == 0 {
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
                    format!("{problem}: mend the cell, or leave the column out with --columns");
                return Err(Error::cell(&source.data, Some(*row), Some(&names[i]), problem));
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
        (0..names.len()).filter(free).filter(|&i| table[i].has_numbers).collect();
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
