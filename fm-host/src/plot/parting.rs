//! When the classes of samples part.

use super::Subject;
use crate::metrics;
use crate::{Error, Result};

/// How well the places of samples tell their classes, over time.
///
/// The measure is the accuracy of a vote of the five nearest other samples: [`metrics::accuracy`] with
/// samples of the same time as voters, in standardised units. It needs no assumption about the shapes of
/// classes, does not change if a field scales all samples, and is chance for noise. The error of a
/// nearest-neighbour vote is close to the least possible error: with one neighbour and many samples it is at
/// most twice as large (Cover and Hart, 1967, doi:10.1109/TIT.1967.1053964).
#[derive(Clone, Debug)]
pub struct Parting {
    /// The times.
    pub times: Vec<f32>,
    /// The share of samples whose neighbours vote for their class. Shape: `[times]`.
    pub accuracy: Vec<f64>,
    /// The accuracy of always guessing the most frequent class.
    pub chance: f64,
}

impl Parting {
    /// Measures a subject's samples at `times`: the first half votes on the second half.
    pub(super) fn of(subject: &Subject, times: Vec<f32>) -> Result<Self> {
        let labels: Option<Vec<u32>> =
            subject.classes().map(|class| class.map(|class| class as u32)).collect();
        let distinct = |labels: &Vec<u32>| labels.iter().any(|label| *label != labels[0]);
        let labels = labels.filter(|labels| labels.len() >= 4 && distinct(labels));
        let labels = labels.ok_or_else(|| {
            let problem = "this picture needs four samples or more of several classes; use a model of \
                           classes, and omit `--class`";
            Error::usage("--picture", problem)
        })?;
        let half = labels.len() / 2;
        let states = subject.states(&subject.request, &times)?;
        // Units in which distances weigh all columns alike.
        let units = subject.stored.standardisation();
        let accuracy = states.iter().map(|rows| {
            let rows = units.apply(rows);
            let [voters, others] = [0..half, half..labels.len()].map(Vec::from_iter);
            let (voters, others) = (rows.select(&voters), rows.select(&others));
            metrics::accuracy(&others, &labels[half..], &voters, &labels[..half])
        });
        let accuracy = accuracy.collect();
        let frequency = |label: &u32| labels[half..].iter().filter(|other| *other == label).count();
        let most = labels.iter().map(frequency).max().unwrap_or(0);
        Ok(Self { times, accuracy, chance: most as f64 / (labels.len() - half) as f64 })
    }

    /// The time at which the accuracy is halfway between chance and its value at the end; `None` if it never
    /// is.
    pub fn halfway(&self) -> Option<f64> {
        let half = 0.5 * (self.chance + self.accuracy.last()?);
        let after = self.accuracy.iter().position(|value| *value >= half)?;
        let before = after.checked_sub(1)?;
        let [low, high] = [before, after].map(|i| self.accuracy[i]);
        let [start, end] = [before, after].map(|i| f64::from(self.times[i]));
        Some(start + (end - start) * (half - low) / (high - low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halfway_is_between_chance_and_the_end() {
        let of = |accuracy: &[f64]| Parting {
            times: vec![0.0, 0.5, 1.0],
            accuracy: accuracy.to_vec(),
            chance: 0.5,
        };
        // Halfway to 0.9 is 0.7, in the middle of the second interval.
        assert!((of(&[0.5, 0.5, 0.9]).halfway().unwrap() - 0.75).abs() < 1e-9);
        assert_eq!(of(&[0.9, 0.9, 0.9]).halfway(), None);
    }
}
