//! What a sample is asked to be, and what can be asked.

use crate::error::ConditionError;

/// What a sample is asked to be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Condition<'c> {
    /// Anything: for models without a condition, or trained with labels dropped.
    None,
    /// Of this class.
    Class(usize),
    /// These numbers, in the data's units; they are standardised here, as in training.
    Vector(&'c [f32]),
}

/// A field that can be asked for something.
pub trait Conditional {
    /// Sets what is asked for, until it is set again.
    ///
    /// # Errors
    /// If the model knows no such condition; the one before stays.
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError>;
}
