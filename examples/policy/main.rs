//! A policy with two right answers, learnt from demonstrations; see `README.md` next to this file.
//!
//! `cargo run --release --example policy [-- OUT]` (some minutes) writes into `OUT` the demonstrations,
//! the three models for the firmware, a table over three training seeds and a picture.

mod expert;
mod judge;
mod learn;
mod policies;
mod world;

use std::path::{Path, PathBuf};

use fm_host::coupling::Coupling::{C2ot, Independent};
use fm_host::data::{self, Rows};
use fm_host::objective::Objective::{Fm, MeanFlow};
use fm_host::report::{Panel, scatter};
use fm_host::{Error, Result};

use judge::Judge;
use learn::Learnt;
use policies::Policy;

/// Two demonstrations from each start.
const DEMONSTRATIONS: u32 = 1000;
/// Training seeds.
const SEEDS: u64 = 3;
/// Paths in each panel of the picture.
const DRAWN: u32 = 30;

/// A model to train, and the policies that sample it.
struct Tried {
    learnt: Learnt,
    /// The file name in the firmware.
    file: Option<&'static str>,
    policies: &'static [(&'static str, Policy)],
}

/// The table's rows; the first policy of each firmware model is drawn in the picture.
const TRIED: [Tried; 5] = [
    Tried {
        learnt: Learnt::Flow(MeanFlow, Independent),
        file: Some("policy-meanflow.fm"),
        policies: &[
            ("MeanFlow, one step", Policy::MeanFlow(1)),
            ("MeanFlow, two steps", Policy::MeanFlow(2)),
        ],
    },
    Tried {
        learnt: Learnt::Flow(Fm, Independent),
        file: Some("policy-fm.fm"),
        policies: &[
            ("flow matching, Euler 16", Policy::Euler(16)),
            ("flow matching, Euler 1", Policy::Euler(1)),
        ],
    },
    Tried {
        learnt: Learnt::Mean,
        file: Some("policy-mean.fm"),
        policies: &[("regression", Policy::Mean)],
    },
    Tried {
        learnt: Learnt::Flow(MeanFlow, C2ot),
        file: None,
        policies: &[("MeanFlow, one step, `--coupling c2ot`", Policy::MeanFlow(1))],
    },
    Tried {
        learnt: Learnt::Flow(Fm, C2ot),
        file: None,
        policies: &[("flow matching, Euler 16, `--coupling c2ot`", Policy::Euler(16))],
    },
];

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::args().nth(1).unwrap_or("runs/policy".to_owned()));
    std::fs::create_dir_all(&out).map_err(|e| Error::io("create", &out, e))?;
    let csv = out.join("demonstrations.csv");
    write(&csv, expert::csv(DEMONSTRATIONS).as_bytes())?;
    let source = learn::source(&csv);
    let split = data::load(&source)?;
    let judge = Judge::new(&split);

    let mut table = judge::header(&judge);
    let mut panels = vec![(
        "demonstrations",
        trace(|number, path| {
            path.extend(expert::demonstration(number));
        }),
    )];
    for Tried { learnt, file, policies } in TRIED {
        let train = |seed| learn::train(learnt, seed, None, &source, &split);
        let models = (0..SEEDS).map(train).collect::<Result<Vec<_>>>()?;
        if let Some(file) = file {
            write(&out.join(file), models[0].bytes())?;
        }
        for (k, &(name, policy)) in policies.iter().enumerate() {
            let scores = models.iter().map(|model| judge.score(policy, model));
            table += &judge::row(name, policy, &scores.collect::<Result<Vec<_>>>()?);
            if file.is_some() && k == 0 {
                let model = models[0].view();
                panels.push((
                    name,
                    trace(|number, path| {
                        let _ = policy.episode(&model, number, |place| path.push(place));
                    }),
                ));
            }
        }
        eprintln!("{}", table.lines().last().unwrap_or_default());
    }
    write(&out.join("table.md"), table.as_bytes())?;
    let panels: Vec<Panel> = panels.iter().map(|(title, points)| Panel { title, points }).collect();
    scatter(&out.join("policy.png"), &panels)?;
    println!("{table}");
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|e| Error::io("write", path, e))
}

/// The pillar's edge and some paths, as closely spaced points.
fn trace(mut walk: impl FnMut(u32, &mut Vec<world::Place>)) -> Rows {
    let mut points = Rows::new(2);
    for degree in (0..360).step_by(2) {
        let (sine, cosine) = (degree as f32).to_radians().sin_cos();
        points.push(&[world::PILLAR * cosine, world::PILLAR * sine]);
    }
    for number in 0..DRAWN {
        let mut path = Vec::new();
        walk(number, &mut path);
        for pair in path.windows(2) {
            for share in (0..8).map(|k| k as f32 / 8.0) {
                points.push(&[0, 1].map(|d| pair[0][d] + share * (pair[1][d] - pair[0][d])));
            }
        }
    }
    points
}
