//! Finds the best training for one-step samples. This experiment decided the defaults of
//! `fm train --objective meanflow` for as many rows as a built-in set has, and can be repeated. The
//! defaults for fewer rows follow from the rule that `fm train --help` prints.
//!
//! `cargo run --release --example defaults [-- OUT [SET..]]` trains every trial of `trials.rs` with
//! three seeds on every set, and draws sixteen times from each in one evaluation; flow matching takes 128
//! evaluations. The noise and the evaluation rows of built-in sets were not used for any choice. The rule
//! for fewer rows was chosen on penguins, diamonds and digits, including these held-out rows. Trained
//! runs stay in OUT, and another call resumes them. `results.md` next to this file is its output (it
//! takes some hours on one core, so name the sets that you want).

mod comparison;
mod judge;
mod trials;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fm_host::data::{self, Builtin, DataSpec, Split};
use fm_host::{Error, Result};

use comparison::Comparison;
use judge::Judge;
use trials::{MEANFLOW, REFERENCES, Setting, Trial, trials};

/// Training seeds.
const SEEDS: u64 = 3;
/// Decides the evaluation rows, and which rows of a file are held out.
const FRESH: u64 = 0x5EED;
/// Evaluation rows of a built-in set.
const ROWS: usize = 4096;

/// A data set, the width of its networks, and whether to try single settings on it too.
struct Set {
    name: &'static str,
    source: DataSpec,
    width: usize,
    ablations: bool,
}

fn sets() -> Vec<Set> {
    let set = |name, source, width| Set { name, source, width, ablations: false };
    let builtin = |name| set(name, DataSpec::new(name), 64);
    let thorough = |name| Set { ablations: true, ..builtin(name) };
    let file = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data");
        DataSpec { seed: FRESH, ..DataSpec::new(format!("{folder}/{name}.csv.gz")) }
    };
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let class = |source, class: &str| DataSpec { class: Some(class.to_owned()), ..source };
    let diamonds = |columns| DataSpec { columns: Some(names(columns)), ..file("diamonds") };
    let all = diamonds(&["carat", "depth", "table", "price", "x", "y", "z"]);
    let priced =
        DataSpec { condition: names(&["carat", "table"]), ..diamonds(&["price", "depth"]) };
    vec![
        thorough("checkerboard"),
        thorough("8gaussians"),
        builtin("moons"),
        builtin("spirals"),
        set("digits", class(file("digits"), "label"), 128),
        set("diamonds", all, 64),
        set("diamonds-by-carat", priced, 64),
        set("penguins", class(file("penguins"), "species"), 64),
    ]
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = PathBuf::from(arguments.next().unwrap_or("runs/defaults".to_owned()));
    let wanted: Vec<String> = arguments.collect();
    for set in sets() {
        if wanted.is_empty() || wanted.iter().any(|name| name == set.name) {
            let folder = out.join(set.name);
            std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
            let text = experiment(&set, &folder)?;
            let path = out.join(format!("{}.md", set.name));
            std::fs::write(&path, &text).map_err(|e| Error::io("write", &path, e))?;
            println!("{text}");
        }
    }
    Ok(())
}

/// Trains all trials, draws samples, and compares their figures.
fn experiment(set: &Set, out: &Path) -> Result<String> {
    let split = fresh(&set.source)?;
    let setting = Setting { source: &set.source, data: &split.train, width: set.width, out };
    let trials = trials(&split.train, set.ablations);
    // Teachers first.
    let (taught, alone): (Vec<&Trial>, Vec<&Trial>) =
        trials.iter().partition(|trial| trial.teacher.is_some());
    for some in [alone, taught] {
        let jobs: Vec<(&Trial, u64)> =
            some.iter().flat_map(|&trial| (0..SEEDS).map(move |seed| (trial, seed))).collect();
        train(&setting, &jobs)?;
    }
    let judge = Judge::new(split.clone());
    let mut comparison = Comparison::new(judge.floors()?);
    for trial in &trials {
        let (method, steps) = trial.sampler;
        let figures = |seed| judge.figures(&setting.model(trial, seed)?, method, steps);
        comparison.add(trial.name, (0..SEEDS).map(figures).collect::<Result<_>>()?);
        if trial.name == MEANFLOW {
            let figures = |seed| judge.figures(&setting.eight_bits(trial, seed)?, method, steps);
            let figures = (0..SEEDS).map(figures).collect::<Result<_>>()?;
            comparison.add("MeanFlow, defaults, in 8-bit weights", figures);
        }
        eprintln!("{}: {} measured", set.name, trial.name);
    }
    Ok(format!("## {}\n\n{}\n{}", set.name, comparison.table(), comparison.against(&REFERENCES)))
}

/// The training rows, and evaluation rows that were not used for any choice.
fn fresh(source: &DataSpec) -> Result<Split> {
    let split = data::load(source)?;
    if Builtin::named(&source.data).is_none() {
        return Ok(split);
    }
    let held_out = data::load(&DataSpec { seed: FRESH, rows: ROWS, ..source.clone() })?.train;
    Ok(Split { held_out, ..split })
}

/// Trains all trials, one per core at a time: a small network is fastest on a core of its own.
fn train(setting: &Setting, jobs: &[(&Trial, u64)]) -> Result<()> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(&(trial, seed)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            setting.run(trial, seed)?;
            eprintln!("{}, seed {seed}: trained", trial.name);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..rayon::current_num_threads()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}
