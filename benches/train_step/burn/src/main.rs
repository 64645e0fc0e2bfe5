//! The training step of `cargo xtask bench-train` on burn: its Flex backend with autodiff.
//!
//! `benches/train_step/_worker.py` defines the requests and the step.

use std::io::{BufRead, stdin};
use std::time::Instant;

use burn::tensor::activation::{sigmoid, silu};
use burn::tensor::{Bool, Device, Distribution, Int, Tensor, TensorData};
use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::json;

const DATA_ROWS: usize = 20_000;
const RATE: f32 = 1e-3;
const CLIP: f32 = 1.0;
const DECAY: f32 = 0.999;
const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const EPSILON: f32 = 1e-8;

type Failure = Box<dyn std::error::Error>;

/// A request, one line on stdin.
#[derive(Deserialize)]
struct Request {
    objective: String,
    hidden: usize,
    batch: usize,
    check: Option<String>,
    steps: Option<u64>,
}

/// A parameter and its optimiser. Biases are tables of one row.
struct Parameter {
    value: Tensor<2>,
    average: Tensor<2>,
    first: Tensor<2>,
    second: Tensor<2>,
}

/// A network in training.
struct Case {
    key: (String, usize, usize),
    device: Device,
    data: Tensor<2>,
    /// Weights and bias of one layer after the other.
    parameters: Vec<Parameter>,
    taken: i32,
}

fn main() -> Result<(), Failure> {
    println!("{}", json!({ "ready": true }));
    let mut case: Option<Case> = None;
    for line in stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let key = (request.objective, request.hidden, request.batch);
        if let Some(path) = request.check {
            let (losses, average) = check(key, &path)?;
            println!("{}", json!({ "losses": losses, "average": average }));
            continue;
        }
        let mut now = match case.take().filter(|case| case.key == key) {
            Some(case) => case,
            None => Case::random(key),
        };
        let started = Instant::now();
        for _ in 0..request.steps.ok_or("say `check` or `steps`")? {
            let (x, v) = now.batch();
            now.step(x, v);
        }
        println!("{}", json!({ "seconds": started.elapsed().as_secs_f64() }));
        case = Some(now);
    }
    Ok(())
}

fn check(key: (String, usize, usize), path: &str) -> Result<(Vec<f32>, f64), Failure> {
    let bytes = std::fs::read(path)?;
    let file = SafeTensors::deserialize(&bytes)?;
    let device = Device::flex();
    let floats = |name: &str| -> Result<(Vec<usize>, Vec<f32>), Failure> {
        let view = file.tensor(name)?;
        let numbers =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        Ok((view.shape().to_vec(), numbers.collect()))
    };
    let mut values = Vec::new();
    for layer in 0..4 {
        for kind in ["weight", "bias"] {
            let (shape, numbers) = floats(&format!("{kind}.{layer}"))?;
            let shape = [numbers.len() / shape[shape.len() - 1], shape[shape.len() - 1]];
            values.push(Tensor::from_data(TensorData::new(numbers, shape), &device));
        }
    }
    let mut case = Case::new(key, device, values);
    let (shape, x) = floats("input")?;
    let (_, v) = floats("velocity")?;
    let mut losses = Vec::new();
    for (x, v) in x.chunks(shape[1] * shape[2]).zip(v.chunks(shape[1] * 2)) {
        let table = |numbers: &[f32]| {
            let shape = [shape[1], numbers.len() / shape[1]];
            Tensor::from_data(TensorData::new(numbers.to_vec(), shape), &case.device)
        };
        let (x, v) = (table(x), table(v));
        losses.push(case.step(x, v).into_scalar::<f32>());
    }
    let average = case.parameters.iter().map(|p| {
        let values = p.average.clone().into_data().try_to_vec::<f32>().unwrap_or_default();
        values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>()
    });
    Ok((losses, average.sum()))
}

impl Case {
    fn new(key: (String, usize, usize), device: Device, values: Vec<Tensor<2>>) -> Self {
        let parameters = values.into_iter().map(|value| Parameter {
            average: value.clone(),
            first: value.zeros_like(),
            second: value.zeros_like(),
            value,
        });
        let data = Tensor::random([DATA_ROWS, 2], Distribution::Normal(0.0, 1.0), &device);
        Self { key, parameters: parameters.collect(), data, device, taken: 0 }
    }

    fn random(key: (String, usize, usize)) -> Self {
        let device = Device::flex();
        let sizes = [if key.0 == "meanflow" { 4 } else { 3 }, key.1, key.1, key.1, 2];
        let mut values = Vec::new();
        for pair in sizes.windows(2) {
            let normal = Distribution::Normal(0.0, (2.0 / pair[0] as f64).sqrt());
            values.push(Tensor::random([pair[0], pair[1]], normal, &device));
            values.push(Tensor::zeros([1, pair[1]], &device));
        }
        Self::new(key, device, values)
    }

    fn average(&self) -> bool {
        self.key.0 == "meanflow"
    }

    /// Inputs and velocities on fresh noise.
    fn batch(&self) -> (Tensor<2>, Tensor<2>) {
        let (n, device) = (self.key.2, &self.device);
        let uniform = |n| Tensor::<2>::random([n, 1], Distribution::Uniform(0.0, 1.0), device);
        let last = Distribution::Uniform(0.0, DATA_ROWS as f64);
        let rows = Tensor::<1, Int>::random([n], last, device);
        let x1 = self.data.clone().select(0, rows);
        let x0 = Tensor::random([n, 2], Distribution::Normal(0.0, 1.0), device);
        let mut t = uniform(n);
        let mut times = Vec::new();
        if self.average() {
            let half = n / 2;
            let (a, b) = (t.clone().slice([0..half]), uniform(half));
            let end: Tensor<2, Bool> = uniform(half).lower_elem(0.5);
            let late = a.clone().max_pair(b.clone()).mask_fill(end, 1.0);
            let early = a.min_pair(b);
            let h = late - early.clone();
            t = Tensor::cat(vec![early, t.slice([half..n])], 0);
            times.push(Tensor::cat(vec![h, Tensor::zeros([n - half, 1], device)], 0));
        }
        times.insert(0, t.clone());
        times.push(x0.clone() * (t.clone().neg() + 1.0) + x1.clone() * t);
        (Tensor::cat(times, 1), x1 - x0)
    }

    /// The derivative of the output in the first rows along `(1, -1, v)`, by the chain rule, because burn
    /// has no forward mode.
    fn derivative(&self, x: Tensor<2>, v: Tensor<2>) -> Tensor<2> {
        let one = Tensor::ones([x.dims()[0], 1], &self.device);
        let (mut x, mut dx) = (x, Tensor::cat(vec![one.clone(), one.neg(), v], 1));
        let layers = self.parameters.chunks_exact(2);
        let last = layers.len() - 1;
        for (i, layer) in layers.enumerate() {
            dx = dx.matmul(layer[0].value.clone());
            if i == last {
                break;
            }
            let z = x.matmul(layer[0].value.clone()) + layer[1].value.clone();
            let s = sigmoid(z.clone());
            x = z * s.clone();
            dx = dx * (s.clone() + x.clone() * (s.neg() + 1.0));
        }
        dx
    }

    fn step(&mut self, x: Tensor<2>, v: Tensor<2>) -> Tensor<1> {
        let n = x.dims()[0];
        let mut target = v.clone();
        if self.average() {
            let half = n / 2;
            let (x, v) = (x.clone().slice([0..half]), v.clone().slice([0..half]));
            let h = x.clone().slice([0..half, 1..2]);
            let apart = v.clone() + self.derivative(x, v) * h;
            target = Tensor::cat(vec![apart, target.slice([half..n])], 0);
        }
        let leaves: Vec<Tensor<2>> =
            self.parameters.iter().map(|p| p.value.clone().autodiff().require_grad()).collect();
        let mut u = x.autodiff();
        let layers = leaves.chunks_exact(2);
        let last = layers.len() - 1;
        for (i, layer) in layers.enumerate() {
            u = u.matmul(layer[0].clone()) + layer[1].clone();
            if i < last {
                u = silu(u);
            }
        }
        let loss = (u - target.autodiff()).square().sum() / n as f32;
        let mut gradients = loss.backward();
        let gradients: Vec<Tensor<2>> =
            leaves.iter().filter_map(|leaf| leaf.grad_remove(&mut gradients)).collect();
        assert_eq!(gradients.len(), leaves.len(), "every parameter has a gradient");
        self.descend(gradients);
        loss.inner()
    }

    /// Adam on the clipped gradients.
    fn descend(&mut self, gradients: Vec<Tensor<2>>) {
        self.taken += 1;
        let squares = gradients.iter().map(|g| g.clone().square().sum());
        let norm = squares.reduce(|a, b| a + b).map_or(0.0, |sum| sum.into_scalar::<f32>()).sqrt();
        let scale = (CLIP / norm).min(1.0);
        let rate = RATE / (1.0 - FIRST.powi(self.taken));
        let correction = 1.0 / (1.0 - SECOND.powi(self.taken));
        for (p, gradient) in self.parameters.iter_mut().zip(gradients) {
            let gradient = gradient * scale;
            p.first = p.first.clone() * FIRST + gradient.clone() * (1.0 - FIRST);
            p.second = p.second.clone() * SECOND + gradient.square() * (1.0 - SECOND);
            let spread = (p.second.clone() * correction).sqrt() + EPSILON;
            p.value = p.value.clone() - p.first.clone() / spread * rate;
            p.average = p.average.clone() * DECAY + p.value.clone() * (1.0 - DECAY);
        }
    }
}
