//! Prints numbers of this library for checks by other libraries.
//!
//! Reads one JSON question on stdin and writes its answer as JSON on stdout: points of a path,
//! conversions between predictions, pairs of the optimal-transport coupling. `cargo xtask peers` builds
//! it for the scripts in `tests/peers/`.

use fm_host::coupling::{Examples, Optimal, Pairs, PoolSettings};
use fm_host::data::Rows;
use fm_host::path::{Path, PathPoint};
use fm_host::random::{Purpose, stream};
use serde::Deserialize;
use serde_json::json;

/// A question. Tables are lists of rows.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    /// `x_t` and `dx_t` of each row at its own time.
    Sample { path: Path, t: Vec<f32>, x0: Vec<Vec<f32>>, x1: Vec<Vec<f32>> },
    /// Converts each row's prediction to another kind.
    Convert {
        path: Path,
        t: Vec<f32>,
        x: Vec<Vec<f32>>,
        value: Vec<Vec<f32>>,
        from: Kind,
        to: Kind,
    },
    /// Pairs drawn, with replacement, from a pool that contains every row once: one block per class.
    Couple { x1: Vec<Vec<f32>>, labels: Vec<u32>, draws: usize, seed: u64 },
}

/// The meaning of a number at a point of a path.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Velocity,
    Data,
    Noise,
    Score,
}

impl Kind {
    /// The velocity that a value of this kind implies.
    fn velocity(self, at: &PathPoint, x: f32, value: f32) -> f32 {
        match self {
            Self::Velocity => value,
            Self::Data => at.velocity_of_data(x, value),
            Self::Noise => at.velocity_of_noise(x, value),
            Self::Score => at.velocity_of_score(x, value),
        }
    }

    /// The value of this kind that a velocity implies.
    fn of(self, at: &PathPoint, x: f32, velocity: f32) -> f32 {
        match self {
            Self::Velocity => velocity,
            Self::Data => at.data(x, velocity),
            Self::Noise => at.noise(x, velocity),
            Self::Score => at.score(x, velocity),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answer = match serde_json::from_reader(std::io::stdin().lock())? {
        Question::Sample { path, t, x0, x1 } => {
            let (mut x_t, mut dx_t) = (x0.clone(), x0.clone());
            for (i, &t) in t.iter().enumerate() {
                let at = path.at(t);
                for (d, (&x0, &x1)) in x0[i].iter().zip(&x1[i]).enumerate() {
                    x_t[i][d] = at.point(x1, x0);
                    dx_t[i][d] = at.velocity(x1, x0);
                }
            }
            json!({ "x_t": x_t, "dx_t": dx_t })
        }
        Question::Convert { path, t, x, value, from, to } => {
            let row = |i: usize| -> Vec<f32> {
                let pairs = x[i].iter().zip(&value[i]);
                let at = path.at(t[i]);
                pairs.map(|(&x, &value)| to.of(&at, x, from.velocity(&at, x, value))).collect()
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
