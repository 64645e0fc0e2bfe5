//! Reads the rows of a file of any format into a data set.

mod body;

use self::body::Body;
use super::numbers::RowNumbers;
use super::reader::{Cell, RowReader};
use super::refusals::shown;
use crate::data::classes::NONE;
use crate::data::columns::{self, Chosen};
use crate::data::{CRC, ConditionData, DataSpec, Dataset};
use crate::{Error, Result};

/// How many rows are read to find the kinds of the columns, and about how many bytes at most.
const SAMPLE_ROWS: usize = 1000;
const SAMPLE_BYTES: usize = 16 << 20;

/// A data set as its file has it.
#[derive(Debug, PartialEq)]
pub(in crate::data) struct Table {
    /// The rows; missing numbers are NaN, and missing classes no index.
    pub rows: Dataset,
    /// The number of every row in the file.
    pub numbers: RowNumbers,
    /// The group of every row, if the rows are in groups.
    pub groups: Option<Vec<u32>>,
    /// All columns of the file, in its order.
    pub columns: Vec<FileColumn>,
    /// What was found about the form of the file, as sentences.
    pub notes: Vec<String>,
    /// What makes the rows other than the user may expect, as sentences.
    pub warnings: Vec<String>,
    /// The missing cells of the columns in use, if there are any.
    pub missing: Option<MissingCells>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct FileColumn {
    pub name: String,
    pub role: Role,
    /// Why it has its kind, or its role.
    pub reason: String,
}

/// What a column of a file is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Role {
    /// Data column of this index.
    Data(usize),
    /// Value of this index in the condition vector.
    Condition(usize),
    Class,
    Group,
    Unused,
}

/// Missing cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct MissingCells {
    /// The columns that have some, and how many.
    pub columns: Vec<(String, usize)>,
    /// The number of the first row that has one.
    pub first: usize,
    /// How many rows have one.
    pub rows: usize,
}

/// Reads all rows.
///
/// # Errors
/// If the file is malformed, lacks a column, or has an invalid cell in a column in use.
pub(super) fn read(source: &DataSpec, reader: &mut dyn RowReader) -> Result<Table> {
    let names = super::header::names(source, reader.names())?;
    let chosen = columns::choose(source, &names)?;
    read_chosen(source, reader, &names, &chosen)
}

/// [`read`] of these columns.
///
/// # Errors
/// As [`read`].
pub(super) fn read_chosen(
    source: &DataSpec,
    reader: &mut dyn RowReader,
    names: &[String],
    chosen: &Chosen,
) -> Result<Table> {
    let sample = sample(reader)?;
    let mut body = Body::new(source, &*reader, names, chosen, &sample)?;
    reader.want(body.wants(names.len()));
    for (number, row) in sample {
        body.push(&*reader, number, &row)?;
    }
    let mut row = Vec::new();
    while let Some(number) = reader.next(&mut row)? {
        body.push(&*reader, number, &row)?;
    }
    body.finish(&*reader, names, chosen)
}

/// Reads the first rows.
fn sample(reader: &mut dyn RowReader) -> Result<Vec<(usize, Vec<Cell>)>> {
    let (mut sample, mut bytes) = (Vec::new(), 0);
    let mut row = Vec::new();
    while sample.len() < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
        let Some(number) = reader.next(&mut row)? else { break };
        let text = |cell: &Cell| if let Cell::Text(text) = cell { text.len() } else { 0 };
        bytes += row.iter().map(|cell| size_of::<Cell>() + text(cell)).sum::<usize>();
        sample.push((number, std::mem::take(&mut row)));
    }
    Ok(sample)
}

impl Table {
    /// Refuses missing cells: all of them, or with [`DataSpec::keep_missing`] those of other columns than data
    /// columns.
    ///
    /// # Errors
    /// If there are some; the error says where.
    pub fn usable(self, source: &DataSpec) -> Result<Self> {
        if !source.keep_missing {
            return self.complete();
        }
        let ConditionData { classes, vector } = &self.rows.condition;
        let first = |labels: &[u32]| labels.iter().position(|label| *label == NONE);
        let no_class = classes.as_ref().and_then(|classes| first(&classes.labels));
        let no_class = no_class.zip(classes.as_ref().map(|classes| &classes.column));
        let no_number = vector.as_ref().and_then(|vector| {
            let cell = vector.values.as_slice().iter().position(|x| x.is_nan())?;
            Some((cell / vector.values.dim(), &vector.columns[cell % vector.values.dim()]))
        });
        let no_group = self.groups.as_deref().and_then(first);
        let no_group = no_group.zip(source.group.as_ref());
        let Some((row, column)) = no_class.or(no_number).or(no_group) else { return Ok(self) };
        let problem = "the cell is missing, but a class, a condition and a group must be known; fill it in, or \
                       leave out the rows that have a missing cell with `--drop-missing`";
        Err(Error::cell(&self.rows.name, Some(self.numbers.of(row)), Some(column), problem))
    }

    /// Refuses missing cells.
    ///
    /// # Errors
    /// If there are some; the error says where.
    pub fn complete(self) -> Result<Self> {
        let Some(cells) = &self.missing else { return Ok(self) };
        let column = |(column, count): &(String, usize)| format!("{count} in `{column}`");
        let problem = format!(
            "cells are missing: {}; the first is in row {}; train on them with `fm train --masked`, which \
             assumes that they are missing at random, leave out the rows that have one ({}) with \
             `--drop-missing`, fill them in, or leave out columns with `--exclude`",
            shown(cells.columns.iter().map(column), ", "),
            cells.first,
            cells.rows,
        );
        Err(Error::data(&self.rows.name, problem))
    }

    /// A checksum of the rows and their groups.
    pub fn digest(&self) -> u32 {
        let rows = self.rows.digest();
        let Some(groups) = &self.groups else { return rows };
        let groups = groups.iter().flat_map(|group| group.to_le_bytes());
        let bytes: Vec<u8> = rows.to_le_bytes().into_iter().chain(groups).collect();
        CRC.checksum(&bytes)
    }
}
