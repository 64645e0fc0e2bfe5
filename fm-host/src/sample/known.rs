//! The known parts of samples, of which only the rest is drawn.

use fm_nostd::{ConditionMemory, KnownError, KnownParts, Model};

use crate::data::Rows;
use crate::{Error, Result};

/// The known cells of samples: sample `i` has row `i`, modulo the number of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownCells {
    /// The values, in the data's units. Shape: `[rows, dim]`.
    values: Rows,
    /// Whether each value is known; others are ignored. Shape: `[rows * dim]`.
    known: Vec<bool>,
}

impl KnownCells {
    /// The values that are `known`, row after row.
    ///
    /// # Panics
    /// If there are no rows, or not as many flags as values.
    pub fn new(values: Rows, known: Vec<bool>) -> Self {
        assert!(!values.is_empty() && values.as_slice().len() == known.len(), "a flag per value");
        Self { values, known }
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

    /// Refuses a model without known parts, and values of another width.
    pub(super) fn check(&self, model: &Model<'_>) -> Result<()> {
        if !model.has_known() {
            return Err(Error::usage("--known", UNMASKED));
        }
        match self.values.dim() == model.dim() {
            true => Ok(()),
            false => Err(known_error(KnownError::Length)),
        }
    }
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
