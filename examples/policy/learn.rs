//! Training: the two generative policies as `fm train` trains them, and a regression for comparison.

use std::path::Path;

use fm_host::Result;
use fm_host::coupling::{Coupling, Pairs, Transport};
use fm_host::data::{DataSpec, Rows, Split};
use fm_host::export;
use fm_host::model::StoredModel;
use fm_host::net::{self, DeviceChoice, HiddenLayers, State};
use fm_host::objective::Objective;
use fm_host::train::{DataShape, RunConfig, Schedule, TrainConfig, Trainer};

use super::policies::HIDDEN;

/// The model to learn from the demonstrations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Learnt {
    /// `fm train --objective meanflow` or `fm`, with that `--coupling`.
    Flow(Objective, Coupling),
    /// The mean action, by least squares.
    Mean,
}

/// The demonstrations in a CSV file: the position is the condition, all else the action.
pub fn source(csv: &Path) -> DataSpec {
    let condition = vec!["x".to_owned(), "y".to_owned()];
    DataSpec { condition, ..DataSpec::new(csv.to_string_lossy()) }
}

/// Steps, rows per step and learning rate, which suffice here.
const RECIPE: (u64, usize, f32) = (20_000, 512, 5e-3);
/// Rows per assignment for optimal-transport pairs.
const OT_BATCH: usize = 256;

/// Trains a network of the size that fits the firmware, in the documented number of steps unless `steps`
/// overrides it.
///
/// # Errors
/// If training fails.
pub fn train(
    learnt: Learnt,
    seed: u64,
    steps: Option<u64>,
    source: &DataSpec,
    split: &Split,
) -> Result<StoredModel> {
    let (objective, coupling) = match learnt {
        Learnt::Flow(objective, coupling) => (objective, coupling),
        Learnt::Mean => (Objective::MeanFlow, Coupling::Independent),
    };
    let data = &split.train;
    let defaults = TrainConfig::defaults(objective, DataShape::of(data));
    let (all, batch, lr) = RECIPE;
    let train = TrainConfig {
        coupling,
        layers: HiddenLayers::new(HIDDEN, 3),
        seed,
        schedule: Schedule { steps: steps.unwrap_or(all), lr, ..defaults.schedule },
        batch,
        transport: Transport { batch: OT_BATCH, ..defaults.transport },
        ..defaults
    };
    let mut config = RunConfig::new(train, source.clone(), data)?;
    let examples = config.facts.examples(data, config.has_none_row());
    let pairs = match (learnt, coupling) {
        // A jump from noise that is always 0 can only learn the mean: distillation without a teacher,
        // on the network of the MeanFlow policy and with its optimiser.
        (Learnt::Mean, _) => {
            config.train.objective = Objective::Distill;
            let zeros = Rows::from_vec(data.values.dim(), vec![0.0; data.values.as_slice().len()]);
            Pairs::made(examples, zeros)
        }
        (_, Coupling::Independent) => Pairs::independent(examples),
        (_, Coupling::Ot | Coupling::C2ot) => Pairs::ot(examples, &config.train.pool(), seed)?,
    };
    let state = State::fresh(&config.architecture, seed);
    let learner = net::learner(&config.architecture, state, DeviceChoice::Auto)?;
    let mut trainer = Trainer::new(config, pairs, learner, None, (0, 0.0))?;
    while trainer.step()?.is_some() {}
    let checkpoint = trainer.checkpoint()?;
    let blob = export::blob(&checkpoint.config, checkpoint.weights(), false)?;
    StoredModel::new(&blob, Some(checkpoint.config), "the policy".as_ref())
}
