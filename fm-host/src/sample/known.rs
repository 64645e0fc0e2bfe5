//! The known parts of samples, of which only the rest is drawn.

use fm_nostd::{ConditionMemory, KnownError, KnownParts, Model};

use crate::data::{Rows, list};
use crate::{Error, Result};

/// The known cells of samples: sample `i` has row `i`, modulo the number of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownCells {
    /// The values, in the data's units. Shape: `[rows, dim]`.
    values: Rows,
    /// Whether each value is known; others are ignored. Shape: `[rows * dim]`.
    known: Vec<bool>,
    /// The text of each column whose value is the same in all samples, as it was given; empty without texts.
    texts: Vec<Option<String>>,
}

impl KnownCells {
    /// The values that are `known`, row after row.
    ///
    /// # Panics
    /// If there are no rows, or not as many flags as values.
    pub fn new(values: Rows, known: Vec<bool>) -> Self {
        assert!(!values.is_empty() && values.as_slice().len() == known.len(), "a flag per value");
        Self { values, known, texts: Vec::new() }
    }

    /// With the texts of the columns that are known in all samples: text files of samples contain them as they are.
    pub fn with_texts(self, texts: Vec<Option<String>>) -> Self {
        Self { texts, ..self }
    }

    /// The texts of [`KnownCells::with_texts`].
    pub(crate) fn texts(&self) -> &[Option<String>] {
        &self.texts
    }

    /// The values of sample `sample`, and which of them are known. Shape: each `[dim]`.
    pub fn of(&self, sample: usize) -> (&[f32], &[bool]) {
        let (row, dim) = (sample % self.values.len(), self.values.dim());
        (self.values.row(row), &self.known[row * dim..(row + 1) * dim])
    }

    /// Sets the known parts of sample `sample` on a field.
    ///
    /// # Errors
    /// If a column cannot have its value.
    pub(super) fn set(&self, sample: usize, field: &mut (impl KnownParts + ?Sized)) -> Result<()> {
        let (values, known) = self.of(sample);
        field.set_known(values, known).map_err(known_error)
    }

    /// The first of these cells whose row has other known columns than the first `prefix`.
    pub(crate) fn beside(&self, prefix: usize) -> Option<(usize, usize)> {
        let dim = self.values.dim();
        let place =
            self.known.iter().enumerate().position(|(i, known)| *known != (i % dim < prefix));
        place.map(|place| (place / dim, place % dim))
    }

    /// Refuses a model without known parts, values of another width, and columns that were not the known ones in
    /// training.
    pub(super) fn check(&self, model: &Model<'_>) -> Result<()> {
        if !model.has_known() {
            return Err(Error::usage("--known", UNMASKED));
        }
        if self.values.dim() != model.dim() {
            return Err(known_error(KnownError::Length));
        }
        let prefix = model.known_prefix();
        if prefix > 0 && self.beside(prefix).is_some() {
            return Err(Error::usage("--known", other_prefix(model)));
        }
        Ok(())
    }

    /// Refuses a request without known cells for a model that needs them.
    pub(super) fn check_none(model: &Model<'_>) -> Result<()> {
        match model.known_prefix() {
            0 => Ok(()),
            _ => Err(Error::usage("--known", other_prefix(model))),
        }
    }
}

/// What a model was trained for that always knew its first columns, and the way out.
pub(crate) fn other_prefix(model: &Model<'_>) -> String {
    let prefix = model.known_prefix();
    let names: Vec<String> = model.columns().take(prefix).map(str::to_owned).collect();
    let columns = if names.is_empty() { String::new() } else { format!(": {}", list(&names)) };
    let first = if prefix == 1 { "column".to_owned() } else { format!("{prefix} columns") };
    format!(
        "the model was only trained with its first {first} known (`--known-prefix {prefix}`), so just these must be \
         known{columns}"
    )
}

/// What is wrong with a model without known parts, and the way out.
pub(crate) const UNMASKED: &str = "the model was trained without known parts, so it only draws whole rows; train one \
                                   with `fm train --masked`";

fn known_error(error: KnownError) -> Error {
    Error::usage("--known", error.to_string())
}

/// The memory for a condition, and for known parts if a request has some.
#[derive(Clone, Debug)]
pub struct Memory {
    numbers: Vec<f32>,
    known: bool,
}

impl Memory {
    /// Memory for samples of a model, with `known` parts or without.
    pub fn new(model: &Model<'_>, known: bool) -> Self {
        let len = if known { model.known_memory() } else { model.conditioning().size() };
        Self { numbers: vec![0.0; len], known }
    }
}

impl ConditionMemory for Memory {
    fn numbers(&mut self) -> &mut [f32] {
        &mut self.numbers
    }

    fn known(&self) -> bool {
        self.known
    }
}
