//! Scores of rows by how strange they are: closed forms, gaps, both kinds of weights, and what is refused.

mod common;

use common::{Placed, Wanted};
use fm_host::truth::Coefficients;
use fm_nostd::blob::{Conditioning, KnownInputs, Spec, emit};
use fm_nostd::net::Weights;
use fm_nostd::path::Path;
use fm_nostd::prediction::Prediction;
use fm_nostd::{
    Activation, AnomalyScore, Column, Condition, Conditional, Field, FieldError, Form, Meaning,
    Mlp, Model, ScoreError, Velocity, score,
};

/// A model for its statistics and its path; the tests bring their own fields.
fn plain(path: Path) -> Vec<u8> {
    let wanted = Wanted { prediction: Prediction::Velocity, ..MODEL };
    wanted.blob_with(|spec| {
        spec.path = path;
        spec.mean = &[10.0, -3.0];
        spec.std = &[2.0, 0.5];
    })
}

const MODEL: Wanted = Wanted {
    prediction: Prediction::AverageVelocity,
    activation: Activation::Silu,
    conditioning: Conditioning { classes: 3, vector: 0 },
    unconditional: false,
    dim: 2,
    hidden: 7,
    layers: 2,
};

/// The velocity of a normal law whose columns have these standard deviations, on a path.
fn normal(path: Path, deviations: [f64; 2]) -> impl Velocity {
    move |t: f32, x: &[f32], out: &mut [f32]| {
        let at = Coefficients::at(path, t.into());
        for ((value, x), s) in out.iter_mut().zip(x).zip(deviations) {
            *value = (at.growth(s) * f64::from(*x)) as f32;
        }
    }
}

#[test]
fn shares_of_a_normal_law_are_its_closed_form() {
    let deviations = [0.5, 1.5];
    for path in Path::ALL {
        let placed = Placed::new(&plain(path));
        let model = Model::new(placed.bytes()).expect("valid");
        let field = normal(path, deviations);
        let mut detector = AnomalyScore::new(&model, field, [0.0; 2]).expect("room");
        // The noise expected in x_t = alpha z is sigma x_t / (alpha^2 s^2 + sigma^2).
        let Coefficients { alpha, sigma, .. } = Coefficients::at(path, score::TIME.into());
        for row in [[10.0, -3.0], [12.5, -3.0], [3.0, -2.0]] {
            let mut shares = [f32::NAN; 2];
            let score = detector.score(&row, &mut shares).expect("finite");
            assert_eq!(score, shares[0] + shares[1]);
            let z = [(f64::from(row[0]) - 10.0) / 2.0, (f64::from(row[1]) + 3.0) / 0.5];
            for ((share, z), s) in shares.into_iter().zip(z).zip(deviations) {
                let noise = sigma * alpha * z / ((alpha * s).powi(2) + sigma * sigma);
                let truth = noise * noise;
                // Rounding in f32 of a difference of numbers that are 10 times larger.
                assert!(
                    (f64::from(share) - truth).abs() < 1e-4 * truth.max(0.01),
                    "{share} {truth}"
                );
            }
        }
    }
}

/// On the linear path the noise is `t (z - v)`.
#[test]
fn straight_pairs_have_the_short_form() {
    let placed = Placed::new(&plain(Path::Linear));
    let model = Model::new(placed.bytes()).expect("valid");
    let mut seen = [f32::NAN; 3];
    let field = |t: f32, x: &[f32], out: &mut [f32]| {
        seen = [t, x[0], x[1]];
        out.copy_from_slice(&[0.5, -4.0]);
    };
    let mut shares = [0.0; 2];
    let mut detector = AnomalyScore::new(&model, field, [0.0; 2]).expect("room");
    let score = detector.score(&[14.0, -3.5], &mut shares).expect("finite");
    let t = score::TIME;
    let squares = [t * (2.0 - 0.5), t * (-1.0 + 4.0)].map(|noise| noise * noise);
    assert!(
        (score - squares[0] - squares[1]).abs() < 1e-5 && (shares[1] - squares[1]).abs() < 1e-5
    );
    assert_eq!(seen, [t, t * 2.0, -t]);
}

#[test]
fn a_score_is_never_nan() {
    let placed = Placed::new(&plain(Path::Linear));
    let model = Model::new(placed.bytes()).expect("valid");
    for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38] {
        let field = move |_: f32, _: &[f32], out: &mut [f32]| out.copy_from_slice(&[0.0, broken]);
        let mut shares = [0.0; 2];
        let mut detector = AnomalyScore::new(&model, field, [0.0; 2]).expect("room");
        assert_eq!(detector.score(&[12.0, -3.0], &mut shares), Ok(f32::INFINITY));
        assert!(shares[0].is_finite() && shares[1] == f32::INFINITY);
    }
}

/// A plain column, and three categories.
fn with_categories() -> Vec<u32> {
    let knots: [f32; 12] = [-9.0, 0.0, 0.0, -0.8, -0.5, 1.0, 0.0, 0.1, 0.5, 2.0, 0.0, 0.9];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let (form, meaning) = (Form::Knots, Meaning::Category);
    let category =
        Column { form, meaning, low: 0.0, high: 2.0, parameters: &parameters, ..Column::PLAIN };
    let mut words = [Column::within(-5.0, 25.0).words(), category.words()].concat();
    words.extend(knots.map(f32::to_bits));
    words
}

#[test]
fn rows_that_cannot_be_scored_name_their_column_and_change_nothing() {
    for eight_bits in [false, true] {
        let columns = with_categories();
        let bytes = MODEL.blob_known(KnownInputs::None, eight_bits, |spec| {
            spec.transforms = columns.leak();
        });
        let placed = Placed::new(&bytes);
        let model = Model::new(placed.bytes()).expect("valid");
        let mut detector =
            Mlp::<2, 0, 7>::new(&model).expect("its sizes").anomaly_score().expect("noise");
        let mut shares = [7.0; 2];
        let finite = |column| Err(ScoreError::NotFinite { column });
        assert_eq!(detector.score(&[f32::NAN, 1.0], &mut shares), finite(0));
        assert_eq!(detector.score(&[1.0, f32::INFINITY], &mut shares), finite(1));
        let impossible = Err(ScoreError::Impossible { column: 1 });
        assert_eq!(detector.score(&[1.0, 3.0], &mut shares), impossible);
        assert_eq!(detector.score(&[1.0, 0.5], &mut shares), impossible);
        assert_eq!(detector.score(&[1.0], &mut shares), Err(ScoreError::Length));
        assert_eq!(detector.score(&[1.0, 2.0], &mut shares[..1]), Err(ScoreError::Length));
        assert_eq!(shares, [7.0; 2]);
        // Strange numbers are what it looks for: those outside a column's limits are scored.
        let near = detector.score(&[1.0, 2.0], &mut shares).expect("possible");
        let far = detector.score(&[1e6, 2.0], &mut shares).expect("finite");
        assert!(near.is_finite() && far > 1e6 * near && shares[0] > shares[1]);
        // The score is that of the condition.
        detector.set_condition(Condition::Class(2)).expect("a class");
        assert_ne!(detector.score(&[1.0, 2.0], &mut shares), Ok(near));
    }
}

/// A column of the two values 0 and 10, and a plain one: readings that no row had are strange by their distance.
#[test]
fn numbers_beside_the_values_of_a_column_are_strange_by_their_distance() {
    let knots: [f32; 8] = [-9.0, 0.0, 0.0, -1.0, 0.0, 10.0, 0.0, 1.0];
    let parameters: Vec<u8> = knots.iter().flat_map(|number| number.to_le_bytes()).collect();
    let few = Column {
        form: Form::Knots,
        low: 0.0,
        high: 10.0,
        parameters: &parameters,
        ..Column::PLAIN
    };
    let mut words = few.words().to_vec();
    words.extend(knots.map(f32::to_bits));
    words.extend(Column::PLAIN.words());
    let wanted = Wanted { prediction: Prediction::Velocity, ..MODEL };
    let placed = Placed::new(&wanted.blob_with(|spec| spec.transforms = words.leak()));
    let model = Model::new(placed.bytes()).expect("valid");
    let mut detector =
        AnomalyScore::new(&model, normal(Path::Linear, [1.0; 2]), [0.0; 2]).expect("room");
    let mut share = |x: f32| {
        let mut shares = [0.0; 2];
        detector.score(&[x, 0.0], &mut shares).expect("finite");
        shares[0]
    };
    let [zero, ten] = [share(0.0), share(10.0)];
    assert!(share(5.0) < zero.max(ten));
    // -40 and 50 are four gaps beyond the values, at -9 and 9.
    for (x, end) in [(-40.0, zero), (50.0, ten)] {
        assert!(share(x) > 20.0 * end, "{x}: {} {end}", share(x));
    }
}

#[test]
fn models_and_memory_that_cannot_score_are_refused() {
    let placed = Placed::new(&plain(Path::Linear));
    let model = Model::new(placed.bytes()).expect("valid");
    let field = |_: f32, _: &[f32], _: &mut [f32]| ();
    let short = AnomalyScore::new(&model, field, [0.0; 1]);
    assert_eq!(short.map(|_| ()), Err(FieldError::Work));
    let mut bytes = fm_nostd::blob::Aligned([0; 512]);
    let weights = [0.5; 1 + 2 + 2];
    let spec = Spec {
        dim: 1,
        widths: &[1],
        mean: &[0.0; 2],
        std: &[1.0; 2],
        weights: Weights::F32(&weights),
        ..Spec::PLAIN
    };
    let source = Model::new(emit(&spec, &mut bytes.0).expect("sizes agree")).expect("valid");
    let field = Field::new(&source, [[0.0; 1]; 2], []).expect("its sizes");
    assert_eq!(AnomalyScore::new(&source, field, [0.0; 1]).map(|_| ()), Err(FieldError::Source));
}
