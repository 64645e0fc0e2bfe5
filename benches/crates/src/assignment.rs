//! The exact assignment of noise to data at least squared distance: `fm-host` compared with crates that
//! read a matrix of costs.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cpu_time::ThreadTime;
use fm_host::coupling::{Batch, Examples, Optimal, Pairs, PoolSettings};
use fm_host::data::{DataSpec, Rows, load};
use fm_host::random::{Purpose, fill_normal, stream};
use multiversion::multiversion;
use ndarray::Array2;
use pathfinding::kuhn_munkres::kuhn_munkres_min;
use pathfinding::matrix::Matrix;
use peak_alloc::PeakAlloc;

use crate::child;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The solvers, ours first.
const SOLVERS: [&str; 4] = ["fm", "lapjv", "lsap", "pathfinding"];
const COLUMNS: [usize; 2] = [2, 64];
const ROWS: [usize; 5] = [128, 512, 1024, 2048, 4096];
const ROUNDS: usize = 3;
/// The time limit of a process, by the clock.
const LIMIT: Duration = Duration::from_secs(30);
/// A solver slower than this is not run again in another round.
const SLOW: f64 = 3.0;
/// How long a process repeats a faster solver.
const REPEATED: f64 = 0.3;
/// Rows of the data from which a problem is drawn.
const DATA: usize = 50_000;
/// The unit of `pathfinding`'s integers, in squared distance.
const UNIT: f64 = 1.0 / (1_u64 << 32) as f64;

/// The measurements of one process, or the best of several.
#[derive(Clone, Copy)]
struct Solved {
    seconds: f64,
    cost: f64,
    /// The peak memory in addition to the problem's rows.
    bytes: f64,
}

/// Prints all times.
pub fn table() -> Result<()> {
    println!(
        "\nMilliseconds of CPU time on one thread; in parentheses our time divided by theirs. \"Over \
         {} s\" means that the solver did not finish within that time by the clock.\n",
        LIMIT.as_secs()
    );
    println!("| columns | rows | {} |", SOLVERS.join(" | "));
    println!("|--:|--:|{}", "--:|".repeat(SOLVERS.len()));
    let mut memory = Vec::new();
    for columns in COLUMNS {
        let mut given_up = [false; SOLVERS.len()];
        for rows in ROWS {
            let best = measure(columns, rows, &mut given_up)?;
            let ours = best[0].context("our own solver took too long")?;
            let cells = best.iter().enumerate().map(|(i, solved)| match solved {
                None => format!(" over {} s |", LIMIT.as_secs()),
                Some(Solved { seconds, .. }) if i == 0 => format!(" {:.2} |", seconds * 1e3),
                Some(Solved { seconds, .. }) => {
                    format!(" {:.2} ({:.2}x) |", seconds * 1e3, ours.seconds / seconds)
                }
            });
            println!("| {columns} | {rows} |{}", cells.collect::<String>());
            if rows == 2048 {
                memory.push((columns, best));
            }
        }
    }
    println!("\nPeak memory in MiB for 2,048 rows; one matrix of f64 costs takes 32 MiB.\n");
    println!("| columns | {} |", SOLVERS.join(" | "));
    println!("|--:|{}", "--:|".repeat(SOLVERS.len()));
    for (columns, best) in memory {
        let cells = best.iter().map(|solved| match solved {
            None => " - |".to_owned(),
            Some(Solved { bytes, .. }) => format!(" {:.0} |", bytes / f64::from(1 << 20)),
        });
        println!("| {columns} |{}", cells.collect::<String>());
    }
    Ok(())
}

/// Runs the solvers alternately, and checks that all found the same least cost.
fn measure(
    columns: usize,
    rows: usize,
    given_up: &mut [bool; SOLVERS.len()],
) -> Result<[Option<Solved>; SOLVERS.len()]> {
    let mut best = [None::<Solved>; SOLVERS.len()];
    for _ in 0..ROUNDS {
        for (i, solver) in SOLVERS.into_iter().enumerate() {
            if given_up[i] || best[i].is_some_and(|best| best.seconds > SLOW) {
                continue;
            }
            let words = ["solve", solver, &columns.to_string(), &rows.to_string()];
            let Some(answer) = child::ask(&words, LIMIT)? else {
                // Larger problems take it longer still.
                given_up[i] = true;
                continue;
            };
            let numbers: Vec<f64> =
                answer.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
            let [seconds, cost, bytes] = numbers[..] else { bail!("{words:?} said {answer:?}") };
            if let Some(ours) = best[0] {
                let difference = (cost - ours.cost) / ours.cost;
                // Rounding of sums, and of integers to `UNIT`.
                ensure!(difference.abs() < 1e-6, "{words:?} costs {cost}, ours {}", ours.cost);
            }
            if best[i].is_none_or(|best| seconds < best.seconds) {
                best[i] = Some(Solved { seconds, cost, bytes });
            }
        }
    }
    Ok(best)
}

/// Prints the seconds, the total cost and the bytes that a solver uses.
pub fn solve(solver: &str, columns: usize, rows: usize) -> Result<()> {
    let examples = Examples::plain(data(columns)?);
    let settings = PoolSettings { batch: rows, rows: 0, cost: Optimal::Plain };
    let paired = Pairs::ot(examples.clone(), &settings, 0)?;
    let draw = |pairs: &Pairs| pairs.draw(rows, &mut stream(0, Purpose::Batch, 0));
    // The same rows before pairing.
    let Batch { x0, x1, .. } = draw(&Pairs::independent(examples));
    let (mut least, mut repeated, mut cost, mut bytes) = (f64::INFINITY, 0.0, 0.0, 0);
    while repeated < REPEATED {
        MEMORY.reset_peak_usage();
        let (before, started) = (MEMORY.current_usage(), ThreadTime::now());
        // Our time includes drawing the batch, because the public interface does both.
        let ends = match solver {
            "fm" => {
                let batch = draw(&paired);
                (batch.x0, batch.x1)
            }
            _ => {
                let partners = partners(solver, &x0, &x1)?;
                (x0.clone(), x1.select(&partners))
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        bytes = MEMORY.peak_usage().saturating_sub(before);
        least = least.min(seconds);
        repeated += seconds;
        let (x0, x1) = (ends.0.as_slice(), ends.1.as_slice());
        cost = x0.iter().zip(x1).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
    }
    println!("{least} {cost} {bytes}");
    Ok(())
}

/// Two moons, or with more columns ten round clusters.
fn data(columns: usize) -> Result<Rows> {
    if columns == 2 {
        return Ok(load(&DataSpec { rows: DATA, ..DataSpec::new("moons") })?.train.values);
    }
    let mut rng = stream(0, Purpose::Train, 0);
    let mut centres = vec![0.0; 10 * columns];
    fill_normal(&mut rng, &mut centres);
    let mut values = vec![0.0; DATA * columns];
    fill_normal(&mut rng, &mut values);
    for (value, centre) in values.iter_mut().zip(centres.iter().cycle()) {
        *value = centre + 0.3 * *value;
    }
    Ok(Rows::from_vec(columns, values))
}

/// For each row of `x0` its row of `x1`, by a crate.
fn partners(solver: &str, x0: &Rows, x1: &Rows) -> Result<Vec<usize>> {
    let (n, costs) = (x0.len(), costs(x0, x1));
    Ok(match solver {
        "lapjv" => lapjv::lapjv(&Array2::from_shape_vec((n, n), costs)?)?.0,
        "lsap" => match lsap::solve(n, n, &costs, false) {
            Ok((_, columns)) => columns,
            Err(_) => bail!("lsap found no assignment"),
        },
        "pathfinding" => {
            let whole = costs.iter().map(|cost| (cost / UNIT).round() as i64).collect();
            drop(costs);
            kuhn_munkres_min(&Matrix::from_vec(n, n, whole)?).1
        }
        _ => bail!("no solver is named {solver}; the solvers are {}", SOLVERS.join(", ")),
    })
}

/// All squared distances. Shape: `[n, n]`.
fn costs(x0: &Rows, x1: &Rows) -> Vec<f64> {
    let n = x1.len();
    let axes: Vec<Vec<f64>> =
        (0..x1.dim()).map(|axis| x1.iter().map(|row| f64::from(row[axis])).collect()).collect();
    let mut costs = vec![0.0; n * n];
    for (a, costs) in x0.iter().zip(costs.chunks_exact_mut(n)) {
        a.iter().zip(&axes).for_each(|(&a, axis)| add_squares(costs, f64::from(a), axis));
    }
    costs
}

/// Adds the squares of the differences between a coordinate and others, as vectors, like ours.
#[multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn add_squares(costs: &mut [f64], from: f64, to: &[f64]) {
    for (cost, to) in costs.iter_mut().zip(to) {
        *cost += (from - to) * (from - to);
    }
}
