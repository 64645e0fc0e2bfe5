//! All metrics at once, with what real data and what noise would score.

use std::sync::OnceLock;

use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};

use super::distance::mean_within;
use super::energy::energy_within;
use super::frechet::{Features, Gaussian};
use super::joint::Joint;
use super::{Density, accuracy, inside, mean_and_spread, nearest, share_worst, sw2, uneven, w2};
use crate::data::{Builtin, Rows, Split, Standardisation};
use crate::random::{Purpose, stream};
use crate::sample::Asked;
use crate::{Error, Result};

/// How many samples to score: floors are measured on this many real rows, where there are so many.
pub const SAMPLES: usize = 4096;
/// How many draws of real rows a floor is the mean of.
const DRAWS: u64 = 5;
/// Where samples are cut off, in standardised units: a point at 10^9 is wrong, not 10^9 wrong.
const FARTHEST: f32 = 50.0;

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// The key, as in the table of [`crate::metrics`].
    pub name: &'static str,
    /// The figure.
    pub value: f64,
}

/// What real data scores: no model can be expected to do better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// The key, as in the table of [`crate::metrics`].
    pub name: &'static str,
    /// The mean over the draws.
    pub value: f64,
    /// The standard deviation over the draws; 0 where there is one draw alone.
    pub spread: f64,
}

/// A figure between what real data and what noise score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The key, as in the table of [`crate::metrics`].
    pub name: &'static str,
    /// The samples' figure.
    pub value: f64,
    /// What real data scores.
    pub floor: f64,
    /// How much that varies from draw to draw.
    pub floor_spread: f64,
    /// What standard normal noise scores.
    pub ceiling: f64,
}

/// Judges samples against one split of one data set.
pub struct Evaluator {
    train: Rows,
    train_labels: Option<Vec<u32>>,
    held_out: Rows,
    held_out_labels: Option<Vec<u32>>,
    standardisation: Standardisation,
    law: Option<Builtin>,
    density: Option<Density>,
    /// The mean distance within the held-out rows, which every energy distance needs.
    within: f64,
    /// For more than two columns: the features, and the held-out rows' Gaussian in them.
    features: Option<(Features, Gaussian)>,
    /// Where every row comes with a condition vector.
    joint: Option<Joint>,
    floors: OnceLock<Vec<Floor>>,
    ceilings: OnceLock<Vec<Metric>>,
}

impl Evaluator {
    /// Prepares what every evaluation needs.
    ///
    /// # Panics
    /// If the split has an empty part, or the standardisation belongs to other data.
    pub fn new(split: &Split, standardisation: &Standardisation) -> Self {
        let train = standardisation.apply(&split.train.values);
        let held_out = standardisation.apply(&split.held_out.values);
        let features = (train.dim() > 2).then(|| {
            let features = Features::fit(&train);
            let gaussian = features.gaussian(&held_out);
            (features, gaussian)
        });
        Self {
            within: mean_within(&held_out),
            joint: Joint::of(split, &held_out),
            features,
            train_labels: split.train.labels().map(<[u32]>::to_vec),
            held_out_labels: split.held_out.labels().map(<[u32]>::to_vec),
            standardisation: standardisation.clone(),
            law: split.held_out.law(),
            density: split.held_out.law().and_then(Density::of),
            train,
            held_out,
            floors: OnceLock::new(),
            ceilings: OnceLock::new(),
        }
    }

    /// The figures of samples in standardised units, in the order of the table of
    /// [`crate::metrics`].
    ///
    /// `asked` is what the samples were drawn for; `accuracy` needs classes, `joint_energy` vectors. They
    /// should be in the held-out rows' proportions, and so should be every prefix of them: the other
    /// distances know nothing of conditions.
    ///
    /// # Errors
    /// If a number is not finite, which is what a network that diverged draws, or there are fewer
    /// than two samples.
    ///
    /// # Panics
    /// If the samples have another width than the data, or the vectors another than its condition.
    pub fn evaluate(&self, samples: &Rows, asked: &Asked) -> Result<Vec<Metric>> {
        assert_eq!(samples.dim(), self.train.dim(), "samples of another width than the data");
        if samples.len() < 2 {
            return Err(Error::data("the samples", "two or more are needed to measure a distance"));
        }
        if let Some(i) = samples.as_slice().iter().position(|x| !x.is_finite()) {
            let row = i / samples.dim() + 1;
            let problem =
                format!("sample {row} is not finite: the network diverged, or was damaged");
            return Err(Error::data("the samples", problem));
        }
        let mut samples = samples.clone();
        samples.as_mut_slice().iter_mut().for_each(|x| *x = x.clamp(-FARTHEST, FARTHEST));
        let mut metrics = self.distances(&samples)?;
        if let Asked::Vectors(vectors) = asked {
            metrics.extend(self.joint_energy(vectors, &samples));
        }
        metrics.extend(self.neighbours(&samples, asked.labels(samples.len()).as_deref()));
        Ok(metrics)
    }

    /// [`Evaluator::evaluate`], each figure beside its floor and its ceiling.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    ///
    /// # Panics
    /// As [`Evaluator::evaluate`].
    pub fn score(&self, samples: &Rows, asked: &Asked) -> Result<Vec<Score>> {
        self.beside(&self.evaluate(samples, asked)?)
    }

    /// Figures that [`Evaluator::evaluate`] gave, each beside its floor and its ceiling.
    ///
    /// # Errors
    /// If the assignment solver gives up.
    pub fn beside(&self, metrics: &[Metric]) -> Result<Vec<Score>> {
        let (floors, ceilings) = (self.floors()?, self.ceilings()?);
        let beside = |&Metric { name, value }: &Metric| {
            let floor = floors.iter().find(|floor| floor.name == name)?;
            let ceiling = ceilings.iter().find(|ceiling| ceiling.name == name)?.value;
            Some(Score { name, value, floor: floor.value, floor_spread: floor.spread, ceiling })
        };
        Ok(metrics.iter().filter_map(beside).collect())
    }

    /// What real data scores, measured once.
    ///
    /// For all but `nn` and `accuracy`: fresh draws of a built-in law, or training rows drawn by
    /// lot, against the held-out rows; several draws of [`SAMPLES`] rows, or one of all training
    /// rows where there are no more than that. For `nn` and `accuracy`: the held-out rows
    /// themselves.
    ///
    /// # Errors
    /// If the assignment solver gives up.
    pub fn floors(&self) -> Result<&[Floor]> {
        if let Some(floors) = self.floors.get() {
            return Ok(floors);
        }
        let figures = |(real, vectors): &(Rows, Option<Rows>)| {
            let mut metrics = self.distances(real)?;
            metrics.extend(vectors.as_ref().and_then(|v| self.joint_energy(v, real)));
            Ok(metrics)
        };
        let draws: Vec<Vec<Metric>> =
            self.real_draws().iter().map(figures).collect::<Result<_>>()?;
        let mut floors: Vec<Floor> = (0..draws[0].len())
            .map(|k| {
                let values: Vec<f64> = draws.iter().map(|draw| draw[k].value).collect();
                let (value, spread) = mean_and_spread(&values);
                Floor { name: draws[0][k].name, value, spread }
            })
            .collect();
        let own = self.neighbours(&self.held_out, self.held_out_labels.as_deref());
        floors.extend(own.map(|Metric { name, value }| Floor { name, value, spread: 0.0 }));
        Ok(self.floors.get_or_init(|| floors))
    }

    /// What standard normal noise scores, measured once: as many rows as are held out, with the
    /// held-out rows' classes.
    ///
    /// # Errors
    /// If the assignment solver gives up.
    pub fn ceilings(&self) -> Result<&[Metric]> {
        if let Some(ceilings) = self.ceilings.get() {
            return Ok(ceilings);
        }
        let mut rng = stream(0, Purpose::Ceiling, 0);
        let count = self.held_out.as_slice().len();
        let noise = (0..count).map(|_| StandardNormal.sample(&mut rng)).collect();
        let noise = Rows::from_vec(self.held_out.dim(), noise);
        let mut ceilings = self.distances(&noise)?;
        let joint = self.joint.as_ref().and_then(|joint| self.joint_energy(&joint.vectors, &noise));
        ceilings.extend(joint);
        ceilings.extend(self.neighbours(&noise, self.held_out_labels.as_deref()));
        Ok(self.ceilings.get_or_init(|| ceilings))
    }

    /// The figures that compare a sample as a whole with the held-out rows.
    fn distances(&self, samples: &Rows) -> Result<Vec<Metric>> {
        let mut metrics = vec![
            Metric { name: "w2", value: w2(samples, &self.held_out)? },
            Metric { name: "sw2", value: sw2(samples, &self.held_out) },
            Metric { name: "energy", value: energy_within(samples, &self.held_out, self.within) },
        ];
        if let Some(law) = self.law {
            let raw = self.standardisation.undo(samples);
            let inside = inside(&raw, law);
            let below = match &self.density {
                Some(density) => Some(density.below(&raw)),
                // A law without a density that falls off has all its mass inside.
                None => inside.map(|inside| 1.0 - inside),
            };
            let figures = [
                ("inside", inside),
                ("below_density", below),
                ("cell_share_worst", share_worst(&raw, law)),
                ("cell_uneven", uneven(&raw, law)),
            ];
            let known = figures.into_iter().filter_map(|(name, value)| Some((name, value?)));
            metrics.extend(known.map(|(name, value)| Metric { name, value }));
        }
        if let Some((features, held_out)) = &self.features {
            let value = features.gaussian(samples).frechet(held_out);
            metrics.push(Metric { name: "fd20", value });
        }
        Ok(metrics)
    }

    fn joint_energy(&self, vectors: &Rows, samples: &Rows) -> Option<Metric> {
        let value = self.joint.as_ref()?.energy(vectors, samples);
        Some(Metric { name: "joint_energy", value })
    }

    /// The figures that compare each sample with the training rows near it.
    fn neighbours(
        &self,
        samples: &Rows,
        labels: Option<&[u32]>,
    ) -> impl Iterator<Item = Metric> + use<> {
        let nn = Metric { name: "nn", value: nearest(samples, &self.train) };
        let classes = labels.zip(self.train_labels.as_deref());
        let accuracy = classes.map(|(asked, labels)| {
            let value = accuracy(samples, asked, &self.train, labels);
            Metric { name: "accuracy", value }
        });
        [nn].into_iter().chain(accuracy)
    }

    /// Draws of real data that are no held-out rows, with their condition vectors if they have any.
    fn real_draws(&self) -> Vec<(Rows, Option<Rows>)> {
        if let Some(law) = self.law {
            let draw = |seed| law.sample(SAMPLES, &mut stream(0, Purpose::Floor, seed)).0;
            let draw = |seed| (self.standardisation.apply(&draw(seed)), None);
            return (0..DRAWS).map(draw).collect();
        }
        let vectors = self.joint.as_ref().map(|joint| &joint.train);
        if self.train.len() <= SAMPLES {
            return vec![(self.train.clone(), vectors.cloned())];
        }
        let mut rows: Vec<usize> = (0..self.train.len()).collect();
        let mut draw = |seed| {
            let (drawn, _) = rows.partial_shuffle(&mut stream(0, Purpose::Floor, seed), SAMPLES);
            (self.train.select(drawn), vectors.map(|vectors| vectors.select(drawn)))
        };
        (0..DRAWS).map(&mut draw).collect()
    }
}

#[cfg(test)]
mod tests;
