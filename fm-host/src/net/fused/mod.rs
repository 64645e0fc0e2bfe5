//! The whole loss as one operation on dfdx's tape: forward pass, derivative and backward pass on the CPU.
//!
//! A batch is divided into tiles of [`tile::ROWS`] rows, and a rayon thread takes a tile forward and
//! backward at once ([`descent`]). The gradients of the tiles are summed along a tree that depends only
//! on the batch, so the result has the same bits on any number of threads.
//!
//! A likelihood is computed and differentiated in the same way, tile by tile ([`flow`]), each of whose stages
//! is one pass through the network with derivatives along directions ([`stage`]).
//!
//! The matrix products are our own ([`kernels`]) because AVX2 and AVX-512 must give the same bits, which no
//! crate promises. The crate `gemm` is as fast, and faster on wide networks; `matrixmultiply` is slower
//! ([`crate::docs::costs`], `cargo xtask bench-crates`).

mod bends;
mod descent;
mod flow;
mod gain;
mod kernels;
mod packed;
mod pool;
mod stage;
mod tile;

use std::ops::Range;

use dfdx::shapes::Rank0;
use dfdx::tensor::{Cpu, CpuError, PutTape, SplitTape, Tape, Tensor, TensorFromVec};
use rayon::prelude::*;

use super::compute::{DeviceResult, Vector, download};
use super::regression::Regression;
use super::{Architecture, Solve};
use crate::data::Rows;
use descent::{Descent, SHARES, Share};
use flow::{Ascent, Flow};
pub use kernels::fma;
use packed::Packed;
use pool::Pool;
use tile::{Job, ROWS, Tile};

/// The loss with its tape, and the sum over the rows of what [`super::Loss::raw`] is the mean of, unless the
/// loss is that mean.
type Losses<T> = (Tensor<Rank0, f32, Cpu, T>, Option<Tensor<Rank0, f32, Cpu>>);

/// A network computed on the CPU.
#[derive(Debug)]
pub struct Fused {
    architecture: Architecture,
    device: Cpu,
    tiles: Pool<Tile>,
    flows: Pool<Flow>,
    shares: Pool<Share>,
}

impl Fused {
    /// Allocates what a network of this architecture needs.
    pub fn new(architecture: &Architecture) -> Self {
        Self {
            architecture: architecture.clone(),
            device: Cpu::default(),
            tiles: Pool::default(),
            flows: Pool::default(),
            shares: Pool::default(),
        }
    }

    /// Computes the output `u`.
    ///
    /// Shape: `theta` is `[parameters]`, `input` `[n, inputs]`; the result is `[n, data]`.
    pub fn evaluate(&self, theta: &[f32], input: &Rows) -> Rows {
        let net = Packed::new(&self.architecture, theta);
        let (inputs, data) = (self.architecture.inputs(), self.architecture.data);
        let new = || Tile::new(&self.architecture);
        let mut u = vec![0.0; input.len() * data];
        let tiles = input.as_slice().par_chunks(ROWS * inputs).zip(u.par_chunks_mut(ROWS * data));
        tiles.for_each(|(input, u)| {
            let mut job = Job { input, tangent: &[], u, du: &mut [] };
            self.tiles.lend(new, |tile| tile.forward(&net, self.architecture.activation, &mut job));
        });
        Rows::from_vec(data, u)
    }

    /// Computes the loss that [`Regression`] defines.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn loss<T: Tape<f32, Cpu>>(
        &self,
        theta: Vector<Cpu, T>,
        regression: &Regression,
    ) -> DeviceResult<Losses<T>, Cpu> {
        let (theta, mut tape) = theta.split_tape();
        let net = Packed::new(&self.architecture, &download(&theta));
        let rows = regression.input.len();
        let tile = if regression.solve.is_some() { flow::ROWS } else { ROWS };
        let count = rows.div_ceil(tile);
        let share = count.div_ceil(SHARES).max(1);
        let mut shares = self.shares.take(count.div_ceil(share), || Share::new(&net));
        let Self { architecture, tiles, .. } = self;
        match regression.solve {
            None => {
                Descent { architecture, net: &net, regression, tiles, share }.run(0, &mut shares);
            }
            Some(solve) => descent::sum(0, share, &mut shares, &|first, sums| {
                self.ascend(&net, regression, solve, first..first + share, sums);
            }),
        }

        let scalar = |x: f64| self.device.try_tensor_from_vec(vec![x as f32], ());
        let (weighted, raw) = shares.first().map_or((0.0, 0.0), |sum| (sum.weighted, sum.raw));
        let loss = scalar(weighted / rows as f64)?;
        let differs = regression.weighting.p != 0.0 || regression.solve.is_some();
        let raw = differs.then(|| scalar(raw)).transpose()?;
        let output = loss.ghost();
        let pool = self.shares.clone();
        tape.add_backward_op(move |gradients| {
            let seed = gradients.get_or_alloc_mut(&output)?[0];
            let theta_gradient = gradients.get_or_alloc_mut(&theta)?;
            if let Some(sum) = shares.first() {
                net.unpack(&sum.gradient, seed, theta_gradient);
            }
            pool.give(shares);
            Ok::<(), CpuError>(())
        });
        Ok((loss.put_tape(tape), raw))
    }

    /// Adds the likelihood of some tiles' rows, and its gradient, to a share.
    fn ascend(
        &self,
        net: &Packed,
        regression: &Regression,
        solve: Solve,
        tiles: Range<usize>,
        sums: &mut Share,
    ) {
        let architecture = &self.architecture;
        let Regression { input, tangent, .. } = regression;
        let share = 1.0 / input.len() as f32;
        for tile in tiles {
            let first = tile * flow::ROWS * input.dim();
            let Some(rows) = input.as_slice().get(first..).filter(|rows| !rows.is_empty()) else {
                return;
            };
            let rows = &rows[..rows.len().min(flow::ROWS * input.dim())];
            let probes = match tangent.is_empty() {
                true => &[],
                false => &tangent.as_slice()[first..first + rows.len()],
            };
            let ascent = Ascent { architecture, net, solve, input: rows, probes, share };
            let new = || Flow::new(architecture, ascent.directions());
            let sum = self.flows.lend(new, |flow| flow.run(&ascent, &mut sums.gradient));
            sums.raw += sum.nll;
            sums.weighted += sum.nll + sum.penalty;
        }
    }
}
