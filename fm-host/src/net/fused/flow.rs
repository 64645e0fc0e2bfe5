//! The likelihood of a few rows and its gradient: RK4 from data to noise, differentiated through its steps
//! (discretise, then optimise).
//!
//! The way to noise is computed without derivatives and only the points where RK4 evaluates the velocity are
//! kept. On the way back each evaluation is repeated, now with the derivatives along the directions that give
//! the divergence, and taken backward at once, while its values are in the cache. So the memory does not grow
//! with the steps by more than the points.

use super::kernels::padded;
use super::packed::Packed;
use super::stage::Stage;
use crate::net::solve::{NORMAL, REACH, Span, WEIGHTS};
use crate::net::{Architecture, Solve};

/// Rows that one thread takes to noise and back at once; small, because every row has tangents too, and so
/// that a small batch occupies many threads.
pub const ROWS: usize = 32;

/// The work space of one thread.
#[derive(Debug)]
pub struct Flow {
    stage: Stage,
    /// The points where the velocity is evaluated. Shape: `[steps, 4, rows, data]`.
    points: Vec<f32>,
    /// The point at the present time, and on the way back the gradient there. Shape: `[rows, data]`.
    x: Vec<f32>,
    /// The velocity, and on the way back the gradient at the point that the next evaluation follows it to.
    /// Shape: as `x`.
    slope: Vec<f32>,
    /// The change of `x` in a step. Shape: as `x`.
    change: Vec<f32>,
    /// The directions of the derivatives. Shape: `[directions, rows, data]`.
    directions: Vec<f32>,
    /// Each row's present step. Shape: `[rows]`.
    spans: Vec<Span>,
}

/// The rows to take to noise.
#[derive(Clone, Copy, Debug)]
pub struct Ascent<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// Its weights.
    pub net: &'a Packed,
    /// Steps and penalties.
    pub solve: Solve,
    /// The rows, whose times decide their steps. Shape: `[rows, inputs]`.
    pub input: &'a [f32],
    /// One direction for each row, or none for the exact divergence. Shape: as `input`, or `[0]`.
    pub probes: &'a [f32],
    /// The weight of each row in the loss whose gradient is computed.
    pub share: f32,
}

/// Sums over the rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// The negative log likelihood.
    pub nll: f64,
    /// The penalties.
    pub penalty: f64,
}

impl Flow {
    /// Allocates the work space for the given number of directions per row.
    pub fn new(architecture: &Architecture, directions: usize) -> Self {
        let state = || vec![0.0; ROWS * architecture.data];
        Self {
            stage: Stage::new(architecture, ROWS, directions),
            points: Vec::new(),
            x: state(),
            slope: state(),
            change: state(),
            directions: vec![0.0; directions * ROWS * architecture.data],
            spans: Vec::with_capacity(ROWS),
        }
    }

    /// Computes the sums over at most [`ROWS`] rows, and adds their gradient to the padded `gradient`.
    pub fn run(&mut self, ascent: &Ascent, gradient: &mut [f32]) -> Sums {
        self.begin(ascent);
        self.forward(ascent);
        let rows = ascent.rows();
        let noise = &mut self.x[..rows * ascent.architecture.data];
        let nll: f64 = noise.iter().map(|&x| 0.5 * f64::from(x) * f64::from(x) + NORMAL).sum();
        // The gradient of half the square is the noise itself.
        noise.iter_mut().for_each(|x| *x *= ascent.share);
        let along = self.backward(ascent, gradient);
        Sums { nll: nll + along.nll, penalty: along.penalty }
    }

    /// Writes the inputs that stay the same: conditions and directions.
    fn begin(&mut self, ascent: &Ascent) {
        let Architecture { data, .. } = *ascent.architecture;
        let (inputs, rows) = (ascent.architecture.inputs(), ascent.rows());
        self.stage.input[..rows * inputs].copy_from_slice(ascent.input);
        let x_at = inputs - data;
        let points = ascent.input.chunks_exact(inputs).map(|row| &row[x_at..]);
        self.x.chunks_exact_mut(data).zip(points).for_each(|(x, row)| x.copy_from_slice(row));
        self.points.resize(ascent.solve.spans() as usize * 4 * ROWS * data, 0.0);
        for d in 0..ascent.directions() {
            for row in 0..rows {
                let at = d * rows + row;
                let direction = &mut self.directions[at * data..(at + 1) * data];
                if ascent.probes.is_empty() {
                    direction.fill(0.0);
                    direction[d] = 1.0;
                } else {
                    direction.copy_from_slice(&ascent.probes[row * inputs + x_at..][..data]);
                }
                let tangent = &mut self.stage.input[(rows + at) * inputs..][..inputs];
                tangent[..x_at].fill(0.0);
                tangent[x_at..].copy_from_slice(direction);
            }
        }
    }

    /// Moves `x` from data to noise and keeps the points of all evaluations.
    fn forward(&mut self, ascent: &Ascent) {
        let data = ascent.architecture.data;
        let size = ascent.rows() * data;
        for step in 0..ascent.solve.spans() {
            ascent.spans(step, &mut self.spans);
            self.change[..size].fill(0.0);
            for i in 0..4 {
                let point = &mut self.points[(step as usize * 4 + i) * size..][..size];
                for (k, point) in point.iter_mut().enumerate() {
                    let reach = REACH[i] * self.spans[k / data].length;
                    *point = if i == 0 { self.x[k] } else { self.x[k] + reach * self.slope[k] };
                }
                load(&mut self.stage, ascent, point, &self.spans, i);
                let Ascent { architecture, net, .. } = ascent;
                self.stage.forward(net, architecture.activation, ascent.rows(), 0);
                unpad(&self.stage.output, ascent, &mut self.slope[..size]);
                for (change, slope) in self.change.iter_mut().zip(&self.slope) {
                    *change += WEIGHTS[i] * slope;
                }
            }
            for (k, x) in self.x[..size].iter_mut().enumerate() {
                *x += self.spans[k / data].length * self.change[k];
            }
        }
    }

    /// Takes the gradient in `x` from noise to data; returns the integrals along the way.
    fn backward(&mut self, ascent: &Ascent, gradient: &mut [f32]) -> Sums {
        let (rows, data) = (ascent.rows(), ascent.architecture.data);
        let directions = ascent.directions();
        let size = rows * data;
        let inputs = ascent.architecture.inputs();
        let depth = padded(inputs);
        let mut sums = Sums::default();
        for step in (0..ascent.solve.spans()).rev() {
            ascent.spans(step, &mut self.spans);
            self.change[..size].fill(0.0);
            for i in (0..4).rev() {
                let point = &self.points[(step as usize * 4 + i) * size..][..size];
                load(&mut self.stage, ascent, point, &self.spans, i);
                let activation = ascent.architecture.activation;
                self.stage.forward(ascent.net, activation, rows, directions);
                // The gradient with respect to this evaluation's velocity, from the end of the step and from
                // the point that the next evaluation follows it to.
                for (k, slope) in self.slope[..size].iter_mut().enumerate() {
                    let next = if i == 3 { 0.0 } else { REACH[i + 1] * *slope };
                    *slope = self.spans[k / data].length * (WEIGHTS[i] * self.x[k] + next);
                }
                let along = self.seed(ascent, WEIGHTS[i]);
                sums.nll += along.nll;
                sums.penalty += along.penalty;
                self.stage.backward(ascent.net, rows, directions, gradient);
                let of_inputs = self.stage.input_gradient.chunks_exact(depth);
                let slopes = self.slope[..size].chunks_exact_mut(data);
                for (slope, row) in slopes.zip(of_inputs) {
                    slope.copy_from_slice(&row[inputs - data..inputs]);
                }
                for (change, slope) in self.change[..size].iter_mut().zip(&self.slope) {
                    *change += slope;
                }
            }
            for (x, change) in self.x[..size].iter_mut().zip(&self.change) {
                *x += change;
            }
        }
        sums
    }

    /// Replaces an evaluation's output by the loss's gradient with respect to it, for the gradient in `slope`
    /// with respect to the velocity and the evaluation's `weight` in a step; returns its part of the
    /// integrals.
    fn seed(&mut self, ascent: &Ascent, weight: f32) -> Sums {
        let (data, rows) = (ascent.architecture.data, ascent.rows());
        let width = ascent.net.layers.last().map_or(1, |layer| layer.width);
        let Solve { kinetic, jacobian, .. } = ascent.solve;
        let mut sums = Sums::default();
        let (values, along) = self.stage.output.split_at_mut(rows * width);
        let slopes = self.slope.chunks_exact(data);
        for ((row, slope), span) in values.chunks_exact_mut(width).zip(slopes).zip(&self.spans) {
            let weight = -span.length * weight;
            let mut speed = 0.0;
            for (v, slope) in row.iter_mut().zip(slope) {
                speed += *v * *v;
                *v = slope + 2.0 * ascent.share * weight * kinetic * *v;
            }
            sums.penalty += f64::from(weight * kinetic * speed);
        }
        let directions = self.directions[..ascent.directions() * rows * data].chunks_exact(data);
        let spans = self.spans.iter().cycle();
        for ((row, z), span) in along.chunks_exact_mut(width).zip(directions).zip(spans) {
            let weight = -span.length * weight;
            let (mut trace, mut square) = (0.0, 0.0);
            for (dv, z) in row.iter_mut().zip(z) {
                trace += z * *dv;
                square += *dv * *dv;
                *dv = ascent.share * weight * (z + 2.0 * jacobian * *dv);
            }
            sums.nll += f64::from(weight * trace);
            sums.penalty += f64::from(weight * jacobian * square);
        }
        sums
    }
}

impl Ascent<'_> {
    fn rows(&self) -> usize {
        self.input.len() / self.architecture.inputs()
    }

    /// Writes step `i` of each row.
    fn spans(&self, i: u32, spans: &mut Vec<Span>) {
        let times = self.input.iter().step_by(self.architecture.inputs());
        spans.clear();
        spans.extend(times.map(|&t| self.solve.span(i, t)));
    }

    /// Directions per row.
    pub fn directions(&self) -> usize {
        if self.probes.is_empty() { self.architecture.data } else { 1 }
    }
}

/// Writes the times and the points of evaluation `i` of each row's step to its inputs.
fn load(stage: &mut Stage, ascent: &Ascent, points: &[f32], spans: &[Span], i: usize) {
    let Architecture { data, .. } = *ascent.architecture;
    let inputs = ascent.architecture.inputs();
    let rows = stage.input.chunks_exact_mut(inputs).zip(spans);
    for ((row, span), point) in rows.zip(points.chunks_exact(data)) {
        row[0] = span.time(i);
        row[inputs - data..].copy_from_slice(point);
    }
}

/// Copies the velocities from the padded output.
fn unpad(output: &[f32], ascent: &Ascent, velocity: &mut [f32]) {
    let data = ascent.architecture.data;
    let width = ascent.net.layers.last().map_or(1, |layer| layer.width);
    for (row, velocity) in output.chunks_exact(width).zip(velocity.chunks_exact_mut(data)) {
        velocity.copy_from_slice(&row[..data]);
    }
}
