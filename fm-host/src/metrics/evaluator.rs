//! Computes all metrics of a set of samples, together with those of real data and of noise.

use std::sync::OnceLock;

use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::classes::Classes;
use super::columns::Columns;
use super::distance::mean_within;
use super::energy::energy_within;
use super::frechet::{Features, Gaussian};
use super::joint::{Joint, with_classes};
use super::nearest::distances_to_nearest;
use super::reference::Reference;
use super::score::{Floor, Judgement, Metric, Part, Score};
use super::{Density, accuracy, c2st, inside, mean_and_spread, share_worst, sw2, uneven, w2};
use crate::data::{ConditionData, Dataset, Rows, Split, Standardisation};
use crate::random::{Purpose, stream};
use crate::{Error, Result};

/// How many draws of real rows a floor is averaged over.
const DRAWS: u64 = 16;
/// Where samples are clamped, in standardised units: one point at 10^9 should not decide every mean.
const FARTHEST: f32 = 50.0;

/// Measures samples against one split of one data set.
///
/// Samples, draws of real data and noise all have as many rows as the evaluation set
/// ([`Evaluator::samples`]), each drawn for the condition of one evaluation row
/// ([`Evaluator::evaluation_rows`]), so that only their quality differs.
pub struct Evaluator {
    reference: Reference,
    columns: Columns,
    classes: Classes,
    density: Option<Density>,
    /// The mean distance within the evaluation rows, which every energy distance needs.
    within: f64,
    /// The features, and the evaluation rows' Gaussian in them; only for more than two columns.
    features: Option<(Features, Gaussian)>,
    /// Only if every row has a condition vector.
    joint: Option<Joint>,
    floors: OnceLock<Measured<Floor>>,
    ceilings: OnceLock<Vec<Metric>>,
    /// The rows that ceilings are measured on instead of noise.
    starts: Option<Rows>,
}

/// Metrics of all rows, and of single columns and classes.
struct Measured<T> {
    metrics: Vec<T>,
    parts: Vec<Part>,
}

impl Evaluator {
    /// Chooses the evaluation rows, and precomputes what every evaluation needs.
    ///
    /// # Panics
    /// If the split has an empty part or a class without training rows, or the standardisation belongs
    /// to other data.
    pub fn new(split: &Split, standardisation: &Standardisation) -> Self {
        let reference = Reference::new(split, standardisation);
        let Reference { evaluation, train, .. } = &reference;
        let features = (evaluation.values.dim() > 2).then(|| {
            let features = Features::fit(&train.values);
            let gaussian = features.gaussian(&evaluation.values);
            (features, gaussian)
        });
        let all = standardisation.apply(&split.train.values);
        Self {
            within: mean_within(&evaluation.values),
            columns: Columns::of(evaluation, &all),
            classes: Classes::of(evaluation, reference.fitted()),
            density: reference.law.and_then(Density::of),
            joint: Joint::of(train, evaluation),
            features,
            reference,
            floors: OnceLock::new(),
            ceilings: OnceLock::new(),
            starts: None,
        }
    }

    /// This evaluator with ceilings of rows of a source, where samples start instead of noise.
    ///
    /// Shape: `starts` is `[samples, dim]`, standardised as the data.
    pub fn with_starts(self, starts: Rows) -> Self {
        Self { starts: Some(starts), ceilings: OnceLock::new(), ..self }
    }

    /// The number of samples to evaluate: one for each of [`Evaluator::evaluation_rows`].
    pub fn samples(&self) -> usize {
        self.reference.evaluation.len()
    }

    /// The held-out rows that samples are compared with, in standardised units: all, but at most 4096,
    /// and fewer for more than 16 columns. Sample `i` must be drawn for the condition of row `i`.
    pub fn evaluation_rows(&self) -> &Dataset {
        &self.reference.evaluation
    }

    /// The number of held-out rows.
    pub fn held_out(&self) -> usize {
        self.reference.held_out
    }

    /// Returns the metrics of samples in standardised units, in the order of the table of
    /// [`crate::metrics`].
    ///
    /// # Errors
    /// If a value is not finite, which happens if training diverged, or there are fewer than two samples.
    ///
    /// # Panics
    /// If the number of samples is not [`Evaluator::samples`], or their width is not the data's.
    pub fn evaluate(&self, samples: &Rows) -> Result<Vec<Metric>> {
        Ok(self.measure_samples(samples)?.metrics)
    }

    /// Returns the metrics of [`Evaluator::evaluate`], each with its floor and its ceiling.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    ///
    /// # Panics
    /// As [`Evaluator::evaluate`].
    pub fn score(&self, samples: &Rows) -> Result<Vec<Score>> {
        self.beside(&self.evaluate(samples)?)
    }

    /// Returns the scores of [`Evaluator::score`], and the metrics of single columns and classes.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    ///
    /// # Panics
    /// As [`Evaluator::evaluate`].
    pub fn judge(&self, samples: &Rows) -> Result<Judgement> {
        let Measured { metrics, mut parts } = self.measure_samples(samples)?;
        // Both have the same metrics of the same columns and classes, in the same order.
        for (part, floor) in parts.iter_mut().zip(&self.measured_floors()?.parts) {
            (part.floor, part.floor_spread) = (floor.floor, floor.floor_spread);
        }
        Ok(Judgement { scores: self.beside(&metrics)?, parts })
    }

    /// Returns metrics from [`Evaluator::evaluate`], each with its floor and its ceiling.
    ///
    /// # Errors
    /// If a metric of real data or of noise cannot be computed.
    pub fn beside(&self, metrics: &[Metric]) -> Result<Vec<Score>> {
        let (floors, ceilings) = (self.floors()?, self.ceilings()?);
        let beside = |&Metric { name, value }: &Metric| {
            let floor = floors.iter().find(|floor| floor.name == name)?;
            let ceiling = ceilings.iter().find(|ceiling| ceiling.name == name)?.value;
            Some(Score { name, value, floor: floor.value, floor_spread: floor.spread, ceiling })
        };
        Ok(metrics.iter().filter_map(beside).collect())
    }

    /// Returns the scores of real data, computed once.
    ///
    /// Most floors average 16 draws of [`Evaluator::samples`] rows that are not held out, with the
    /// evaluation rows' classes, compared with the evaluation rows: fresh rows of a built-in law, or
    /// training rows. `nn`, `accuracy`, `off_lattice` and `out_of_range` compare with the training rows:
    /// their floors are the scores of the evaluation rows themselves, with the standard error as the
    /// standard deviation.
    ///
    /// # Errors
    /// If the assignment solver fails, or the classifier cannot be trained.
    pub fn floors(&self) -> Result<&[Floor]> {
        Ok(&self.measured_floors()?.metrics)
    }

    /// Returns real data's score in a metric of your own: its mean and standard deviation over the draws
    /// that [`Evaluator::floors`] averages.
    pub fn floor_of(&self, figure: impl Fn(&Rows) -> f64 + Sync) -> (f64, f64) {
        let figure = |index| figure(&self.reference.draw(index).values);
        mean_and_spread(&(0..DRAWS).into_par_iter().map(figure).collect::<Vec<_>>())
    }

    /// Returns the scores of what samples start at, standard normal noise or rows of a source, computed once, with each row under an evaluation row's
    /// condition.
    ///
    /// # Errors
    /// If the assignment solver fails, or the classifier cannot be trained.
    pub fn ceilings(&self) -> Result<&[Metric]> {
        if let Some(ceilings) = self.ceilings.get() {
            return Ok(ceilings);
        }
        let mut rng = stream(0, Purpose::Ceiling, 0);
        let evaluation = self.evaluation_rows();
        let count = evaluation.values.as_slice().len();
        let mut noise = || (0..count).map(|_| StandardNormal.sample(&mut rng)).collect();
        let dim = evaluation.values.dim();
        let noise = self.starts.clone().unwrap_or_else(|| Rows::from_vec(dim, noise()));
        let mut ceilings = self.distances(&noise, &evaluation.condition)?.metrics;
        ceilings.extend(self.against_training(&noise).metrics.into_iter().map(|floor| {
            let Floor { name, value, .. } = floor;
            Metric { name, value }
        }));
        Ok(self.ceilings.get_or_init(|| ceilings))
    }

    fn measured_floors(&self) -> Result<&Measured<Floor>> {
        if let Some(floors) = self.floors.get() {
            return Ok(floors);
        }
        let measure = |index| {
            let Dataset { values, condition, .. } = self.reference.draw(index);
            self.distances(&values, &condition)
        };
        let draws: Vec<Measured<Metric>> =
            (0..DRAWS).into_par_iter().map(measure).collect::<Result<_>>()?;
        let over = |of: &dyn Fn(&Measured<Metric>) -> f64| {
            mean_and_spread(&draws.iter().map(of).collect::<Vec<_>>())
        };
        let floor = |(k, metric): (usize, &Metric)| {
            let (value, spread) = over(&|draw| draw.metrics[k].value);
            Floor { name: metric.name, value, spread }
        };
        let part = |(k, part): (usize, &Part)| {
            let (floor, floor_spread) = over(&|draw| draw.parts[k].value);
            Part { floor, floor_spread, ..part.clone() }
        };
        let mut floors = Measured {
            metrics: draws[0].metrics.iter().enumerate().map(floor).collect(),
            parts: draws[0].parts.iter().enumerate().map(part).collect(),
        };
        let own = self.against_training(&self.evaluation_rows().values);
        floors.metrics.extend(own.metrics);
        floors.parts.extend(own.parts);
        Ok(self.floors.get_or_init(|| floors))
    }

    fn measure_samples(&self, samples: &Rows) -> Result<Measured<Metric>> {
        let evaluation = self.evaluation_rows();
        assert_eq!(
            samples.dim(),
            evaluation.values.dim(),
            "samples of another width than the data"
        );
        assert_eq!(samples.len(), evaluation.len(), "one sample for each evaluation row");
        if samples.len() < 2 {
            let problem =
                "a distance needs at least two samples; hold out more rows with --holdout";
            return Err(Error::data("the samples", problem));
        }
        if let Some(i) = samples.as_slice().iter().position(|x| !x.is_finite()) {
            let row = i / samples.dim() + 1;
            let problem = format!(
                "sample {row} is not finite: the training diverged, or the model is damaged"
            );
            return Err(Error::data("the samples", problem));
        }
        let mut samples = samples.clone();
        samples.as_mut_slice().iter_mut().for_each(|x| *x = x.clamp(-FARTHEST, FARTHEST));
        let mut measured = self.distances(&samples, &evaluation.condition)?;
        let near = self.against_training(&samples);
        let metric = |&Floor { name, value, .. }: &Floor| Metric { name, value };
        measured.metrics.extend(near.metrics.iter().map(metric));
        measured.parts.extend(near.parts);
        Ok(measured)
    }

    /// Computes the metrics that compare rows and their conditions with the evaluation rows.
    fn distances(&self, rows: &Rows, condition: &ConditionData) -> Result<Measured<Metric>> {
        let evaluation = self.evaluation_rows();
        let mut metrics = vec![
            Metric { name: "w2", value: w2(rows, &evaluation.values)? },
            Metric { name: "sw2", value: sw2(rows, &evaluation.values) },
            Metric { name: "energy", value: energy_within(rows, &evaluation.values, self.within) },
        ];
        metrics.extend(self.by_law(rows));
        if let Some((features, evaluation)) = &self.features {
            let value = features.gaussian(rows).frechet(evaluation);
            metrics.push(Metric { name: "fd20", value });
        }
        let joint = self.joint.as_ref();
        let value = match joint.and_then(|joint| Some((joint, joint.pairs(condition, rows)?))) {
            Some((joint, told)) => {
                metrics.push(Metric { name: "joint_energy", value: joint.energy(&told) });
                c2st(&told, &joint.evaluation)?
            }
            None => {
                let real = with_classes(&evaluation.values, condition);
                c2st(&with_classes(rows, condition), &real)?
            }
        };
        metrics.push(Metric { name: "c2st", value });
        let part = |name, of: &String, value| Part {
            name,
            of: of.clone(),
            value,
            floor: 0.0,
            floor_spread: 0.0,
        };
        let mut parts = Vec::new();
        let ks = self.columns.ks(rows);
        let worst = ks.iter().copied().fold(0.0, f64::max);
        metrics.push(Metric { name: "ks_worst", value: worst });
        parts.extend(evaluation.columns.iter().zip(ks).map(|(of, value)| part("ks", of, value)));
        let names = &self.classes.names;
        if !names.is_empty() {
            if evaluation.labels().is_some() {
                let energies = self.classes.energies(rows);
                let worst = energies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                metrics.push(Metric { name: "energy_worst", value: worst });
                let energies = names.iter().zip(energies);
                parts.extend(energies.map(|(of, value)| part("energy", of, value)));
            }
            let spreads = self.classes.spreads(rows);
            let worst = spreads.iter().map(|ratio| ratio.ln().abs()).fold(0.0, f64::max).exp();
            metrics.push(Metric { name: "spread_worst", value: worst });
            let spreads = names.iter().zip(spreads);
            parts.extend(spreads.map(|(of, value)| part("spread", of, value)));
        }
        Ok(Measured { metrics, parts })
    }

    /// Computes the metrics that require the data's law.
    fn by_law(&self, rows: &Rows) -> Vec<Metric> {
        let Some(law) = self.reference.law else { return Vec::new() };
        let raw = self.reference.undo(rows);
        let inside = inside(&raw, law);
        let below = match &self.density {
            Some(density) => Some(density.below(&raw)),
            // Laws without a smooth density have all of their mass inside their support.
            None => inside.map(|inside| 1.0 - inside),
        };
        let figures = [
            ("inside", inside),
            ("below_density", below),
            ("cell_share_worst", share_worst(&raw, law)),
            ("cell_uneven", uneven(&raw, law)),
        ];
        let known = figures.into_iter().filter_map(|(name, value)| Some((name, value?)));
        known.map(|(name, value)| Metric { name, value }).collect()
    }

    /// Computes the metrics that compare rows, which have the evaluation rows' classes, with the
    /// training rows; each with its standard error.
    fn against_training(&self, rows: &Rows) -> Measured<Floor> {
        let (train, evaluation) = (&self.reference.train, self.evaluation_rows());
        let n = rows.len() as f64;
        // A share of 0 or 1 is uncertain by about one row.
        let error = |share: f64| (share * (1.0 - share)).max(1.0 / n) / n;
        let share = |name, value: f64| Floor { name, value, spread: error(value).sqrt() };
        let part = |name, of: &String, value: f64| Part {
            name,
            of: of.clone(),
            value,
            floor: value,
            floor_spread: error(value).sqrt(),
        };
        let (mut metrics, mut parts) = (Vec::new(), Vec::new());
        let off: Vec<(&String, f64)> = evaluation
            .columns
            .iter()
            .zip(self.columns.off_lattice(rows))
            .filter_map(|(name, share)| Some((name, share?)))
            .collect();
        if let Some(worst) = off.iter().map(|(_, share)| *share).reduce(f64::max) {
            metrics.push(share("off_lattice", worst));
            parts.extend(off.into_iter().map(|(of, value)| part("off_lattice", of, value)));
        }
        metrics.push(share("out_of_range", self.columns.out_of_any_range(rows)));
        let out = evaluation.columns.iter().zip(self.columns.out_of_range(rows));
        parts.extend(out.map(|(of, value)| part("out_of_range", of, value)));
        let near = distances_to_nearest(rows, &train.values);
        let (value, spread) = mean_and_spread(&near);
        metrics.push(Floor { name: "nn", value, spread: spread / (near.len() as f64).sqrt() });
        if let Some((classes, labels)) = evaluation.labels().zip(train.labels()) {
            metrics.push(share("accuracy", accuracy(rows, classes, &train.values, labels)));
        }
        Measured { metrics, parts }
    }
}

#[cfg(test)]
mod tests;
