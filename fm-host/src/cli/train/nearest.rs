//! Whether a trained model repeats its training rows.
//!
//! Two tests must both find it. First, samples that repeat training rows are nearer to them than held-out
//! rows are (the data-copying test of Meehan, Chaudhuri and Dasgupta, 2020, arXiv:2004.05675). But so are
//! the samples of a model that merely leaves out the noise of its data, and such a model does not know which
//! rows were held out. So, second, the nearest of all rows must be a training row more often than the
//! numbers of training and held-out rows explain. Both tests use ranks and counts, so they hold for every
//! distribution of distances and are robust to outliers.

use std::path::Path;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::stats_tests::Alternative;
use statrs::stats_tests::mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu};

use crate::Result;
use crate::cli::source;
use crate::data::{Dataset, Nearest, Rows, Split, nearest_rows};
use crate::model::StoredModel;
use crate::sample::{self, Conditions, Method, Request};

/// The number of samples, and the most held-out rows, whose nearest training rows are looked up.
const COUNT: usize = 512;
/// The most numbers to compare, which takes about a second. A larger table is represented by a part of its
/// rows, both for samples and for held-out rows.
const WORK: usize = 1 << 30;
/// The least cost of a row, in columns.
const LEAST_COLUMNS: usize = 4;
/// The significance level: by chance alone, one training in a thousand is reported as memorised.
const CHANCE: f64 = 0.001;

/// How near samples and held-out rows are to the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Neighbours {
    /// The samples' median distance to the nearest training row, in standardised units.
    pub samples: f64,
    /// The held-out rows' median distance to the nearest training row.
    pub held_out: f64,
    /// The p-value: the larger one of the two tests.
    pub chance: f64,
    /// Whether the p-value is below the significance level, and the held-out rows are a random draw of all rows.
    pub memorised: bool,
    /// Whether held-out rows differ from training rows for another reason: they are of other groups, or later.
    pub apart: bool,
}

impl Neighbours {
    /// Draws samples and tests them; `None` if the samples are not finite, or too few rows have no missing cells.
    ///
    /// # Errors
    /// If the model cannot be sampled.
    pub fn of(model: &StoredModel, split: &Split) -> Result<Option<Self>> {
        let view = model.view();
        let split = &split.complete();
        if split.train.is_empty() || split.held_out.is_empty() {
            return Ok(None);
        }
        let held_out = first(&split.held_out, COUNT);
        let method = Method::natural(view.prediction());
        let conditions = Conditions::like(&held_out);
        let start = source::matched(split.held_out_source(), &held_out, 0)?;
        let plain = Request::new(method, method.default_steps(), COUNT);
        let known = model.always_known(&held_out.values);
        let request = Request { start, conditions, known, ..plain };
        let samples = sample::draw(&view, &request)?;
        if samples.as_slice().iter().any(|x| !x.is_finite()) {
            return Ok(None);
        }
        let standard = model.standardisation();
        let most = WORK / (2 * COUNT * view.dim().max(LEAST_COLUMNS));
        let train = standard.apply(&first(&split.train, most.max(1)).values);
        let held_out = standard.apply(&held_out.values);
        let data = model.config.as_ref().map(|config| &config.data);
        let apart = data.is_some_and(|data| data.group.is_some() || data.holdout_last);
        let found = Self::compare(&standard.apply(&samples), &train, &held_out);
        Ok(found.map(|found| Self { memorised: found.memorised && !apart, apart, ..found }))
    }

    fn compare(samples: &Rows, train: &Rows, held_out: &Rows) -> Option<Self> {
        let (to_train, fresh) = (nearest_rows(samples, train), nearest_rows(held_out, train));
        let distances = |all: &[Nearest]| all.iter().map(|one| one.distance).collect::<Vec<_>>();
        let (mut near, mut far) = (distances(&to_train), distances(&fresh));
        let method = MannWhitneyUMethod::AsymptoticInclContinuityCorrection;
        let (_, nearer) = mannwhitneyu(&near, &far, method, Alternative::Less).ok()?;
        let known = knows_training_rows(
            &to_train,
            train.len(),
            &nearest_rows(samples, held_out),
            held_out.len(),
        );
        let chance = f64::max(nearer, known);
        let (samples, held_out) = (median(&mut near), median(&mut far));
        Some(Self { samples, held_out, chance, memorised: chance < CHANCE, apart: false })
    }

    /// The note for samples that are nearer to the training rows, after `steps` steps; `None` if they are not.
    pub fn note(&self, run: &Path, steps: u64) -> Option<String> {
        let so = match (self.memorised, self.apart) {
            (true, _) => format!(
                "so the model may repeat training rows; use fewer --steps (now {steps}) or more rows"
            ),
            (false, true) if self.chance < CHANCE => {
                "which held-out rows of other groups, or of a later time, may be in any case: this does not show that \
                 the model repeats training rows"
                    .to_owned()
            }
            _ => return None,
        };
        Some(format!(
            "the samples of {} are nearer to training rows than held-out rows are (median distance \
             {:.3} and {:.3}, in standard deviations of the columns), {so}",
            run.display(),
            self.samples,
            self.held_out,
        ))
    }
}

/// The first `count` rows; rows are in random order.
fn first(data: &Dataset, count: usize) -> Dataset {
    data.select(&Vec::from_iter(0..data.len().min(count)))
}

/// Returns the p-value of the second test: the probability that so many samples have a training row as
/// their nearest row if the model does not know which rows were held out.
///
/// A row may be nearest to many samples, so the test permutes rows, not samples: the held-out rows are a
/// random draw of all rows without replacement, each with its number of samples.
fn knows_training_rows(
    to_train: &[Nearest],
    train: usize,
    to_held_out: &[Nearest],
    held_out: usize,
) -> f64 {
    let mut samples_of = vec![0.0; train + held_out];
    for (near, far) in to_train.iter().zip(to_held_out) {
        let row = if far.distance < near.distance { train + far.row } else { near.row };
        samples_of[row] += 1.0;
    }
    let (n, m) = (samples_of.len() as f64, held_out as f64);
    let mean = to_train.len() as f64 / n;
    let of_held_out: f64 = samples_of[train..].iter().sum();
    let spread: f64 =
        samples_of.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let deviation = (m * (1.0 - m / n) * spread).sqrt();
    Normal::standard().cdf((of_held_out - m * mean) / deviation.max(f64::MIN_POSITIVE))
}

/// The value in the middle.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, fill_normal, stream};

    const DIM: usize = 8;

    /// Standard normal rows times `scale`; equal for equal `number`.
    fn normal(count: usize, scale: f32, number: u64) -> Rows {
        let mut values = vec![0.0; count * DIM];
        fill_normal(&mut stream(number, Purpose::Block, 0), &mut values);
        values.iter_mut().for_each(|x| *x *= scale);
        Rows::from_vec(DIM, values)
    }

    fn memorised(samples: &Rows) -> bool {
        let (train, held_out) = (normal(240, 1.0, 1), normal(60, 1.0, 2));
        Neighbours::compare(samples, &train, &held_out).expect("finite").memorised
    }

    /// 512 samples near the first rows of a table.
    fn near(table: &Rows) -> Rows {
        let mut samples = normal(512, 0.2, 3);
        for i in 0..512 {
            let row = table.row(i % table.len());
            samples.row_mut(i).iter_mut().zip(row).for_each(|(x, row)| *x += row);
        }
        samples
    }

    #[test]
    fn copies_are_told_apart_from_fresh_and_from_smooth_samples() {
        assert!(memorised(&near(&normal(240, 1.0, 1))), "copies of training rows");
        assert!(!memorised(&normal(512, 1.0, 4)), "fresh samples of the law");
        // Nearer to the middle, and so to every row: to held-out ones too.
        assert!(!memorised(&normal(512, 0.6, 4)), "samples without the noise");
        assert!(!memorised(&near(&normal(60, 1.0, 2))), "copies of held-out rows");
    }

    #[test]
    fn held_out_groups_are_no_sign_of_memory() {
        let found =
            Neighbours { samples: 0.1, held_out: 0.9, chance: 0.0, memorised: true, apart: false };
        let said = |found: Neighbours| found.note(Path::new("run"), 100).unwrap_or_default();
        assert!(said(found).contains("may repeat training rows"));
        let groups = Neighbours { memorised: false, apart: true, ..found };
        assert!(said(groups).contains("does not show that the model repeats"), "{}", said(groups));
        assert_eq!(said(Neighbours { chance: 0.5, ..groups }), "");
    }

    #[test]
    fn one_row_held_out_says_nothing() {
        let (train, held_out) = (normal(20, 1.0, 1), normal(1, 1.0, 2));
        let found = Neighbours::compare(&near(&train), &train, &held_out).expect("finite");
        assert!(!found.memorised, "{found:?}");
    }
}
