//! Parquet files with flat columns: numbers, truth values, text, dates and times; empty cells too.
//!
//! Dates and times become text such as `2026-11-27` and `2026-11-27T12:00:00`, times of day seconds, and truth values
//! `True` and `False`, as text files have them.

mod contained;
mod meaning;
mod pages;
mod values;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use self::contained::contained;
use self::values::Column;
use super::binary::{self, broken};
use super::reader::{Cell, RowReader};
use crate::counted::counted;
use crate::{Error, Result};

/// How every file starts.
pub(super) const MAGIC: &[u8] = b"PAR1";
/// About how many cells are decoded at once, and the most rows.
const CELLS: usize = 1 << 20;
const ROWS: usize = 8192;

/// A Parquet file that is being read.
pub(super) struct Parquet {
    name: String,
    file: Arc<File>,
    metadata: ParquetMetaData,
    names: Vec<String>,
    /// The columns of the current group of rows, and the number of the next group.
    columns: Vec<Column>,
    group: usize,
    /// How many rows are left in the group, and how many have been returned.
    left: u64,
    returned: u64,
}

impl Parquet {
    /// Opens a file.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged, or a column is nested or of a type that cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let (file, size) = binary::open(path)?;
        let metadata = contained(|| ParquetMetaDataReader::new().parse_and_finish(&file));
        let metadata = metadata.map_err(|e| failure(&name, None, e))?;
        let schema = metadata.file_metadata().schema_descr();
        binary::check_columns(&name, schema.num_columns() as u64)?;
        let mut names = Vec::new();
        for column in schema.columns() {
            let path = column.path().string();
            if column.path().parts().len() > 1 || column.max_rep_level() > 0 {
                let problem =
                    "the column is nested or holds lists; save the table with flat columns";
                return Err(Error::cell(&name, None, Some(&path), problem));
            }
            meaning::of(column)
                .map_err(|problem| Error::cell(&name, None, Some(&path), problem))?;
            names.push(path);
        }
        let rows = metadata
            .row_groups()
            .iter()
            .try_fold(0u64, |sum, group| sum.checked_add(u64::try_from(group.num_rows()).ok()?));
        let cells = rows.and_then(|rows| rows.checked_mul(names.len() as u64));
        // A few bytes can stand for any number of equal cells. As for packed text, what is larger is not a table but a
        // trap for memory.
        if cells.is_none_or(|cells| cells > binary::most_unpacked(size)) {
            let problem = "the file holds far more cells than bytes; if it is a valid table, save it as \
                           CSV or in several files";
            return Err(Error::data(name, problem));
        }
        let file = Arc::new(file);
        Ok(Self {
            name,
            file,
            metadata,
            names,
            columns: Vec::new(),
            group: 0,
            left: 0,
            returned: 0,
        })
    }

    /// Starts the next group of rows; returns false at the end.
    fn next_group(&mut self) -> Result<bool> {
        let Some(group) = self.metadata.row_groups().get(self.group) else { return Ok(false) };
        self.group += 1;
        // The number was checked when the file was opened.
        self.left = u64::try_from(group.num_rows()).unwrap_or(0);
        if group.num_columns() != self.names.len() {
            let (found, wanted) = (group.num_columns(), self.names.len());
            let problem =
                format!("row group {} has {found} columns, but the table {wanted}", self.group);
            return Err(Error::data(&self.name, problem + "; copy or save the file again"));
        }
        let batch = (CELLS / self.names.len().max(1)).clamp(16, ROWS);
        let row = self.returned + 1;
        let columns = group.columns().iter().zip(&self.names).map(|(column, name)| {
            let column = Column::new(&self.file, column, self.left as usize, batch);
            column.map_err(|problem| {
                Error::cell(&self.name, Some(row as usize), Some(name), problem.to_string())
            })
        });
        self.columns = columns.collect::<Result<_>>()?;
        Ok(true)
    }
}

impl RowReader for Parquet {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, row: &mut Vec<Cell>) -> Result<Option<usize>> {
        row.clear();
        while self.left == 0 {
            if !self.next_group()? {
                return Ok(None);
            }
        }
        let number = (self.returned + 1) as usize;
        for (column, name) in self.columns.iter_mut().zip(&self.names) {
            let cell = column.next().map_err(|e| failure(&self.name, Some((number, name)), e))?;
            row.push(cell);
        }
        self.left -= 1;
        self.returned += 1;
        Ok(Some(number))
    }

    fn notes(&self) -> Vec<String> {
        let rows = self.metadata.file_metadata().num_rows();
        let groups = counted(self.metadata.num_row_groups(), "row group");
        vec![format!("Parquet table of {} in {groups}", counted(rows as usize, "row"))]
    }
}

/// Returns the error of reading a file, or the cell in this row and column.
fn failure(file: &str, cell: Option<(usize, &String)>, e: ParquetError) -> Error {
    let row = cell.map(|(row, _)| row);
    let problem = match e {
        ParquetError::External(e) => match e.downcast::<std::io::Error>() {
            Ok(e) => return broken(file, row.map(|row| row as u64), *e),
            Err(e) => e.to_string(),
        },
        ParquetError::General(e) | ParquetError::NYI(e) | ParquetError::EOF(e) => e,
        e => e.to_string(),
    };
    let problem = format!("the file cannot be decoded ({problem}); copy or save it again");
    Error::cell(file, row, cell.map(|(_, name)| &name[..]), problem)
}

#[cfg(test)]
mod tests;
