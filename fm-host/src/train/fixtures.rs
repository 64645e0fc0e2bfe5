//! Small data sets, configurations and a learner for the tests of this folder.

use super::{Checkpoint, DataShape, RunConfig, RunDir, Schedule, TrainConfig};
use crate::Result;
use crate::coupling::{Coupling, Pairs, Transport};
use crate::data::{ClassData, ConditionData, DataSpec, Dataset, Rows, VectorData};
use crate::net::{Architecture, HiddenLayers, Learner, Loss, Regression, State, Update};
use crate::objective::Objective;
use crate::random::{Purpose, fill_normal, stream};

/// `n` rows in 2-D about (3, -1), without a condition.
pub fn plain(n: usize) -> Dataset {
    let mut values = vec![0.0; 2 * n];
    fill_normal(&mut stream(4, Purpose::Block, 0), &mut values);
    for row in values.chunks_exact_mut(2) {
        row[0] = 3.0 + 0.5 * row[0];
        row[1] = 2.0 * row[1] - 1.0;
    }
    Dataset::new(
        "test",
        vec!["a".to_owned(), "b".to_owned()],
        Rows::from_vec(2, values),
        ConditionData::default(),
    )
}

/// The same rows in three classes.
pub fn classes(n: usize) -> Dataset {
    let names = ["x", "y", "z"].map(str::to_owned).to_vec();
    let labels = (0..n as u32).map(|i| i % 3).collect();
    Dataset { condition: ClassData { column: "kind".to_owned(), names, labels }.into(), ..plain(n) }
}

/// The same rows with a condition vector of one number each.
pub fn vectors(n: usize) -> Dataset {
    let values = Rows::from_vec(1, (0..n).map(|i| (i % 7) as f32 * 10.0).collect());
    Dataset {
        condition: VectorData { columns: vec!["goal".to_owned()], values }.into(),
        ..plain(n)
    }
}

/// The same rows with the classes and the vectors.
pub fn both(n: usize) -> Dataset {
    let condition = ConditionData { vector: vectors(n).condition.vector, ..classes(n).condition };
    Dataset { condition, ..plain(n) }
}

/// A source for the rows above.
pub fn source() -> DataSpec {
    DataSpec { rows: 200, ..DataSpec::new("test.csv") }
}

/// A small, quick training.
pub fn train_config(objective: Objective, steps: u64) -> TrainConfig {
    TrainConfig {
        coupling: Coupling::Independent,
        schedule: Schedule { warmup: 1, ..Schedule::new(steps, 0.01) },
        batch: 64,
        layers: HiddenLayers::new(8, 2),
        log_every: 10,
        ..TrainConfig::defaults(objective, DataShape::BUILT_IN)
    }
}

/// Settings of optimal transport for `batch` rows per assignment and `pool` pairs.
pub fn transport(batch: usize, pool: usize) -> Transport {
    Transport { batch, pool, condition_weight: Transport::CONDITION_WEIGHT }
}

/// The same, with the facts of [`plain`] rows.
pub fn config(objective: Objective, steps: u64) -> RunConfig {
    RunConfig::new(train_config(objective, steps), source(), &plain(200)).expect("valid")
}

/// The pairs for a [`config`].
pub fn pairs(config: &RunConfig) -> Pairs {
    Pairs::independent(config.facts.examples(&plain(200), false))
}

/// A linear map of the inputs instead of a network, with momentum instead of Adam.
pub struct LinearLearner {
    state: State,
    inputs: usize,
    data: usize,
}

impl LinearLearner {
    /// Makes a map from the first `inputs * data` parameters of `state`.
    pub fn new(architecture: &Architecture, mut state: State) -> Self {
        let (inputs, data) = (architecture.inputs(), architecture.data);
        if state.step == 0 {
            for values in [&mut state.parameters, &mut state.average] {
                values.truncate(inputs * data);
                values.fill(0.0);
            }
            state.first_moment.truncate(inputs * data);
            state.second_moment.truncate(inputs * data);
        }
        Self { state, inputs, data }
    }
}

impl Learner for LinearLearner {
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss> {
        let output = self.evaluate(&regression.input)?;
        let scale = 1.0 / regression.input.len() as f32;
        let mut gradient = vec![0.0; self.inputs * self.data];
        let mut raw = 0.0;
        for (i, input) in regression.input.iter().enumerate() {
            for j in 0..self.data {
                let error = output.row(i)[j] - regression.velocity.row(i)[j];
                raw += scale * error * error;
                for (k, x) in input.iter().enumerate() {
                    gradient[k * self.data + j] += scale * 2.0 * error * x;
                }
            }
        }
        let gradient_norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        let State { step, parameters, average, first_moment, .. } = &mut self.state;
        *step += 1;
        for (k, g) in gradient.iter().enumerate() {
            first_moment[k] = 0.9 * first_moment[k] + 0.1 * g;
            parameters[k] -= update.rate * first_moment[k];
            average[k] = update.ema * average[k] + (1.0 - update.ema) * parameters[k];
        }
        Ok(Loss { weighted: raw, raw, gradient_norm })
    }

    fn evaluate(&self, input: &Rows) -> Result<Rows> {
        let mut out = Rows::from_vec(self.data, vec![0.0; input.len() * self.data]);
        for (i, row) in input.iter().enumerate() {
            for (k, x) in row.iter().enumerate() {
                for (j, y) in out.row_mut(i).iter_mut().enumerate() {
                    *y += x * self.state.parameters[k * self.data + j];
                }
            }
        }
        Ok(out)
    }

    fn state(&self) -> Result<State> {
        Ok(self.state.clone())
    }

    fn device_name(&self) -> &str {
        "test"
    }
}

/// A checkpoint of an untrained network at step `step`.
pub fn checkpoint(step: u64) -> Checkpoint {
    let config = config(Objective::Fm, 10);
    let state = State::fresh(&config.architecture, 1);
    Checkpoint { config, state, selected: None, step, seconds: 0.0, arithmetic: "test".to_owned() }
}

/// A new run's directory in a temporary folder.
pub fn run() -> (tempfile::TempDir, RunDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let run = RunDir::create(&dir.path().join("a/run"), false).expect("a new run");
    run.write_config(&checkpoint(0).config).expect("writable");
    (dir, run)
}
