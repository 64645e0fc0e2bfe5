//! From one Gaussian to another: pairs, flows and jumps against the closed forms.

use fm_host::coupling::{Coupling, Optimal, Pairs, PoolSettings};
use fm_host::data::{ClassData, ConditionData, DataSpec, Dataset, Rows, VectorData};
use fm_host::export;
use fm_host::metrics::w2;
use fm_host::model::AlignedBytes;
use fm_host::net::{DeviceChoice, HiddenLayers};
use fm_host::objective::Objective;
use fm_host::path::Path;
use fm_host::random::{Purpose, fill_normal, stream};
use fm_host::sample::{self, Conditions, Method, Request, Start};
use fm_host::train::{
    DataShape, Job, RunConfig, RunRows, Schedule, Session, Start as Begin, TrainConfig,
};
use fm_host::truth::transport::{independent, optimal};
use fm_host::truth::{Component, GaussianMixture};
use fm_nostd::Model;
use nalgebra::{DMatrix, DVector};

/// The number of columns. In two, any two correlation matrices commute, and the two maps are one.
const DIM: usize = 3;

/// A Gaussian: means, standard deviations, and the correlations of columns 0 and 1, 0 and 2, and 1 and 2.
type Law = ([f64; DIM], [f64; DIM], [f64; DIM]);

/// Two Gaussians in different units, whose principal axes differ.
const FROM: Law = ([100.0, -3.0, 0.0], [20.0, 0.7, 1.0], [0.9, 0.0, 0.2]);
const TO: Law = ([0.5, 7.0, 1.0], [0.5, 2.0, 30.0], [-0.2, 0.1, 0.85]);

fn correlation(law: Law) -> DMatrix<f64> {
    let [a, b, c] = law.2;
    DMatrix::from_row_slice(DIM, DIM, &[1.0, a, b, a, 1.0, c, b, c, 1.0])
}

fn diagonal(entries: [f64; DIM]) -> DMatrix<f64> {
    DMatrix::from_diagonal(&DVector::from_row_slice(&entries))
}

/// Rows of a Gaussian.
fn gaussian(law: Law, rows: usize, seed: u64) -> Dataset {
    let factor = diagonal(law.1) * correlation(law).cholesky().expect("positive definite").l();
    let mut values = vec![0.0; DIM * rows];
    fill_normal(&mut stream(seed, Purpose::Train, 0), &mut values);
    for row in values.chunks_exact_mut(DIM) {
        let z = DVector::from_iterator(DIM, row.iter().map(|&z| f64::from(z)));
        let x = &factor * z;
        row.iter_mut().zip(law.0).zip(&x).for_each(|((slot, mean), x)| *slot = (mean + x) as f32);
    }
    Dataset::new(
        "law",
        ["a", "b", "c"].map(str::to_owned).to_vec(),
        Rows::from_vec(DIM, values),
        ConditionData::default(),
    )
}

/// The map between the Gaussians in units of their own standard deviations, as a map in their own units.
fn in_units(map: impl Fn(&DMatrix<f64>, &DMatrix<f64>) -> DMatrix<f64>) -> DMatrix<f64> {
    let map = map(&correlation(FROM), &correlation(TO));
    diagonal(TO.1) * map * diagonal(FROM.1.map(f64::recip))
}

/// The matrix that predicts `y` from `x` with the least squared error.
fn slope(x: &Rows, y: &Rows) -> DMatrix<f64> {
    let centred = |rows: &Rows| {
        let values = rows.as_slice().iter().map(|&value| f64::from(value));
        let matrix = DMatrix::from_row_iterator(rows.len(), rows.dim(), values);
        let mean = matrix.row_mean();
        DMatrix::from_fn(rows.len(), rows.dim(), |i, j| matrix[(i, j)] - mean[j])
    };
    let (x, y) = (centred(x), centred(y));
    (y.transpose() * &x) * (x.transpose() * &x).try_inverse().expect("two directions")
}

/// The difference of two maps between the Gaussians, relative to the size of the map, in units of their
/// standard deviations.
fn difference(found: &DMatrix<f64>, map: &DMatrix<f64>) -> f64 {
    let scaled = |map: &DMatrix<f64>| diagonal(TO.1.map(f64::recip)) * map * diagonal(FROM.1);
    (scaled(found) - scaled(map)).norm() / scaled(map).norm()
}

/// The scale that the cost is stated in: the geometric mean of the two standard deviations of each column.
#[test]
fn transport_in_standardised_units_is_transport_in_one_scale() {
    let geometric = std::array::from_fn(|j| (FROM.1[j] * TO.1[j]).sqrt());
    let (scale, inverse) = (diagonal(geometric), diagonal(geometric.map(f64::recip)));
    let in_scale = |law: Law| {
        let sides = &inverse * diagonal(law.1);
        &sides * correlation(law) * &sides
    };
    let one = &scale * optimal(&in_scale(FROM), &in_scale(TO)) * &inverse;
    assert!(difference(&in_units(optimal), &one) < 1e-9);
}

/// Finite blocks blur the plan, so that the slope of the pairs is too small by a part that shrinks as blocks
/// grow. The flow does not have this error: its end has the data's covariance, whatever the pairs.
#[test]
fn optimal_pairs_near_the_matrix_of_bures_as_blocks_grow() {
    let (from, to) = (gaussian(FROM, 50_000, 1), gaussian(TO, 50_000, 2));
    let config = config(Objective::Fm, Coupling::Ot, &from, &to);
    let slope_of = |pairs: &Pairs| {
        let batch = pairs.draw(100_000, &mut stream(4, Purpose::Batch, 0));
        let units = &config.source.as_ref().expect("a source").standardisation;
        slope(&units.undo(&batch.x0), &config.facts.standardisation.undo(&batch.x1))
    };
    let apart = [256, 4096].map(|batch| {
        let settings = PoolSettings { batch, rows: 40_960, cost: Optimal::Plain };
        let pairs = Pairs::ot(config.examples(&to, Some(&from)), &settings, 3).expect("they fit");
        difference(&slope_of(&pairs), &in_units(optimal))
    });
    assert!(apart[1] < 0.04 && 2.0 * apart[1] < apart[0], "{apart:?}");
    // Independent pairs have no slope at all: it differs from any map by the map's own size.
    let independent = Pairs::independent(config.examples(&to, Some(&from)));
    assert!((difference(&slope_of(&independent), &in_units(optimal)) - 1.0).abs() < 0.02);
}

fn config(objective: Objective, coupling: Coupling, from: &Dataset, to: &Dataset) -> RunConfig {
    let mut train = TrainConfig {
        coupling,
        layers: HiddenLayers::new(32, 3),
        batch: 512,
        schedule: Schedule { warmup: 100, ema: 0.998, ..Schedule::new(3000, 0.01) },
        checkpoint_every: 100_000,
        ..TrainConfig::defaults(objective, DataShape::BUILT_IN)
    };
    (train.transport.batch, train.transport.pool) = (2048, 40_960);
    let source = (DataSpec::new("from"), from);
    RunConfig::between(train, Some(source), (DataSpec::new("to"), to)).expect("valid")
}

/// Classes of very different shares on the two sides: no coupling pairs across them.
#[test]
fn every_coupling_pairs_within_the_class() {
    let classes = |rows: usize, few: usize, seed: u64| {
        let labels: Vec<u32> = (0..rows).map(|i| u32::from(i % 10 < few)).collect();
        let mut table = gaussian(([0.0; DIM], [1.0; DIM], [0.0; DIM]), rows, seed);
        for (i, label) in labels.iter().enumerate() {
            table.values.row_mut(i)[0] = *label as f32;
        }
        let names = ["a", "b"].map(str::to_owned).to_vec();
        let column = "kind".to_owned();
        Dataset { condition: ClassData { column, names, labels }.into(), ..table }
    };
    let (from, to) = (classes(1000, 1, 1), classes(1000, 9, 2));
    for coupling in [Coupling::Independent, Coupling::Ot, Coupling::C2ot] {
        let config = config(Objective::Fm, coupling, &from, &to);
        let conditional = Optimal::Conditional { weight: 10.0 };
        let cost = if coupling == Coupling::C2ot { conditional } else { Optimal::Plain };
        for rows in [0, 2000] {
            let examples = config.examples(&to, Some(&from));
            let settings = PoolSettings { batch: 64, rows, cost };
            let pairs = match coupling {
                Coupling::Independent => Pairs::independent(examples),
                Coupling::Ot | Coupling::C2ot => Pairs::ot(examples, &settings, 3).expect("valid"),
            };
            let batch = pairs.draw(500, &mut stream(4, Purpose::Batch, 0));
            let units = &config.source.as_ref().expect("a source").standardisation;
            let starts = units.undo(&batch.x0);
            for (start, label) in starts.iter().zip(&batch.labels) {
                assert!((start[0] - *label as f32).abs() < 1e-3, "{coupling:?} {rows}");
            }
        }
    }
}

/// The blob of a training from one set to another.
fn trained(config: &RunConfig, from: &Dataset, to: &Dataset) -> AlignedBytes {
    let run = tempfile::tempdir().expect("a directory");
    let never = false.into();
    let (out, device, start) = (run.path(), DeviceChoice::Cpu, Begin::New);
    let rows = RunRows { source: Some(from), ..RunRows::from(to) };
    let job = Job { out, config, rows, device, start, stop: &never };
    let mut session = Session::open(&job).expect("it opens");
    session.trainer.run(&session.run, &never, &mut |_| {}).expect("it trains");
    let state = session.run.load().expect("saved").checkpoint.state;
    AlignedBytes::new(&export::blob(config, &state.average, false).expect("a valid model"))
}

#[test]
fn trained_maps_are_those_of_their_pairs() {
    let (from, to) = (gaussian(FROM, 40_000, 1), gaussian(TO, 40_000, 2));
    let fresh = gaussian(FROM, 4000, 5).values;
    let linear = |from: &_, to: &_| independent(Path::Linear, from, to);
    let cases = [
        (Objective::Fm, Coupling::Ot, Method::Rk4, in_units(optimal)),
        (Objective::Fm, Coupling::Independent, Method::Rk4, in_units(linear)),
        (Objective::MeanFlow, Coupling::Ot, Method::Meanflow, in_units(optimal)),
    ];
    // The two maps differ enough to tell them apart.
    assert!(difference(&cases[0].3, &cases[1].3) > 0.06);
    for (objective, coupling, method, map) in cases {
        let blob = trained(&config(objective, coupling, &from, &to), &from, &to);
        let model = Model::new(blob.bytes()).expect("valid");
        let steps = if method == Method::Meanflow { 1 } else { 16 };
        let plain = Request::new(method, steps, fresh.len());
        let request = Request { start: Start::at(fresh.clone()), ..plain };
        let ends = sample::draw(&model, &request).expect("it draws");
        let apart = difference(&slope(&fresh, &ends), &map);
        assert!(apart < 0.02, "{objective:?} {coupling:?}: {apart}");
    }
}

/// Rows of a mixture of round Gaussians of standard deviation 0.6 at these centres.
fn mixture(centres: &[[f64; 2]], rows: usize, seed: u64) -> Dataset {
    let law = GaussianMixture::new(centres.iter().map(|at| Component::round(at, 0.6)).collect());
    let (values, _) = law.sample(rows, &mut stream(seed, Purpose::Train, 0));
    let columns = ["a", "b"].map(str::to_owned).to_vec();
    Dataset::new("law", columns, values, ConditionData::default())
}

#[test]
fn one_step_from_mixture_to_mixture_ends_at_the_floor() {
    const FROM: [[f64; 2]; 2] = [[-1.0, 0.0], [1.0, 0.5]];
    const TO: [[f64; 2]; 3] = [[0.0, 1.5], [-1.5, -1.0], [1.5, -1.0]];
    let (from, to) = (mixture(&FROM, 40_000, 1), mixture(&TO, 40_000, 2));
    let blob = trained(&config(Objective::MeanFlow, Coupling::Ot, &from, &to), &from, &to);
    let model = Model::new(blob.bytes()).expect("valid");
    let fresh = |seed| mixture(&TO, 2048, seed).values;
    let plain = Request::new(Method::Meanflow, 1, 2048);
    let ends = |seed| {
        let start = Start::at(mixture(&FROM, 2048, seed).values);
        sample::draw(&model, &Request { start, ..plain.clone() }).expect("it draws")
    };
    let apart = |x: &dyn Fn(u64) -> Rows| {
        let distance = |i| w2(&x(i), &fresh(200 + i)).expect("finite rows");
        (0..8).map(distance).sum::<f64>() / 8.0
    };
    let floor = apart(&|i| fresh(100 + i));
    let found = apart(&|i| ends(300 + i));
    let untrained = apart(&|i| mixture(&FROM, 2048, 300 + i).values);
    // The floor's standard deviation over draws is a tenth of it.
    assert!(found < 1.15 * floor && untrained > 5.0 * floor, "{found} {floor} {untrained}");
}

/// Data and source whose first column is the condition, displaced by 5 in the data.
fn displaced(shift: f32, rows: usize, seed: u64) -> Dataset {
    let mut table = gaussian(([0.0; DIM], [1.0; DIM], [0.0; DIM]), rows, seed);
    let goal: Vec<f32> = table.values.iter().map(|row| row[0]).collect();
    for i in 0..rows {
        let row = table.values.row_mut(i);
        row[0] = 2.0 * row[0] + shift + 0.1 * row[1];
    }
    let columns = vec!["goal".to_owned()];
    Dataset { condition: VectorData { columns, values: Rows::from_vec(1, goal) }.into(), ..table }
}

/// A row of the source is moved under its own condition: the condition's part of the map stays.
#[test]
fn a_vector_condition_is_kept_by_conditional_transport() {
    let (from, to) = (displaced(0.0, 20_000, 1), displaced(5.0, 20_000, 2));
    let config = config(Objective::MeanFlow, Coupling::C2ot, &from, &to);
    let blob = trained(&config, &from, &to);
    let model = Model::new(blob.bytes()).expect("valid");
    let fresh = displaced(0.0, 2000, 3);
    let plain = Request::new(Method::Meanflow, 1, fresh.len());
    let (start, conditions) = (Start::at(fresh.values.clone()), Conditions::like(&fresh));
    let ends = sample::draw(&model, &Request { start, conditions, ..plain }).expect("it draws");
    let goals = &fresh.condition.vector.as_ref().expect("a vector").values;
    let misses =
        ends.iter().zip(goals.iter()).map(|(end, goal)| f64::from(end[0] - 2.0 * goal[0] - 5.0));
    let squares: f64 = misses.map(|miss| miss * miss).sum();
    let rms = (squares / fresh.len() as f64).sqrt();
    // The rest of the column has a standard deviation of 0.1; without the condition's pairing it is 2.
    assert!(rms < 0.3, "{rms}");
}
