//! The trainings to compare, and how to run one.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use fm_host::coupling::Coupling;
use fm_host::data::{Builtin, DataSpec, Dataset};
use fm_host::model::StoredModel;
use fm_host::net::DeviceChoice;
use fm_host::objective::Objective;
use fm_host::sample::Method;
use fm_host::train::{DataShape, Job, RunConfig, RunDir, Session, Start, TrainConfig};
use fm_host::{Error, Result, export};
use rayon::ThreadPoolBuilder;

/// One way to train, as a change of an objective's defaults.
pub struct Trial {
    /// Its name in the table.
    pub name: &'static str,
    /// The objective.
    pub objective: Objective,
    /// The settings that differ from the defaults.
    pub change: fn(&mut TrainConfig),
    /// The trial whose model of the same seed is the teacher.
    pub teacher: Option<&'static str>,
    /// The sampler and its number of steps.
    pub sampler: (Method, u32),
}

/// Flow matching with a plain recipe, for comparison with the defaults.
const PUBLISHED: &str = "flow matching, 20,000 steps of 512, Euler 128";
/// The plain recipe for digits.
const PUBLISHED_DIGITS: &str = "flow matching, velocities, 8,000 steps, rate 0.001, Euler 128";
/// Flow matching with its defaults.
const FLOW: &str = "flow matching, defaults, Euler 128";
/// MeanFlow with its defaults, which is also measured in 8 bits.
pub const MEANFLOW: &str = "**MeanFlow, defaults**";
/// The trials that all others are compared with.
pub const REFERENCES: [&str; 3] = [PUBLISHED, PUBLISHED_DIGITS, FLOW];

/// The trials on a data set, including those of single settings if `ablations` is set.
pub fn trials(data: &Dataset, ablations: bool) -> Vec<Trial> {
    let fm = |name, change| {
        let sampler = (Method::Euler, 128);
        Trial { name, objective: Objective::Fm, change, teacher: None, sampler }
    };
    let once = (Method::Meanflow, 1);
    let meanflow = |name, change| Trial {
        name,
        objective: Objective::MeanFlow,
        change,
        teacher: None,
        sampler: once,
    };
    let mut trials = vec![fm(FLOW, |_| ()), meanflow(MEANFLOW, |_| ())];
    let vector = data.condition.vector.is_some();
    if vector {
        trials.push(meanflow("C²OT pairs, weight 1", |c| c2ot(c, 1.0)));
        trials.push(meanflow("C²OT pairs, weight 10", |c| c2ot(c, 10.0)));
    } else {
        trials.push(meanflow("independent pairs", |c| c.coupling = Coupling::Independent));
    }
    if Builtin::named(&data.name).is_some() {
        trials.insert(
            0,
            fm(PUBLISHED, |c| (c.batch, c.schedule.steps, c.schedule.lr) = (512, 20_000, 5e-3)),
        );
    }
    if data.values.dim() > 8 {
        let published = |c: &mut TrainConfig| (c.schedule.steps, c.schedule.lr) = (8_000, 1e-3);
        trials.insert(0, fm(PUBLISHED_DIGITS, published));
        trials.push(meanflow("24,000 steps", |c| c.schedule.steps = 24_000));
    }
    if ablations {
        trials.push(meanflow("OT batch 256", |c| c.transport.batch = 256));
        trials.push(meanflow("a quarter of the batch", |c| c.batch /= 4));
        trials.push(meanflow("half of the steps", |c| c.schedule.steps /= 2));
    }
    trials.push(Trial {
        name: "distilled from flow matching",
        objective: Objective::Distill,
        change: |c| c.reflow.pairs = 131_072,
        teacher: Some(FLOW),
        sampler: once,
    });
    trials
}

fn c2ot(config: &mut TrainConfig, weight: f32) {
    (config.coupling, config.transport.condition_weight) = (Coupling::C2ot, weight);
}

/// The data that a trial trains on, and the width of its network.
pub struct Setting<'a> {
    /// Where the rows come from.
    pub source: &'a DataSpec,
    /// The rows.
    pub data: &'a Dataset,
    /// The width of the three hidden layers.
    pub width: usize,
    /// The folder of the runs.
    pub out: &'a Path,
}

impl Setting<'_> {
    /// The model of a run, trained if it is not there yet.
    ///
    /// # Errors
    /// As [`Setting::run`].
    pub fn model(&self, trial: &Trial, seed: u64) -> Result<StoredModel> {
        StoredModel::load(&self.run(trial, seed)?)
    }

    /// The same model in 8-bit weights.
    ///
    /// # Errors
    /// As [`Setting::run`].
    pub fn eight_bits(&self, trial: &Trial, seed: u64) -> Result<StoredModel> {
        let out = self.run(trial, seed)?;
        let checkpoint = RunDir::open(&out)?.load()?.checkpoint;
        StoredModel::new(&export::quantised(&checkpoint, self.data, None, false)?, None, &out)
    }

    /// Trains on one thread, or resumes an earlier call's run; returns the run's directory.
    ///
    /// # Errors
    /// If training fails, or an earlier call used other settings.
    pub fn run(&self, trial: &Trial, seed: u64) -> Result<PathBuf> {
        let folder = |name: &str| self.out.join(name).join(format!("seed-{seed}"));
        let mut train = TrainConfig::defaults(trial.objective, DataShape::of(self.data));
        train.layers.widths = vec![self.width; 3];
        (trial.change)(&mut train);
        train.seed = seed;
        train.teacher = trial.teacher.map(folder);
        let config = RunConfig::new(train, self.source.clone(), self.data)?;
        let out = folder(trial.name);
        let start = if out.exists() { Start::Resume } else { Start::New };
        let (rows, device) = (self.data.into(), DeviceChoice::Cpu);
        let train = || -> Result<()> {
            let stop = &AtomicBool::new(false);
            let job = Job { out: &out, config: &config, rows, device, start, stop };
            let mut session = Session::open(&job)?;
            session.trainer.run(&session.run, stop, &mut |_| ())?;
            Ok(())
        };
        let pool = ThreadPoolBuilder::new().num_threads(1).build();
        pool.map_err(|e| Error::device(format!("cannot start a thread: {e}")))?.install(train)?;
        Ok(out)
    }
}
