//! Whether a trained model repeats its training rows.
//!
//! Rows that training never saw have their distances to the nearest training row. Samples of the same
//! law have the like; samples that repeat training rows lie nearer (the data-copying test of Meehan,
//! Chaudhuri and Dasgupta 2020). A rank test tells the two apart whatever the distances' law is, and a
//! few far rows do not mislead it, as they would a comparison of means.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use statrs::stats_tests::Alternative;
use statrs::stats_tests::mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu};

use crate::Result;
use crate::data::{Dataset, Rows, Split, Standardisation};
use crate::metrics::nearest;
use crate::model::StoredModel;
use crate::sample::{self, Asked, Method, Request};

/// Samples, and held-out rows at most, whose nearest training rows are looked up.
const COUNT: usize = 512;
/// Numbers that are compared at most, which takes a second or so: of a larger table a part stands for
/// all, for samples and held-out rows alike.
const WORK: usize = 1 << 30;
/// What a row costs at least, as columns.
const LEAST_COLUMNS: usize = 4;
/// A model is said to memorise where chance alone would make it look so in one training of a thousand.
const CHANCE: f64 = 0.001;

/// How near samples and held-out rows lie to the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Neighbours {
    /// The samples' median distance to the nearest training row, in standardised units.
    pub samples: f64,
    /// That of the held-out rows.
    pub held_out: f64,
    /// How likely chance alone makes the samples lie so near.
    pub chance: f64,
    /// Whether that is too unlikely to be chance.
    pub memorised: bool,
}

impl Neighbours {
    /// Draws samples and measures; `None` where the samples are not finite.
    ///
    /// # Errors
    /// If the model cannot be sampled.
    pub fn of(model: &StoredModel, split: &Split) -> Result<Option<Self>> {
        let view = model.view();
        let held_out = first(&split.held_out, COUNT);
        let method = Method::natural(view.prediction());
        let asked = Asked::like(&held_out);
        let request = Request { asked, ..Request::new(method, method.default_steps(), COUNT) };
        let samples = sample::draw(&view, &request)?;
        if samples.as_slice().iter().any(|x| !x.is_finite()) {
            return Ok(None);
        }
        let standard = Standardisation { mean: view.mean().collect(), std: view.std().collect() };
        let most = WORK / (2 * COUNT * view.dim().max(LEAST_COLUMNS));
        let train = standard.apply(&first(&split.train, most.max(1)).values);
        let distances = |rows: &Rows| distances(&standard.apply(rows), &train);
        Ok(Self::compare(distances(&samples), distances(&held_out.values)))
    }

    /// What to tell the user of a model that memorised, in `steps` steps.
    pub fn note(&self, run: &Path, steps: u64) -> String {
        format!(
            "the samples of {} lie nearer to training rows than held-out rows do (median distance \
             {:.3} against {:.3}, in standard deviations of the columns): it may repeat rows that it \
             learnt; fewer --steps help (these were {steps}), and so do more rows",
            run.display(),
            self.samples,
            self.held_out,
        )
    }

    fn compare(mut samples: Vec<f64>, mut held_out: Vec<f64>) -> Option<Self> {
        let method = MannWhitneyUMethod::AsymptoticInclContinuityCorrection;
        let (_, chance) = mannwhitneyu(&samples, &held_out, method, Alternative::Less).ok()?;
        let (samples, held_out) = (median(&mut samples), median(&mut held_out));
        Some(Self { samples, held_out, chance, memorised: chance < CHANCE })
    }
}

/// The first rows, which are in random order.
fn first(data: &Dataset, count: usize) -> Dataset {
    data.select(&Vec::from_iter(0..data.len().min(count)))
}

/// Each row's distance to the training row nearest to it.
fn distances(rows: &Rows, train: &Rows) -> Vec<f64> {
    (0..rows.len()).into_par_iter().map(|i| nearest(&rows.select(&[i]), train)).collect()
}

/// The value in the middle.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0 to 1 in a fixed order that is like none.
    fn spread(count: usize, scale: f64) -> Vec<f64> {
        (1..=count).map(|i| scale * (i as f64 * 0.618_034).fract()).collect()
    }

    #[test]
    fn nearer_samples_are_told_apart_from_chance() {
        let of = |samples, held_out| Neighbours::compare(samples, held_out).expect("finite");
        let copies = of(spread(512, 0.5), spread(60, 1.0));
        assert!(copies.memorised && copies.samples < copies.held_out, "{copies:?}");
        for scale in [1.0, 1.5] {
            let fresh = of(spread(512, scale), spread(60, 1.0));
            assert!(!fresh.memorised, "{fresh:?}");
        }
        // One row, or all distances alike, say nothing.
        assert!(!of(spread(512, 0.1), vec![1.0]).memorised);
        assert!(!of(vec![0.0; 512], vec![0.0; 100]).memorised);
    }
}
