//! The inputs that a sampler evaluates a network at, to which the integer weights are fitted.
//!
//! The network itself moves noise, or rows of the source, along the sampler's trajectories: an average velocity's single jump and
//! several shorter ones, or the small steps of an ODE solver. Conditions, and known columns if the network has
//! any, are drawn from the training rows.

use fm_nostd::prediction::{Reach, ToVelocity};
use fm_nostd::solver::{Euler, MeanFlow, Solver};
use fm_nostd::{AverageVelocity, Velocity, grid};
use nalgebra::DMatrix;
use rand::RngExt;

use super::network::ReferenceNetwork;
use crate::coupling::{Examples, SourceRows};
use crate::data::Rows;
use crate::objective::{InputLayout, Output};
use crate::random::{Purpose, fill_normal, stream};
use crate::train::RunConfig;

/// The purpose of inputs; each purpose has its own noise and conditions.
#[derive(Clone, Copy, Debug)]
pub enum Use {
    /// For fitting integers.
    Calibration,
    /// For measuring the integers' error.
    Test,
}

/// One way of sampling, and how many inputs to collect from it.
#[derive(Clone, Copy, Debug)]
struct Trajectory {
    steps: u32,
    /// Whether an average velocity is evaluated for the whole step instead of with gap 0.
    jumps: bool,
    rows: usize,
}

/// The ways of sampling a network; the one it is intended for provides most of the inputs.
fn ways(reach: Reach) -> Vec<Trajectory> {
    let jumps = |steps, rows| Trajectory { steps, jumps: true, rows };
    match reach {
        Reach::OneJump => vec![jumps(1, 8192)],
        Reach::AnyJump => {
            let small = Trajectory { steps: 32, jumps: false, rows: 2048 };
            vec![jumps(1, 4096), jumps(2, 1024), jumps(4, 1024), small]
        }
        Reach::Velocity => vec![Trajectory { steps: 64, jumps: false, rows: 8192 }],
    }
}

/// Collects rows of the network's inputs.
///
/// Shape: `[about 8192, inputs]`.
pub fn inputs(
    config: &RunConfig,
    network: &ReferenceNetwork,
    examples: &Examples,
    to: Use,
) -> DMatrix<f64> {
    let layout = InputLayout::from(&config.architecture);
    let mut seen = Rows::new(layout.inputs());
    for (way, index) in ways(config.train.objective.reach()).into_iter().zip((0..).step_by(2)) {
        let rows = starts(config, examples, way.rows / way.steps as usize, index + to as u64);
        let mut x: Vec<f32> = rows.iter().flat_map(|row| &row[layout.x()]).copied().collect();
        let slope = vec![0.0; x.len()];
        let output = config.train.output();
        let mut field = Recorder { network, layout, output, rows, seen: &mut seen };
        let start = config.train.objective.facts().start;
        match way.jumps {
            true => walk(&mut field, MeanFlow::new(slope), start, way.steps, &mut x),
            false => walk(&mut field, Euler::new(slope), start, way.steps, &mut x),
        }
    }
    matrix(&seen)
}

/// Moves all rows, as one state of the solver, from noise to data.
fn walk<F, S: Solver<F>>(field: &mut F, mut solver: S, start: f32, steps: u32, x: &mut [f32]) {
    let times = grid::uniform(start, steps);
    for (t, r) in times.clone().zip(times.skip(1)) {
        solver.step(field, t, r, x);
    }
}

/// Returns rows of noise or of the source, with conditions; the times are not set yet.
fn starts(config: &RunConfig, examples: &Examples, count: usize, index: u64) -> Rows {
    let layout = InputLayout::from(&config.architecture);
    let mut rng = stream(0, Purpose::Rounding, index);
    let mut rows = Rows::from_vec(layout.inputs(), vec![0.0; count * layout.inputs()]);
    let source = examples.source().map(SourceRows::rows);
    // A row of a source is moved under its own condition.
    let conditioned = source.unwrap_or(examples);
    for i in 0..count {
        let row = rows.row_mut(i);
        if source.is_none() {
            fill_normal(&mut rng, &mut row[layout.x()]);
        }
        if source.is_none() && layout.condition == 0 && !layout.known.is_masked() {
            continue;
        }
        let drawn = rng.random_range(0..conditioned.x1().len());
        if let Some(source) = source {
            row[layout.x()].copy_from_slice(source.x1().row(drawn));
        }
        if layout.condition > 0 {
            row[layout.condition()].copy_from_slice(conditioned.condition().row(drawn));
            if rng.random_bool(config.train.label_dropout) {
                layout.drop_condition(row);
            }
        }
        if layout.known.is_masked() {
            let example = Rows::from_vec(layout.data, conditioned.x1().row(drawn).to_vec());
            let known = config.train.masks.draw(&example, &mut rng);
            // Every column that is not known is drawn, also where the example's cell is missing.
            let mut values = row[layout.x()].to_vec();
            let cells = values.iter_mut().zip(example.row(0)).zip(known.row(0));
            cells.filter(|(_, known)| **known == 1.0).for_each(|((value, x1), _)| *value = *x1);
            layout.tell(known.row(0), &values, row);
        }
    }
    rows
}

fn matrix(rows: &Rows) -> DMatrix<f64> {
    let values = rows.as_slice().iter().map(|&x| f64::from(x));
    DMatrix::from_row_iterator(rows.len(), rows.dim(), values)
}

/// A network as a field for many rows at once, which records its inputs.
struct Recorder<'a> {
    network: &'a ReferenceNetwork,
    layout: InputLayout,
    output: Output,
    /// The inputs of the next evaluation. Shape: `[n, inputs]`.
    rows: Rows,
    seen: &'a mut Rows,
}

impl Recorder<'_> {
    /// Computes the velocity at `t` over `gap`. Shape: `x` and `out` are `[n, dim]`, flattened.
    fn evaluate(&mut self, [t, gap]: [f32; 2], x: &[f32], out: &mut [f32]) {
        let Self { network, layout, output, rows, seen } = self;
        for (i, x) in x.chunks_exact(layout.data).enumerate() {
            let row = rows.row_mut(i);
            row[InputLayout::TIME] = t;
            if layout.average {
                row[InputLayout::GAP] = gap;
            }
            row[layout.x()].copy_from_slice(x);
            seen.push(row);
        }
        let to = ToVelocity::new(output.prediction, output.path.at(t), 1.0);
        // Transposing a column-major matrix makes its rows contiguous.
        let outputs = network.output_with_gains(&matrix(rows)).transpose();
        for ((slot, x), &output) in out.iter_mut().zip(x).zip(&outputs) {
            *slot = to.apply(*x, output as f32);
        }
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(layout.data)) {
            let still = out.iter_mut().zip(layout.is_still(row));
            still.filter(|(_, is_still)| *is_still).for_each(|(slot, _)| *slot = 0.0);
        }
    }
}

impl Velocity for Recorder<'_> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        self.evaluate([t, 0.0], x, out);
    }
}

impl AverageVelocity for Recorder<'_> {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        self.evaluate([t, r - t], x, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Objective;
    use crate::train::fixtures;

    fn network(config: &RunConfig) -> ReferenceNetwork {
        let parameters = config.architecture.init(3);
        ReferenceNetwork::new(&config.architecture, &parameters)
    }

    fn examples(config: &RunConfig) -> Examples {
        config.examples(&fixtures::plain(200), None)
    }

    #[test]
    fn a_source_takes_the_place_of_noise() {
        let config = fixtures::config(Objective::Fm, 10);
        let source = Rows::from_vec(2, vec![7.0, 8.0]);
        let source = SourceRows::new(Examples::plain(source));
        let examples = examples(&config).with_source(source);
        let all = inputs(&config, &network(&config), &examples, Use::Calibration);
        assert!((0..128).all(|i| (all[(i, 1)], all[(i, 2)]) == (7.0, 8.0)));
    }

    #[test]
    fn one_jump_comes_first_and_most() {
        let config = fixtures::config(Objective::MeanFlow, 10);
        let network = network(&config);
        let all = inputs(&config, &network, &examples(&config), Use::Calibration);
        assert_eq!(all.shape(), (8192, 4));
        assert!((0..4096).all(|i| (all[(i, 0)], all[(i, 1)]) == (0.0, 1.0)));
        // Two jumps: the second begins where the first one ended.
        let (begin, end) = (all.rows(4096, 512).into_owned(), all.rows(4608, 512).into_owned());
        assert!((0..512).all(|i| (begin[(i, 0)], begin[(i, 1)]) == (0.0, 0.5)));
        assert!((0..512).all(|i| (end[(i, 0)], end[(i, 1)]) == (0.5, 0.5)));
        let moved = begin.columns(2, 2) + 0.5 * network.output_with_gains(&begin);
        // Rounding in single precision.
        assert!((moved - end.columns(2, 2)).amax() < 1e-5);
        // The ODE's steps have gap 0.
        assert!((6144..8192).all(|i| all[(i, 1)] == 0.0));
    }

    #[test]
    fn each_use_has_noise_of_its_own() {
        let config = fixtures::config(Objective::Fm, 10);
        let network = network(&config);
        let fitted = inputs(&config, &network, &examples(&config), Use::Calibration);
        assert_eq!(fitted, inputs(&config, &network, &examples(&config), Use::Calibration));
        let tested = inputs(&config, &network, &examples(&config), Use::Test);
        assert!((0..8192).all(|i| fitted[(i, 1)] != tested[(i, 1)]));
    }

    #[test]
    fn conditions_are_the_rows_and_some_are_none() {
        let mut config = fixtures::config(Objective::Fm, 10);
        config.train.label_dropout = 0.25;
        config.architecture.condition = 2;
        let x1 = Rows::from_vec(2, vec![0.0; 4]);
        let examples = Examples::with_vectors(x1, &Rows::from_vec(1, vec![0.5, -1.5]), true);
        let all = inputs(&config, &network(&config), &examples, Use::Calibration);
        let share = |c: [f64; 2]| {
            all.row_iter().filter(|row| (row[1], row[2]) == (c[0], c[1])).count() as f64 / 8192.0
        };
        let shares = [share([0.5, 0.0]), share([-1.5, 0.0]), share([0.0, 1.0])];
        assert_eq!(shares.iter().sum::<f64>(), 1.0);
        // 128 rows are drawn: five standard deviations.
        assert!((shares[2] - 0.25).abs() < 0.2 && (shares[0] - 0.375).abs() < 0.22, "{shares:?}");
    }
}
