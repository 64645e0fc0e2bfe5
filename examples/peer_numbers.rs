//! Prints numbers of this library for other people's programs to check.
//!
//! Reads one JSON question on stdin and writes its answer as JSON on stdout: points of a path,
//! predictions turned into others, pairs of the optimal-transport coupling. `cargo xtask peers`
//! builds it for the scripts in `tests/peers/`.

use fm_host::coupling::{Examples, Optimal, Pairs, PoolSettings};
use fm_host::data::Rows;
use fm_host::path::{Path, PathSample, Prediction};
use fm_host::random::{Purpose, stream};
use serde::Deserialize;
use serde_json::json;

/// What is asked for. Tables are lists of rows.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    /// `x_t` and `dx_t` of each row at its own time.
    Sample { path: Path, t: Vec<f32>, x0: Vec<Vec<f32>>, x1: Vec<Vec<f32>> },
    /// Each row's prediction as another kind.
    Convert {
        path: Path,
        t: Vec<f32>,
        x: Vec<Vec<f32>>,
        value: Vec<Vec<f32>>,
        from: Prediction,
        to: Prediction,
    },
    /// Pairs drawn, with replacement, from a pool that has every row once: one block of each class.
    Couple { x1: Vec<Vec<f32>>, labels: Vec<u32>, draws: usize, seed: u64 },
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answer = match serde_json::from_reader(std::io::stdin().lock())? {
        Question::Sample { path, t, x0, x1 } => {
            let (mut x_t, mut dx_t) = (x0.clone(), x0.clone());
            for (i, &t) in t.iter().enumerate() {
                path.sample(t, &x0[i], &x1[i], PathSample { x_t: &mut x_t[i], dx_t: &mut dx_t[i] });
            }
            json!({ "x_t": x_t, "dx_t": dx_t })
        }
        Question::Convert { path, t, x, value, from, to } => {
            let row = |i: usize| -> Vec<f32> {
                let pairs = x[i].iter().zip(&value[i]);
                pairs.map(|(&x, &value)| path.convert(t[i], x, value, from, to)).collect()
            };
            json!((0..t.len()).map(row).collect::<Vec<_>>())
        }
        Question::Couple { x1, labels, draws, seed } => {
            let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
            let rows = labels.len();
            let x1 = Rows::from_vec(x1[0].len(), x1.concat());
            let examples = Examples::with_classes(x1, labels, classes, false);
            let settings = PoolSettings { batch: rows, rows, cost: Optimal::Plain };
            let pairs = Pairs::ot(examples, &settings, seed)?;
            let batch = pairs.draw(draws, &mut stream(seed, Purpose::Batch, 0));
            let table = |rows: &Rows| rows.iter().map(<[f32]>::to_vec).collect::<Vec<_>>();
            json!({ "x0": table(&batch.x0), "x1": table(&batch.x1) })
        }
    };
    println!("{answer}");
    Ok(())
}
