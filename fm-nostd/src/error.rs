//! Errors of building a field or sampler, of setting a condition, of setting known parts and of scoring a row: one
//! small enum per operation.

/// Why a field or sampler could not be built over a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FieldError {
    /// The model's samples have a different number of dimensions.
    Dim,
    /// The memory for hidden layers has a different width than the model's layers.
    Hidden,
    /// The memory for the condition has a different length than the model's condition vector.
    Condition,
    /// The working memory of a solver or of guidance is shorter than a sample.
    Work,
    /// The model predicts plain velocities and cannot jump; sample it with an ODE solver.
    NotAverage,
    /// The model supports only the single jump from noise to data: no velocity, no other jump, no
    /// likelihood and no guidance. Use [`OneStep`](crate::OneStep) or [`Jump`](crate::Jump).
    OneJump,
    /// The guidance scale is not finite.
    Scale,
    /// The model was trained without label dropout, so guidance has no field of "no condition".
    NoUnconditional,
    /// The model was trained on pairs that are not independent: it has a velocity, but no score, no noise
    /// prediction and no SDE.
    Coupling,
    /// The model was trained by maximum likelihood: it has a velocity, but no score, no noise prediction and
    /// no SDE.
    Likelihood,
    /// The field was trained with a contrast (ΔFM), so it is not the velocity of a score. If an affine
    /// map undoes the contrast, call [`Field::without_contrast`](crate::Field::without_contrast) first.
    Contrast,
    /// The model was trained with guidance in its target, so it is not the velocity of a score.
    Guidance,
    /// The model was trained on rows weighted by their error, so it is not the conditional mean and has
    /// no score.
    Reweighted,
    /// The model moves rows of a source, not noise: build the sampler by `with_source`, and call
    /// `transport`. It has no score, no likelihood and no SDE.
    Source,
    /// The model moves noise, not rows of a source: build the sampler by `new`.
    NoSource,
    /// The model was trained without known parts (`fm train --masked` trains one with them).
    NoKnown,
    /// The model was trained with its first numbers known ([`Model::known_prefix`](crate::Model::known_prefix)), so it
    /// tells nothing of whole rows.
    KnownPrefix,
    /// A column has no density, because some of its values, such as categories, stand for an interval.
    Tied,
    /// The model has integer weights, which cannot be differentiated: use its `f32` version.
    NoSlope,
}

impl core::fmt::Display for FieldError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Dim => "the model's samples have a different number of dimensions",
            Self::Hidden => "the model's hidden layers have a different width",
            Self::Condition => "the model's condition vector has a different length",
            Self::Work => "the solver's working memory is shorter than a sample",
            Self::NotAverage => {
                "the model predicts velocities, not average velocities: it cannot jump"
            }
            Self::OneJump => "the model supports only the jump from noise to data, not a velocity",
            Self::Scale => "the guidance scale is not finite",
            Self::NoUnconditional => {
                "the model was trained without label dropout and cannot be guided"
            }
            Self::Coupling => {
                "the model was trained on pairs that are not independent: it has no score"
            }
            Self::Likelihood => "the model was trained by maximum likelihood: it has no score",
            Self::Contrast => "the model was trained with a contrast: no score until it is undone",
            Self::Guidance => "the model was trained with guidance in its target: it has no score",
            Self::Reweighted => {
                "the model was trained on rows weighted by their error: it has no score"
            }
            Self::Source => {
                "the model moves rows of a source, not noise: it has no score and no likelihood"
            }
            Self::NoSource => "the model moves noise, not rows of a source",
            Self::NoKnown => {
                "the model was trained without known parts: train it with `fm train --masked`"
            }
            Self::KnownPrefix => {
                "the model was trained with its first numbers known: it tells nothing of whole rows"
            }
            Self::Tied => "a column has no density: some of its values stand for an interval",
            Self::NoSlope => {
                "the model has 8-bit weights, which have no derivative: use its f32 version"
            }
        })
    }
}

impl core::error::Error for FieldError {}

/// Why a condition could not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConditionError {
    /// The model was trained without label dropout, so it requires a condition.
    Required,
    /// The class is not smaller than the number of classes.
    NoSuchClass,
    /// The condition vector has a different length than the model's.
    Length,
    /// The model accepts another kind of condition (a class or a vector), or none.
    OtherKind,
    /// A number of the condition vector is NaN or infinite, or too large to be standardised, for example
    /// because a sensor failed. The previous condition stays, so a control loop may continue with it or
    /// stop.
    NotFinite,
}

impl core::fmt::Display for ConditionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Required => "the model requires a condition",
            Self::NoSuchClass => "the model has no such class",
            Self::Length => "the model's condition vector has a different length",
            Self::OtherKind => "the model accepts another kind of condition, or none",
            Self::NotFinite => "a number of the condition vector is not finite",
        })
    }
}

impl core::error::Error for ConditionError {}

/// Why the known parts of samples could not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum KnownError {
    /// The values or the flags are not as many as the numbers of a sample.
    Length,
    /// A known value is NaN or infinite, or too large to be standardised.
    NotFinite {
        /// The number of its column, from 0.
        column: usize,
    },
    /// A known value is not one of its column's categories.
    Impossible {
        /// The number of its column, from 0.
        column: usize,
    },
    /// The model was trained with its first numbers known ([`Model::known_prefix`](crate::Model::known_prefix)) and
    /// no others: just these must be known.
    Prefix,
    /// The field or jump was built without memory for known parts: use [`Known`](crate::Known).
    NoMemory,
}

impl core::fmt::Display for KnownError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length => f.write_str("there are not as many values and flags as columns"),
            Self::NotFinite { column } => {
                write!(f, "the known value of column {column} is not finite, or too large")
            }
            Self::Impossible { column } => {
                write!(f, "the known value of column {column} is none of its categories")
            }
            Self::Prefix => f.write_str(
                "the model was trained with its first numbers known: just these must be known",
            ),
            Self::NoMemory => f.write_str("the sampler was built without memory for known parts"),
        }
    }
}

impl core::error::Error for KnownError {}

/// Why a row could not be scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ScoreError {
    /// The values or the shares are not as many as the numbers of a sample.
    Length,
    /// A value is missing (NaN), infinite, or too large to be standardised, for example because a sensor failed.
    NotFinite {
        /// The number of its column, from 0.
        column: usize,
    },
    /// A value is not one of its column's categories.
    Impossible {
        /// The number of its column, from 0.
        column: usize,
    },
}

impl core::fmt::Display for ScoreError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length => f.write_str("there are not as many values or shares as columns"),
            Self::NotFinite { column } => {
                write!(f, "the value of column {column} is not finite, or too large")
            }
            Self::Impossible { column } => {
                write!(f, "the value of column {column} is not one of its categories")
            }
        }
    }
}

impl core::error::Error for ScoreError {}
