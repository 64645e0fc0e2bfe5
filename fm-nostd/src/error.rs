//! Errors of building a field or sampler and of setting a condition: one small enum an operation.

/// Why a field or sampler could not be built over a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FieldError {
    /// The model's samples have another number of dimensions.
    Dim,
    /// The memory for hidden layers is of another width than the model's.
    Hidden,
    /// The memory for the condition is of another length than the model's condition vector.
    Condition,
    /// A solver's or guide's work memory is shorter than a sample.
    Work,
    /// The model predicts plain velocities: it cannot jump; sample it with an ODE solver.
    NotAverage,
    /// The model knows the one jump from noise to data: it has no velocity, no other jump, no
    /// likelihood and no guidance; take [`OneStep`](crate::OneStep) or [`Jump`](crate::Jump).
    OneJump,
    /// The scale of the guidance is not finite.
    Scale,
    /// The model was trained without label dropout: there is nothing to guide away from.
    NoUnconditional,
    /// The model was trained on pairs that are not independent: it has a velocity, but no score, no
    /// noise prediction and no SDE.
    Coupling,
    /// The field carries a contrast (ΔFM), so it is the velocity of no score: undo it first, with
    /// [`Field::without_contrast`](crate::Field::without_contrast), where an affine map undoes it.
    Contrast,
    /// The model was trained with guidance in its target, so it is the velocity of no score.
    Guidance,
    /// The model was trained with rows weighted by their error, so it is not the conditional mean and
    /// has no score.
    Reweighted,
    /// The model's network is one of integers, which cannot be differentiated: use its `f32` one.
    NoSlope,
}

impl core::fmt::Display for FieldError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Dim => "the model's samples have another number of dimensions",
            Self::Hidden => "the model's hidden layers have another width",
            Self::Condition => "the model's condition vector has another length",
            Self::Work => "the solver's work memory is shorter than a sample",
            Self::NotAverage => {
                "the model predicts velocities, not average velocities: it cannot jump"
            }
            Self::OneJump => "the model knows the one jump from noise to data and no velocity",
            Self::Scale => "the scale of the guidance is not finite",
            Self::NoUnconditional => "the model was trained without label dropout: no guidance",
            Self::Coupling => {
                "the model was trained on pairs that are not independent: it has no score"
            }
            Self::Contrast => "the model carries a contrast: it has no score until that is undone",
            Self::Guidance => "the model was trained with guidance in its target: it has no score",
            Self::Reweighted => {
                "the model was trained with rows weighted by their error: it has no score"
            }
            Self::NoSlope => "the model is of 8-bit weights, which have no slope: use its f32 one",
        })
    }
}

impl core::error::Error for FieldError {}

/// Why a condition could not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConditionError {
    /// The model was trained without label dropout: it needs a condition.
    Required,
    /// The class is not smaller than the number of classes.
    NoSuchClass,
    /// The condition vector has another length than the model's.
    Length,
    /// A class for a model that takes a vector, the other way round, or any for one that takes none.
    OtherKind,
    /// A number of the condition vector is NaN or infinite, or too large to be standardised: a sensor
    /// failed. The condition before stays, so that a control loop may go on with it or stop.
    NotFinite,
}

impl core::fmt::Display for ConditionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Required => "the model needs a condition",
            Self::NoSuchClass => "the model has no such class",
            Self::Length => "the model's condition vector has another length",
            Self::OtherKind => "the model takes another kind of condition, or none",
            Self::NotFinite => "a number of the condition vector is not finite",
        })
    }
}

impl core::error::Error for ConditionError {}
