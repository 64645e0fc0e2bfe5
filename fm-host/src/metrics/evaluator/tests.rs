//! The evaluator on built-in sets and on the shipped digits.

use super::super::tests::normal;
use super::*;
use crate::data::{Condition, Dataset, Source, load};

fn split(source: &Source) -> (Split, Standardisation) {
    let split = load(source).unwrap();
    let standardisation = Standardisation::fit(&split.train.values);
    (split, standardisation)
}

/// An evaluator, and the split with its held-out part cut to keep the assignments small.
fn small(data: &str, class: bool) -> (Evaluator, Split) {
    let class = class.then(|| "label".to_owned());
    let (mut split, standardisation) = split(&Source { class, rows: 2000, ..Source::new(data) });
    split.held_out = split.held_out.select(&(0..300).collect::<Vec<_>>());
    (Evaluator::new(&split, &standardisation), split)
}

fn classes(labels: Option<&[u32]>) -> Asked {
    match labels {
        Some(labels) => Asked::Classes(labels.iter().map(|&label| label as usize).collect()),
        None => Asked::Nothing,
    }
}

fn value(metrics: &[Metric], name: &str) -> f64 {
    metrics.iter().find(|metric| metric.name == name).unwrap().value
}

#[test]
fn every_kind_of_data_has_its_figures() {
    let names = |data, class| -> Vec<_> {
        let (evaluator, split) = small(data, class);
        let train = evaluator.standardisation.apply(&split.train.values);
        let metrics = evaluator.evaluate(&train, &classes(split.train.labels())).unwrap();
        metrics.iter().map(|metric| metric.name).collect()
    };
    assert_eq!(names("moons", false), ["w2", "sw2", "energy", "below_density", "nn"]);
    let board = ["w2", "sw2", "energy", "inside", "below_density", "cell_share_worst"];
    assert_eq!(names("checkerboard", false), [&board[..], &["cell_uneven", "nn"]].concat());
    assert_eq!(names("8gaussians", true), [&board[..], &["nn", "accuracy"]].concat());
}

#[test]
fn figures_lie_between_floor_and_ceiling() {
    let (evaluator, _) = small("8gaussians", true);
    // Half real, half noise.
    let mut samples = evaluator.train.clone();
    let noise = normal(1000, 2, 9);
    samples.as_mut_slice()[..2000].copy_from_slice(noise.as_slice());
    let labels = evaluator.train_labels.clone().unwrap();
    let scores = evaluator.score(&samples, &classes(Some(&labels))).unwrap();
    assert_eq!(scores.len(), 8);
    for Score { name, value, floor, ceiling, .. } in scores {
        let (low, high) = (floor.min(ceiling), floor.max(ceiling));
        // Half of the samples are training rows, at distance 0 from themselves.
        let low = if name == "nn" { low / 2.0 } else { low };
        assert!(low < value && value < high, "{name}: {floor} {value} {ceiling}");
    }
}

#[test]
fn real_rows_score_their_floor() {
    let (evaluator, split) = small("checkerboard", false);
    let fresh = load(&Source { rows: SAMPLES, seed: 99, ..Source::new("checkerboard") }).unwrap();
    let fresh = evaluator.standardisation.apply(&fresh.train.values);
    assert_eq!(split.held_out.len(), 300);
    for Score { name, value, floor, floor_spread, .. } in
        evaluator.score(&fresh, &Asked::Nothing).unwrap()
    {
        // Six spreads of five draws, a wide gate; `nn` and `inside` hardly vary.
        assert!((value - floor).abs() < 6.0 * floor_spread + 0.01, "{name}: {value} {floor}");
    }
}

#[test]
fn the_digits_floors_are_the_protocols() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/digits.csv.gz");
    let (split, standardisation) =
        split(&Source { class: Some("label".into()), ..Source::new(path) });
    let evaluator = Evaluator::new(&split, &standardisation);
    let floors = evaluator.floors().unwrap();
    // Measured on another split of the same sizes, so the gates are wide: w2 5.076, sw2 0.089,
    // energy -0.0079, fd20 0.781, nn 3.674. A support vector machine had accuracy 0.994.
    let gates = [
        ("w2", 4.9, 5.3),
        ("sw2", 0.05, 0.13),
        ("energy", -0.02, 0.02),
        ("fd20", 0.5, 1.2),
        ("nn", 3.5, 3.9),
        ("accuracy", 0.95, 1.0),
    ];
    assert_eq!(floors.len(), gates.len());
    for (floor, (name, low, high)) in floors.iter().zip(gates) {
        assert_eq!(floor.name, name);
        assert!((low..=high).contains(&floor.value), "{floor:?}");
    }
    // N(0, I) scored w2 8.983, energy 0.1194, fd20 9.364 and nn 8.172.
    let ceilings = evaluator.ceilings().unwrap();
    // Over six splits w2 was from 8.90 to 9.04, fd20 from 9.2 to 10.4, energy from 0.107 to 0.133.
    let close = |name, wanted: f64, share| (value(ceilings, name) / wanted - 1.0).abs() < share;
    assert!(close("w2", 8.983, 0.1) && close("energy", 0.1194, 0.25), "{ceilings:?}");
    assert!(close("fd20", 9.364, 0.2) && close("nn", 8.172, 0.1), "{ceilings:?}");
}

#[test]
fn samples_of_a_diverged_network_are_refused_and_far_ones_are_cut_off() {
    let (evaluator, _) = small("moons", false);
    let mut samples = normal(300, 2, 1);
    samples.row_mut(6)[1] = f32::NAN;
    let error = evaluator.evaluate(&samples, &Asked::Nothing).unwrap_err().to_string();
    assert!(error.contains("sample 7 is not finite"), "{error}");
    samples.row_mut(6)[1] = 1e30;
    assert!(value(&evaluator.evaluate(&samples, &Asked::Nothing).unwrap(), "w2") < 10.0);
    assert!(evaluator.evaluate(&normal(1, 2, 1), &Asked::Nothing).is_err());
}

#[test]
fn a_sampler_that_forgets_its_condition_is_seen() {
    let columns = vec!["c".to_owned()];
    let part = |seed, count| {
        // Rows that are their condition and little else.
        let values = normal(count, 1, seed);
        let noise = normal(count, 2, seed + 10);
        let rows = noise.iter().zip(values.iter()).flat_map(|(e, c)| [c[0] + 0.1 * e[0], e[1]]);
        Dataset {
            name: "pairs".to_owned(),
            columns: vec!["x".to_owned(), "y".to_owned()],
            values: Rows::from_vec(2, rows.collect()),
            condition: Condition::Vector { columns: columns.clone(), values },
        }
    };
    let split = Split { train: part(1, 1500), held_out: part(2, 1000) };
    let standardisation = Standardisation::fit(&split.train.values);
    let evaluator = Evaluator::new(&split, &standardisation);
    let Condition::Vector { values, .. } = &split.held_out.condition else { unreachable!() };
    let samples = standardisation.apply(&split.held_out.values);
    let joint = |vectors: &Rows| {
        let asked = Asked::Vectors(vectors.clone());
        value(&evaluator.evaluate(&samples, &asked).unwrap(), "joint_energy")
    };
    // The held-out pairs themselves, then each with another row's condition.
    let (own, others) =
        (joint(values), joint(&values.select(&(0..1000).rev().collect::<Vec<_>>())));
    let floors = evaluator.floors().unwrap();
    let floor = floors.iter().find(|floor| floor.name == "joint_energy").unwrap().value;
    let ceilings = evaluator.ceilings().unwrap();
    // Pairs of the same law differ by chance, some 1 / 1000; forgetting costs a good part of a unit.
    assert!(own.abs() < 0.01 && floor.abs() < 0.01, "{own}, floor {floor}");
    assert!(others > 0.05, "{others}");
    assert!(value(ceilings, "joint_energy") > 0.05);
}
