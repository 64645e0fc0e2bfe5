//! Data files: which format a file has, and the data set that its rows become.

mod array;
mod binary;
mod cells;
mod column;
mod csv;
mod dialect;
mod formats;
mod forms;
mod header;
mod idx;
mod images;
mod item;
mod npy;
mod npz;
mod numbers;
mod packing;
mod parquet;
mod reader;
mod refusals;
mod table;
#[cfg(test)]
mod testing;
mod wav;
mod windows;

use std::collections::HashSet;
use std::io::{Cursor, Read};
use std::path::Path;

pub use self::cells::Cells;
use self::csv::CsvReader;
use self::reader::{Cell, RowReader, Want};
pub(super) use self::table::{Role, Table};
use self::windows::Windows;
use super::columns::{self, Chosen};
use super::{DataSpec, Rows};
use crate::{Error, Result};

/// How many bytes at the start of a file tell its format.
const START: u64 = 512;
/// The extensions of text files, which may have another one that names their packing.
const TEXTS: [&str; 5] = ["csv", "tsv", "txt", "data", "dat"];

/// Reads all rows of the file that `source` names.
///
/// # Errors
/// If the file cannot be read, is not a table, or has an invalid cell in a column in use.
pub(super) fn read(source: &DataSpec) -> Result<Table> {
    let reader = open(source)?;
    let Some(size) = source.window else {
        require_window(source)?;
        return table::read(source, &mut *{ reader });
    };
    // Columns of the file are chosen before they are cut, and those of the windows after that.
    let names = reader.names().to_vec();
    let inner = |column: &&String| names.contains(column);
    let columns: Vec<&String> = source.columns.iter().flatten().filter(inner).collect();
    let others = |all: &[String]| all.iter().filter(|column| !inner(column)).cloned().collect();
    let chosen: Vec<String> = source.columns.as_deref().map(others).unwrap_or_default();
    let mut columns: HashSet<&str> = columns.into_iter().map(String::as_str).collect();
    if columns.is_empty() {
        // Columns of windows are cut from these.
        columns = chosen.iter().filter_map(|column| windows::stem(column, size)).collect();
    }
    let wanted = |name: &str| {
        let named = columns.is_empty() || columns.contains(name);
        named && !source.exclude.iter().any(|column| column == name)
    };
    let mut windows = Windows::new(source, reader, size, wanted)?;
    let columns = Some(chosen).filter(|chosen| !chosen.is_empty());
    let source = DataSpec { columns, exclude: others(&source.exclude), ..source.clone() };
    table::read(&source, &mut windows)
}

/// Refuses a stride without windows.
fn require_window(source: &DataSpec) -> Result<()> {
    let problem = "there are no windows whose starts are that far apart; add `--window`";
    source.stride.map_or(Ok(()), |_| Err(Error::usage("--stride", problem)))
}

/// Whether the data are pictures, whose neighbouring columns are alike.
pub(super) fn is_pictures(data: &str) -> bool {
    let path = Path::new(data);
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    path.is_dir() || name.contains("-images-idx")
}

/// Reads numeric columns, which `option` names, in all rows.
///
/// # Errors
/// If the file cannot be read, lacks a column, or has a cell in it that is not a number.
pub(super) fn read_numbers(source: &DataSpec, option: &str, wanted: &[String]) -> Result<Rows> {
    let mut reader = open(source)?;
    let names = header::names(source, reader.names())?;
    let find = |name: &String| columns::find(source, &names, option, name);
    let condition = wanted.iter().map(find).collect::<Result<_>>()?;
    let chosen = Chosen { data: Some(Vec::new()), condition, ..Chosen::default() };
    let table = table::read_chosen(source, &mut *reader, &names, &chosen)?.complete()?;
    Ok(table.rows.condition.vector.map(|vector| vector.values).unwrap_or_default())
}

/// Whether the file has a column of this name.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn has_column(source: &DataSpec, column: &str) -> Result<bool> {
    Ok(open(source)?.names().iter().any(|name| name == column))
}

/// Reads the text of one column, which `option` names, row by row.
///
/// # Errors
/// If the file cannot be read or lacks the column.
pub(super) fn read_column(source: &DataSpec, option: &str, column: &str) -> Result<Vec<String>> {
    let mut reader = open(source)?;
    let names = header::names(source, reader.names())?;
    let at = columns::find(source, &names, option, column)?;
    let mut wants = vec![Want::Nothing; names.len()];
    wants[at] = Want::Text;
    reader.want(wants);
    let (mut row, mut cells) = (Vec::<Cell>::new(), Vec::new());
    while reader.next(&mut row)?.is_some() {
        cells.push(column::text(&row[at]).into_owned());
    }
    if cells.is_empty() {
        return Err(Error::data(&source.data, "there are no rows below the header; add rows"));
    }
    Ok(cells)
}

/// Reads a table from text that is not in a file.
///
/// # Errors
/// As [`read`].
pub(super) fn parse(source: &DataSpec, text: impl Read) -> Result<Table> {
    table::read(source, &mut CsvReader::new(source, text, None)?)
}

/// Opens a file in the format that its first bytes tell, or else its name.
fn open(source: &DataSpec) -> Result<Box<dyn RowReader>> {
    let path = Path::new(&source.data);
    let failed = |error| Error::io("read", path, error);
    if let Some(reader) = formats::open(path)? {
        return Ok(reader);
    }
    let mut file = packing::open(path).map_err(failed)?;
    let mut start = Vec::new();
    file.bytes.by_ref().take(START).read_to_end(&mut start).map_err(failed)?;
    if has_extension(&source.data, &TEXTS) || is_text(&start) {
        let text = Cursor::new(start).chain(file.bytes);
        return Ok(Box::new(CsvReader::new(source, text, file.packed)?));
    }
    let problem = "this kind of file cannot be read; use text with separated columns, such as a .csv, .tsv, \
                   .csv.gz or .csv.zst file, Parquet, .npy, .npz, IDX, .wav, or a folder of PNG images";
    Err(Error::data(&source.data, problem))
}

/// Whether a name has one of these extensions, possibly before `.gz` or `.zst`.
fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let name = name.to_lowercase();
    let unpacked = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    extensions.iter().any(|extension| unpacked.ends_with(&format!(".{extension}")))
}

/// Whether a file that starts with these bytes is text.
fn is_text(start: &[u8]) -> bool {
    let cut = |error: std::str::Utf8Error| error.error_len().is_none();
    let utf8 = std::str::from_utf8(start).map_or_else(cut, |_| true);
    utf8 && !start.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests;
