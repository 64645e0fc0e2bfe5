//! The conditionals that a masked model draws, against the exact ones of a mixture of six Gaussians in 4-D.
//!
//! Trains MeanFlow from scratch, flow matching, and its students, on complete rows and on rows of which 30 % of
//! the cells are missing. Each is asked 200 questions: a random row of the law, of which random columns are
//! known. 512 draws of the other columns are compared with 512 exact ones by the energy distance without bias,
//! in standardised units; the mean over the questions is printed with its standard error.
//!
//! `cargo run --release --example masked [STEPS]` takes about five minutes on two cores.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use fm_host::coupling::Coupling;
use fm_host::data::{DataSpec, Dataset, Rows, Standardisation};
use fm_host::metrics::{energy, mean_and_spread};
use fm_host::model::StoredModel;
use fm_host::net::DeviceChoice;
use fm_host::objective::{Masks, Objective};
use fm_host::random::{Purpose, stream};
use fm_host::train::{DataShape, Job, RunConfig, Schedule, Session, Start, TrainConfig};
use fm_host::truth::GaussianMixture;
use fm_nostd::solver::Euler;
use fm_nostd::{Draw, KnownMlp, KnownOneStep};
use rand::RngExt;

const COLUMNS: usize = 4;
/// The memory of a sampler for known columns: a flag and two values for each column.
const KNOWN: usize = 3 * COLUMNS;
const HIDDEN: usize = 64;
const ROWS: usize = 131_072;
const BATCH: usize = 1024;
const QUESTIONS: usize = 200;
const DRAWS: usize = 512;
/// Pairs that a teacher makes: few pairs are learnt by heart.
const PAIRS: usize = 400_000;

/// A random row, which of its columns are known, and exact draws of the others.
struct Question {
    row: [f32; COLUMNS],
    known: [bool; COLUMNS],
    /// Shape: `[DRAWS, unknown columns]`, in the data's units.
    truth: Rows,
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(12_000), |steps| steps.parse())?;
    let questions = questions();
    for missing in [0.0, 0.3] {
        println!("{} % of the cells are missing", 100.0 * missing);
        let data = rows(missing);
        let folder = tempfile::tempdir()?;
        let train = |objective: Objective, teacher: Option<&str>, name: &str| {
            let mut recipe = recipe(objective, steps, &data);
            recipe.teacher = teacher.map(|name| folder.path().join(name));
            train(recipe, &data, &folder.path().join(name))
        };
        let fm = train(Objective::Fm, None, "fm")?;
        let standard = fm.standardisation();
        let mean = standard.undo(&Rows::from_vec(COLUMNS, vec![0.0; COLUMNS]));
        report("the columns' means instead of draws", &questions, &standard, |_, _| {
            mean.row(0).try_into().expect("four columns")
        });
        let model = fm.view();
        let mut sampler =
            KnownMlp::<COLUMNS, KNOWN, HIDDEN>::new(&model)?.sampler(Euler::new([0.0; COLUMNS]))?;
        report("flow matching, 64 steps", &questions, &standard, |question, draw| {
            let mut x = [0.0; COLUMNS];
            sampler.set_known(&question.row, &question.known).expect("a row of the law");
            sampler.sample(draw, 64, &mut x);
            x
        });
        for (name, objective, teacher) in [
            ("MeanFlow, 1 step", Objective::MeanFlow, None),
            ("MeanFlow with a teacher, 1 step", Objective::MeanFlow, Some("fm")),
            ("distilled, 1 step", Objective::Distill, Some("fm")),
        ] {
            let stored = train(objective, teacher, name)?;
            let model = stored.view();
            let mut sampler = KnownOneStep::<COLUMNS, KNOWN, HIDDEN>::new(&model)?;
            report(name, &questions, &standard, |question, draw| {
                sampler.set_known(&question.row, &question.known).expect("a row of the law");
                sampler.sample(draw)
            });
        }
    }
    Ok(())
}

/// Six Gaussians with random means and standard deviations.
fn law() -> GaussianMixture {
    GaussianMixture::scattered(6, COLUMNS, &mut stream(6, Purpose::Train, 1))
}

/// The training rows, of which a share of the cells is missing.
fn rows(missing: f64) -> Dataset {
    let mut data = law().dataset("law", ROWS, false, &mut stream(0, Purpose::Train, 0));
    let mut rng = stream(0, Purpose::Train, 2);
    let cells = data.values.as_mut_slice().iter_mut();
    cells.filter(|_| rng.random_bool(missing)).for_each(|x| *x = f32::NAN);
    data
}

fn recipe(objective: Objective, steps: u64, data: &Dataset) -> TrainConfig {
    let mut train = TrainConfig::defaults(objective, DataShape::of(data));
    train.masks = Masks { masked: true, known_prefix: None };
    train.coupling = Coupling::Independent;
    train.batch = BATCH;
    train.schedule = Schedule::new(steps, 0.01);
    train.checkpoint_every = steps;
    train.reflow.pairs = PAIRS;
    train
}

fn train(train: TrainConfig, data: &Dataset, out: &Path) -> fm_host::Result<StoredModel> {
    let config = RunConfig::new(train, DataSpec::new("law"), data)?;
    let (device, start, stop) = (DeviceChoice::Cpu, Start::New, AtomicBool::new(false));
    let job = Job { out, config: &config, rows: data.into(), device, start, stop: &stop };
    let mut session = Session::open(&job)?;
    session.trainer.run(&session.run, &stop, &mut |_| {})?;
    StoredModel::load(out)
}

/// Rows of the law, whose columns are known with a probability that is uniform, except at least one.
fn questions() -> Vec<Question> {
    let mut rng = stream(9, Purpose::Evaluation, 0);
    let law = law();
    let question = |_| {
        let (row, _) = law.sample(1, &mut rng);
        let row: [f32; COLUMNS] = row.row(0).try_into().expect("four columns");
        let share = rng.random();
        let mut known = [false; COLUMNS].map(|_| rng.random_bool(share));
        if !known.contains(&false) {
            known[rng.random_range(0..COLUMNS)] = false;
        }
        let given: Vec<Option<f64>> =
            row.iter().zip(known).map(|(x, known)| known.then(|| (*x).into())).collect();
        let (truth, _) = law.given(&given).sample(DRAWS, &mut rng);
        Question { row, known, truth }
    };
    (0..QUESTIONS).map(question).collect()
}

/// Prints the mean energy distance between a sampler's draws and the exact ones.
fn report(
    name: &str,
    questions: &[Question],
    standard: &Standardisation,
    mut sample: impl FnMut(&Question, Draw) -> [f32; COLUMNS],
) {
    let distance = |(seed, question): (usize, &Question)| {
        let unknown: Vec<usize> = (0..COLUMNS).filter(|d| !question.known[*d]).collect();
        let std: Vec<f32> = unknown.iter().map(|d| standard.std[*d]).collect();
        let scaled = |mut rows: Rows| {
            let cells = rows.as_mut_slice().iter_mut().zip(std.iter().cycle());
            cells.for_each(|(x, std)| *x /= std);
            rows
        };
        let mut drawn = Rows::new(unknown.len());
        for sample_number in 0..DRAWS as u64 {
            let x = sample(question, Draw { seed: seed as u64, sample: sample_number });
            drawn.push(&unknown.iter().map(|d| x[*d]).collect::<Vec<f32>>());
        }
        energy(&scaled(drawn), &scaled(question.truth.clone()))
    };
    let distances: Vec<f64> = questions.iter().enumerate().map(distance).collect();
    let (mean, sd) = mean_and_spread(&distances);
    println!("{name}: {mean:.4} ± {:.4}", sd / (QUESTIONS as f64).sqrt());
}
