//! Trains on a known distribution, and compares the network with the exact velocity.

use std::sync::atomic::AtomicBool;

use fm_host::coupling::Coupling;
use fm_host::data::{DataSpec, Dataset, Rows, Standardisation};
use fm_host::export;
use fm_host::net::{self, DeviceChoice, HiddenLayers, Learner, State};
use fm_host::objective::{InputLayout, Objective};
use fm_host::path::Path;
use fm_host::random::{Purpose, stream};
use fm_host::train::{
    DataShape, Job, RunConfig, RunDir, Schedule, Session, Start, TeacherId, TrainConfig,
};
use fm_host::truth::{Coefficients, GaussianMixture};
use rand::RngExt;
use tempfile::TempDir;

/// A finished run and its network.
pub struct Trained {
    pub run: TempDir,
    pub config: RunConfig,
    pub network: Box<dyn Learner>,
}

/// Three hidden layers of 32, 1,500 steps of 256 rows, independent pairs; takes about two seconds.
pub fn recipe(objective: Objective) -> TrainConfig {
    TrainConfig {
        coupling: Coupling::Independent,
        layers: HiddenLayers::new(32, 3),
        batch: 256,
        schedule: Schedule { warmup: 100, ema: 0.995, ..Schedule::new(1500, 0.015) },
        checkpoint_every: 100_000,
        ..TrainConfig::defaults(objective, DataShape::BUILT_IN)
    }
}

/// Trains on `data` without standardisation.
pub fn train(data: &Dataset, train: TrainConfig) -> Trained {
    // The statistics are replaced here, and the check of the teacher would compare them, so it is skipped.
    let alone = TrainConfig {
        objective: if train.objective.average() { Objective::MeanFlow } else { Objective::Fm },
        teacher: None,
        teacher_guidance: 1.0,
        ..train.clone()
    };
    let mut config = RunConfig::new(alone, DataSpec::new("law"), data).expect("valid");
    config.teacher = train.teacher.clone().map(|run| {
        let loaded = RunDir::open(&run).and_then(|run| run.load()).expect("a finished teacher");
        TeacherId { run, from_run: None, id: loaded.checkpoint.id() }
    });
    train.validate().expect("valid");
    config.train = train;
    let dim = data.values.dim();
    config.facts.standardisation =
        Standardisation { transforms: Vec::new(), mean: vec![0.0; dim], std: vec![1.0; dim] };
    let (run, mut state) = finished(&config, data);
    state.parameters.clone_from(&state.average);
    let network = net::learner(&config.architecture, state, DeviceChoice::Cpu).expect("a CPU");
    Trained { run, config, network }
}

/// Trains to the end; returns the directory and the network.
pub fn finished(config: &RunConfig, data: &Dataset) -> (TempDir, State) {
    let run = tempfile::tempdir().expect("a directory");
    let (out, device, start) = (run.path(), DeviceChoice::Cpu, Start::New);
    let never = AtomicBool::new(false);
    let job = Job { out, config, rows: data.into(), device, start, stop: &never };
    let mut session = Session::open(&job).expect("it opens");
    session.trainer.run(&session.run, &never, &mut |_| {}).expect("it trains");
    let state = session.run.load().expect("saved").checkpoint.state;
    (run, state)
}

/// Returns the blob of a training on `data` as in `fm train`, with standardisation.
pub fn trained_blob(data: &Dataset, train: TrainConfig) -> Vec<u8> {
    let config = RunConfig::new(train, DataSpec::new("law"), data).expect("valid");
    let (_run, state) = finished(&config, data);
    export::blob(&config, &state.average, false).expect("a valid model")
}

/// A probe: a time, a point of the path at that time, and the class of its data.
pub struct Probe {
    pub t: f32,
    pub x: Vec<f32>,
    pub class: u32,
}

/// Draws probes from the marginals at times in [0.1, 0.95].
pub fn probes(law: &GaussianMixture, path: Path, count: usize) -> Vec<Probe> {
    let mut rng = stream(77, Purpose::HeldOut, 0);
    let (x1, labels) = law.sample(count, &mut rng);
    let (x0, _) = standard(law.dim()).sample(count, &mut rng);
    let point = |i: usize, t: f32| {
        let at = Coefficients::at(path, t.into());
        let pairs = x1.row(i).iter().zip(x0.row(i));
        pairs.map(|(x1, x0)| at.alpha as f32 * x1 + at.sigma as f32 * x0).collect()
    };
    (0..count)
        .map(|i| {
            let t = 0.1 + 0.85 * rng.random::<f32>();
            Probe { t, x: point(i, t), class: labels[i] }
        })
        .collect()
}

fn standard(dim: usize) -> GaussianMixture {
    GaussianMixture::new(vec![fm_host::truth::Component::round(&vec![0.0; dim], 1.0)])
}

impl Trained {
    /// The velocity that the network predicts at every probe, given the probe's class if there are classes.
    pub fn velocities(&self, probes: &[Probe]) -> Vec<Vec<f64>> {
        let mut input = Rows::new(self.config.architecture.inputs());
        let classes = self.config.architecture.condition;
        for probe in probes {
            let mut row = vec![probe.t];
            if self.config.architecture.average {
                row.push(0.0);
            }
            row.extend((0..classes as u32).map(|k| f32::from(u8::from(k == probe.class))));
            row.extend(&probe.x);
            input.push(&row);
        }
        self.velocities_at(&input)
    }

    /// The velocities that the network predicts for rows of inputs.
    pub fn velocities_at(&self, input: &Rows) -> Vec<Vec<f64>> {
        let mut out = self.network.evaluate(input).expect("it evaluates");
        let layout = InputLayout::from(&self.config.architecture);
        self.config.train.output().to_velocities(&layout, input, &mut out);
        out.iter().map(wide).collect()
    }
}

pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| x.into()).collect()
}

/// The root mean square of the differences, divided by the root mean square of the truth.
pub fn relative(found: &[Vec<f64>], truth: &[Vec<f64>]) -> f64 {
    assert_eq!(found.len(), truth.len());
    let (mut error, mut size) = (0.0, 0.0);
    for (found, truth) in found.iter().zip(truth) {
        for (found, truth) in found.iter().zip(truth) {
            error += (found - truth).powi(2);
            size += truth.powi(2);
        }
    }
    (error / size).sqrt()
}
