//! Data sets: where they come from, their standardisation, and what is held out.
//!
//! A set is a built-in distribution ([`Builtin`]) or a file. [`load`] reads both and returns a [`Split`] in
//! the data's own units; categories and dates are numbers, whose meaning is in [`Dataset::kinds`]. [`Standardisation`] is fitted on its training part.

mod builtin;
mod classes;
mod columns;
mod dates;
mod describe;
mod file;
mod holdout;
mod kind;
mod load;
mod missing;
mod moments;
mod nearest;
mod origin;
mod parts;
mod rows;
mod standardise;
pub mod transform;

use crc::{CRC_32_ISO_HDLC, Crc, Table};

pub use builtin::Builtin;
pub(crate) use columns::{list, suggestion};
pub use describe::{ColumnDescription, Description, Numbers, describe};
pub(crate) use file::Cells;
pub(crate) use holdout::{groups, stratified};
pub use kind::ColumnKind;
pub use load::{
    DataSpec, EvaluationRows, RunData, has_column, is_unchanged, load, load_evaluation_rows,
    load_for_run, load_numbers, load_texts, read_table,
};
pub(crate) use nearest::{Nearest, nearest_rows};
pub use origin::Origin;
pub(crate) use origin::{absolute, find, relative, stem};
pub use rows::Rows;
pub use standardise::Standardisation;

use crate::{Error, Result};

const CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);
/// How many words of a digest are taken at a time.
const DIGESTED: usize = 1 << 12;

/// Rows and their conditions, in the data's own units.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The built-in set's name, or the file's path as it was given.
    pub name: String,
    /// The name of every data column.
    pub columns: Vec<String>,
    /// What the numbers of each data column stand for. Shape: `[columns]`.
    pub kinds: Vec<ColumnKind>,
    /// The data; missing cells are NaN. Shape: `[len, columns]`.
    pub values: Rows,
    /// What a model of the data can be conditioned on.
    pub condition: ConditionData,
}

/// The condition of every row: a class, a vector, both, or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConditionData {
    /// The class of every row.
    pub classes: Option<ClassData>,
    /// The vector of every row.
    pub vector: Option<VectorData>,
}

/// The class of every row.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassData {
    /// The column that the classes come from.
    pub column: String,
    /// The text of every class, in numeric order if all are numbers.
    pub names: Vec<String>,
    /// The class of every row, an index into `names`. Shape: `[len]`.
    pub labels: Vec<u32>,
}

/// A vector of numbers for every row.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorData {
    /// The columns that the numbers come from.
    pub columns: Vec<String>,
    /// The numbers, in their own units. Shape: `[len, columns]`.
    pub values: Rows,
}

impl From<ClassData> for ConditionData {
    fn from(classes: ClassData) -> Self {
        Self { classes: Some(classes), vector: None }
    }
}

impl From<VectorData> for ConditionData {
    fn from(vector: VectorData) -> Self {
        Self { classes: None, vector: Some(vector) }
    }
}

/// The rows to train on and the rows to evaluate on.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The rows to train on.
    pub train: Dataset,
    /// The rows that training never sees.
    pub held_out: Dataset,
    /// The rows that paths start at instead of noise, if there is a source.
    pub source: Option<Box<Self>>,
}

impl Split {
    /// The parts without the rows that have missing cells.
    pub fn complete(&self) -> Self {
        let of = |part: &Dataset| part.select(&part.complete());
        Self { train: of(&self.train), held_out: of(&self.held_out), source: self.source.clone() }
    }

    /// The rows of the source to train on, if there is one.
    pub fn source_rows(&self) -> Option<&Dataset> {
        self.source.as_deref().map(|source| &source.train)
    }

    /// The held-out rows of the source, if there is one.
    pub fn held_out_source(&self) -> Option<&Dataset> {
        self.source.as_deref().map(|source| &source.held_out)
    }
}

impl Dataset {
    /// A table of plain numbers.
    pub fn new(
        name: impl Into<String>,
        columns: Vec<String>,
        values: Rows,
        condition: impl Into<ConditionData>,
    ) -> Self {
        let kinds = vec![ColumnKind::Number; columns.len()];
        Self { name: name.into(), columns, kinds, values, condition: condition.into() }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many rows have missing cells.
    pub fn incomplete(&self) -> usize {
        self.values.iter().filter(|row| row.iter().any(|x| x.is_nan())).count()
    }

    /// The indices of the rows without missing cells.
    pub fn complete(&self) -> Vec<usize> {
        let rows = self.values.iter().enumerate();
        rows.filter(|(_, row)| !row.iter().any(|x| x.is_nan())).map(|(i, _)| i).collect()
    }

    /// The class of every row, if there are classes.
    pub fn labels(&self) -> Option<&[u32]> {
        self.condition.classes.as_ref().map(|classes| &*classes.labels)
    }

    /// The name of every class; empty if there are no classes.
    pub fn class_names(&self) -> &[String] {
        self.condition.classes.as_ref().map_or(&[], |classes| &classes.names)
    }

    /// The rows at `indices`, in that order, with their conditions.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn select(&self, indices: &[usize]) -> Self {
        let ConditionData { classes, vector } = &self.condition;
        let condition = ConditionData {
            classes: classes.as_ref().map(|ClassData { column, names, labels }| ClassData {
                column: column.clone(),
                names: names.clone(),
                labels: indices.iter().map(|&i| labels[i]).collect(),
            }),
            vector: vector.as_ref().map(|VectorData { columns, values }| VectorData {
                columns: columns.clone(),
                values: values.select(indices),
            }),
        };
        Self {
            name: self.name.clone(),
            columns: self.columns.clone(),
            kinds: self.kinds.clone(),
            values: self.values.select(indices),
            condition,
        }
    }

    /// The rows at `first` and those at `second`, each in that order, in little more memory than the rows
    /// have.
    ///
    /// # Panics
    /// If the two do not name every row once.
    fn divide(mut self, mut first: Vec<usize>, second: &[usize]) -> (Self, Self) {
        let at = first.len();
        first.extend_from_slice(second);
        let order = first;
        self.values.arrange(&order);
        let mut rest = Self { values: self.values.split_off(at), ..self.select(&[]) };
        if let Some(ClassData { labels, .. }) = &mut self.condition.classes {
            let mut arranged: Vec<u32> = order.iter().map(|&i| labels[i]).collect();
            let last = arranged.split_off(at);
            *labels = arranged;
            rest.condition.classes.iter_mut().for_each(|classes| classes.labels.clone_from(&last));
        }
        if let Some(VectorData { values, .. }) = &mut self.condition.vector {
            values.arrange(&order);
            let last = values.split_off(at);
            rest.condition.vector.iter_mut().for_each(|vector| vector.values.clone_from(&last));
        }
        (self, rest)
    }

    /// These rows with the categories and dates of a model, whose columns have these kinds: every number then
    /// stands for what it stands for in the model.
    ///
    /// # Errors
    /// If a column has another kind, or a category that the model does not have.
    pub(crate) fn with_kinds(mut self, kinds: &[ColumnKind]) -> Result<Self> {
        for (at, (own, known)) in std::mem::take(&mut self.kinds).iter().zip(kinds).enumerate() {
            let convert = own.to(known).map_err(|problem| {
                Error::cell(&*self.name, None, Some(&self.columns[at]), problem)
            })?;
            let Some(convert) = convert else { continue };
            for i in 0..self.values.len() {
                let value = &mut self.values.row_mut(i)[at];
                *value = convert(*value);
            }
        }
        self.kinds = kinds.to_vec();
        Ok(self)
    }

    /// CRC-32 of the rows and their conditions, in order, and of the names of categories and the origins of
    /// dates.
    pub fn digest(&self) -> u32 {
        let mut digest = CRC.digest();
        let mut add = |words: &mut dyn Iterator<Item = u32>| {
            // Many words at a time, because the checksum of a few bytes is slow.
            let mut bytes = Vec::with_capacity(DIGESTED * size_of::<u32>());
            loop {
                bytes.clear();
                bytes.extend(words.take(DIGESTED).flat_map(u32::to_le_bytes));
                if bytes.is_empty() {
                    return;
                }
                digest.update(&bytes);
            }
        };
        add(&mut self.values.as_slice().iter().map(|x| x.to_bits()));
        add(&mut self.labels().unwrap_or_default().iter().copied());
        if let Some(vector) = &self.condition.vector {
            add(&mut vector.values.as_slice().iter().map(|x| x.to_bits()));
        }
        for kind in &self.kinds {
            let texts: &[String] = match kind {
                ColumnKind::Number => &[],
                ColumnKind::Category(names) => names,
                ColumnKind::Date(origin) => std::slice::from_ref(origin),
            };
            // The length tells where a text ends.
            for text in texts {
                digest.update(&(text.len() as u64).to_le_bytes());
                digest.update(text.as_bytes());
            }
        }
        digest.finalize()
    }

    /// The built-in distribution that the rows were drawn from; `None` unless they have its data columns in
    /// order.
    pub(crate) fn law(&self) -> Option<Builtin> {
        Builtin::named(&self.name).filter(|_| self.columns == builtin::COLUMNS[..2])
    }
}

#[cfg(test)]
mod tests;
