//! Tests of learners: the losses they report, the steps they take, and that only the state decides both.

use fm_nostd::Activation;

use super::network::target;
use super::{architecture, distance, parameters, reference, table, wide};
use crate::data::Rows;
use crate::error::ErrorKind;
use crate::net::{
    Architecture, DeviceChoice, Learner, Regression, State, Update, Weighting, learner,
    plain_learner,
};

pub(super) const PLAIN: Weighting = Weighting { p: 0.0, c: 0.0 };
pub(super) const UPDATE: Update = Update { rate: 3e-3, clip: 1.0, ema: 0.9 };

fn cpu(architecture: &Architecture, state: State) -> Box<dyn Learner> {
    learner(architecture, state, DeviceChoice::Cpu).expect("the CPU is always there")
}

pub(super) fn start(architecture: &Architecture) -> State {
    State { parameters: parameters(architecture, 1), ..State::fresh(architecture, 1) }
}

/// Cells that count and cells that do not: all in the first row; in other rows all, some or none.
fn mask(seed: u64, n: usize, data: usize) -> Rows {
    let some = table(seed, n, data).into_vec();
    let mut mask: Vec<f32> = some.iter().map(|x| f32::from(u8::from(*x > -0.4))).collect();
    mask[..data].fill(1.0);
    Rows::from_vec(data, mask)
}

/// A step's regression in which `m` of `n` rows have a derivative; every `seed` gives another one.
pub(super) fn regression(architecture: &Architecture, seed: u64, n: usize, m: usize) -> Regression {
    Regression {
        input: table(seed + 100, n, architecture.inputs()),
        tangent: table(seed + 200, m, architecture.inputs()),
        velocity: table(seed + 300, n, architecture.data),
        gap: table(seed + 400, m, 1).into_vec(),
        weight: table(seed + 500, n, 1).into_vec().iter().map(|w| w * w).collect(),
        mask: mask(seed + 600, n, architecture.data),
        weighting: Weighting { p: 0.75, c: 1e-3 },
        solve: None,
    }
}

fn run(learner: &mut dyn Learner, architecture: &Architecture, steps: std::ops::Range<u64>) {
    for seed in steps {
        let loss = learner.step(&regression(architecture, seed, 1100, 90), &UPDATE);
        assert!(loss.expect("the CPU does not fail").is_finite());
    }
}

#[test]
fn loss_is_the_definition() {
    let architecture = architecture(Activation::Silu, 24, 2);
    let state = start(&architecture);
    let theta = wide(&state.parameters);
    for (weighting, m) in [(PLAIN, 0), (PLAIN, 30), (Weighting { p: 0.75, c: 1e-3 }, 70)] {
        let regression = Regression { weighting, ..regression(&architecture, 9, 70, m) };
        let (mut raw, mut weighted) = (0.0, 0.0);
        for (i, row) in regression.input.iter().enumerate() {
            let u = reference(&architecture, &theta, &wide(row));
            let target = target(&architecture, &theta, &regression, i);
            let mask = regression.mask.row(i).iter().map(|&mask| f64::from(mask));
            let errors = u.iter().zip(&target).zip(mask).map(|((u, t), mask)| mask * (u - t));
            let distance: f64 = errors.map(|error| error * error).sum();
            let square = f64::from(regression.weight[i]) * distance;
            raw += square / 70.0;
            let (p, c) = (f64::from(weighting.p), f64::from(weighting.c));
            weighted += square / (square + c).powf(p) / 70.0;
        }
        let loss = cpu(&architecture, state.clone()).step(&regression, &UPDATE).unwrap();
        // The mean of 70 rows of f32 squares.
        assert!((f64::from(loss.raw) / raw - 1.0).abs() < 1e-5, "{loss:?} for {raw}");
        assert!((f64::from(loss.weighted) / weighted - 1.0).abs() < 1e-5);
    }
}

#[test]
fn weights_of_one_are_no_weights() {
    let architecture = architecture(Activation::Tanh, 16, 1);
    let step = |weight: Vec<f32>| {
        let mut learner = cpu(&architecture, start(&architecture));
        let regression = Regression { weight, ..regression(&architecture, 3, 60, 20) };
        (learner.step(&regression, &UPDATE).unwrap(), learner.state().unwrap())
    };
    assert_eq!(step(vec![1.0; 60]), step(Vec::new()));
    assert_ne!(step(vec![0.5; 60]), step(Vec::new()));
}

#[test]
fn a_mask_of_ones_is_no_mask_and_cells_without_one_do_not_count() {
    let architecture = architecture(Activation::Tanh, 16, 1);
    let step = |regression: Regression| {
        let mut learner = cpu(&architecture, start(&architecture));
        (learner.step(&regression, &UPDATE).unwrap(), learner.state().unwrap())
    };
    let of = |mask| Regression { mask, ..regression(&architecture, 3, 60, 20) };
    let ones = Rows::from_vec(2, vec![1.0; 120]);
    assert_eq!(step(of(ones)), step(of(Rows::new(2))));
    let some = regression(&architecture, 3, 60, 20);
    let mut other = some.clone();
    let cells = other.velocity.as_mut_slice().iter_mut().zip(some.mask.as_slice());
    cells.filter(|(_, mask)| **mask == 0.0).for_each(|(velocity, _)| *velocity += 5.0);
    assert_ne!(other.velocity, some.velocity);
    assert_eq!(step(other), step(some.clone()));
    assert_ne!(step(some), step(of(Rows::new(2))));
}

#[test]
fn both_learners_take_the_same_steps() {
    let architecture = architecture(Activation::Gelu, 24, 2);
    let mut fused = cpu(&architecture, start(&architecture));
    let mut plain = plain_learner(&architecture, start(&architecture)).unwrap();
    for seed in 0..5 {
        let regression = regression(&architecture, seed, 100, 40);
        let fused = fused.step(&regression, &UPDATE).unwrap();
        let plain = plain.step(&regression, &UPDATE).unwrap();
        for (fused, plain) in [
            (fused.weighted, plain.weighted),
            (fused.raw, plain.raw),
            (fused.gradient_norm, plain.gradient_norm),
        ] {
            assert!((fused / plain - 1.0).abs() < 1e-3, "{fused} for {plain}");
        }
    }
    let (fused, plain) = (fused.state().unwrap(), plain.state().unwrap());
    assert_eq!((fused.step, plain.step), (5, 5));
    // Adam divides by the gradient's size, so a parameter whose gradient is rounding error may move by the
    // learning rate in either direction; moments and means stay close.
    assert!(distance(&fused.first_moment, &plain.first_moment) < 1e-3);
    assert!(distance(&fused.second_moment, &plain.second_moment) < 1e-3);
    assert!(distance(&fused.average, &plain.average) < 1e-3);
}

#[test]
fn a_linear_network_goes_to_the_least_squares_optimum() {
    let gain = false;
    let architecture = Architecture { data: 1, gain, ..architecture(Activation::Relu, 1, 0) };
    let (n, inputs) = (300, architecture.inputs());
    let regression = Regression {
        weighting: PLAIN,
        velocity: table(2, n, 1),
        weight: Vec::new(),
        mask: Rows::new(1),
        ..regression(&architecture, 1, n, 0)
    };
    let mut learner = cpu(&architecture, start(&architecture));
    for step in 0..1500 {
        let rate = 0.02 * (1.0 - step as f32 / 1500.0);
        learner.step(&regression, &Update { rate, clip: f32::INFINITY, ema: 0.0 }).unwrap();
    }

    let design = nalgebra::DMatrix::from_fn(n, inputs + 1, |i, j| {
        regression.input.row(i).get(j).map_or(1.0, |&x| f64::from(x))
    });
    let target = nalgebra::DVector::from_iterator(n, wide(regression.velocity.as_slice()));
    let solution = design.svd(true, true).solve(&target, 1e-12).unwrap();
    let state = learner.state().unwrap();
    // The last steps have a size of about 0.02 / 1500; f32 ends there.
    assert!(distance(&state.parameters, solution.as_slice()) < 1e-4);
    assert_eq!(state.average, state.parameters, "a moving average without memory");

    let fitted = learner.evaluate(&regression.input).unwrap();
    let theta = wide(&state.parameters);
    let expected: Vec<f64> = regression
        .input
        .iter()
        .flat_map(|row| reference(&architecture, &theta, &wide(row)))
        .collect();
    assert!(distance(fitted.as_slice(), &expected) < 1e-5);
}

#[test]
fn a_learner_goes_on_from_its_state_bit_for_bit() {
    let architecture = architecture(Activation::Tanh, 24, 2);
    let mut straight = cpu(&architecture, start(&architecture));
    run(&mut *straight, &architecture, 0..10);

    let mut first = cpu(&architecture, start(&architecture));
    run(&mut *first, &architecture, 0..4);
    let saved = postcard::to_allocvec(&first.state().unwrap()).unwrap();
    let mut second = cpu(&architecture, postcard::from_bytes(&saved).unwrap());
    run(&mut *second, &architecture, 4..10);
    assert_eq!(straight.state().unwrap(), second.state().unwrap());

    let twin = plain_learner(&architecture, first.state().unwrap()).unwrap();
    assert_eq!(twin.state().unwrap(), first.state().unwrap(), "the twin gives back what it got");
}

#[test]
fn threads_do_not_change_a_bit() {
    let architecture = architecture(Activation::Silu, 33, 3);
    let states = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut learner = cpu(&architecture, start(&architecture));
            assert_eq!(learner.device_name(), format!("cpu ({threads} threads)"));
            run(&mut *learner, &architecture, 0..4);
            let output = learner.evaluate(&table(5, 777, architecture.inputs())).unwrap();
            (learner.state().unwrap(), output)
        })
    });
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0], states[2]);
}

#[test]
fn what_is_not_finite_moves_nothing() {
    let architecture = architecture(Activation::Silu, 16, 1);
    let fused = cpu(&architecture, start(&architecture));
    let plain = plain_learner(&architecture, start(&architecture)).unwrap();
    for mut learner in [fused, plain] {
        let mut broken = regression(&architecture, 1, 50, 20);
        broken.velocity.row_mut(17)[1] = f32::NAN;
        let loss = learner.step(&broken, &UPDATE).unwrap();
        assert!(loss.weighted.is_nan() && !loss.is_finite());
        // A finite loss with a gradient beyond the range of f32: the weights of two rows are 1e18.
        let mut steep = regression(&architecture, 1, 2, 0);
        steep.weighting = PLAIN;
        steep.velocity.as_mut_slice().fill(1e18);
        steep.input.as_mut_slice().fill(1e30);
        let loss = learner.step(&steep, &UPDATE).unwrap();
        assert!(!loss.is_finite());
        assert_eq!(learner.state().unwrap(), start(&architecture));
    }
}

#[test]
fn the_gradient_is_clipped_and_averages_decay() {
    let architecture = architecture(Activation::Relu, 16, 1);
    let (weight, mask) = (Vec::new(), Rows::new(2));
    let regression = Regression { weight, mask, ..regression(&architecture, 1, 64, 0) };
    let norm = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let step = |clip| {
        let mut learner = cpu(&architecture, start(&architecture));
        let loss = learner.step(&regression, &Update { clip, ..UPDATE }).unwrap();
        (f64::from(loss.gradient_norm), learner.state().unwrap())
    };
    let (free, unclipped) = step(f32::INFINITY);
    let (same, clipped) = step(free as f32 / 2.0);
    assert_eq!(free, same, "the norm is the one before clipping");
    // The first moment is a tenth of the gradient. One rounding per value.
    assert!((norm(&unclipped.first_moment) / (0.1 * free) - 1.0).abs() < 1e-6);
    assert!((norm(&clipped.first_moment) / (0.05 * free) - 1.0).abs() < 1e-6);
    // Adam's first step equals the learning rate for any gradient that is not 0.
    let before = start(&architecture).parameters;
    for (i, (after, before)) in clipped.parameters.iter().zip(&before).enumerate() {
        let moved = (after - before).abs();
        let expected = if clipped.first_moment[i] == 0.0 { 0.0 } else { UPDATE.rate };
        assert!((moved - expected).abs() < 1e-3 * UPDATE.rate, "{moved} at {i}");
    }
    let average: Vec<f64> = clipped
        .parameters
        .iter()
        .zip(start(&architecture).average)
        .map(|(&new, old)| 0.9 * f64::from(old) + 0.1 * f64::from(new))
        .collect();
    assert!(distance(&clipped.average, &average) < 1e-6);
}

#[test]
fn auto_takes_a_gpu_for_large_steps_alone() {
    let choice =
        |width, rows| DeviceChoice::Auto.for_steps(&architecture(Activation::Silu, width, 3), rows);
    assert_eq!(choice(64, 2048), DeviceChoice::Cpu);
    assert_eq!(choice(256, 1024), DeviceChoice::Auto);
    // Many models together.
    assert_eq!(choice(64, 256 * 1024), DeviceChoice::Auto);
    let asked = DeviceChoice::Cuda.for_steps(&architecture(Activation::Silu, 2, 1), 1);
    assert_eq!(asked, DeviceChoice::Cuda);
}

#[test]
fn devices_that_are_not_there_say_what_to_do() {
    let architecture = architecture(Activation::Relu, 4, 1);
    let auto = learner(&architecture, start(&architecture), DeviceChoice::Auto).unwrap();
    assert!(auto.device_name().starts_with("cpu (") || auto.device_name().starts_with("cuda:0"));
    if cfg!(not(feature = "cuda")) {
        let cuda = learner(&architecture, start(&architecture), DeviceChoice::Cuda);
        let error = cuda.err().unwrap().to_string();
        assert!(error.contains("cargo build --release --features cuda"), "{error}");
    }
    let other = Architecture { hidden: 5, ..architecture.clone() };
    let error = learner(&other, start(&architecture), DeviceChoice::Cpu).err().unwrap();
    assert!(matches!(error.kind(), ErrorKind::Usage { option, .. } if option == "--resume"));
}

#[test]
fn nothing_in_nothing_out() {
    let architecture = architecture(Activation::Relu, 4, 1);
    let learner = cpu(&architecture, start(&architecture));
    let none = learner.evaluate(&Rows::new(architecture.inputs())).unwrap();
    assert_eq!((none.len(), none.dim()), (0, architecture.data));
}
