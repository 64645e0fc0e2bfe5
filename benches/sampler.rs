//! The time of a sample on this machine: one MeanFlow step and many Euler steps, the network, the blob's
//! check. `cargo bench` prints a table at the end.

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs;
use std::hint::black_box;
use std::path::Path;

use common::{Placed, Wanted};
use criterion::{BenchmarkId, Criterion};
use fm_nostd::blob::Conditioning;
use fm_nostd::prediction::Prediction;
use fm_nostd::solver::Euler;
use fm_nostd::{Activation, Draw, Mlp, Model, OneStep, Velocity};

const EULER_STEPS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// The network of the reference measurements: 64, 64, 64 on two dimensions.
fn model(prediction: Prediction, activation: Activation) -> Placed {
    let (conditioning, unconditional) = (Conditioning::NONE, false);
    let (dim, hidden, layers) = (2, 64, 3);
    let wanted =
        Wanted { prediction, activation, conditioning, unconditional, dim, hidden, layers };
    Placed::new(&wanted.blob())
}

fn samplers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sample");
    let average = model(Prediction::AverageVelocity, Activation::Silu);
    let average = Model::new(average.bytes()).expect("a valid blob");
    let mut one_step = OneStep::<2, 0, 64>::new(&average).expect("the sizes agree");
    let mut sample = 0;
    group.bench_function(BenchmarkId::new("meanflow", 1), |bencher| {
        bencher.iter(|| {
            sample += 1;
            one_step.sample(black_box(Draw { seed: 1, sample }))
        });
    });
    let velocity = model(Prediction::Velocity, Activation::Silu);
    let velocity = Model::new(velocity.bytes()).expect("a valid blob");
    let mlp = Mlp::<2, 0, 64>::new(&velocity).expect("the sizes agree");
    let mut euler =
        mlp.sampler(Euler::new([0.0; 2])).expect("the working memory is as long as a sample");
    for steps in EULER_STEPS {
        group.bench_function(BenchmarkId::new("euler", steps), |bencher| {
            bencher.iter(|| {
                sample += 1;
                let mut x = [0.0; 2];
                euler.sample(black_box(Draw { seed: 1, sample }), steps, &mut x);
                x
            });
        });
    }
}

fn parts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("network");
    for activation in Activation::ALL {
        let placed = model(Prediction::Velocity, activation);
        let model = Model::new(placed.bytes()).expect("a valid blob");
        let mut mlp = Mlp::<2, 0, 64>::new(&model).expect("the sizes agree");
        let mut out = [0.0; 2];
        group.bench_function(activation.name(), |bencher| {
            bencher.iter(|| {
                mlp.velocity(black_box(0.5), black_box(&[0.3, -0.2]), &mut out);
                out
            });
        });
    }
    group.finish();
    let placed = model(Prediction::Velocity, Activation::Silu);
    let mut group = criterion.benchmark_group("other");
    group.bench_function("check of the blob", |bencher| {
        bencher.iter(|| Model::new(black_box(placed.bytes())).map(|model| model.dim()));
    });
    group.bench_function("noise for two", |bencher| {
        let mut x = [0.0; 2];
        let mut sample = 0;
        bencher.iter(|| {
            sample += 1;
            black_box(Draw { seed: 1, sample }).fill(0, &mut x);
            x
        });
    });
}

/// Criterion's mean for a benchmark, in nanoseconds; `None` if a filter left it out.
fn nanoseconds(results: &Path, id: &str) -> Option<f64> {
    let text = fs::read_to_string(results.join(id).join("new/estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    estimates["mean"]["point_estimate"].as_f64()
}

fn table(results: &Path) {
    let Some(one) = nanoseconds(results, "sample/meanflow/1") else { return };
    println!("\n3-64-64-64-2, silu, one core; a sample includes its noise\n");
    println!("| sampler              | evaluations | ns / sample | x one MeanFlow step |");
    println!("|----------------------|------------:|------------:|--------------------:|");
    println!("| MeanFlow, 1 step     | {:>11} | {one:>11.0} | {:>19.1} |", 1, 1.0);
    for steps in EULER_STEPS {
        if let Some(ns) = nanoseconds(results, &format!("sample/euler/{steps}")) {
            let name = format!("Euler, {steps} step{}", if steps == 1 { "" } else { "s" });
            println!("| {name:<20} | {steps:>11} | {ns:>11.0} | {:>19.1} |", ns / one);
        }
    }
    println!("\n| part                    |          ns |");
    println!("|-------------------------|------------:|");
    let networks = Activation::ALL.map(|activation| format!("network/{}", activation.name()));
    let other = ["other/noise for two", "other/check of the blob"];
    for id in networks.iter().map(String::as_str).chain(other) {
        if let Some(ns) = nanoseconds(results, id) {
            println!("| {id:<23} | {ns:>11.0} |");
        }
    }
}

fn main() {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
    let mut criterion = Criterion::default().output_directory(&results).configure_from_args();
    samplers(&mut criterion);
    parts(&mut criterion);
    criterion.final_summary();
    table(&results);
}
