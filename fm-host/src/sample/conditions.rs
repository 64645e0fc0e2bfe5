//! The conditions of samples: classes, condition vectors, both, or none.

use fm_nostd::blob::Conditioning;
use fm_nostd::{Condition, Conditional, Model};

use super::condition_error;
use crate::counted::counted;
use crate::data::{Dataset, Rows};
use crate::{Error, Result};

/// The condition of every sample. The condition of sample `i` does not depend on the number of samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// The classes; `None` for samples without a class.
    pub classes: Option<Classes>,
    /// The condition vectors, in the data's units: sample `i` has row `i`, modulo the number of rows. `None`
    /// for samples without a vector.
    pub vectors: Option<Rows>,
}

/// The class of every sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Classes {
    /// Sample `i` has entry `i`, modulo the number of entries.
    Listed(Vec<usize>),
    /// Classes in these proportions, evenly distributed over the samples.
    Shares(Shares),
}

/// The condition of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleCondition<'c> {
    /// The class, if the sample has one.
    pub class: Option<usize>,
    /// The condition vector in the data's units, if the sample has one.
    pub vector: Option<&'c [f32]>,
}

impl SampleCondition<'_> {
    /// Sets this condition of a `model`'s field: both parts, or "no condition" if there is neither.
    ///
    /// # Errors
    /// If the model does not support a part, or needs a condition.
    pub fn set(&self, model: &Model<'_>, field: &mut impl Conditional) -> Result<()> {
        let none = self.class.is_none() && self.vector.is_none();
        let parts = [
            none.then_some(Condition::None),
            self.class.map(Condition::Class),
            self.vector.map(Condition::Vector),
        ];
        let mut set = |part| field.set_condition(part);
        parts.into_iter().flatten().try_for_each(&mut set).map_err(|e| condition_error(model, e))
    }
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
    /// Samples without a condition.
    pub const NONE: Self = Self { classes: None, vectors: None };

    /// Classes: sample `i` has entry `i`, modulo the number of entries.
    pub fn classes(classes: Vec<usize>) -> Self {
        Self { classes: Some(Classes::Listed(classes)), ..Self::NONE }
    }

    /// Classes in these proportions, evenly distributed over the samples.
    pub fn shares(shares: Shares) -> Self {
        Self { classes: Some(Classes::Shares(shares)), ..Self::NONE }
    }

    /// Condition vectors, in the data's units: sample `i` has row `i`, modulo the number of rows.
    pub fn vectors(rows: Rows) -> Self {
        Self { vectors: Some(rows), ..Self::NONE }
    }

    /// The conditions of the rows of `data`, in order.
    pub fn like(data: &Dataset) -> Self {
        Self {
            classes: data.labels().map(Classes::of_labels),
            vectors: data.condition.vector.as_ref().map(|vector| vector.values.clone()),
        }
    }

    /// The default conditions of a model's samples: its classes in the proportions of the training rows, or
    /// none.
    ///
    /// # Errors
    /// If the model needs a condition vector, or the proportions of its classes are not known.
    pub fn usual(model: &Model<'_>) -> Result<Self> {
        match model.conditioning().vector {
            0 => Ok(Self { classes: Classes::usual(model)?, vectors: None }),
            _ => Err(vector_needed(model)),
        }
    }

    /// Every class equally often.
    ///
    /// # Errors
    /// If the model has no classes.
    pub fn every_class(model: &Model<'_>) -> Result<Self> {
        match model.conditioning().classes {
            0 => Err(Error::usage("--class", "the model has no classes; omit this option")),
            count => Ok(Self::classes((0..count).collect())),
        }
    }

    /// The mean condition vector of the training rows.
    ///
    /// # Errors
    /// If the model does not have a condition vector.
    pub fn mean_vector(model: &Model<'_>) -> Result<Self> {
        match model.conditioning().vector {
            0 => {
                let problem = "the model has no condition vector; omit this option";
                Err(Error::usage("--condition", problem))
            }
            size => Ok(Self::vectors(Rows::from_vec(size, model.condition_mean().collect()))),
        }
    }

    /// These conditions with the missing part of those of `other`.
    pub fn or(self, other: Self) -> Self {
        Self { classes: self.classes.or(other.classes), vectors: self.vectors.or(other.vectors) }
    }

    /// Refuses one part alone for a model that has both.
    pub(super) fn check(&self, model: &Model<'_>) -> Result<()> {
        let Conditioning { classes, vector } = model.conditioning();
        match (&self.classes, &self.vectors) {
            _ if classes == 0 || vector == 0 => Ok(()),
            (Some(_), None) => Err(vector_needed(model)),
            (None, Some(_)) => {
                let problem =
                    "the model needs a class beside the condition vector; name one, or use `all`";
                Err(Error::usage("--class", problem))
            }
            _ => Ok(()),
        }
    }

    /// The number of samples after which the conditions repeat; `None` if they do not repeat, or not soon.
    pub(crate) fn period(&self) -> Option<usize> {
        let classes = match &self.classes {
            None => Some(1),
            Some(Classes::Listed(classes)) => Some(classes.len()),
            Some(Classes::Shares(_)) => None,
        };
        let vectors = self.vectors.as_ref().map_or(1, Rows::len);
        classes
            .filter(|&classes| classes == vectors || vectors == 1 || classes == 1)
            .map(|classes| classes.max(vectors))
    }

    /// The condition of sample `sample`.
    pub fn of(&self, sample: usize) -> SampleCondition<'_> {
        SampleCondition {
            class: self.class(sample),
            vector: self.vectors.as_ref().map(|rows| rows.row(sample % rows.len())),
        }
    }

    /// The class of sample `sample`; `None` if samples have no classes.
    pub fn class(&self, sample: usize) -> Option<usize> {
        self.classes.as_ref().map(|classes| match classes {
            Classes::Listed(classes) => classes[sample % classes.len()],
            Classes::Shares(shares) => shares.class(sample),
        })
    }

    /// The class of each of `count` samples; `None` if samples have no classes.
    pub fn labels(&self, count: usize) -> Option<Vec<u32>> {
        self.classes.as_ref()?;
        (0..count).map(|i| self.class(i).map(|class| class as u32)).collect()
    }
}

impl Classes {
    /// One class per label, in order.
    pub fn of_labels(labels: &[u32]) -> Self {
        Self::Listed(labels.iter().map(|&label| label as usize).collect())
    }

    /// A model's classes in the proportions of the training rows; `None` if it has no classes.
    ///
    /// # Errors
    /// If the proportions are not known.
    pub fn usual(model: &Model<'_>) -> Result<Option<Self>> {
        if model.conditioning().classes == 0 {
            return Ok(None);
        }
        let shares: Vec<f32> = model.shares().collect();
        let shares = Shares::new(&shares).ok_or_else(|| {
            let problem = "the model does not contain the proportions of its classes; name a class, or use \
                           `all` for every class equally often";
            Error::usage("--class", problem)
        })?;
        Ok(Some(Self::Shares(shares)))
    }
}

/// The error for a missing condition vector.
fn vector_needed(model: &Model<'_>) -> Error {
    let Conditioning { classes, vector } = model.conditioning();
    let names: Vec<&str> = model.condition_names().skip(classes).collect();
    let numbers = counted(vector, "number");
    let named =
        if names.is_empty() { numbers } else { format!("{numbers} ({})", names.join(", ")) };
    let them = if vector == 1 { "it" } else { "them" };
    let none = if model.unconditional() { ", `none` for no condition" } else { "" };
    let problem = format!(
        "the model needs {named}; add {them}, use `mean` for the mean over the training rows{none}, or name a \
         file with --conditions"
    );
    Error::usage("--condition", problem)
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
        assert_eq!(Conditions::classes(vec![2, 0]).labels(3), Some(vec![2, 0, 2]));
        assert_eq!(Conditions::NONE.labels(0), None);
        assert_eq!(Conditions::classes(vec![1]).labels(0), Some(Vec::new()));
        assert_eq!(Conditions::vectors(Rows::from_vec(1, vec![1.0])).labels(2), None);
    }

    #[test]
    fn both_parts_repeat_together() {
        let rows = |n: usize| Some(Rows::from_vec(1, (0..n).map(|i| i as f32).collect()));
        let both = |classes, rows| Conditions { vectors: rows, ..Conditions::classes(classes) };
        assert_eq!(both(vec![1], rows(4)).period(), Some(4));
        assert_eq!(both(vec![1, 0, 2], rows(1)).period(), Some(3));
        assert_eq!(both(vec![1, 0], rows(2)).period(), Some(2));
        assert_eq!(both(vec![1, 0], rows(3)).period(), None);
        let of = |sample| {
            let conditions = both(vec![1, 0], rows(3));
            let SampleCondition { class, vector } = conditions.of(sample);
            (class, vector.map(<[f32]>::to_vec))
        };
        assert_eq!(of(5), (Some(0), Some(vec![2.0])));
    }
}
