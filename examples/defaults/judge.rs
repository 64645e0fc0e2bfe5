//! Scores every model on the same noise and the same fresh rows, so that the figures are comparable.

use fm_host::Result;
use fm_host::data::{Builtin, Rows, Split, Standardisation};
use fm_host::metrics::{Evaluator, Floor, Metric, share_worst};
use fm_host::model::StoredModel;
use fm_host::sample::{self, Conditions, Method, Request};
use rayon::prelude::*;

/// Draws of noise per model.
pub const DRAWS: u64 = 16;
/// The first draw's seed: these seeds were not used to choose any default.
const FIRST_SEED: u64 = 0x6000;

/// One data set's fresh rows.
pub struct Judge {
    split: Split,
    standardisation: Standardisation,
    evaluator: Evaluator,
    conditions: Conditions,
}

/// The figures of one draw, and the samples in the data's units.
struct Draw {
    figures: Vec<Metric>,
    samples: Rows,
}

impl Judge {
    /// Prepares to evaluate models that were trained on `split.train`.
    pub fn new(split: Split) -> Self {
        let standardisation = Standardisation::fit(&split.train.values);
        let evaluator = Evaluator::new(&split, &standardisation);
        let conditions = Conditions::like(evaluator.evaluation_rows());
        Self { split, standardisation, evaluator, conditions }
    }

    /// The scores of real data.
    ///
    /// # Errors
    /// If the assignment solver fails to converge.
    pub fn floors(&self) -> Result<&[Floor]> {
        self.evaluator.floors()
    }

    /// The figures of a model. Shape: `[draws][figures]`.
    ///
    /// `cell_share_worst` is computed over all draws together, and is the same in each: in a single
    /// draw of 4,096 samples, chance alone makes it 0.07.
    ///
    /// # Errors
    /// If the model diverged.
    pub fn figures(
        &self,
        stored: &StoredModel,
        method: Method,
        steps: u32,
    ) -> Result<Vec<Vec<Metric>>> {
        let draw = |seed| self.draw(stored, method, steps, FIRST_SEED + seed);
        let draws: Vec<Draw> = (0..DRAWS).into_par_iter().map(draw).collect::<Result<_>>()?;
        let together = draws.iter().flat_map(|draw| draw.samples.as_slice()).copied().collect();
        let together = Rows::from_vec(self.split.train.values.dim(), together);
        let law = Builtin::named(&self.split.held_out.name);
        let worst = law.and_then(|law| share_worst(&together, law));
        let figures = draws.into_iter().map(|mut draw| {
            let shares = draw.figures.iter_mut().filter(|metric| metric.name == "cell_share_worst");
            shares.for_each(|metric| metric.value = worst.unwrap_or(metric.value));
            draw.figures
        });
        Ok(figures.collect())
    }

    fn draw(&self, stored: &StoredModel, method: Method, steps: u32, seed: u64) -> Result<Draw> {
        let conditions = self.conditions.clone();
        let samples = self.evaluator.samples();
        let request = Request { conditions, seed, ..Request::new(method, steps, samples) };
        let samples = sample::draw(&stored.view(), &request)?;
        let inside = self.standardisation.apply(&samples);
        let figures = self.evaluator.evaluate(&inside)?;
        Ok(Draw { figures, samples })
    }
}
