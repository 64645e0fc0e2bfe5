//! Bulk sampling on the host compared with a device's sampler: each sample has the same bits.

mod common;

use common::{Placed, Wanted};
use fm_host::data::Rows;
use fm_host::sample::{
    Conditions, ContrastHandling, Method, Request, Shares, Start, Steps, draw_counted,
};
use fm_nostd::blob::{Conditioning, Contrast as FieldContrast, Spec};
use fm_nostd::path::Path;
use fm_nostd::prediction::{Prediction, Reach};
use fm_nostd::solver::{Euler, Heun, Midpoint, Rk4, Solver};
use fm_nostd::{
    Activation, AverageField, Conditional, Draw, Field, Guided, Jump, MeanFlow, Model, Sampler,
    grid,
};

const SEED: u64 = 0x1234_5678_9abc_def0;
/// More than a task's share and not a multiple of a tile.
const COUNT: usize = 256 + 64 + 7;

type Vectors<'m> = Field<'m, Vec<f32>, Vec<f32>>;

fn field<'m>(model: &'m Model<'m>) -> Vectors<'m> {
    let hidden = || vec![0.0; model.network().shape().hidden];
    Field::new(model, [hidden(), hidden()], vec![0.0; 8]).expect("buffers that are long enough")
}

/// Sample by sample, as firmware draws them.
fn alone<F: Conditional, S: Solver<F>>(
    model: &Model<'_>,
    field: F,
    solver: S,
    request: &Request,
) -> Vec<u32> {
    let sampler = match request.start {
        Start::Noise => Sampler::new(model, field, solver),
        Start::Rows(_) => Sampler::with_source(model, field, solver),
    };
    let mut sampler = sampler.expect("buffers that are long enough");
    sampler.temperature = request.temperature;
    let mut bits = Vec::new();
    for i in 0..COUNT {
        request.conditions.of(i).set(model, &mut sampler.field).expect("the model's own kind");
        let mut x = vec![f32::NAN; model.dim()];
        match &request.start {
            Start::Noise => {
                sampler.sample(Draw { seed: SEED, sample: i as u64 }, request.steps.count(), &mut x)
            }
            Start::Rows(rows) => {
                x.copy_from_slice(rows.row(i % rows.len()));
                sampler.transport(grid::uniform(model.start(), request.steps.count()), &mut x);
            }
        }
        bits.extend(x.iter().map(|x| x.to_bits()));
    }
    bits
}

/// The jump of a network that supports no other, sample by sample.
fn one_jump(model: &Model<'_>, request: &Request) -> Vec<u32> {
    let hidden = || vec![0.0; model.network().shape().hidden];
    let displacement = vec![0.0; model.dim()];
    let jump = match request.start {
        Start::Noise => Jump::new(model, [hidden(), hidden()], vec![0.0; 8], displacement),
        Start::Rows(_) => {
            Jump::with_source(model, [hidden(), hidden()], vec![0.0; 8], displacement)
        }
    };
    let mut jump = jump.expect("buffers that are long enough");
    jump.temperature = request.temperature;
    let mut bits = Vec::new();
    for i in 0..COUNT {
        request.conditions.of(i).set(model, &mut jump).expect("the model's own kind");
        let mut x = vec![f32::NAN; model.dim()];
        match &request.start {
            Start::Noise => jump.sample(Draw { seed: SEED, sample: i as u64 }, &mut x),
            Start::Rows(rows) => {
                x.copy_from_slice(rows.row(i % rows.len()));
                jump.transport(&mut x);
            }
        }
        bits.extend(x.iter().map(|x| x.to_bits()));
    }
    bits
}

fn by_a_device(model: &Model<'_>, request: &Request) -> Vec<u32> {
    if model.prediction().reach() == Reach::OneJump {
        return one_jump(model, request);
    }
    let x = || vec![0.0; model.dim()];
    let undo = request.contrast.unwrap_or_else(|| ContrastHandling::natural(request))
        == ContrastHandling::Undo;
    let field = |model| {
        let field = field(model);
        if undo { field.without_contrast().expect("an affine map") } else { field }
    };
    match (request.method, request.guidance) {
        (Method::Meanflow, None) => {
            let field = AverageField::new(field(model)).expect("an average field");
            alone(model, field, MeanFlow::new(x()), request)
        }
        (Method::Euler, None) => alone(model, field(model), Euler::new(x()), request),
        (Method::Midpoint, None) => alone(model, field(model), Midpoint::new([x(), x()]), request),
        (Method::Heun, None) => alone(model, field(model), Heun::new([x(), x()]), request),
        (Method::Rk4, None) => alone(model, field(model), Rk4::new([x(), x(), x()]), request),
        (Method::Euler, Some(scale)) => {
            let guided =
                Guided::new(field(model), scale, x()).expect("trained with labels dropped");
            alone(model, guided, Euler::new(x()), request)
        }
        other => panic!("{other:?} is not compared"),
    }
}

fn compare(model: &Model<'_>, request: &Request, what: &str) {
    let (samples, evaluations) = draw_counted(model, request).expect("it can be drawn");
    let bits: Vec<u32> = samples.as_slice().iter().map(|x| x.to_bits()).collect();
    assert!(samples.as_slice().iter().all(|x| x.is_finite()), "{what}");
    let first = bits.iter().zip(by_a_device(model, request)).position(|(a, b)| *a != b);
    assert_eq!(first, None, "{what}: the first number that differs");
    assert!(evaluations >= (COUNT as u64) * u64::from(request.steps.count()), "{what}");
}

fn request(method: Method, steps: u32, conditions: Conditions) -> Request {
    Request { seed: SEED, conditions, ..Request::new(method, steps, COUNT) }
}

const PLAIN: Wanted = Wanted {
    prediction: Prediction::Velocity,
    activation: Activation::Silu,
    conditioning: Conditioning::NONE,
    unconditional: false,
    dim: 2,
    hidden: 64,
    layers: 3,
};

#[test]
fn every_solver_and_activation_has_a_devices_bits() {
    for activation in Activation::ALL {
        let placed = Placed::new(&Wanted { activation, ..PLAIN }.blob());
        let model = Model::new(placed.bytes()).expect("a sound blob");
        for method in [Method::Euler, Method::Midpoint, Method::Heun, Method::Rk4] {
            let conditions = request(method, 3, Conditions::NONE);
            compare(&model, &conditions, &format!("{activation:?} {method:?}"));
        }
    }
}

#[test]
fn every_size_has_a_devices_bits() {
    let prediction = Prediction::AverageVelocity;
    // Tails of every kind, less than a block, one layer, samples longer than a block of noise.
    for (dim, hidden, layers) in [(1, 1, 1), (3, 7, 1), (5, 8, 2), (9, 37, 4), (64, 24, 2)] {
        let placed = Placed::new(&Wanted { prediction, dim, hidden, layers, ..PLAIN }.blob());
        let model = Model::new(placed.bytes()).expect("a sound blob");
        for (method, steps) in [(Method::Meanflow, 1), (Method::Meanflow, 3), (Method::Heun, 2)] {
            let cold = request(method, steps, Conditions::NONE);
            let cold = Request { temperature: 0.75, ..cold };
            compare(&model, &cold, &format!("{dim}, {layers} layers of {hidden}, {method:?}"));
        }
    }
}

#[test]
fn every_condition_has_a_devices_bits() {
    let table =
        |rows: usize| Rows::from_vec(3, (0..3 * rows).map(|i| common::wobble(i + 300)).collect());
    for unconditional in [false, true] {
        let wanted = Wanted { unconditional, dim: 3, hidden: 21, layers: 2, ..PLAIN };
        let both = Conditioning { classes: 5, vector: 3 };
        let conditionings = [Conditioning::classes(5), Conditioning::vector(3), both];
        for conditioning in conditionings {
            let placed = Placed::new(&Wanted { conditioning, ..wanted }.blob());
            let model = Model::new(placed.bytes()).expect("a sound blob");
            let classes = || [vec![3], vec![0, 4, 1]].map(Conditions::classes);
            // One sample, a few, and more than a tile contains.
            let vectors = || [1, 5, 100].map(|rows| Conditions::vectors(table(rows)));
            let mut conditions: Vec<Conditions> = match conditioning {
                Conditioning { vector: 0, .. } => classes().into(),
                Conditioning { classes: 0, .. } => vectors().into(),
                _ => {
                    let with = |class: Conditions| vectors().map(|rows| class.clone().or(rows));
                    classes().into_iter().flat_map(with).collect()
                }
            };
            if unconditional {
                conditions.push(Conditions::NONE);
            }
            for conditions in conditions {
                let what = format!("{conditioning:?} {unconditional} {conditions:?}");
                let plain = request(Method::Euler, 2, conditions);
                compare(&model, &plain, &what);
                if unconditional && plain.conditions != Conditions::NONE {
                    let guided = Request { guidance: Some(1.75), ..plain };
                    let guided = Request { contrast: Some(ContrastHandling::Keep), ..guided };
                    compare(&model, &guided, &format!("{what} guided"));
                }
            }
        }
    }
}

#[test]
fn gains_have_a_devices_bits() {
    let conditioning = Conditioning::classes(4);
    let wanted = Wanted { conditioning, unconditional: true, dim: 5, hidden: 19, ..PLAIN };
    for prediction in [Prediction::Velocity, Prediction::AverageVelocity] {
        let wanted = Wanted { prediction, ..wanted };
        for blob in [wanted.blob_with_gains(), wanted.blob_q8_with_gains()] {
            let placed = Placed::new(&blob);
            let model = Model::new(placed.bytes()).expect("a sound blob");
            let conditions = || Conditions::classes(vec![2, 0, 3]);
            let mut requests = vec![request(Method::Heun, 13, conditions())];
            let guided = request(Method::Euler, 12, conditions());
            requests.push(Request { guidance: Some(1.5), ..guided });
            if prediction.reach().jumps() {
                requests
                    .extend([1, 3, 16].map(|steps| request(Method::Meanflow, steps, conditions())));
            }
            for request in requests {
                compare(&model, &request, &format!("{prediction:?} {request:?}"));
            }
        }
    }
}

#[test]
fn one_jump_has_a_devices_bits() {
    let (prediction, conditioning) = (Prediction::Jump, Conditioning::classes(3));
    let wanted = Wanted { prediction, conditioning, ..PLAIN };
    let plain = [wanted.blob(), wanted.blob_q8()];
    for blob in plain.into_iter().chain([wanted.blob_with_gains(), wanted.blob_q8_with_gains()]) {
        let placed = Placed::new(&blob);
        let model = Model::new(placed.bytes()).expect("a sound blob");
        let request = request(Method::Meanflow, 1, Conditions::classes(vec![2, 0]));
        let request = Request { temperature: 0.75, ..request };
        compare(&model, &request, &format!("{prediction:?}"));
        for (method, steps) in [(Method::Meanflow, 2), (Method::Euler, 1), (Method::Sde, 4)] {
            let refused = Request { method, steps: Steps::Equal(steps), ..request.clone() };
            let error = draw_counted(&model, &refused).expect_err("one jump").to_string();
            assert!(error.contains("one jump"), "{error}");
        }
    }
}

#[test]
fn rows_of_a_source_have_a_devices_bits() {
    /// Statistics of the data, then of the source.
    const MEAN: [f32; 10] = [0.5, -1.0, 2.0, 0.0, 4.0, 3.0, -1.0, 0.5, 20.0, 7.0];
    const STD: [f32; 10] = [2.0, 0.5, 1.0, 3.0, 0.25, 0.5, 0.25, 1.5, 0.125, 2.0];
    let rows = |count: usize| {
        let numbers = (0..5 * count).map(|i| 10.0 * common::wobble(i + 900)).collect();
        Start::at(Rows::from_vec(5, numbers))
    };
    let conditioning = Conditioning::classes(3);
    let wanted = Wanted { conditioning, dim: 5, hidden: 21, ..PLAIN };
    let cases = [
        (Prediction::Velocity, Method::Heun, 3),
        (Prediction::AverageVelocity, Method::Meanflow, 1),
        (Prediction::AverageVelocity, Method::Meanflow, 2),
        (Prediction::Jump, Method::Meanflow, 1),
    ];
    for (prediction, method, steps) in cases {
        let wanted = Wanted { prediction, ..wanted };
        for blob in [wanted.blob_with(|s| (s.mean, s.std) = (&MEAN, &STD)), wanted.blob_q8()] {
            let placed = Placed::new(&blob);
            let model = Model::new(placed.bytes()).expect("a sound blob");
            let plain = request(method, steps, Conditions::classes(vec![2, 0]));
            for start in [rows(1), rows(3), rows(100)] {
                let from = Request { start, ..plain.clone() };
                if model.has_source() {
                    compare(&model, &from, &format!("{prediction:?} from a source"));
                    let cold = Request { temperature: 0.5, ..from };
                    let error = draw_counted(&model, &cold).expect_err("no noise").to_string();
                    assert!(error.starts_with("--temperature: "), "{error}");
                } else {
                    let error = draw_counted(&model, &from).expect_err("noise").to_string();
                    assert!(error.contains("moves noise"), "{error}");
                }
            }
            if model.has_source() {
                let error = draw_counted(&model, &plain).expect_err("a source").to_string();
                assert!(error.starts_with("--source: "), "{error}");
            }
        }
    }
}

#[test]
fn a_contrast_is_undone_with_a_devices_bits() {
    const NEGATIVES: [f32; 6] = [0.5, -0.25, 0.125, 1.0, -0.75, 0.3];
    let wanted = Wanted { conditioning: Conditioning::classes(3), unconditional: true, ..PLAIN };
    let contrasts = [FieldContrast::Everywhere(0.2), FieldContrast::Conditional(0.2)];
    for (contrast, path) in contrasts.into_iter().zip([Path::Linear, Path::Trigonometric]) {
        let change = |spec: &mut Spec<'_>| {
            (spec.contrast, spec.path, spec.negatives) = (contrast, path, &NEGATIVES);
        };
        let placed = Placed::new(&wanted.blob_with(change));
        let model = Model::new(placed.bytes()).expect("a sound blob");
        let shares = Shares::new(&[0.5, 0.2, 0.3]).expect("shares");
        for conditions in
            [Conditions::classes(vec![2, 0, 1]), Conditions::shares(shares), Conditions::NONE]
        {
            let plain = request(Method::Euler, 5, conditions);
            let undone = Request { contrast: Some(ContrastHandling::Undo), ..plain.clone() };
            compare(&model, &undone, &format!("{contrast:?} undone"));
            if plain.conditions != Conditions::NONE {
                let guided = Request { guidance: Some(2.5), ..plain };
                compare(&model, &guided, &format!("{contrast:?} guided"));
            }
        }
    }
}

#[test]
fn scores_and_noises_have_a_devices_bits() {
    for prediction in [Prediction::Score, Prediction::Noise] {
        let placed = Placed::new(&Wanted { prediction, ..PLAIN }.blob_with(|s| s.start = 0.05));
        let model = Model::new(placed.bytes()).expect("a sound blob");
        compare(&model, &request(Method::Heun, 4, Conditions::NONE), &format!("{prediction:?}"));
    }
}
