//! The part of a header that describes the model's training: coupling, contrast, condition and known parts.

use crate::math::below_one;

/// The effect of contrastive training (ΔFM) on the field: `v = (v_plain - lambda m) / (1 - lambda)`.
///
/// `m(t) = alpha'(t) mu` is the mean velocity of the negatives, and `mu` their mean in standardised units
/// ([`Model::negatives`](crate::Model::negatives)), which is 0 for negatives from all rows. Stoica et
/// al., "Contrastive Flow Matching" (2025, arXiv:2506.05350), define the loss.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Contrast {
    /// No contrast: the field is a plain one.
    None,
    /// A contrast of this strength under every condition, "no condition" included.
    Everywhere(f32),
    /// A contrast of this strength under every condition except "no condition", which is plain.
    Conditional(f32),
    /// A contrast that no affine map can undo.
    Irreversible,
}

/// How noise and data were paired in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Pairing {
    /// Independently: the field has a score and a noise prediction too.
    Independent = 0,
    /// By optimal transport within batches.
    OptimalTransport = 1,
    /// By a teacher's flow.
    Reflow = 2,
    /// Not at all: the field maximises the likelihood of the data, and is no mean over pairs.
    Likelihood = 3,
}

/// The condition that samples can have: a class, a vector, both, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Conditioning {
    /// The number of classes; 0 without classes.
    pub classes: usize,
    /// The length of the condition vector; 0 without one.
    pub vector: usize,
}

/// The network's inputs for the known parts of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum KnownInputs {
    /// No such inputs: samples are drawn whole.
    #[default]
    None = 0,
    /// A flag for each number of a sample, 1 where the number is known; then the known values, standardised, and 0
    /// where nothing is known.
    Values = 1,
    /// As `Values`, then for each number a flag, 1 where the training data lacks it. Sampling leaves those at 0.
    ValuesAndAbsent = 3,
}

impl KnownInputs {
    /// The inputs for the bits above the lowest of a header's inputs; `None` if they have no meaning.
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 => Some(Self::Values),
            3 => Some(Self::ValuesAndAbsent),
            _ => None,
        }
    }

    /// Whether parts of a sample can be known.
    pub const fn is_masked(self) -> bool {
        !matches!(self, Self::None)
    }

    /// The number of inputs for samples of `dim` numbers; `None` if it overflows.
    pub const fn rows(self, dim: usize) -> Option<usize> {
        match self {
            Self::None => Some(0),
            Self::Values => dim.checked_mul(2),
            Self::ValuesAndAbsent => dim.checked_mul(3),
        }
    }
}

impl Contrast {
    /// The contrast for a code and a strength, or `None` if they are invalid.
    pub(crate) fn from_parts(code: u8, lambda: f32) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 if below_one(lambda) => Some(Self::Everywhere(lambda)),
            2 if below_one(lambda) => Some(Self::Conditional(lambda)),
            3 => Some(Self::Irreversible),
            _ => None,
        }
    }

    /// The strength that an affine map can remove from the field under a condition, or under "no
    /// condition"; 0 if there is nothing to remove.
    pub const fn strength(self, conditional: bool) -> f32 {
        match self {
            Self::Everywhere(lambda) => lambda,
            Self::Conditional(lambda) if conditional => lambda,
            Self::None | Self::Conditional(_) | Self::Irreversible => 0.0,
        }
    }

    pub(crate) const fn parts(self) -> (u8, f32) {
        match self {
            Self::None => (0, 0.0),
            Self::Everywhere(lambda) => (1, lambda),
            Self::Conditional(lambda) => (2, lambda),
            Self::Irreversible => (3, 0.0),
        }
    }
}

impl Pairing {
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Independent),
            1 => Some(Self::OptimalTransport),
            2 => Some(Self::Reflow),
            3 => Some(Self::Likelihood),
            _ => None,
        }
    }
}

impl Conditioning {
    /// No condition.
    pub const NONE: Self = Self { classes: 0, vector: 0 };

    /// One of `count` classes.
    pub const fn classes(count: usize) -> Self {
        Self { classes: count, ..Self::NONE }
    }

    /// A vector of `size` numbers.
    pub const fn vector(size: usize) -> Self {
        Self { vector: size, ..Self::NONE }
    }

    /// The kind in a header: bit 0 for classes, bit 1 for a vector.
    pub(crate) const fn code(self) -> u8 {
        (self.classes > 0) as u8 | ((self.vector > 0) as u8) << 1
    }

    /// The number of names: the class column and the classes, then the vector's columns.
    pub(crate) const fn names(self) -> usize {
        let classes = if self.classes > 0 { self.classes.saturating_add(1) } else { 0 };
        classes.saturating_add(self.vector)
    }

    /// The number of network inputs for the condition, without the "no condition" input: one for each
    /// class, then one for each number of the vector.
    pub const fn size(self) -> usize {
        self.classes.saturating_add(self.vector)
    }
}
