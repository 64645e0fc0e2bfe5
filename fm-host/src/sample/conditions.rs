//! The conditions of samples: none, classes, or condition vectors.

use fm_nostd::blob::Conditioning;
use fm_nostd::{Condition, Model};

use crate::data::{self, Dataset, Rows};
use crate::{Error, Result};

/// The condition of every sample. The condition of sample `i` does not depend on the number of samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Conditions {
    /// Samples have no condition.
    None,
    /// Classes: sample `i` has entry `i`, modulo the number of entries.
    Classes(Vec<usize>),
    /// Classes in these proportions, evenly distributed over the samples.
    Shares(Shares),
    /// Condition vectors, in the data's units: sample `i` has row `i`, modulo the number of rows.
    Vectors(Rows),
}

/// The proportions of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// The upper end of each class's interval in [0, 1).
    ends: Vec<f64>,
}

impl Shares {
    /// Returns the proportions of classes 0, 1 and so on; `None` unless the shares are finite, at least 0, and
    /// have a sum above 0.
    pub fn new(shares: &[f32]) -> Option<Self> {
        let mut sum = 0.0;
        let sums = shares.iter().map(|&share| {
            sum += f64::from(share);
            sum
        });
        let ends: Vec<f64> = sums.collect();
        let valid = shares.iter().all(|share| share.is_finite() && *share >= 0.0) && sum > 0.0;
        valid.then(|| Self { ends: ends.iter().map(|end| end / sum).collect() })
    }

    /// The class of sample `i`: multiples of the golden ratio fill [0, 1) evenly, for any number of samples.
    fn class(&self, i: usize) -> usize {
        // 2^64 over the golden ratio; half a turn ahead, so that the first sample has a common class.
        let turn = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1 << 63);
        let place = turn as f64 / 2f64.powi(64);
        let last = self.ends.partition_point(|end| *end < 1.0);
        self.ends.partition_point(|end| *end <= place).min(last)
    }
}

impl Conditions {
    /// The conditions of the rows of `data`, in order.
    pub fn like(data: &Dataset) -> Self {
        match &data.condition {
            data::ConditionData::None => Self::None,
            data::ConditionData::Classes { labels, .. } => Self::of_labels(labels),
            data::ConditionData::Vector { values, .. } => Self::Vectors(values.clone()),
        }
    }

    /// One class per label, in order.
    pub fn of_labels(labels: &[u32]) -> Self {
        Self::Classes(labels.iter().map(|&label| label as usize).collect())
    }

    /// The default conditions of a model's samples: its classes in the proportions of the training rows, or
    /// none.
    ///
    /// # Errors
    /// If the model needs a condition vector, or the proportions of its classes are not known.
    pub fn usual(model: &Model<'_>) -> Result<Self> {
        match model.conditioning() {
            Conditioning::Classes(_) => {
                let shares: Vec<f32> = model.shares().collect();
                Shares::new(&shares).map(Self::Shares).ok_or_else(|| {
                    let problem = "the model does not contain the proportions of its classes; name a \
                                   class, or use `all` for every class equally often";
                    Error::usage("--class", problem)
                })
            }
            Conditioning::Vector(size) => {
                let names: Vec<&str> = model.condition_names().collect();
                let names = if names.is_empty() {
                    format!("{size} numbers")
                } else {
                    format!("{size} numbers ({})", names.join(", "))
                };
                let none = if model.unconditional() { ", `none` for no condition" } else { "" };
                let problem = format!(
                    "the model needs {names}; add them, use `mean` for the mean over the training \
                     rows{none}, or name a file with --conditions"
                );
                Err(Error::usage("--condition", problem))
            }
            Conditioning::None => Ok(Self::None),
        }
    }

    /// Every class equally often.
    ///
    /// # Errors
    /// If the model has no classes.
    pub fn every_class(model: &Model<'_>) -> Result<Self> {
        match model.conditioning() {
            Conditioning::Classes(count) => Ok(Self::Classes((0..count).collect())),
            Conditioning::None | Conditioning::Vector(_) => {
                Err(Error::usage("--class", "the model has no classes; omit this option"))
            }
        }
    }

    /// The mean condition vector of the training rows.
    ///
    /// # Errors
    /// If the model does not have a condition vector.
    pub fn mean_vector(model: &Model<'_>) -> Result<Self> {
        match model.conditioning() {
            Conditioning::Vector(size) => {
                Ok(Self::Vectors(Rows::from_vec(size, model.condition_mean().collect())))
            }
            Conditioning::None | Conditioning::Classes(_) => {
                let problem = "the model has no condition vector; omit this option";
                Err(Error::usage("--condition", problem))
            }
        }
    }

    /// The number of samples after which the conditions repeat; `None` if they do not repeat.
    pub(crate) fn period(&self) -> Option<usize> {
        match self {
            Self::None => Some(1),
            Self::Classes(classes) => Some(classes.len()),
            Self::Shares(_) => None,
            Self::Vectors(rows) => Some(rows.len()),
        }
    }

    /// The condition of sample `sample`.
    pub fn of(&self, sample: usize) -> Condition<'_> {
        match self {
            Self::None => Condition::None,
            Self::Classes(classes) => Condition::Class(classes[sample % classes.len()]),
            Self::Shares(shares) => Condition::Class(shares.class(sample)),
            Self::Vectors(rows) => Condition::Vector(rows.row(sample % rows.len())),
        }
    }

    /// The class of sample `sample`; `None` if samples have no classes.
    pub fn class(&self, sample: usize) -> Option<usize> {
        match self.of(sample) {
            Condition::Class(class) => Some(class),
            Condition::None | Condition::Vector(_) => None,
        }
    }

    /// The class of each of `count` samples; `None` if samples have no classes.
    pub fn labels(&self, count: usize) -> Option<Vec<u32>> {
        match self {
            Self::Classes(_) | Self::Shares(_) => {
                (0..count).map(|i| self.class(i).map(|class| class as u32)).collect()
            }
            Self::None | Self::Vectors(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_met_by_every_prefix() {
        let wanted = [0.7, 0.0, 0.2, 0.1];
        let shares = Shares::new(&wanted.map(|share| 273.0 * share)).expect("shares");
        let mut counts = [0.0; 4];
        for i in 0..100_000 {
            counts[shares.class(i)] += 1.0;
            for (count, share) in counts.iter().zip(wanted) {
                // With multiples of the golden ratio a count is wrong by at most a few, for any number of samples.
                let off: f32 = count - share * (i + 1) as f32;
                assert!(off.abs() < 4.0, "{i}: {counts:?}");
            }
        }
        assert_eq!(counts[1], 0.0, "a class without rows is never drawn");
        assert_eq!(Shares::new(&[]), None);
        assert_eq!(Shares::new(&[f32::NAN, 1.0]), None);
        assert_eq!(Shares::new(&[0.0, 0.0]), None);
        let last = Shares::new(&[1.0, 0.0]).expect("shares");
        assert!((0..1000).all(|i| last.class(i) == 0));
    }

    #[test]
    fn labels_are_those_of_the_samples() {
        assert_eq!(Conditions::Classes(vec![2, 0]).labels(3), Some(vec![2, 0, 2]));
        assert_eq!(Conditions::None.labels(0), None);
        assert_eq!(Conditions::Classes(vec![1]).labels(0), Some(Vec::new()));
        assert_eq!(Conditions::Vectors(Rows::from_vec(1, vec![1.0])).labels(2), None);
    }
}
