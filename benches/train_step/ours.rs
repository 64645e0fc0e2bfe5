//! The training step of `cargo xtask bench-train` in this project: `fused` as `fm train` runs it on
//! the CPU, or `plain` in dfdx's own operations.
//!
//! Answers each request, a line with a JSON object on stdin, with a line on stdout;
//! `benches/train_step/_worker.py` defines the requests. The other programs there use other libraries.

use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use fm_host::coupling::{Examples, Pairs};
use fm_host::data::Rows;
use fm_host::net::{Architecture, DeviceChoice, Learner, Regression, State, Update};
use fm_host::net::{learner, plain_learner};
use fm_host::objective::{Objective, Recipe};
use fm_host::random::{Purpose, fill_normal, stream};
use fm_host::train::{Batches, DataShape, TrainConfig, regression_at};
use fm_nostd::Activation;
use rayon::ThreadPoolBuilder;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde_json::json;

/// Rows of the data from which batches are drawn.
const ROWS: usize = 20_000;
/// The number of compared steps.
const CHECKED: u64 = 20;
const UPDATE: Update = Update { rate: 1e-3, clip: 1.0, ema: 0.999 };

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A request, one line on stdin.
#[derive(Deserialize)]
struct Request {
    objective: Objective,
    hidden: usize,
    batch: usize,
    /// Write the initial weights and the steps that all programs are compared on.
    export: Option<PathBuf>,
    /// Run those steps.
    check: Option<PathBuf>,
    /// Run this many steps, each on fresh noise.
    steps: Option<u64>,
}

/// The state of a case that is requested repeatedly.
struct Case {
    objective: Objective,
    hidden: usize,
    batch: usize,
    learner: Box<dyn Learner>,
    taken: u64,
}

fn main() -> Result<(), Failure> {
    let plain = match std::env::args().nth(1).as_deref() {
        Some("fused") => false,
        Some("plain") => true,
        _ => return Err("name the program to time: fused or plain".into()),
    };
    println!("{}", json!({ "ready": true }));
    // On a thread of a pool, as `fm train` does.
    ThreadPoolBuilder::new().build()?.install(|| serve(plain))
}

fn serve(plain: bool) -> Result<(), Failure> {
    let mut case = None;
    for line in stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let answer = answer(&request, plain, &mut case)?;
        println!("{answer}");
    }
    Ok(())
}

fn answer(
    request: &Request,
    plain: bool,
    case: &mut Option<Case>,
) -> Result<serde_json::Value, Failure> {
    let Request { objective, hidden, batch, .. } = *request;
    let pairs = Arc::new(Pairs::independent(data()));
    let mut config = TrainConfig::defaults(objective, DataShape::BUILT_IN);
    config.batch = batch;
    let recipe = config.recipe(pairs.examples());
    let architecture = architecture(objective, hidden);
    let start = || {
        let state = State::fresh(&architecture, 0);
        match plain {
            true => plain_learner(&architecture, state),
            false => learner(&architecture, state, DeviceChoice::Cpu),
        }
    };
    let checked = |step| regression_at(&pairs, &recipe, batch, 1, step);
    if let Some(path) = &request.export {
        export(path, &architecture, &(0..CHECKED).map(checked).collect::<Vec<_>>())?;
        return Ok(json!({ "steps": CHECKED }));
    }
    if request.check.is_some() {
        let mut learner = start()?;
        let mut losses = Vec::new();
        for step in 0..CHECKED {
            losses.push(learner.step(&checked(step), &UPDATE)?.weighted);
        }
        let average: f64 = learner.state()?.average.iter().map(|&x| f64::from(x).powi(2)).sum();
        return Ok(json!({ "losses": losses, "average": average }));
    }
    let same =
        |case: &Case| case.objective == objective && case.hidden == hidden && case.batch == batch;
    let mut now = match case.take().filter(same) {
        Some(case) => case,
        None => Case { objective, hidden, batch, learner: start()?, taken: 0 },
    };
    let steps = request.steps.ok_or("say `export`, `check` or `steps`")?;
    let seconds = time(&mut now, &pairs, recipe, steps)?;
    *case = Some(now);
    Ok(json!({ "seconds": seconds }))
}

/// Runs steps as `fm train` does, with batches made on a separate thread.
fn time(case: &mut Case, pairs: &Arc<Pairs>, recipe: Recipe, steps: u64) -> Result<f64, Failure> {
    let range = case.taken..case.taken + steps;
    let started = Instant::now();
    let mut batches = Batches::start(pairs.clone(), recipe, case.batch, 2, range)?;
    while let Some(regression) = batches.take() {
        case.learner.step(&regression, &UPDATE)?;
    }
    case.taken += steps;
    Ok(started.elapsed().as_secs_f64())
}

fn architecture(objective: Objective, hidden: usize) -> Architecture {
    Architecture {
        data: 2,
        average: objective.average(),
        condition: 0,
        hidden,
        layers: 3,
        activation: Activation::Silu,
        known: fm_nostd::blob::KnownInputs::None,
        // The other libraries' networks have none.
        gain: false,
    }
}

fn data() -> Examples {
    let mut values = vec![0.0; 2 * ROWS];
    fill_normal(&mut stream(0, Purpose::Train, 0), &mut values);
    Examples::plain(Rows::from_vec(2, values))
}

/// Writes `weight.L` and `bias.L` of every layer, and `input` and `velocity` of every step.
///
/// The first rows' tangents and gaps follow from these: `(1, -1, velocity)`, and `h`.
fn export(path: &Path, net: &Architecture, steps: &[Regression]) -> Result<(), Failure> {
    let theta = State::fresh(net, 0).parameters;
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    for (l, layer) in net.layers().into_iter().enumerate() {
        let shape = vec![layer.inputs, layer.outputs];
        tensors.push((format!("weight.{l}"), shape, bytes(&theta[layer.weights])));
        tensors.push((format!("bias.{l}"), vec![layer.outputs], bytes(&theta[layer.bias])));
    }
    let inputs: Vec<&Rows> = steps.iter().map(|step| &step.input).collect();
    let velocities = steps.iter().map(|step| &step.velocity).collect();
    for (name, tables) in [("input", inputs), ("velocity", velocities)] {
        let shape = vec![tables.len(), tables[0].len(), tables[0].dim()];
        let values = tables.iter().flat_map(|table| bytes(table.as_slice())).collect();
        tensors.push((name.to_owned(), shape, values));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        Ok((name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    safetensors::serialize_to_file(views, None, path)?;
    Ok(())
}
