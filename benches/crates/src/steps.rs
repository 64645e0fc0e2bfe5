//! The dense kernels: a training step's loss and gradient with ours, and with those of crates.

use std::time::Instant;

use anyhow::{Result, ensure};
use cpu_time::ThreadTime;
use fm_host::data::Rows;
use fm_host::net::{Architecture, Regression, Weighting};
use fm_host::random::{Purpose, fill_normal, stream};
use fm_nostd::Activation;
use rayon::ThreadPoolBuilder;

use crate::kernels::whole::Whole;
use crate::kernels::{by_gemm, by_matrixmultiply, ours};

/// Columns of the data; the network also reads the time.
const DATA: [usize; 2] = [2, 64];
const HIDDEN: [usize; 3] = [64, 128, 256];
const BATCHES: [usize; 2] = [256, 1024];
const THREADS: [usize; 2] = [1, 2];
const ROUNDS: usize = 12;
/// How long one program runs in a round: several steps, because the first runs with cold caches.
const ROUND_SECONDS: f64 = 0.05;

/// A step's loss and gradient: theta and batch as input, the loss returned and the gradient added.
pub type Step = Box<dyn FnMut(&[f32], &Regression, &mut [f32]) -> f64 + Send>;

/// A network of three hidden layers, flow matching.
pub fn architecture(data: usize, hidden: usize) -> Architecture {
    let activation = Activation::Silu;
    Architecture {
        data,
        average: false,
        condition: 0,
        known: fm_nostd::blob::KnownInputs::None,
        hidden,
        layers: 3,
        activation,
        gain: false,
    }
}

/// A batch of `rows`.
pub fn regression(architecture: &Architecture, rows: usize) -> Regression {
    let table = |index, width| {
        let mut values = vec![0.0; rows * width];
        fill_normal(&mut stream(0, Purpose::Batch, index), &mut values);
        Rows::from_vec(width, values)
    };
    let (input, velocity) = (table(0, architecture.inputs()), table(1, architecture.data));
    Regression::plain(input, velocity, Weighting { p: 0.0, c: 0.0 })
}

/// Our step; our tiles of 64 rows with each crate's products; and a step of the whole batch, for which
/// `matrixmultiply` uses one thread.
pub fn steps(
    architecture: &Architecture,
    rows: usize,
    threads: usize,
) -> Vec<(&'static str, Step)> {
    let fm = ours::sweep::Sweep::new(architecture);
    let gemm = by_gemm::sweep::Sweep::new(architecture);
    let other = by_matrixmultiply::sweep::Sweep::new(architecture);
    let mut all_gemm = Whole::new(architecture, rows, by_gemm::product, threads);
    let mut all_other = Whole::new(architecture, rows, by_matrixmultiply::product, threads);
    vec![
        ("fm", Box::new(move |theta, batch, gradient| fm.run(theta, batch, gradient))),
        ("gemm, tiles", Box::new(move |theta, batch, gradient| gemm.run(theta, batch, gradient))),
        (
            "matrixmultiply, tiles",
            Box::new(move |theta, batch, gradient| other.run(theta, batch, gradient)),
        ),
        (
            "gemm, whole batch",
            Box::new(move |theta, batch, gradient| all_gemm.run(theta, batch, gradient)),
        ),
        (
            "matrixmultiply, whole batch",
            Box::new(move |theta, batch, gradient| all_other.run(theta, batch, gradient)),
        ),
    ]
}

/// Prints all times.
pub fn table() -> Result<()> {
    println!(
        "\nLoss and gradient of one step (3 hidden layers, SiLU) in microseconds, minima: CPU time on one \
         thread, wall-clock time on two; in parentheses our time divided by theirs. In tiles, only the \
         products differ from ours; the whole batch computes one product after the other, which gemm \
         divides among the threads.\n"
    );
    let names = steps(&architecture(2, 64), 1, 1).iter().map(|(name, _)| *name).collect::<Vec<_>>();
    println!("| threads | data | hidden | batch | {} |", names.join(" | "));
    println!("|--:|--:|--:|--:|{}", "--:|".repeat(names.len()));
    for threads in THREADS {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        for data in DATA {
            for hidden in HIDDEN {
                for batch in BATCHES {
                    let seconds = pool.install(|| measure(data, hidden, batch, threads))?;
                    let cells = seconds.iter().enumerate().map(|(i, time)| match i {
                        0 => format!(" {:.0} |", time * 1e6),
                        _ => format!(" {:.0} ({:.2}x) |", time * 1e6, seconds[0] / time),
                    });
                    let cells: String = cells.collect();
                    println!("| {threads} | {data} | {hidden} | {batch} |{cells}");
                }
            }
        }
    }
    Ok(())
}

/// The least seconds of each of [`steps`] on a case.
fn measure(data: usize, hidden: usize, batch: usize, threads: usize) -> Result<Vec<f64>> {
    let architecture = architecture(data, hidden);
    let regression = regression(&architecture, batch);
    let theta = architecture.init(0);
    let mut steps = steps(&architecture, batch, threads);
    let (mut truth, mut gradient) = (Vec::new(), vec![0.0; theta.len()]);
    for (name, step) in &mut steps {
        gradient.fill(0.0);
        step(&theta, &regression, &mut gradient);
        if truth.is_empty() {
            truth.clone_from(&gradient);
        }
        let apart = distance(&gradient, &truth);
        ensure!(apart < 1e-5, "the gradient by {name} is {apart:e} off");
    }
    let mut least = vec![f64::INFINITY; steps.len()];
    for _ in 0..ROUNDS {
        for ((_, step), least) in steps.iter_mut().zip(&mut least) {
            let started = Instant::now();
            while started.elapsed().as_secs_f64() < ROUND_SECONDS {
                let before = (Instant::now(), ThreadTime::now());
                gradient.fill(0.0);
                step(&theta, &regression, &mut gradient);
                let by_clock = before.0.elapsed();
                // CPU time of a thread does not depend on other load on the machine.
                let took = if threads == 1 { before.1.elapsed() } else { by_clock };
                *least = least.min(took.as_secs_f64());
            }
        }
    }
    Ok(least)
}

/// The distance of `x` from `y`, relative to the length of `y`.
fn distance(x: &[f32], y: &[f32]) -> f64 {
    let length = |sum: f64, x: f32| sum + f64::from(x).powi(2);
    let apart = x.iter().zip(y).map(|(a, b)| a - b).fold(0.0, length);
    (apart / y.iter().copied().fold(0.0, length)).sqrt()
}
