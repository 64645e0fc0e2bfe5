//! The models of the experiment, each trained once for all its measurements.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use fm_host::data::{DataSpec, Split};
use fm_host::model::StoredModel;
use fm_host::net::{DeviceChoice, HiddenLayers};
use fm_host::objective::{ContrastSettings, Negatives, Objective};
use fm_host::train::{DataShape, Job, RunConfig, Schedule, Session, Start, TrainConfig};
use fm_host::{Result, export};

/// Steps of a full training.
const STEPS: u64 = 6000;

/// The settings that distinguish one training from another, except the seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// The contrast; 0 is flow matching.
    pub lambda: f64,
    /// The rows that each row is contrasted with.
    pub negatives: Negatives,
    /// Whether rows whose label was dropped are contrasted too.
    pub unconditional: bool,
    /// Rows per step.
    pub batch: usize,
    /// The share of the full training's steps.
    pub share_of_steps: f64,
}

impl Wanted {
    /// The name of its folder.
    fn name(self) -> String {
        let Self { lambda, negatives, unconditional, batch, share_of_steps } = self;
        let rows = if unconditional { "all" } else { "labelled" };
        format!("{lambda}-{negatives:?}-{rows}-{batch}-{share_of_steps:.2}")
    }
}

/// Trains on one data set, and keeps every model in a folder, so that a repeated run resumes.
pub struct Maker<'a> {
    source: DataSpec,
    split: &'a Split,
    folder: PathBuf,
    made: Mutex<HashMap<String, Arc<StoredModel>>>,
}

impl<'a> Maker<'a> {
    /// Prepares for training on a data set.
    pub fn new(source: DataSpec, split: &'a Split, folder: PathBuf) -> Self {
        Self { source, split, folder, made: Mutex::default() }
    }

    /// The model of a training, reused if it was trained before.
    ///
    /// # Errors
    /// If training fails.
    pub fn model(&self, wanted: Wanted, seed: u64) -> Result<Arc<StoredModel>> {
        let key = format!("{wanted:?} {seed}");
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = made.get(&key) {
            return Ok(model.clone());
        }
        let out = self.folder.join(wanted.name()).join(seed.to_string());
        let trained = StoredModel::load(&out).ok().filter(|model| model.unfinished.is_none());
        let model = Arc::new(match trained {
            Some(model) => model,
            None => self.train(wanted, seed, &out)?,
        });
        made.insert(key, model.clone());
        Ok(model)
    }

    fn train(&self, wanted: Wanted, seed: u64, out: &Path) -> Result<StoredModel> {
        let dim = self.split.train.values.dim();
        let objective = if wanted.lambda == 0.0 { Objective::Fm } else { Objective::DeltaFm };
        let steps = (STEPS as f64 * wanted.share_of_steps) as u64;
        let train = TrainConfig {
            contrast: ContrastSettings {
                lambda: wanted.lambda,
                negatives: wanted.negatives,
                unconditional: wanted.unconditional,
                ..ContrastSettings::default()
            },
            batch: wanted.batch,
            schedule: Schedule::new(steps, if dim > 8 { 3e-3 } else { 5e-3 }),
            layers: HiddenLayers::new(if dim > 8 { 128 } else { 64 }, 3),
            label_dropout: 0.1,
            seed,
            ..TrainConfig::defaults(objective, DataShape::of(&self.split.train))
        };
        let config = RunConfig::new(train, self.source.clone(), &self.split.train)?;
        let rows = (&self.split.train).into();
        let (device, start, stop) = (DeviceChoice::Auto, Start::Force, &AtomicBool::new(false));
        let job = Job { out, config: &config, rows, device, start, stop };
        let mut session = Session::open(&job)?;
        session.trainer.run(&session.run, stop, &mut |_| ())?;
        let checkpoint = session.run.load()?.checkpoint;
        let blob = export::blob(&checkpoint.config, checkpoint.weights(), false)?;
        StoredModel::new(&blob, Some(checkpoint.config), out)
    }
}
