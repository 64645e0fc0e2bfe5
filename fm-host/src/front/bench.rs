//! Draws from a model in every way, and scores what comes.

use std::path::Path;

use rayon::prelude::*;

use super::Point;
use crate::data::Split;
use crate::metrics::{Evaluator, Figure, SAMPLES};
use crate::model::{Description, StoredModel};
use crate::objective::Objective;
use crate::sample::{self, Asked, Method, Request};
use crate::train::{Checkpoint, DataFacts};
use crate::{Error, Result, export, quantise};

/// What all models of a front are measured with: the same held-out rows and the same noise.
pub struct Bench<'a> {
    split: &'a Split,
    facts: DataFacts,
    evaluator: Evaluator,
    asked: Asked,
    /// Draws of noise that every figure is the mean of; the first has the seed 0.
    pub draws: u64,
    /// The clock that cycles are turned into time with, in MHz.
    pub mhz: f64,
    /// Whether fewer numbers of steps will do.
    pub quick: bool,
}

impl<'a> Bench<'a> {
    /// A bench on this data; samples are `asked` for what the held-out rows are.
    pub fn new(split: &'a Split, asked: Asked, draws: u64, mhz: f64, quick: bool) -> Self {
        let facts = DataFacts::of(&split.train);
        let evaluator = Evaluator::new(split, &facts.standardisation);
        Self { split, facts, evaluator, asked, draws, mhz, quick }
    }

    /// How many draws a model of this objective takes.
    pub fn work(&self, objective: Objective) -> u64 {
        2 * self.ways(objective).len() as u64 * self.draws
    }

    /// Writes a trained model in single precision and in 8 bits into `folder`, and measures both with
    /// every sampler; tells `progress` of every draw, whose error ends it.
    ///
    /// # Errors
    /// If the model is of other data, diverged, or cannot be written; what `progress` says.
    pub fn points(
        &self,
        name: &str,
        checkpoint: &Checkpoint,
        folder: &Path,
        progress: &(dyn Fn() -> Result<()> + Sync),
    ) -> Result<Vec<Point>> {
        if checkpoint.config.facts != self.facts {
            let problem = format!(
                "it was not trained on the rows of `{}`, with the same `--columns`, `--class` and \
                 `--condition`",
                self.split.train.name
            );
            return Err(Error::model(name, problem));
        }
        // Here, lest every thread that finds them missing measures them.
        self.evaluator.floors()?;
        self.evaluator.ceilings()?;
        let objective = checkpoint.config.train.objective;
        let mut points = Vec::new();
        for (dtype, blob) in self.blobs(checkpoint)? {
            let path = folder.join(format!("{name}-{dtype}.fm"));
            export::write_blob(&blob, &path)?;
            let stored = StoredModel::new(&blob, None, &path)?;
            let ways = self.ways(objective);
            let point = |&(solver, steps): &(Method, u32)| {
                self.point(name, checkpoint, &stored, (solver, steps), progress)
            };
            points.extend(ways.par_iter().map(point).collect::<Result<Vec<Point>>>()?);
        }
        Ok(points)
    }

    /// The model's two number formats.
    fn blobs(&self, checkpoint: &Checkpoint) -> Result<[(&'static str, Vec<u8>); 2]> {
        let (config, parameters) = (&checkpoint.config, &checkpoint.state.average);
        let clamp = config.train.clamp;
        let examples = config.facts.examples(&self.split.train, config.has_none_row());
        let layers = quantise::quantise(config, parameters, examples.condition())?;
        let q8 = export::blob_q8(config, &layers, clamp)?;
        Ok([("f32", export::blob(config, parameters, clamp)?), ("q8", q8)])
    }

    /// The samplers and steps that make sense for an objective, from 1 to 64 evaluations.
    fn ways(&self, objective: Objective) -> Vec<(Method, u32)> {
        let steps: &[u32] = if self.quick { &[1, 4, 16] } else { &[1, 2, 4, 8, 16, 32, 64] };
        let with =
            |method, steps: &[u32]| -> Vec<_> { steps.iter().map(|&k| (method, k)).collect() };
        match objective {
            Objective::Distill => with(Method::Meanflow, &[1]),
            Objective::MeanFlow => with(Method::Meanflow, &[1, 2, 4]),
            _ => {
                // Heun's method takes two evaluations a step.
                let halves: Vec<u32> = steps.iter().map(|k| k / 2).filter(|k| *k > 0).collect();
                [with(Method::Euler, steps), with(Method::Heun, &halves)].concat()
            }
        }
    }

    fn point(
        &self,
        name: &str,
        checkpoint: &Checkpoint,
        stored: &StoredModel,
        (solver, steps): (Method, u32),
        progress: &(dyn Fn() -> Result<()> + Sync),
    ) -> Result<Point> {
        let (mut draws, mut spent) = (Vec::new(), 0);
        for seed in 0..self.draws {
            let asked = self.asked.clone();
            let request = Request { asked, seed, ..Request::new(solver, steps, SAMPLES) };
            let (samples, evaluations) = sample::draw_counted(&stored.view(), &request)?;
            spent += evaluations;
            let samples = self.facts.standardisation.apply(&samples);
            let labels = request.asked.labels(SAMPLES);
            draws.push(self.evaluator.score(&samples, labels.as_deref())?);
            progress()?;
        }
        let cost = Description::of(&stored.view());
        let evaluations = spent / (self.draws * SAMPLES as u64);
        Ok(Point {
            model: name.to_owned(),
            objective: checkpoint.config.train.objective.name(),
            coupling: cost.coupling,
            hidden: cost.hidden,
            parameters: cost.parameters,
            dtype: cost.dtype,
            solver,
            steps,
            evaluations,
            macs: evaluations * cost.macs_per_evaluation as u64,
            m4f_ms: (evaluations * cost.m4f_cycles_estimate) as f64 / (1e3 * self.mhz),
            flash_bytes: cost.flash_bytes,
            figures: Figure::over(&draws),
        })
    }
}
