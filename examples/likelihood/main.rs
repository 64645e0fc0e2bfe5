//! How near maximum likelihood comes to the true density: moons with noise 0.1, whose density is known.
//!
//! `cargo run --release --example likelihood` trains with default options by maximum likelihood from scratch,
//! by flow matching, and by maximum likelihood from that run, with three seeds each, and prints how much less
//! likely 10,000 fresh rows are under each model than under the law itself (about five minutes on two cores;
//! runs in `runs/likelihood` are kept, and resumed by another call). `-- RUN..` measures other runs on these
//! moons instead.

mod judge;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use fm_host::data::{self, DataSpec, Split};
use fm_host::metrics::mean_and_spread;
use fm_host::model::StoredModel;
use fm_host::net::DeviceChoice;
use fm_host::objective::Objective;
use fm_host::train::{DataShape, Job, RunConfig, RunDir, Session, Start, TrainConfig};
use fm_host::{Error, Result};

use judge::Judge;

/// Training seeds.
const SEEDS: u64 = 3;

fn main() -> Result<()> {
    let source = DataSpec { noise: Some(judge::SPREAD as f32), ..DataSpec::new("moons") };
    let judge = Judge::new(&source)?;
    let named: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    println!("| model | seconds | steps per second | nats above the law | below its start |");
    println!("|---|--:|--:|--:|--:|");
    for run in &named {
        line(&run.display().to_string(), run, &judge)?;
    }
    if !named.is_empty() {
        return Ok(());
    }
    let split = data::load(&source)?;
    let folder = Path::new("runs/likelihood");
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    for seed in 0..SEEDS {
        let fm = &folder.join(format!("fm-{seed}"));
        for (name, objective, from) in [
            ("fm", Objective::Fm, None),
            ("mle", Objective::Mle, None),
            ("mle-from-fm", Objective::Mle, Some(fm)),
        ] {
            let out = folder.join(format!("{name}-{seed}"));
            train(&out, &source, &split, objective, seed, from)?;
            line(&format!("{name}, seed {seed}"), &out, &judge)?;
        }
    }
    Ok(())
}

/// Trains with default options, or resumes the run.
fn train(
    out: &Path,
    source: &DataSpec,
    split: &Split,
    objective: Objective,
    seed: u64,
    from: Option<&PathBuf>,
) -> Result<()> {
    let shape = DataShape::of(&split.train);
    let base = TrainConfig::defaults(objective, shape);
    let base = TrainConfig { seed, ..base };
    let train = match from {
        Some(run) => base.starting_from(run),
        None => base,
    };
    let config = RunConfig::new(train, source.clone(), &split.train)?;
    let start = if RunDir::open(out).is_ok() { Start::Resume } else { Start::New };
    let (device, stop) = (DeviceChoice::Cpu, &AtomicBool::new(false));
    let job = Job { out, config: &config, rows: (&split.train).into(), device, start, stop };
    Session::open(&job)?.train(stop, &mut |_| ()).map(drop)
}

/// Prints how a run was trained and how likely the rows are, compared with the law and with its start.
fn line(name: &str, run: &Path, judge: &Judge) -> Result<()> {
    let gaps = judge.gaps(&StoredModel::load(run)?)?;
    let opened = RunDir::open(run)?;
    let (log, config) = (opened.log()?, opened.config()?);
    let seconds = log.last().map_or(0.0, |row| row.seconds);
    let speed = log.last().map_or(0.0, |row| row.step as f64 / row.seconds);
    let below = match config.start {
        None => String::new(),
        Some(start) => {
            let before = judge.gaps(&StoredModel::load(&start.run)?)?;
            in_words(
                &before.iter().zip(&gaps).map(|(before, now)| before - now).collect::<Vec<_>>(),
            )
        }
    };
    println!("| {name} | {seconds:.0} | {speed:.0} | {} | {below} |", in_words(&gaps));
    Ok(())
}

/// The mean over the rows with its standard error.
fn in_words(values: &[f64]) -> String {
    let (mean, spread) = mean_and_spread(values);
    format!("{mean:.4} ± {:.4}", spread / (values.len() as f64).sqrt())
}
