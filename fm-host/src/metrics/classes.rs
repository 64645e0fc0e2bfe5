//! What single classes reveal about samples: another distribution, and too small or too large a standard
//! deviation.
//!
//! Standard deviations are compared along the principal axes of each class's own training rows. If noise is
//! too small by a factor, below a signal that varies far more, no column and hardly any distance shows it;
//! along the axes that the signal leaves free it shows fully.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::distance::mean_within;
use super::energy::energy_within;
use super::frechet::Features;
use crate::data::{Dataset, Rows, groups};

/// Classes with fewer evaluation rows are not compared: by chance they would often score worst.
const LEAST: usize = 10;
/// The axes of a class are compared in up to this many groups, from the widest to the narrowest.
const BLOCKS: usize = 4;
/// Added to standard deviations before comparison, in units of the column's: smaller ones count as 0.
const NO_SPREAD: f64 = 0.01;

/// The classes that are compared: their evaluation rows, in standardised units.
pub(super) struct Classes {
    classes: Vec<Class>,
    /// The name of each class.
    pub names: Vec<String>,
}

struct Class {
    /// The indices of the evaluation rows of this class.
    rows: Vec<usize>,
    evaluation: Rows,
    /// The mean distance within the evaluation rows.
    within: f64,
    axes: Features,
    spreads: Vec<f64>,
}

impl Classes {
    /// Prepares the classes of the evaluation rows, or all rows as one class; `fitted` are the training
    /// rows of each class that its axes are fitted to.
    pub fn of(evaluation: &Dataset, fitted: impl Iterator<Item = Rows>) -> Self {
        let names = evaluation.class_names();
        let groups =
            groups(evaluation.len(), evaluation.labels()).into_iter().zip(fitted).enumerate();
        let compared: Vec<(usize, Vec<usize>, Rows)> = groups
            .map(|(k, (rows, fitted))| (k, rows, fitted))
            .filter(|(_, rows, fitted)| rows.len() >= LEAST && fitted.len() >= 2)
            .collect();
        let name = |k: usize| names.get(k).cloned().unwrap_or_else(|| "all rows".to_owned());
        let names = compared.iter().map(|&(k, ..)| name(k)).collect();
        let class = |(_, rows, fitted): (usize, Vec<usize>, Rows)| {
            let evaluation = evaluation.values.select(&rows);
            let axes = Features::all(&fitted);
            let spreads = axes.spreads(&evaluation);
            Class { within: mean_within(&evaluation), rows, evaluation, axes, spreads }
        };
        Self { classes: compared.into_par_iter().map(class).collect(), names }
    }

    /// Returns every class's energy distance from its evaluation rows; sample `i` has evaluation row
    /// `i`'s class.
    pub fn energies(&self, samples: &Rows) -> Vec<f64> {
        let energy = |class: &Class| {
            energy_within(&samples.select(&class.rows), &class.evaluation, class.within)
        };
        self.classes.iter().map(energy).collect()
    }

    /// Returns how wide every class is relative to its evaluation rows, with values below 1 for too
    /// narrow. A group of axes scores the geometric mean of its ratios of standard deviations; the class
    /// scores that of the group farthest from 1.
    pub fn spreads(&self, samples: &Rows) -> Vec<f64> {
        self.classes.iter().map(|class| class.spread(&samples.select(&class.rows))).collect()
    }
}

impl Class {
    fn spread(&self, samples: &Rows) -> f64 {
        let found = self.axes.spreads(samples);
        let logs: Vec<f64> = found
            .iter()
            .zip(&self.spreads)
            .map(|(found, wanted)| ((found + NO_SPREAD) / (wanted + NO_SPREAD)).ln())
            .collect();
        let mean = |block: &[f64]| block.iter().sum::<f64>() / block.len() as f64;
        let means = logs.chunks(logs.len().div_ceil(BLOCKS).max(1)).map(mean);
        means.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0).exp()
    }
}

impl Features {
    /// Returns the standard deviation along every axis, starting with the widest in the fitted rows.
    fn spreads(&self, rows: &Rows) -> Vec<f64> {
        let gaussian: DMatrix<f64> = self.gaussian(rows).covariance;
        gaussian.diagonal().iter().map(|variance| variance.max(0.0).sqrt()).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::normal;
    use super::*;
    use crate::data::{ClassData, ConditionData};

    /// Three classes of waves with widely varying amplitude and phase, plus white noise; the noise of
    /// class 1 is multiplied by `factor`.
    pub fn waves(count: usize, seed: u64, factor: f32) -> Dataset {
        const POINTS: usize = 24;
        let (signal, noise) = (normal(count, 2, seed), normal(count, POINTS, seed + 1000));
        let labels: Vec<u32> = (0..count).map(|i| (i % 3) as u32).collect();
        let value = |i: usize, d: usize| {
            let angle = (1 + labels[i]) as f32 * d as f32 / POINTS as f32 * std::f32::consts::TAU;
            let scale = if labels[i] == 1 { 0.15 * factor } else { 0.15 };
            let (a, b) = (signal.row(i)[0], signal.row(i)[1]);
            a * angle.sin() + b * angle.cos() + scale * noise.row(i)[d]
        };
        let values = (0..count).flat_map(|i| (0..POINTS).map(move |d| value(i, d)));
        Dataset::new(
            "waves",
            (0..POINTS).map(|d| format!("t{d}")).collect(),
            Rows::from_vec(POINTS, values.collect()),
            ClassData {
                column: "shape".to_owned(),
                names: ["slow", "middle", "fast"].map(str::to_owned).into(),
                labels,
            },
        )
    }

    fn classes(evaluation: &Dataset) -> Classes {
        let fitted = waves(900, 7, 1.0);
        let groups = groups(fitted.len(), fitted.labels());
        Classes::of(evaluation, groups.into_iter().map(|rows| fitted.values.select(&rows)))
    }

    #[test]
    fn noise_that_is_too_small_in_one_class_is_seen() {
        let evaluation = waves(300, 1, 1.0);
        let classes = classes(&evaluation);
        assert_eq!(classes.names, ["slow", "middle", "fast"]);
        let real = classes.spreads(&waves(300, 3, 1.0).values);
        // The mean of six logarithms of ratios over 100 rows each: a standard deviation of 0.1 / sqrt(6)
        // = 0.04, and 0.1 along one of the signal's own axes; four of those.
        assert!(real.iter().all(|ratio| ratio.ln().abs() < 0.4), "{real:?}");
        let found = classes.spreads(&waves(300, 3, 1.0 / 15.0).values);
        // 0.01 to 0.15, each plus the 0.01 that counts as none: a factor of 0.125, within the 4 % from
        // above.
        assert!(found[1] < 0.15 && found[1] > 0.1, "{found:?}");
        assert_eq!((found[0], found[2]), (real[0], real[2]));
    }

    #[test]
    fn a_class_that_is_elsewhere_is_seen() {
        let evaluation = waves(300, 1, 1.0);
        let classes = classes(&evaluation);
        let mut samples = waves(300, 3, 1.0).values;
        let before = classes.energies(&samples);
        for i in (2..300).step_by(3) {
            samples.row_mut(i).iter_mut().for_each(|x| *x += 1.0);
        }
        let after = classes.energies(&samples);
        assert_eq!(before[..2], after[..2]);
        // A shift of 1 in 24 columns has a length of 4.9.
        assert!(after[2] > 1.0 && before[2] < 0.2, "{before:?} {after:?}");
    }

    #[test]
    fn rows_without_classes_are_one_and_few_rows_none() {
        let mut evaluation = waves(300, 1, 1.0);
        evaluation.condition = ConditionData::default();
        let fitted = || std::iter::once(waves(300, 2, 1.0).values);
        assert_eq!(Classes::of(&evaluation, fitted()).names, ["all rows"]);
        assert!(Classes::of(&evaluation.select(&[0, 1, 2]), fitted()).names.is_empty());
    }
}
