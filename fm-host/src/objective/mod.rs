//! What a network is trained to predict: pairs and a step's random numbers -> [`Regression`].
//!
//! One objective per file. Each states its [`Facts`] and fills the inputs in the [`InputLayout`]'s order, the
//! velocity to meet and, for average fields, the tangent; then labels are dropped. A teacher replaces
//! targets afterwards, where the device is ([`Teacher::replace`]).
//!
//! # A new objective
//!
//! 1. A file here with its regression, and a constant of its [`Facts`]: what the output means, and so
//!    whether the network takes a gap, what the sampler may ask of it, and how the model file marks it.
//! 2. A variant of [`Objective`], with its line of help, and an arm of [`Objective::facts`].
//!
//! Nothing else is told: the command line, the checks, the defaults, the exporter, 8-bit weights and the
//! pictures read the facts. A test adds an objective to a copy of the sources this way, and samples it.

mod contrast;
mod ddpm;
mod distill;
mod dropout;
mod facts;
mod fm;
mod guidance;
mod layout;
mod meanflow;
mod predict;
pub mod reflow;
mod score;
mod teacher;
mod times;

pub use contrast::{Contrast, ContrastOptions, ContrastSettings, Means, Negatives};
pub use facts::{Facts, Teaching, Visits};
pub use guidance::{Guidance, Tangent};
pub use layout::InputLayout;
pub use meanflow::{MeanFlow, MeanFlowOptions};
pub use predict::{Output, Predict};
pub use teacher::Teacher;
pub use times::{TimeOptions, TimeSampler, Times};

use crate::path::Path;
use clap::ValueEnum;
use fm_nostd::prediction::Reach;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::coupling::Batch;
use crate::net::{Regression, Weighting};
use crate::options;

/// What is trained.
///
/// Maximum-likelihood training of a continuous flow (Chen et al., 2018, arXiv:1806.07366) is not among
/// them: it solves an ODE for every gradient.
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
}

impl Objective {
    /// Its name on the command line.
    pub fn name(self) -> String {
        options::typed(self)
    }

    /// What the rest of the program must know of it.
    pub const fn facts(self) -> &'static Facts {
        match self {
            Self::Fm => &fm::FACTS,
            Self::DeltaFm => &contrast::FACTS,
            Self::Score => &score::FACTS,
            Self::Ddpm => &ddpm::FACTS,
            Self::MeanFlow => &meanflow::FACTS,
            Self::Reflow => &reflow::FACTS,
            Self::Distill => &distill::FACTS,
        }
    }

    /// Whether its pairs are those of a teacher's flow.
    pub fn takes_pairs(self) -> bool {
        self.facts().teaching == Teaching::Pairs
    }

    /// What the trained network can be asked for.
    pub fn reach(self) -> Reach {
        self.facts().prediction.reach()
    }

    /// Whether the network takes the gap `h = r - t` too.
    pub fn average(self) -> bool {
        self.reach().jumps()
    }
}

/// An objective with all its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// What is trained.
    pub objective: Objective,
    /// The curve between noise and data.
    pub path: Path,
    /// The times that are looked at.
    pub times: Times,
    /// Which spans MeanFlow looks at.
    pub meanflow: MeanFlow,
    /// How rows are weighted by their error.
    pub weighting: Weighting,
    /// The probability that a row's condition is replaced by "none".
    pub label_dropout: f64,
    /// What rows are held against (ΔFM).
    pub contrast: Contrast,
}

impl Recipe {
    /// One step's regression on `batch`, with times and dropped labels from `rng`; `step` is counted
    /// from 0.
    ///
    /// Shape: `n` rows in, `n` rows out.
    pub fn regression(&self, batch: &Batch, step: u64, rng: &mut ChaCha8Rng) -> Regression {
        let facts = self.objective.facts();
        let mut regression = (facts.regression)(self, batch, rng);
        let layout = self.layout(batch);
        dropout::apply(&layout, self.label_dropout, &mut regression.input, rng);
        if facts.contrast {
            contrast::apply(self, &layout, batch, step, &mut regression, rng);
        }
        regression
    }

    /// Where the inputs of a network on rows like `batch`'s lie.
    fn layout(&self, batch: &Batch) -> InputLayout {
        InputLayout {
            average: self.objective.average(),
            condition: batch.condition.dim(),
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
            meanflow: MeanFlow::default(),
            weighting: Weighting::default(),
            label_dropout: 0.0,
            contrast: Contrast {
                lambda: 0.05,
                lambda_end: 0.05,
                steps: 100,
                negatives: Negatives::Any,
                unconditional: false,
                means: None,
            },
        }
    }

    /// `n` pairs in 2-D of three classes; `none_row` adds the input for no condition.
    pub fn batch(n: usize, none_row: bool) -> Batch {
        let mut values = vec![0.0; 2 * 300];
        fill_normal(&mut stream(2, Purpose::Block, 0), &mut values);
        let labels = (0..300).map(|i| i % 3).collect();
        let examples = Examples::with_classes(Rows::from_vec(2, values), labels, 3, none_row);
        Pairs::independent(examples).draw(n, &mut stream(2, Purpose::Batch, 0))
    }
}
