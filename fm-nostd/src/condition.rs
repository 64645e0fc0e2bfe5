//! The condition of a sample, and the fields that accept one.

use crate::error::ConditionError;

/// The condition of a sample, or one part of it for a model with classes and a vector.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Condition<'c> {
    /// No condition: for models without a condition, or trained with labels dropped.
    None,
    /// The class with this number.
    Class(usize),
    /// A condition vector in the data's units; it is standardised here, as in training.
    Vector(&'c [f32]),
}

/// A field that accepts a condition.
pub trait Conditional {
    /// Sets the condition of all samples until it is set again. In a model with classes and a vector, a
    /// class and a vector replace only their own part; the other one is then class 0, or the mean vector,
    /// until it is set too.
    ///
    /// # Errors
    /// If the model does not support this condition; the previous condition stays.
    fn set_condition(&mut self, condition: Condition<'_>) -> Result<(), ConditionError>;
}
