//! Does contrastive flow matching (ΔFM; Stoica et al., 2025, arXiv:2506.05350) do more than an affine map
//! of flow matching? Measured.
//!
//! `cargo run --release --example contrastive [-- OUT]` (about twelve minutes; `results.md` next to this
//! file is its output) trains on class-conditional 8gaussians and digits with five seeds each, samples
//! with 1 to 32 Euler steps, and writes `OUT/contrastive.md` and one figure per data set. All models
//! have the same network and steps and start from the same noise; labels are dropped in a tenth of the
//! rows, so that every model can be guided. Real rows of the same classes, as many as there are samples,
//! are scored too. Models are kept in `OUT`, so a repeated run resumes.

mod measure;
mod models;

use std::path::{Path, PathBuf};

use fm_host::Result;
use fm_host::data::{self, DataSpec};
use fm_host::metrics::mean_and_spread;
use fm_host::objective::Negatives;
use fm_host::report::{Line, curves};

use measure::{DRAWS, Field, Judge, Score};
use models::{Maker, Wanted};

/// Training seeds.
const SEEDS: u64 = 5;
/// Euler steps, one evaluation each (two with guidance).
const STEPS: [u32; 6] = [1, 2, 4, 8, 16, 32];
/// The contrast that Stoica et al. recommend.
const LAMBDA: f32 = 0.05;
/// A small guidance scale, because the conditional distributions are sharp.
const GUIDANCE: f32 = 1.5;

/// One row of the table: a name and its scores, by seed (by draw for real rows), then by number of steps.
struct Entry {
    name: String,
    scores: Vec<Vec<Score>>,
}

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::args().nth(1).unwrap_or("runs/contrastive".to_owned()));
    std::fs::create_dir_all(&out).map_err(|e| fm_host::Error::io("create", &out, e))?;
    let digits = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.csv.gz");
    let mut text = String::new();
    for (name, data) in [("8gaussians", "8gaussians"), ("digits", digits)] {
        let source = DataSpec { class: Some("label".into()), ..DataSpec::new(data) };
        let entries = experiment(source, &out.join(name))?;
        text += &format!("## {name}\n\n{}\n", table(&entries));
        figure(&out.join(format!("contrastive-{name}.png")), name, &entries)?;
    }
    let path = out.join("contrastive.md");
    std::fs::write(&path, &text).map_err(|e| fm_host::Error::io("write", &path, e))?;
    println!("{text}");
    Ok(())
}

fn experiment(source: DataSpec, models: &Path) -> Result<Vec<Entry>> {
    let split = data::load(&source)?;
    let judge = Judge::new(&split);
    let maker = Maker::new(source, &split, models.to_owned());
    let fm = Wanted {
        lambda: 0.0,
        negatives: Negatives::Any,
        unconditional: true,
        batch: 256,
        share_of_steps: 1.0,
    };
    let delta = Wanted { lambda: f64::from(LAMBDA), ..fm };
    let other = Wanted { negatives: Negatives::OtherClass, unconditional: false, ..delta };
    let labelled = Wanted { unconditional: false, ..delta };
    let floor = (0..DRAWS).map(|draw| vec![judge.floor(draw); STEPS.len()]).collect();
    let mut entries = vec![Entry { name: "real rows".to_owned(), scores: floor }];
    let mut add = |name: &str, wanted: Wanted, field: Field| -> Result<()> {
        let scores = (0..SEEDS).map(|seed| {
            let model = maker.model(wanted, seed)?;
            STEPS.iter().map(|&steps| judge.score(&model, field, steps)).collect()
        });
        entries.push(Entry { name: name.to_owned(), scores: scores.collect::<Result<_>>()? });
        eprintln!("{name}");
        Ok(())
    };
    let plain =
        Field { gain: 1.0, conditional_gain: 1.0, lambda_offset: 0.0, undo: 0.0, guidance: None };
    let gain = 1.0 / (1.0 - LAMBDA);
    add("FM", fm, plain)?;
    add("ΔFM, any sample", delta, plain)?;
    add("ΔFM, another class", other, plain)?;
    add("FM, gain 1/(1-λ) applied", fm, Field { gain, ..plain })?;
    add("FM, affine map applied", fm, Field { gain, lambda_offset: LAMBDA, ..plain })?;
    let guided = Field { guidance: Some(GUIDANCE), ..plain };
    add("FM, guided", fm, guided)?;
    add("ΔFM, guided", delta, guided)?;
    add("ΔFM, undone, guided", delta, Field { undo: LAMBDA, ..guided })?;
    add("ΔFM of labelled rows, guided", labelled, guided)?;
    add("FM, gain on the conditional row, guided", fm, Field { conditional_gain: gain, ..guided })?;
    for lambda in [0.01, 0.1, 0.2, 0.5, 0.8] {
        add(&format!("ΔFM, any sample, λ = {lambda}"), Wanted { lambda, ..delta }, plain)?;
    }
    add("FM, batch 64", Wanted { batch: 64, ..fm }, plain)?;
    add("ΔFM, batch 64", Wanted { batch: 64, ..delta }, plain)?;
    for share_of_steps in [1.0 / 9.0, 1.0 / 3.0] {
        let steps = format!("{:.0} % of the training", 100.0 * share_of_steps);
        add(&format!("FM, {steps}"), Wanted { share_of_steps, ..fm }, plain)?;
        add(&format!("ΔFM, {steps}"), Wanted { share_of_steps, ..delta }, plain)?;
    }
    Ok(entries)
}

/// Mean and standard deviation over the seeds.
fn spread(values: impl Iterator<Item = f64>) -> (f64, f64) {
    mean_and_spread(&values.collect::<Vec<_>>())
}

fn table(entries: &[Entry]) -> String {
    let header = STEPS.map(|steps| steps.to_string()).join(" | ");
    let mut text = String::new();
    for (title, of, digits) in [
        ("energy distance per class", (|score: &Score| score.energy) as fn(&Score) -> f64, 4),
        ("accuracy", |score: &Score| score.accuracy, 3),
    ] {
        let rule = "--:|".repeat(STEPS.len());
        text += &format!("{title}, by Euler steps\n\n| | {header} |\n|---|{rule}\n");
        for entry in entries {
            let cell = |k: usize| {
                let (mean, sd) = spread(entry.scores.iter().map(|scores| of(&scores[k])));
                format!("{mean:.digits$} ± {sd:.digits$}")
            };
            let cells: Vec<String> = (0..STEPS.len()).map(cell).collect();
            text += &format!("| {} | {} |\n", entry.name, cells.join(" | "));
        }
        text += "\n";
    }
    text
}

/// Plots the first models' energy distances over the steps, with their standard deviations.
fn figure(path: &Path, name: &str, entries: &[Entry]) -> Result<()> {
    type Curve<'a> = (&'a str, Vec<(u64, f32)>, Vec<f32>);
    let curve = |entry: &'_ Entry| -> (Vec<(u64, f32)>, Vec<f32>) {
        let points = STEPS.iter().enumerate().map(|(k, &steps)| {
            let (mean, sd) = spread(entry.scores.iter().map(|scores| scores[k].energy));
            ((u64::from(steps), mean as f32), sd as f32)
        });
        points.unzip()
    };
    let drawn: Vec<Curve> = entries
        .iter()
        .skip(1) // the floor is about 0, which a logarithmic axis does not have
        .take(6)
        .map(|entry| {
            let (points, spread) = curve(entry);
            (entry.name.as_str(), points, spread)
        })
        .collect();
    let lines: Vec<Line> =
        drawn.iter().map(|(label, points, spread)| Line { label, points, spread }).collect();
    curves(path, &format!("{name}: energy distance per class over Euler steps"), &lines)
}
