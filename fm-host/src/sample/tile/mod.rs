//! Draws many samples at once, each bit for bit as if drawn alone.
//!
//! A tile contains [`LANES`] samples in the layout `[dim][LANES]`. `fm-nostd`'s solvers work element by
//! element, so they can integrate a whole tile unchanged; only the field is different, with lanes across
//! samples ([`kernels`]).

mod kernels;

use fm_nostd::blob::{Conditioning, Contrast};
use fm_nostd::net::Weights;
use fm_nostd::net::f32::{BLOCK, Dense, gains, layers};
use fm_nostd::prediction::ToVelocity;
use fm_nostd::solver::Solver;
use fm_nostd::{AverageVelocity, MeanFlow, Model, Velocity};

use super::method::{Way, WithSolver};
use super::request::GUIDED_EVALUATIONS;
use super::{Conditions, Request, SampleCondition, Start};
use kernels::{LANES, Lanes, TiledLayer};

/// A model's network, laid out for tiles.
pub struct TiledNetwork<'m> {
    model: &'m Model<'m>,
    layers: Vec<TiledLayer>,
    gains: Option<Dense<'m>>,
}

impl<'m> TiledNetwork<'m> {
    /// Returns the model's network in the layout for tiles; `None` if tiles do not support the request: an
    /// SDE, adaptive steps, known parts, or 8-bit weights.
    pub fn new(model: &'m Model<'m>, request: &Request) -> Option<Self> {
        match request.method.way() {
            Way::Sde | Way::Adaptive => return None,
            Way::Ode(_) | Way::Jump if request.known.is_some() => return None,
            Way::Ode(_) | Way::Jump => {}
        }
        let Weights::F32(weights) = model.network().weights() else { return None };
        let shape = model.network().shape();
        let layers = layers(shape, weights).map(TiledLayer::from);
        Some(Self { model, layers: layers.collect(), gains: gains(shape, weights) })
    }
}

/// A drawing of tiles without its solver yet.
struct Run<'t, 'n> {
    tiles: &'t mut Tiles<'n>,
    first: usize,
    rows: &'t mut [f32],
}

impl<'n> WithSolver<Tiles<'n>> for Run<'_, 'n> {
    type Output = u64;

    fn with<S: Solver<Tiles<'n>>>(self, solver: S) -> u64 {
        self.tiles.all(self.first, self.rows, solver)
    }
}

/// The part of the first layer's input that is the condition.
#[derive(Default)]
struct Seen {
    /// The row of the class, or of "no condition".
    row: Option<usize>,
    /// The standardised vector; empty without one.
    vector: Vec<f32>,
}

/// Draws tiles of samples: the work memory of one thread.
pub struct Tiles<'n> {
    network: &'n TiledNetwork<'n>,
    request: &'n Request,
    /// The contrast to undo.
    undone: Contrast,
    /// The conditions of the tile; lane `l` has entry `l` modulo their number.
    seen: Vec<Seen>,
    hidden: [Vec<Lanes>; 2],
    null: Vec<Lanes>,
    /// The first layer's sums over times and condition, for one entry of `seen`.
    sums: Vec<f32>,
}

impl<'n> Tiles<'n> {
    /// Prepares to draw a request that was checked: the field exists and supports the conditions.
    pub fn new(network: &'n TiledNetwork<'n>, request: &'n Request, undo: bool) -> Self {
        let undone = if undo { network.model.contrast() } else { Contrast::None };
        let shape = network.model.network().shape();
        let hidden = || vec![[0.0; LANES]; shape.hidden];
        let null = vec![[0.0; LANES]; shape.dim];
        let sums = vec![0.0; shape.hidden];
        let seen = vec![Seen::default()];
        Self { network, request, undone, seen, hidden: [hidden(), hidden()], null, sums }
    }

    /// Draws samples, starting at sample `first`. Returns the number of evaluations of the network.
    ///
    /// Shape: `rows` is `[samples, dim]`.
    pub fn draw(&mut self, first: usize, rows: &mut [f32]) -> u64 {
        let length = self.network.model.dim() * LANES;
        match self.request.method.way() {
            Way::Ode(solver) => solver.with(length, Run { tiles: self, first, rows }),
            // `TiledNetwork::new` refuses SDEs and adaptive steps.
            Way::Jump | Way::Sde | Way::Adaptive => {
                self.all(first, rows, MeanFlow::new(vec![0.0; length]))
            }
        }
    }

    fn all<S: Solver<Self>>(&mut self, first: usize, rows: &mut [f32], mut solver: S) -> u64 {
        let Self { network: TiledNetwork { model, .. }, request, .. } = *self;
        let dim = model.dim();
        let times = request.steps.times(model.start());
        let mut x = vec![[0.0; LANES]; dim];
        for (tile, rows) in rows.chunks_mut(LANES * dim).enumerate() {
            let first = first + tile * LANES;
            self.see(first);
            self.start(first, &mut x);
            for pair in times.windows(2) {
                solver.step(self, pair[0], pair[1], x.as_flattened_mut());
            }
            for (lane, row) in rows.chunks_mut(dim).enumerate() {
                for (value, lanes) in row.iter_mut().zip(&x) {
                    *value = lanes[lane];
                }
                model.destandardise(row);
            }
        }
        let per_velocity = if request.guidance.is_some() { GUIDED_EVALUATIONS } else { 1 };
        let velocities = u64::from(request.steps.count()) * u64::from(S::EVALUATIONS);
        (rows.len() / dim) as u64 * velocities * per_velocity
    }

    /// Writes where the samples of the tile start, in the units in which they are moved.
    fn start(&self, first: usize, x: &mut [Lanes]) {
        let Self { network: TiledNetwork { model, .. }, request, .. } = *self;
        if request.start == Start::Noise {
            kernels::noise(request.seed, first as u64, x);
            x.as_flattened_mut().iter_mut().for_each(|value| *value *= request.temperature);
            return;
        }
        let mut row = vec![0.0; model.dim()];
        for lane in 0..LANES {
            row.copy_from_slice(request.start.row(first + lane).unwrap_or_default());
            model.standardise_source(&mut row);
            x.iter_mut().zip(&row).for_each(|(lanes, value)| lanes[lane] = *value);
        }
    }

    /// Reads the conditions of the tile that starts with sample `first`.
    fn see(&mut self, first: usize) {
        let model = self.network.model;
        let entries = self.request.conditions.period().unwrap_or(LANES).min(LANES);
        self.seen.clear();
        let none = model.unconditional().then(|| model.conditioning().size());
        self.seen.extend((first..first + entries).map(|i| {
            let SampleCondition { class, vector } = self.request.conditions.of(i);
            let row = if vector.is_some() { class } else { class.or(none) };
            let vector = vector.unwrap_or_default();
            Seen { row, vector: model.standardise_condition(vector).collect() }
        }));
    }

    /// Computes the network's output under the tile's conditions, or without a condition.
    ///
    /// Shape: `x` and `out` are `[dim]`.
    fn evaluate(&mut self, times: &[f32], without: bool, x: &[Lanes], out: &mut [Lanes]) {
        let network = self.network.model.network();
        let shape = network.shape();
        let conditioning = self.network.model.conditioning();
        let null = [Seen { row: Some(conditioning.size()), ..Seen::default() }];
        let seen = if without { &null } else { &self.seen[..] };
        let layer = &self.network.layers[0];
        let entries = seen.len();
        for (entry, seen) in seen.iter().enumerate() {
            self.sums.copy_from_slice(&layer.bias);
            let mut add = |row: usize, value: f32| {
                let blocks = layer.rows.chunks_exact(layer.inputs);
                for (sums, block) in self.sums.chunks_mut(BLOCK).zip(blocks) {
                    for (sum, weight) in sums.iter_mut().zip(&block[row]) {
                        *sum += weight * value;
                    }
                }
            };
            times.iter().enumerate().for_each(|(row, time)| add(row, *time));
            let Seen { row, vector } = seen;
            row.iter().for_each(|row| add(shape.times + row, 1.0));
            let rows = shape.times + conditioning.classes..;
            rows.zip(vector).for_each(|(row, value)| add(row, *value));
            for (lanes, sum) in self.hidden[0].iter_mut().zip(&self.sums) {
                match entries {
                    1 => lanes.fill(*sum),
                    _ => lanes[entry..].iter_mut().step_by(entries).for_each(|lane| *lane = *sum),
                }
            }
        }
        let [a, b] = &mut self.hidden;
        let first = shape.times + shape.condition;
        let gains = self.network.gains;
        if let Some(gains) = gains {
            start_at_gains(self.network, gains, times, seen, x, out);
        }
        let (layers, started) = (&self.network.layers, gains.is_some());
        kernels::evaluate(layers, network.activation(), first, x, [a, b], (out, started));
    }

    /// Computes the velocity as `fm_nostd::Field` does.
    fn velocity_given(&mut self, t: f32, without: bool, x: &[Lanes], out: &mut [Lanes]) {
        let model = self.network.model;
        match model.prediction().reach().jumps() {
            true => self.evaluate(&[t, 0.0], without, x, out),
            false => self.evaluate(&[t], without, x, out),
        }
        let nothing = self.request.conditions == Conditions::NONE;
        let without = without || nothing && model.conditioning() != Conditioning::NONE;
        let strength = self.undone.strength(!without);
        let to = ToVelocity::new(model.prediction(), model.path().at(t), 1.0 - strength);
        for (value, x) in out.as_flattened_mut().iter_mut().zip(x.as_flattened()) {
            *value = to.apply(*x, *value);
        }
        if strength > 0.0 && !without {
            self.add_negatives(strength * model.path().at(t).d_alpha, out);
        }
    }

    /// Adds the mean of each sample's negatives, times `shift`.
    fn add_negatives(&self, shift: f32, out: &mut [Lanes]) {
        for (lane, seen) in (0..LANES).zip(self.seen.iter().cycle()) {
            let Some(class) = &seen.row else { continue };
            for (lanes, mean) in out.iter_mut().zip(self.network.model.negatives(*class)) {
                lanes[lane] += shift * mean;
            }
        }
    }
}

/// Writes where the sums of the last layer start, as `fm_nostd` does: at the gains times `x` plus the bias.
///
/// Shape: `x` and `out` are `[dim]`; lane `l` has the condition `l` modulo the number of those seen.
fn start_at_gains(
    network: &TiledNetwork,
    gains: Dense,
    times: &[f32],
    seen: &[Seen],
    x: &[Lanes],
    out: &mut [Lanes],
) {
    let classes = times.len() + network.model.conditioning().classes;
    let biases = network.layers.last().map_or(&[][..], |layer| &layer.bias);
    for (entry, Seen { row, vector }) in seen.iter().enumerate() {
        let inputs = times.iter().copied().enumerate();
        let inputs = inputs.chain(row.map(|row| (times.len() + row, 1.0)));
        let inputs = inputs.chain((classes..).zip(vector.iter().copied()));
        for (d, ((out, x), bias)) in out.iter_mut().zip(x).zip(biases).enumerate() {
            let mut gain = gains.bias()[d];
            for (row, input) in inputs.clone() {
                gain += gains.weight(row, d).unwrap_or_default() * input;
            }
            let lanes = out[entry..].iter_mut().zip(&x[entry..]);
            lanes.step_by(seen.len()).for_each(|(out, x)| *out = gain * x + bias);
        }
    }
}

impl Velocity for Tiles<'_> {
    fn velocity(&mut self, t: f32, x: &[f32], out: &mut [f32]) {
        let (x, out) = (x.as_chunks().0, out.as_chunks_mut().0);
        let Some(scale) = self.request.guidance else {
            return self.velocity_given(t, false, x, out);
        };
        let mut null = std::mem::take(&mut self.null);
        self.velocity_given(t, true, x, &mut null);
        self.velocity_given(t, false, x, out);
        for (value, null) in out.as_flattened_mut().iter_mut().zip(null.as_flattened()) {
            *value = *null + scale * (*value - *null);
        }
        self.null = null;
    }
}

impl AverageVelocity for Tiles<'_> {
    fn average_velocity(&mut self, t: f32, r: f32, x: &[f32], out: &mut [f32]) {
        let (x, out) = (x.as_chunks().0, out.as_chunks_mut().0);
        self.evaluate(&[t, r - t], false, x, out);
    }
}
