//! What a network is trained to predict: turns pairs and a step's random numbers into a [`Regression`].
//!
//! Each objective has its own file. It states the objective's [`Facts`], and fills in the inputs in the
//! order of [`InputLayout`], the target velocity and, for average fields, the tangent; then known columns are
//! told and labels dropped. A teacher replaces targets afterwards, on the training device ([`Teacher::replace`]).
//!
//! # A new objective
//!
//! 1. Add a file here with its regression and a constant of its [`Facts`]: what the output means, which
//!    decides whether the network has a gap input, what the sampler supports, and how the model file
//!    marks it.
//! 2. Add a variant to [`Objective`], with its line of help, and an arm to [`Objective::facts`].
//!
//! Nothing else has to change: the command line, the checks, the defaults, the exporter, 8-bit weights and
//! the pictures read the facts. A test adds an objective to a copy of the sources in this way, and samples
//! it.

mod contrast;
mod ddpm;
mod distill;
mod dropout;
mod facts;
mod fm;
mod guidance;
mod layout;
mod masks;
mod meanflow;
mod mle;
mod output;
pub mod reflow;
mod score;
mod teacher;
mod times;

pub use contrast::{ContrastOptions, ContrastSchedule, ContrastSettings, Means, Negatives};
pub use facts::{Facts, Teaching, Visits};
pub use guidance::{Guidance, Tangent};
pub use layout::{InputLayout, known_inputs};
pub use masks::{MaskOptions, Masks};
pub use meanflow::{MeanFlowOptions, MeanFlowSettings};
pub use mle::{LikelihoodOptions, LikelihoodSettings, MOST_COLUMNS};
pub use output::Output;
pub use teacher::Teacher;
pub use times::{TimeOptions, TimeSampler, Times};

use clap::ValueEnum;
use fm_nostd::blob::KnownInputs;
use fm_nostd::prediction::Reach;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::coupling::Batch;
use crate::net::{Regression, Weighting};
use crate::options;
use crate::path::Path;

/// The training objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// Flow matching: the velocity.
    Fm,
    /// Contrastive flow matching: the velocity, pushed away from the velocities of other samples.
    #[serde(rename = "delta-fm")]
    DeltaFm,
    /// Denoising score matching: the gradient of the log density.
    Score,
    /// Noise prediction.
    Ddpm,
    /// MeanFlow: the average velocity between two times.
    #[value(name = "meanflow")]
    MeanFlow,
    /// Flow matching on pairs from a teacher's flow.
    Reflow,
    /// One jump from noise to data, learnt from pairs of a teacher's flow.
    Distill,
    /// Maximum likelihood: the velocity under which the data is most likely; for a few columns.
    Mle,
}

impl Objective {
    /// The objective's name on the command line.
    pub fn name(self) -> String {
        options::typed(self)
    }

    /// What the rest of the program needs to know about the objective.
    pub const fn facts(self) -> &'static Facts {
        match self {
            Self::Fm => &fm::FACTS,
            Self::DeltaFm => &contrast::FACTS,
            Self::Score => &score::FACTS,
            Self::Ddpm => &ddpm::FACTS,
            Self::MeanFlow => &meanflow::FACTS,
            Self::Reflow => &reflow::FACTS,
            Self::Distill => &distill::FACTS,
            Self::Mle => &mle::FACTS,
        }
    }

    /// Whether the objective trains on pairs that a teacher's flow makes.
    pub fn takes_pairs(self) -> bool {
        self.facts().teaching == Teaching::Pairs
    }

    /// What the trained network can compute.
    pub fn reach(self) -> Reach {
        self.facts().prediction.reach()
    }

    /// Whether gains are added to the network's output: a score or a noise is no place from which `x` is missing.
    pub fn has_gains(self) -> bool {
        !self.facts().prediction.needs_path()
    }

    /// Whether the network also has the gap `h = r - t` as an input.
    pub fn average(self) -> bool {
        self.reach().jumps()
    }
}

/// An objective with all its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The training objective.
    pub objective: Objective,
    /// The path between noise and data.
    pub path: Path,
    /// The distribution of the training times.
    pub times: Times,
    /// Settings of MeanFlow, which other objectives ignore.
    pub meanflow: MeanFlowSettings,
    /// Settings of the likelihood, which other objectives ignore.
    pub likelihood: LikelihoodSettings,
    /// How rows are weighted by their error.
    pub weighting: Weighting,
    /// The probability that a row's condition is replaced by "none".
    pub label_dropout: f64,
    /// The negatives that rows are contrasted with (ΔFM).
    pub contrast: ContrastSchedule,
    /// The inputs that tell which columns are known.
    pub known: KnownInputs,
    /// Which columns are known, for a network with such inputs.
    pub masks: Masks,
}

impl Recipe {
    /// Builds one step's regression on `batch`, with times, known columns and dropped labels drawn from `rng`;
    /// `step` is counted from 0.
    ///
    /// Shape: `n` rows in, `n` rows out.
    pub fn regression(&self, batch: &Batch, step: u64, rng: &mut ChaCha8Rng) -> Regression {
        let facts = self.objective.facts();
        let mut regression = (facts.regression)(self, batch, rng);
        let layout = self.layout(batch);
        if self.known.is_masked() {
            let drawn = batch.known.is_empty().then(|| self.masks.draw(&batch.x1, rng));
            let known = drawn.as_ref().unwrap_or(&batch.known);
            masks::apply(&layout, batch, known, &mut regression);
        }
        dropout::apply(&layout, self.label_dropout, &mut regression.input, rng);
        if facts.contrast {
            contrast::apply(self, &layout, batch, step, &mut regression, rng);
        }
        regression
    }

    /// The order of a network's inputs for rows like those of `batch`.
    fn layout(&self, batch: &Batch) -> InputLayout {
        InputLayout {
            average: self.objective.average(),
            condition: batch.condition.dim(),
            known: self.known,
            data: batch.x1.dim(),
        }
    }
}

#[cfg(test)]
pub(crate) mod fixtures {
    //! Batches and recipes for tests.

    use super::*;
    use crate::coupling::{Examples, Pairs};
    use crate::data::Rows;
    use crate::random::{Purpose, fill_normal, stream};

    pub fn recipe(objective: Objective) -> Recipe {
        Recipe {
            objective,
            path: Path::Linear,
            times: Times::default(),
            meanflow: MeanFlowSettings::default(),
            likelihood: LikelihoodSettings::default(),
            weighting: Weighting::default(),
            label_dropout: 0.0,
            contrast: ContrastSchedule {
                lambda: 0.05,
                lambda_end: 0.05,
                steps: 100,
                negatives: Negatives::Any,
                unconditional: false,
                means: None,
            },
            known: KnownInputs::None,
            masks: Masks::default(),
        }
    }

    /// Makes `n` pairs in 2-D of three classes; `none_row` adds the input for "no condition".
    pub fn batch(n: usize, none_row: bool) -> Batch {
        let mut values = vec![0.0; 2 * 300];
        fill_normal(&mut stream(2, Purpose::Block, 0), &mut values);
        let labels = (0..300).map(|i| i % 3).collect();
        let examples = Examples::with_classes(Rows::from_vec(2, values), labels, 3, none_row);
        Pairs::independent(examples).draw(n, &mut stream(2, Purpose::Batch, 0))
    }
}
