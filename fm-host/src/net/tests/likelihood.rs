//! Tests that the fused likelihood and the one in dfdx's operations are those of an f64 network, with their
//! gradients through the steps.

use dfdx::tensor::Cpu;
use fm_nostd::Activation;
use fm_nostd::blob::KnownInputs;

use super::network::{Pass, TOLERANCE, slope};
use super::training::{UPDATE, start};
use super::{distance, gains, parameters, table, wide};
use crate::data::Rows;
use crate::net::stacked::Stack;
use crate::net::{
    Architecture, DeviceChoice, Loss, Regression, Solve, State, Weighting, learner, plain_learner,
};

/// The activations whose derivatives are smooth.
const SMOOTH: [Activation; 3] = [Activation::Silu, Activation::Gelu, Activation::Tanh];

fn network(activation: Activation, data: usize, condition: usize, hidden: usize) -> Architecture {
    Architecture {
        data,
        average: false,
        condition,
        known: KnownInputs::None,
        hidden,
        layers: 2,
        activation,
        gain: true,
    }
}

/// `n` rows, the first at time 1, where the steps are equal, with a direction of signs each if the divergence is estimated.
fn rows(architecture: &Architecture, n: usize, estimated: bool, solve: Solve) -> Regression {
    let mut input = table(7, n, architecture.inputs());
    (0..n).for_each(|i| input.row_mut(i)[0] = 1.0 - (0.37 * i as f32).fract());
    let mut tangent = table(8, if estimated { n } else { 0 }, architecture.inputs());
    for i in 0..tangent.len() {
        let (times, signs) = tangent.row_mut(i).split_at_mut(1 + architecture.condition);
        times.fill(0.0);
        signs.iter_mut().for_each(|sign| *sign = sign.signum());
    }
    let velocity = Rows::from_vec(architecture.data, vec![0.0; n * architecture.data]);
    let gap = vec![0.0; tangent.len()];
    let plain = Regression::plain(input, velocity, Weighting { p: 0.0, c: 0.0 });
    Regression { tangent, gap, solve: Some(solve), ..plain }
}

/// An activation with its derivative.
fn activation(kind: Activation, z: f64) -> (f64, f64) {
    // z sigmoid(g), for an argument g with the derivative dg.
    let gated = |g: f64, dg: f64| {
        let s = 1.0 / (1.0 + (-g).exp());
        (z * s, s + z * s * (1.0 - s) * dg)
    };
    match kind {
        Activation::Relu => unreachable!("not smooth"),
        Activation::Silu => gated(z, 1.0),
        Activation::Gelu => {
            let root = (8.0 / std::f64::consts::PI).sqrt();
            gated(root * (z + 0.044715 * z.powi(3)), root * (1.0 + 3.0 * 0.044715 * z * z))
        }
        Activation::Tanh => (z.tanh(), 1.0 - z.tanh().powi(2)),
    }
}

/// The network's output and its derivative along a direction, in f64.
fn along(net: &Architecture, theta: &[f64], row: &[f64], direction: &[f64]) -> [Vec<f64>; 2] {
    let (mut values, mut tangents) = (row.to_vec(), direction.to_vec());
    for (l, layer) in net.layers().iter().enumerate() {
        let (weights, bias) = (&theta[layer.weights.clone()], &theta[layer.bias.clone()]);
        let product = |x: &[f64], j: usize| -> f64 {
            x.iter().enumerate().map(|(i, x)| x * weights[i * layer.outputs + j]).sum()
        };
        let both = (0..layer.outputs).map(|j| {
            let (z, dz) = (product(&values, j) + bias[j], product(&tangents, j));
            let (a, slope) = if l == net.layers { (z, 1.0) } else { activation(net.activation, z) };
            (a, slope * dz)
        });
        (values, tangents) = both.unzip();
    }
    let gains = gains(net, theta, row).expect("gains");
    for (j, gain) in gains.into_iter().enumerate() {
        let x = 1 + net.condition + j;
        (values[j], tangents[j]) = (values[j] + gain * row[x], tangents[j] + gain * direction[x]);
    }
    [values, tangents]
}

/// The mean negative log likelihood of the rows and the mean penalty, in f64: RK4 on the point and on the
/// integrals as more dimensions.
fn truth(net: &Architecture, theta: &[f64], regression: &Regression) -> [f64; 2] {
    let solve = regression.solve.expect("a likelihood");
    let (data, x_at) = (net.data, 1 + net.condition);
    let rate = |i: usize, t: f64, state: &[f64]| -> Vec<f64> {
        let mut row = wide(regression.input.row(i));
        row[0] = t;
        row[x_at..].copy_from_slice(&state[..data]);
        let directions: Vec<Vec<f64>> = match regression.tangent.is_empty() {
            false => vec![wide(regression.tangent.row(i))],
            true => (0..data)
                .map(|d| (0..row.len()).map(|k| f64::from(u8::from(k == x_at + d))).collect())
                .collect(),
        };
        let (mut trace, mut square, mut velocity) = (0.0, 0.0, Vec::new());
        for direction in &directions {
            let [v, dv] = along(net, theta, &row, direction);
            trace += dv.iter().zip(&direction[x_at..]).map(|(dv, z)| dv * z).sum::<f64>();
            square += dv.iter().map(|dv| dv * dv).sum::<f64>();
            velocity = v;
        }
        let speed: f64 = velocity.iter().map(|v| v * v).sum();
        let penalty = f64::from(solve.kinetic) * speed + f64::from(solve.jacobian) * square;
        velocity.extend([trace, penalty]);
        velocity
    };
    let n = regression.input.len();
    let mut means = [0.0; 2];
    for i in 0..n {
        let mut state = wide(&regression.input.row(i)[x_at..]);
        state.extend([0.0, 0.0]);
        // The ends of the steps: both ends of the way, and all that are whole steps from the row's time.
        let whole = 1.0 / f64::from(solve.steps);
        let time = f64::from(regression.input.row(i)[0]);
        let all = (-2000..2000).map(|k| time + whole * f64::from(k));
        let mut ends: Vec<f64> = all.filter(|t| (1e-9..1.0 - 1e-9).contains(t)).collect();
        ends.extend([0.0, 1.0]);
        ends.sort_by(|a, b| b.total_cmp(a));
        for pair in ends.windows(2) {
            let (t, h) = (pair[0], pair[1] - pair[0]);
            let moved = |by: f64, slope: &[f64]| -> Vec<f64> {
                state.iter().zip(slope).map(|(x, k)| x + by * k).collect()
            };
            let a = rate(i, t, &state);
            let b = rate(i, t + h / 2.0, &moved(h / 2.0, &a));
            let c = rate(i, t + h / 2.0, &moved(h / 2.0, &b));
            let d = rate(i, t + h, &moved(h, &c));
            for (k, x) in state.iter_mut().enumerate() {
                *x += h / 6.0 * (a[k] + 2.0 * b[k] + 2.0 * c[k] + d[k]);
            }
        }
        let normal = (2.0 * std::f64::consts::PI).ln();
        let noise: f64 = state[..data].iter().map(|x| 0.5 * (x * x + normal)).sum();
        // The integrals ran backward.
        means[0] += (noise - state[data]) / n as f64;
        means[1] -= state[data + 1] / n as f64;
    }
    means
}

const PENALTIES: [(f32, f32); 4] = [(0.0, 0.0), (0.3, 0.0), (0.0, 0.2), (0.1, 0.4)];

#[test]
fn the_gradient_is_that_of_the_f64_steps() {
    for (i, activation) in SMOOTH.into_iter().enumerate() {
        for (k, (kinetic, jacobian)) in PENALTIES.into_iter().enumerate() {
            for estimated in [false, true] {
                let net = network(activation, 3, 2 * (k % 2), 6);
                let theta = parameters(&net, 3 + (4 * i + k) as u64);
                let regression = rows(&net, 5, estimated, Solve { steps: 3, kinetic, jacobian });
                let exact = wide(&theta);
                let loss = |theta: &[f64]| truth(&net, theta, &regression).iter().sum::<f64>();
                let moved = |p: usize, step: f64| {
                    let mut theta = exact.clone();
                    theta[p] += step;
                    loss(&theta)
                };
                let gradient: Vec<f64> =
                    (0..theta.len()).map(|p| slope(|step| moved(p, step))).collect();
                let at = format!("{activation:?} {kinetic} {jacobian}, estimated: {estimated}");
                for (name, pass) in [
                    ("fused", Pass::fused(&net, &theta, &regression)),
                    ("plain", Pass::plain(&net, &theta, &regression)),
                ] {
                    let of = |x: f64| (x / loss(&exact) - 1.0).abs();
                    assert!(of(pass.loss) < TOLERANCE, "{name} loss, {at}");
                    // Twelve evaluations one after the other.
                    let away = distance(&pass.gradient, &gradient);
                    assert!(away < 3.0 * TOLERANCE, "{name} gradient, {at}: {away}");
                }
            }
        }
    }
}

#[test]
fn what_is_reported_is_the_likelihood_without_penalties() {
    let net = network(Activation::Silu, 2, 1, 16);
    let state = State { parameters: parameters(&net, 5), ..State::fresh(&net, 0) };
    let regression = rows(&net, 40, false, Solve { steps: 4, kinetic: 0.2, jacobian: 0.1 });
    let [nll, penalty] = truth(&net, &wide(&state.parameters), &regression);
    let fused = learner(&net, state.clone(), DeviceChoice::Cpu).expect("a CPU");
    for mut learner in [fused, plain_learner(&net, state).expect("a CPU")] {
        let Loss { raw, weighted, .. } = learner.step(&regression, &UPDATE).expect("a CPU");
        assert!((f64::from(raw) / nll - 1.0).abs() < TOLERANCE, "{raw} for {nll}");
        let sum = nll + penalty;
        assert!((f64::from(weighted) / sum - 1.0).abs() < TOLERANCE, "{weighted} for {sum}");
    }
}

#[test]
fn fused_and_plain_agree_for_all_shapes() {
    // One row, part of a tile, whole tiles, several tiles with a remainder, and more tiles than shares.
    for (seed, n) in (0..).zip([1, 20, 64, 75, 300]) {
        for (data, hidden) in [(1, 16), (2, 33), (8, 5)] {
            for estimated in [false, true] {
                let net = network(SMOOTH[seed % 3], data, seed % 2, hidden);
                let theta = parameters(&net, seed as u64);
                let solve = Solve { steps: 2, kinetic: 0.1, jacobian: 0.1 };
                let regression = rows(&net, n, estimated, solve);
                let fused = Pass::fused(&net, &theta, &regression);
                let at = format!("{n} rows, {data} columns, {hidden} units");
                fused.check(&Pass::plain(&net, &theta, &regression), &at);
            }
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let net = network(Activation::Silu, 2, 1, 24);
    let regression = rows(&net, 450, false, Solve { steps: 3, kinetic: 0.1, jacobian: 0.1 });
    let states = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let mut learner = learner(&net, start(&net), DeviceChoice::Cpu).expect("a CPU");
            for _ in 0..3 {
                assert!(learner.step(&regression, &UPDATE).expect("a CPU").is_finite());
            }
            learner.state().expect("a CPU")
        })
    });
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0], states[2]);
}

/// Sums have the same order, so the bits are the same, for rows, steps and directions of their own.
#[test]
fn models_in_one_stack_have_the_bits_that_they_have_alone() {
    let net = network(Activation::Silu, 2, 1, 12);
    let solve = Solve { steps: 3, kinetic: 0.1, jacobian: 0.2 };
    for estimated in [false, true] {
        let states = [1, 2].map(|seed| State::fresh(&net, seed));
        let all = rows(&net, 60, estimated, solve);
        let half = |of: &Rows, k: usize| of.select(&(30 * k..30 * k + 30).collect::<Vec<_>>());
        let lessons = [0, 1].map(|k| Regression {
            input: half(&all.input, k),
            velocity: half(&all.velocity, k),
            tangent: if estimated { half(&all.tangent, k) } else { all.tangent.clone() },
            gap: vec![0.0; if estimated { 30 } else { 0 }],
            ..all.clone()
        });
        let mut together = Stack::new(&net, Cpu::default(), &states).expect("a CPU");
        let losses = together.step(&lessons, &[UPDATE; 2]).expect("a CPU");
        for (k, (state, lesson)) in states.into_iter().zip(&lessons).enumerate() {
            let mut alone = plain_learner(&net, state).expect("a CPU");
            assert_eq!(alone.step(lesson, &UPDATE).expect("a CPU"), losses[k]);
            assert_eq!(alone.state().expect("a CPU"), together.state(k).expect("a CPU"));
        }
    }
}
