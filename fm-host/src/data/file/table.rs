//! Reads the rows of a file of any format into a data set.

use super::column::{Change, Column, text};
use super::numbers::RowNumbers;
use super::reader::{Cell, RowReader, Want};
use super::refusals::{bad_cell, refused, senseless, shown, too_many_categories, too_many_classes};
use crate::data::CRC;
use crate::data::classes::{Labels, NONE};
use crate::data::columns::{self, Chosen};
use crate::data::missing::Missing;
use crate::data::{ClassData, ConditionData, DataSpec, Dataset, Rows, VectorData};
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
    /// What was found about the form of the file, and what was left out, as sentences.
    pub notes: Vec<String>,
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
    body.finish(reader.notes(), names, chosen)
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

/// The rows that have been read.
struct Body<'s> {
    source: &'s DataSpec,
    missing: Missing,
    data: Vec<Column>,
    condition: Vec<Column>,
    class: Option<(Column, Labels)>,
    group: Option<(Column, Labels)>,
    /// Whether the data columns were named by the user, who then decides what can be modelled.
    named: bool,
    values: Vec<f32>,
    vectors: Vec<f32>,
    numbers: RowNumbers,
    /// The first row with a missing cell, and how many rows have one.
    first_missing: Option<usize>,
    rows_with_missing: usize,
}

impl<'s> Body<'s> {
    /// Finds the kinds of the columns in the first rows.
    fn new(
        source: &'s DataSpec,
        reader: &dyn RowReader,
        names: &[String],
        chosen: &Chosen,
        sample: &[(usize, Vec<Cell>)],
    ) -> Result<Self> {
        let missing = Missing::new(source.missing.as_deref());
        let data = chosen.data(names.len());
        if data.is_empty() && chosen.data.is_none() {
            let list = columns::list(names);
            let problem = format!("there is no column to model; the columns are {list}");
            return Err(Error::data(&source.data, problem));
        }
        let column = |&at: &usize| {
            let cells = sample.iter().map(|(_, row)| &row[at]);
            let mut column = match chosen.categories.contains(&at) {
                true => Column::categories(at, &names[at], "named in --categories"),
                false => Column::like(at, &names[at], cells, reader, &missing),
            };
            column.unnamed = reader.names()[at].is_empty();
            column
        };
        let data = data.iter().map(column).collect();
        let condition = chosen.condition.iter();
        let condition = condition.map(|&at| Column::numbers(at, &names[at], "condition")).collect();
        let labelled =
            |at: usize, role| (Column::categories(at, &names[at], role), Labels::default());
        Ok(Self {
            source,
            data,
            condition,
            class: chosen.class.map(|at| labelled(at, "class")),
            group: chosen.group.map(|at| labelled(at, "rows of a group are held out together")),
            named: chosen.data.is_some(),
            missing,
            values: Vec::new(),
            vectors: Vec::new(),
            numbers: RowNumbers::default(),
            first_missing: None,
            rows_with_missing: 0,
        })
    }

    /// All columns in use.
    fn columns(&self) -> impl Iterator<Item = &Column> {
        let labelled = self.class.iter().chain(&self.group).map(|(column, _)| column);
        self.data.iter().chain(&self.condition).chain(labelled)
    }

    /// What is wanted of each of `count` columns.
    fn wants(&self, count: usize) -> Vec<Want> {
        let mut wants = vec![Want::Nothing; count];
        self.columns().for_each(|column| wants[column.at] = column.want());
        wants
    }

    /// Adds a row.
    fn push(&mut self, reader: &dyn RowReader, number: usize, row: &[Cell]) -> Result<()> {
        let Self { source, missing, .. } = self;
        let is_missing = |column: &Column| column.is_missing(&row[column.at], reader, missing);
        let mut incomplete = false;
        let labelled = self.class.iter_mut().chain(&mut self.group).map(|(column, _)| column);
        for column in self.data.iter_mut().chain(&mut self.condition).chain(labelled) {
            if is_missing(column) {
                (column.missing, incomplete) = (column.missing + 1, true);
            }
        }
        if incomplete {
            self.first_missing.get_or_insert(number);
            self.rows_with_missing += 1;
            if source.drop_missing {
                return Ok(());
            }
        }
        self.numbers.push(number);
        let into = [(&mut self.data, &mut self.values), (&mut self.condition, &mut self.vectors)];
        for (columns, values) in into {
            for column in columns {
                let cell = &row[column.at];
                if incomplete && is_missing(column) {
                    values.push(f32::NAN);
                    continue;
                }
                match column.value(cell, reader) {
                    Ok(value) => values.push(value),
                    Err(problem) => return Err(bad_cell(source, number, column, cell, &problem)),
                }
                if column.names() > source.max_classes {
                    return Err(too_many_categories(source, column));
                }
            }
        }
        for (column, labels) in self.class.iter_mut().chain(&mut self.group) {
            let cell = &row[column.at];
            let label = (!incomplete || !is_missing(column)).then(|| text(cell));
            labels.push(label.as_deref());
        }
        if let Some((column, labels)) = &self.class
            && labels.len() > source.max_classes
        {
            return Err(too_many_classes(source, &column.name));
        }
        Ok(())
    }

    /// Assembles the data set when all rows have been read.
    fn finish(
        mut self,
        mut notes: Vec<String>,
        names: &[String],
        chosen: &Chosen,
    ) -> Result<Table> {
        let source = self.source;
        let missing = self.missing_cells();
        if self.numbers.len() == 0 {
            let problem = match &missing {
                Some(_) => {
                    "every row has a missing cell, so --drop-missing leaves none; leave columns \
                            with many missing cells out with --exclude"
                }
                None => "there are no rows below the header; add rows",
            };
            return Err(Error::data(&source.data, problem));
        }
        self.check()?;
        let columns = self.file_columns(names, chosen);
        if let Some(cells) = missing.as_ref().filter(|_| source.drop_missing) {
            notes.push(format!("rows left out because of missing cells: {}", cells.rows));
        }
        let (mut kinds, mut changes) = (Vec::new(), Vec::new());
        for column in &mut self.data {
            let (kind, change) = column.finish();
            kinds.push(kind);
            changes.push(change);
        }
        let changes: Vec<_> = changes
            .into_iter()
            .enumerate()
            .filter(|(_, change)| !matches!(change, Change::Keep))
            .collect();
        if !changes.is_empty() {
            for row in self.values.chunks_exact_mut(kinds.len()) {
                changes.iter().for_each(|(at, change)| change.apply(&mut row[*at]));
            }
        }
        let named = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect();
        let vector = (!self.condition.is_empty()).then(|| VectorData {
            columns: named(&self.condition),
            values: Rows::from_vec(self.condition.len(), self.vectors),
        });
        let classes = self.class.map(|(column, labels)| {
            let (names, labels) = labels.finish();
            ClassData { column: column.name, names, labels }
        });
        let rows = Dataset {
            name: source.data.clone(),
            columns: named(&self.data),
            kinds,
            values: Rows::from_vec(self.data.len(), self.values),
            condition: ConditionData { classes, vector },
        };
        let groups = self.group.map(|(_, labels)| labels.finish().1);
        let missing = missing.filter(|_| !source.drop_missing);
        Ok(Table { rows, numbers: self.numbers, groups, columns, notes, missing })
    }

    fn missing_cells(&self) -> Option<MissingCells> {
        let first = self.first_missing?;
        let some = self.columns().filter(|column| column.missing > 0);
        let columns = some.map(|column| (column.name.clone(), column.missing)).collect();
        Some(MissingCells { columns, first, rows: self.rows_with_missing })
    }

    /// Refuses columns that no model can learn.
    fn check(&self) -> Result<()> {
        let refuse = |column: &Column, problem: String| {
            Err(Error::cell(&self.source.data, None, Some(&column.name), problem))
        };
        let senseless: Vec<_> = self.data.iter().filter_map(senseless).collect();
        if let (false, [first, others @ ..]) = (self.named, &senseless[..]) {
            return Err(refused(self.source, *first, others));
        }
        for column in self.data.iter().chain(&self.condition) {
            if column.present == 0 {
                let problem = "the column has no value; leave it out with --exclude";
                return refuse(column, problem.to_owned());
            }
            if let Some(problem) = column.unfit() {
                return refuse(column, problem);
            }
        }
        Ok(())
    }

    /// All columns of the file, with what they are used for.
    fn file_columns(&self, names: &[String], chosen: &Chosen) -> Vec<FileColumn> {
        let unused = |(at, name): (usize, &String)| {
            let reason = if chosen.excluded.contains(&at) {
                "named in --exclude"
            } else {
                "not in --columns"
            };
            FileColumn { name: name.clone(), role: Role::Unused, reason: reason.to_owned() }
        };
        let mut all: Vec<FileColumn> = names.iter().enumerate().map(unused).collect();
        let mut set = |column: &Column, role| {
            let (name, reason) = (column.name.clone(), column.reason.clone());
            all[column.at] = FileColumn { name, role, reason };
        };
        self.data.iter().enumerate().for_each(|(i, column)| set(column, Role::Data(i)));
        self.condition.iter().enumerate().for_each(|(i, column)| set(column, Role::Condition(i)));
        self.class.iter().for_each(|(column, _)| set(column, Role::Class));
        self.group.iter().for_each(|(column, _)| set(column, Role::Group));
        all
    }
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
