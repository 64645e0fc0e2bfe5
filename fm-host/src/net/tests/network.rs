//! The fused operation, its twin and the f64 network agree, in value, derivative and gradient.

use dfdx::prelude::*;

use super::{ACTIVATIONS, architecture, distance, normals, parameters, reference, table, wide};
use crate::data::Rows;
use crate::net::Architecture;
use crate::net::compute::download;
use crate::net::fused::Fused;
use crate::net::stacked::forward_jvp;

/// Sums of up to 70 products of f32 numbers in another order, a few layers deep, and polynomials
/// against the platform's functions: some tens of units in the last place (6e-8 each).
const TOLERANCE: f64 = 1e-5;

struct Pass {
    u: Vec<f32>,
    du: Vec<f32>,
    gradient: Vec<f32>,
}

/// The forward pass, the derivative, and the gradient of `sum(seed * u)`.
fn fused(network: &Fused, theta: &[f32], input: &Rows, tangent: &Rows, seed: &Rows) -> Pass {
    let device = Cpu::default();
    let upload =
        |rows: &Rows| device.tensor_from_vec(rows.as_slice().to_vec(), (rows.len(), rows.dim()));
    let theta = device.tensor_from_vec(theta.to_vec(), (theta.len(),));
    let tangent = (!tangent.is_empty()).then(|| upload(tangent));
    let result = network.forward_jvp(theta.leaky_trace(), &upload(input), tangent.as_ref());
    let (u, du) = result.expect("the CPU does not fail");
    let values = download(&u);
    let gradient = u.try_mul(upload(seed)).expect("equal shapes").sum::<Rank0, _>().backward();
    let du = du.as_ref().map_or_else(Vec::new, download);
    Pass { u: values, du, gradient: download(&gradient.get(&theta)) }
}

/// The same of the twin.
fn plain(
    architecture: &Architecture,
    theta: &[f32],
    input: &Rows,
    tangent: &Rows,
    seed: &Rows,
) -> Pass {
    let device = Cpu::default();
    let upload =
        |rows: &Rows| device.tensor_from_vec(rows.as_slice().to_vec(), (1, rows.len(), rows.dim()));
    let theta = device.tensor_from_vec(theta.to_vec(), (1, theta.len()));
    let tangent = (!tangent.is_empty()).then(|| upload(tangent));
    let result = forward_jvp(architecture, theta.leaky_trace(), upload(input), tangent);
    let (u, du) = result.expect("the CPU does not fail");
    let values = download(&u);
    let gradient = u.try_mul(upload(seed)).expect("equal shapes").sum::<Rank0, _>().backward();
    let du = du.as_ref().map_or_else(Vec::new, download);
    Pass { u: values, du, gradient: download(&gradient.get(&theta)) }
}

#[test]
fn fused_and_plain_agree() {
    // Widths that are and are not whole registers and blocks; batches of one row, a part of a
    // tile, whole tiles, a few tiles with a rest, and so many that sums are shared; no tangent, some
    // rows, all rows.
    let shapes = [(64, 3), (16, 1), (33, 2), (5, 2), (100, 2), (1, 0)];
    let batches = [(1, 0), (1, 1), (37, 37), (64, 0), (130, 65), (321, 100), (1100, 70)];
    let mut seed = 0;
    for activation in ACTIVATIONS {
        for (hidden, layers) in shapes {
            for (n, m) in batches {
                seed += 1;
                let architecture = architecture(activation, hidden, layers);
                let theta = parameters(&architecture, seed);
                let input = table(seed + 1000, n, architecture.inputs());
                let tangent = table(seed + 2000, m, architecture.inputs());
                let seeds = table(seed + 3000, n, architecture.data);
                let network = Fused::new(&architecture);
                let truth = plain(&architecture, &theta, &input, &tangent, &seeds);
                // Twice: the second pass works in what the first one left.
                for _ in 0..2 {
                    let got = fused(&network, &theta, &input, &tangent, &seeds);
                    let at = format!("{activation:?} {hidden}x{layers}, {n} rows, {m} tangents");
                    assert!(distance(&got.u, &truth.u) < TOLERANCE, "u, {at}");
                    assert!(distance(&got.du, &truth.du) < TOLERANCE, "du, {at}");
                    assert!(distance(&got.gradient, &truth.gradient) < TOLERANCE, "gradient, {at}");
                }
            }
        }
    }
}

/// The central difference of `f` at 0 in f64: with this step its error is below 1e-8 for the
/// smooth functions here, and a kink of a ReLU is rarely within it.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1e-6;
    (f(STEP) - f(-STEP)) / (2.0 * STEP)
}

fn moved(point: &[f64], direction: &[f64], step: f64) -> Vec<f64> {
    point.iter().zip(direction).map(|(x, d)| x + step * d).collect()
}

#[test]
fn derivatives_are_those_of_the_f64_network() {
    for (i, activation) in ACTIVATIONS.into_iter().enumerate() {
        let architecture = architecture(activation, 20, 2);
        let theta = parameters(&architecture, 7 + i as u64);
        let input = table(11, 9, architecture.inputs());
        let tangent = table(12, 5, architecture.inputs());
        let seeds = table(13, 9, architecture.data);
        let got = fused(&Fused::new(&architecture), &theta, &input, &tangent, &seeds);

        let theta = wide(&theta);
        let u: Vec<f64> =
            input.iter().flat_map(|row| reference(&architecture, &theta, &wide(row))).collect();
        assert!(distance(&got.u, &u) < TOLERANCE, "u, {activation:?}");

        let mut du = Vec::new();
        for (row, direction) in input.iter().zip(tangent.iter()) {
            let (row, direction) = (wide(row), wide(direction));
            let along = |step, k: usize| {
                reference(&architecture, &theta, &moved(&row, &direction, step))[k]
            };
            du.extend((0..architecture.data).map(|k| slope(|step| along(step, k))));
        }
        assert!(distance(&got.du, &du) < TOLERANCE, "du, {activation:?}");

        let gradient: Vec<f64> = (0..theta.len())
            .map(|p| slope(|step| loss(&architecture, &theta, (p, step), &input, &seeds)))
            .collect();
        assert!(distance(&got.gradient, &gradient) < TOLERANCE, "gradient, {activation:?}");
    }
}

/// `sum(seed * u)` with parameter `p` moved by `step`.
fn loss(
    architecture: &Architecture,
    theta: &[f64],
    (p, step): (usize, f64),
    input: &Rows,
    seeds: &Rows,
) -> f64 {
    let mut theta = theta.to_vec();
    theta[p] += step;
    let row = |row: &[f32], seed: &[f32]| -> f64 {
        let u = reference(architecture, &theta, &wide(row));
        u.iter().zip(seed).map(|(u, &seed)| u * f64::from(seed)).sum()
    };
    input.iter().zip(seeds.iter()).map(|(input, seed)| row(input, seed)).sum()
}

#[test]
fn large_values_stay_finite() {
    for activation in ACTIVATIONS {
        let architecture = architecture(activation, 16, 2);
        let theta = parameters(&architecture, 3);
        let scaled: Vec<f32> =
            normals(5, 10 * architecture.inputs()).iter().map(|x| x * 1e4).collect();
        let input = Rows::from_vec(architecture.inputs(), scaled);
        let seeds = table(6, 10, architecture.data);
        let fused = fused(&Fused::new(&architecture), &theta, &input, &input, &seeds);
        let truth = plain(&architecture, &theta, &input, &input, &seeds);
        for (got, truth) in
            [(fused.u, truth.u), (fused.du, truth.du), (fused.gradient, truth.gradient)]
        {
            assert!(got.iter().all(|x| x.is_finite()), "{activation:?}");
            assert!(distance(&got, &truth) < TOLERANCE, "{activation:?}");
        }
    }
}
