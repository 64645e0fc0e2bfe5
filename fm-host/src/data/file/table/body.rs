//! The rows of a table while they are read.

use super::{FileColumn, MissingCells, Role, Table};
use crate::data::classes::Labels;
use crate::data::columns::{self, Chosen};
use crate::data::file::column::{Change, Column, text};
use crate::data::file::numbers::RowNumbers;
use crate::data::file::reader::{Cell, RowReader, Want};
use crate::data::file::refusals::{
    bad_cell, refused, senseless, too_many_categories, too_many_classes,
};
use crate::data::missing::Missing;
use crate::data::{ClassData, ConditionData, DataSpec, Dataset, Rows, VectorData};
use crate::{Error, Result};

/// The rows that have been read.
pub(super) struct Body<'s> {
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
    pub fn new(
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
        let condition = condition.map(|&at| Column::condition(at, &names[at])).collect();
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
    pub fn wants(&self, count: usize) -> Vec<Want> {
        let mut wants = vec![Want::Nothing; count];
        self.columns().for_each(|column| wants[column.at] = column.want());
        wants
    }

    /// Adds a row.
    pub fn push(&mut self, reader: &dyn RowReader, number: usize, row: &[Cell]) -> Result<()> {
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
            if label.as_ref().is_some_and(|label| label.contains('\0')) {
                let problem = "a text with a NUL character is no class";
                return Err(bad_cell(source, number, column, cell, problem));
            }
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
    pub fn finish(
        mut self,
        reader: &dyn RowReader,
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
        let (notes, mut warnings) = (reader.notes(), reader.warnings());
        let columns = self.file_columns(names, chosen);
        if let Some(cells) = missing.as_ref().filter(|_| source.drop_missing) {
            warnings.push(format!("rows left out because of missing cells: {}", cells.rows));
        }
        warnings.extend(self.data.iter().filter_map(Column::warning));
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
        Ok(Table { rows, numbers: self.numbers, groups, columns, notes, warnings, missing })
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
            return Err(refused(self.source, first, others));
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
