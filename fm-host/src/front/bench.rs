//! Samples models with every sampler, and scores the samples.

use std::path::Path;

use fm_nostd::prediction::Reach;
use rayon::prelude::*;

use super::measured::{Identity, Measured, Scored, basis};
use super::{Point, plan};
use crate::data::Split;
use crate::data::transform::Choice;
use crate::metrics::{Evaluator, Figure, Metric};
use crate::model::{Description, StoredModel};
use crate::objective::Objective;
use crate::sample::{self, Conditions, Method, Request};
use crate::train::{Checkpoint, DataFacts};
use crate::{Error, Result, export};

/// Measures all models of a front with the same held-out rows and the same noise.
pub struct Bench<'a> {
    split: &'a Split,
    facts: DataFacts,
    evaluator: Evaluator,
    conditions: Conditions,
    measured: Measured,
    /// A digest of all of the above.
    basis: u64,
    /// Draws of noise that every figure is averaged over; the first has the seed 0.
    pub draws: u64,
    /// The clock rate in MHz that converts cycles to time.
    pub mhz: f64,
    /// Whether to try fewer numbers of steps.
    pub quick: bool,
}

/// A model in one number format.
pub struct Entrant {
    name: String,
    objective: Objective,
    stored: StoredModel,
}

impl<'a> Bench<'a> {
    /// Returns a bench for this data and the wishes for its transforms; measurements are stored in the folder
    /// `measured`.
    ///
    /// # Errors
    /// If real data cannot be scored, or the folder cannot be created.
    pub fn new(split: &'a Split, wishes: &[Choice], measured: &Path) -> Result<Self> {
        let facts = DataFacts::transformed(&split.train, wishes);
        let evaluator = Evaluator::new(split, &facts.standardisation);
        let conditions = Conditions::like(evaluator.evaluation_rows());
        let basis = basis(split, &evaluator)?;
        let measured = Measured::new(measured)?;
        Ok(Self {
            split,
            facts,
            evaluator,
            conditions,
            measured,
            basis,
            draws: 3,
            mhz: 64.0,
            quick: false,
        })
    }

    /// Writes a trained model into `folder`, in single precision and in 8 bits.
    ///
    /// # Errors
    /// If the model was trained on other data, or cannot be written.
    pub fn enter(
        &self,
        name: &str,
        checkpoint: &Checkpoint,
        folder: &Path,
    ) -> Result<Vec<Entrant>> {
        if checkpoint.config.facts != self.facts {
            let problem = format!(
                "the model must be trained on the rows of `{}`, with the same `--columns`, `--class` and \
                 `--condition`",
                self.split.train.name
            );
            return Err(Error::model(name, problem));
        }
        let (config, parameters) = (&checkpoint.config, checkpoint.weights());
        let clamp = config.train.clamp;
        let blobs = [
            ("f32", export::blob(config, parameters, clamp)?),
            ("q8", export::quantised(checkpoint, &self.split.train, None, clamp)?),
        ];
        let entrant = |(dtype, blob): (&str, Vec<u8>)| {
            let path = folder.join(format!("{name}-{dtype}.fm"));
            export::write_blob(&blob, &path)?;
            let stored = StoredModel::new(&blob, None, &path)?;
            Ok(Entrant { name: name.to_owned(), objective: config.train.objective, stored })
        };
        blobs.map(entrant).into_iter().collect()
    }

    /// The number of samples per draw.
    pub fn samples(&self) -> usize {
        self.evaluator.samples()
    }

    /// The number of draws for these models.
    pub fn work(&self, entrants: &[Entrant]) -> u64 {
        let ways = entrants.iter().map(|entrant| self.ways(entrant.objective).len() as u64);
        ways.sum::<u64>() * self.draws
    }

    /// Measures all models with every sampler. Calls `progress` after every draw, with whether it is a new
    /// one; an error of `progress` ends the work.
    ///
    /// # Errors
    /// If a model diverged, or a measurement cannot be stored; the error of `progress`.
    pub fn points(
        &self,
        entrants: &[Entrant],
        progress: &(dyn Fn(bool) -> Result<()> + Sync),
    ) -> Result<Vec<Point>> {
        let ways = |entrant: &Entrant| self.ways(entrant.objective).into_iter();
        let jobs: Vec<(&Entrant, (Method, u32))> =
            entrants.iter().flat_map(|e| ways(e).map(move |way| (e, way))).collect();
        jobs.par_iter().map(|&(entrant, way)| self.point(entrant, way, progress)).collect()
    }

    /// The samplers and steps that make sense for an objective, from 1 to 64 evaluations.
    fn ways(&self, objective: Objective) -> Vec<(Method, u32)> {
        let steps: &[u32] = if self.quick { &[1, 4, 16] } else { &[1, 2, 4, 8, 16, 32, 64] };
        let with =
            |method, steps: &[u32]| -> Vec<_> { steps.iter().map(|&k| (method, k)).collect() };
        match objective.reach() {
            Reach::OneJump => with(Method::Meanflow, &[1]),
            Reach::AnyJump => with(Method::Meanflow, &[1, 2, 4]),
            Reach::Velocity => {
                // Heun's method needs two evaluations per step.
                let halves: Vec<u32> = steps.iter().map(|k| k / 2).filter(|k| *k > 0).collect();
                [with(Method::Euler, steps), with(Method::Heun, &halves)].concat()
            }
        }
    }

    fn point(
        &self,
        entrant: &Entrant,
        (solver, steps): (Method, u32),
        progress: &(dyn Fn(bool) -> Result<()> + Sync),
    ) -> Result<Point> {
        let model = Identity::of(entrant.stored.bytes());
        let identity = Identity { model, solver, steps, basis: self.basis };
        let mut kept = self.measured.load(&identity);
        for seed in 0..self.draws {
            let new = kept.len() as u64 <= seed;
            if new {
                kept.push(self.draw(entrant, (solver, steps), seed)?);
                self.measured.store(&identity, &kept)?;
            }
            progress(new)?;
        }
        let draws = &kept[..self.draws as usize];
        let figures = draws.iter().map(|draw| self.evaluator.beside(&self.metrics(draw)?));
        let figures = Figure::over(&figures.collect::<Result<Vec<_>>>()?);
        let spent: u64 = draws.iter().map(|draw| draw.evaluations).sum();
        let evaluations = spent / (self.draws * self.evaluator.samples() as u64);
        let cost = Description::of(&entrant.stored.view());
        Ok(Point {
            model: entrant.name.clone(),
            objective: entrant.objective,
            coupling: entrant.stored.view().coupling(),
            size: plan::size(cost.hidden[0], cost.hidden.len()),
            parameters: cost.parameters,
            dtype: cost.dtype,
            solver,
            steps,
            evaluations,
            macs: evaluations * cost.macs_per_evaluation as u64,
            m4f_ms: (evaluations * cost.m4f_cycles_estimate) as f64 / (1e3 * self.mhz),
            flash_bytes: cost.flash_bytes,
            figures,
        })
    }

    /// Makes one draw, and scores it.
    fn draw(&self, entrant: &Entrant, (solver, steps): (Method, u32), seed: u64) -> Result<Scored> {
        let conditions = self.conditions.clone();
        let samples = self.evaluator.samples();
        let request = Request { conditions, seed, ..Request::new(solver, steps, samples) };
        let (samples, evaluations) = sample::draw_counted(&entrant.stored.view(), &request)?;
        let samples = self.facts.standardisation.apply(&samples);
        let metrics = self.evaluator.evaluate(&samples)?;
        let named = metrics.into_iter().map(|metric| (metric.name.to_owned(), metric.value));
        Ok(Scored { evaluations, metrics: named.collect() })
    }

    /// Converts stored scores to metrics.
    fn metrics(&self, scored: &Scored) -> Result<Vec<Metric>> {
        let floors = self.evaluator.floors()?;
        let metric = |(name, value): &(String, f64)| {
            let name = floors.iter().find(|floor| floor.name == name)?.name;
            Some(Metric { name, value: *value })
        };
        Ok(scored.metrics.iter().filter_map(metric).collect())
    }
}
