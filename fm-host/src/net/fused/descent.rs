//! A step's loss and gradient in one sweep: each tile runs its forward pass, compares with its targets and
//! runs its backward pass while its values are in the cache, and threads synchronise once per step.

use std::ops::Range;

use rayon::join;

use super::kernels;
use super::packed::Packed;
use super::pool::Pool;
use super::tile::{Job, ROWS, Tile};
use crate::net::{Architecture, Regression};

/// The largest number of partial sums of the tiles' gradients, and so of threads that work. One sum per
/// tile would take more time to add and more cache than the work itself.
pub const SHARES: usize = 8;

/// The sums over consecutive tiles.
#[derive(Debug)]
pub struct Share {
    /// The padded gradient.
    pub gradient: Vec<f32>,
    /// The sum over the rows of `w |e|^2`.
    pub weighted: f64,
    /// The sum over the rows of `|e|^2`.
    pub raw: f64,
    /// A tile's output, later the gradient with respect to it. Shape: `[rows, data]`.
    u: Vec<f32>,
    /// The output's derivative. Shape: `[rows, data]`.
    du: Vec<f32>,
}

impl Share {
    /// Zero sums.
    pub fn new(net: &Packed) -> Self {
        let output = vec![0.0; ROWS * net.outputs()];
        let gradient = vec![0.0; net.gradient_len()];
        Self { gradient, weighted: 0.0, raw: 0.0, u: output.clone(), du: output }
    }

    fn add(&mut self, other: &Self) {
        kernels::add(&mut self.gradient, &other.gradient);
        self.weighted += other.weighted;
        self.raw += other.raw;
    }
}

/// Computes the sums over all tiles starting at tile `first`, `each` of them for a share, and leaves them in
/// the first of `shares`. `take` adds a share's tiles in order to its sums, which start at zero, when given
/// the first of them; then the shares are added along a fixed tree.
pub fn sum(
    first: usize,
    each: usize,
    shares: &mut [Share],
    take: &(impl Fn(usize, &mut Share) + Sync),
) {
    match shares {
        [] => {}
        [share] => {
            share.gradient.fill(0.0);
            (share.weighted, share.raw) = (0.0, 0.0);
            take(first, share);
        }
        _ => {
            let middle = shares.len() / 2;
            let (left, right) = shares.split_at_mut(middle);
            let behind = first + middle * each;
            join(|| sum(first, each, left, take), || sum(behind, each, right, take));
            left[0].add(&right[0]);
        }
    }
}

/// The work of one step.
#[derive(Clone, Copy, Debug)]
pub struct Descent<'a> {
    pub architecture: &'a Architecture,
    pub net: &'a Packed,
    pub regression: &'a Regression,
    pub tiles: &'a Pool<Tile>,
    /// Tiles per share.
    pub share: usize,
}

impl Descent<'_> {
    /// Computes the sums over all tiles starting at tile `first` and leaves them in the first of `shares`.
    pub fn run(&self, first: usize, shares: &mut [Share]) {
        sum(first, self.share, shares, &|first, share| self.take(first, share));
    }

    fn take(&self, first: usize, share: &mut Share) {
        let rows = self.regression.input.len();
        let starts = (first * ROWS..rows).step_by(ROWS).take(self.share);
        let new = || Tile::new(self.architecture);
        self.tiles.lend(new, |tile| {
            starts.for_each(|start| self.tile(start..rows.min(start + ROWS), tile, share));
        });
    }

    fn tile(&self, rows: Range<usize>, tile: &mut Tile, share: &mut Share) {
        let Regression { input, tangent, .. } = self.regression;
        let (inputs, data) = (input.dim(), self.net.outputs());
        // Rows after the last tangent have none.
        let directions = rows.start.min(tangent.len())..rows.end.min(tangent.len());
        let u = &mut share.u[..rows.len() * data];
        let mut job = Job {
            input: &input.as_slice()[rows.start * inputs..rows.end * inputs],
            tangent: &tangent.as_slice()[directions.start * inputs..directions.end * inputs],
            u,
            du: &mut share.du[..directions.len() * data],
        };
        tile.forward(self.net, self.architecture.activation, &mut job);
        let (input, u, du) = (job.input, job.u, job.du);
        for (r, (i, u)) in rows.zip(u.chunks_exact_mut(data)).enumerate() {
            let along = du.get(r * data..(r + 1) * data);
            let (weighted, raw) = self.row(i, u, along);
            share.weighted += weighted;
            share.raw += raw;
        }
        tile.backward(self.net, input, u, &mut share.gradient);
    }

    /// Replaces the output `u` of row `i`, with its derivative `du`, by the loss's gradient with respect
    /// to `u`, and returns the row's part of the losses. `net::stacked` does the same for all rows in
    /// dfdx's operations.
    fn row(&self, i: usize, u: &mut [f32], du: Option<&[f32]>) -> (f64, f64) {
        let Regression { velocity, gap, weight, mask, weighting, .. } = self.regression;
        let root = weight.get(i).map_or(1.0, |w| w.sqrt());
        let mask = (!mask.is_empty()).then(|| mask.row(i));
        let mut square = 0.0;
        for (k, (u, velocity)) in u.iter_mut().zip(velocity.row(i)).enumerate() {
            let target = match du {
                Some(du) => velocity + du[k] * gap[i],
                None => *velocity,
            };
            *u = (*u - target) * mask.map_or(root, |mask| root * mask[k]);
            square += *u * *u;
        }
        let weight = match weighting.p {
            0.0 => 1.0,
            p => (square + weighting.c).powf(-p),
        };
        let scale = weight * (1.0 / velocity.len() as f32);
        for u in u {
            *u = 2.0 * *u * scale * root;
        }
        (f64::from(square * weight), f64::from(square))
    }
}
