//! The whole network, and the whole loss, as one operation on dfdx's tape: forward, derivative and way
//! back on the CPU.
//!
//! A batch is cut into tiles of [`tile::ROWS`] rows, which rayon's threads take. The gradients of
//! the tiles are summed along a tree that depends on the batch alone: the same bits on any number
//! of threads. Training takes the loss ([`descent`]), which goes both ways at once.

mod descent;
mod kernels;
mod packed;
mod pool;
mod tile;

use dfdx::shapes::{HasShape, Rank0};
use dfdx::tensor::{Cpu, CpuError, PutTape, SplitTape, Tape, Tensor, TensorFromVec};
use rayon::prelude::*;

use super::Architecture;
use super::compute::{DeviceResult, Matrix, Vector, download};
use super::regression::Regression;
use descent::{Descent, SHARES, Share};
use packed::Packed;
use pool::Pool;
use tile::{Job, ROWS, Tile};

/// The loss on its tape, and the sum over the rows of `|e|^2` where the loss is not its mean.
type Losses<T> = (Tensor<Rank0, f32, Cpu, T>, Option<Tensor<Rank0, f32, Cpu>>);

/// A network computed on the CPU.
#[derive(Debug)]
pub struct Fused {
    architecture: Architecture,
    device: Cpu,
    tiles: Pool<Tile>,
    sums: Pool<Vec<f32>>,
    shares: Pool<Share>,
}

impl Fused {
    /// A network of this architecture.
    pub fn new(architecture: &Architecture) -> Self {
        Self {
            architecture: architecture.clone(),
            device: Cpu::default(),
            tiles: Pool::default(),
            sums: Pool::default(),
            shares: Pool::default(),
        }
    }

    /// The output `u`, with the tape of `theta`, and, without a tape, its derivative `du` along
    /// `tangent` in the first `m` rows: forward mode, which shares the pass and needs no gradient.
    ///
    /// Shape: `theta [parameters]`, `input [n, inputs]`, `tangent [m, inputs]` to
    /// `u [n, data]`, `du [m, data]`.
    ///
    /// # Errors
    /// If memory is out.
    #[allow(clippy::type_complexity)] // two tensors, one of them optional
    pub fn forward_jvp<T: Tape<f32, Cpu>>(
        &self,
        theta: Vector<Cpu, T>,
        input: &Matrix<Cpu>,
        tangent: Option<&Matrix<Cpu>>,
    ) -> DeviceResult<(Matrix<Cpu, T>, Option<Matrix<Cpu>>), Cpu> {
        let (theta, mut tape) = theta.split_tape();
        let net = Packed::new(&self.architecture, &download(&theta));
        let data = self.architecture.data;
        let rows = input.shape().0;
        let input = download(input);
        let directions = tangent.map_or(0, |tangent| tangent.shape().0);
        let tangent = tangent.map_or_else(Vec::new, download);

        let mut u = vec![0.0; rows * data];
        let mut du = vec![0.0; directions * data];
        let mut jobs = self.jobs(&input, &tangent, &mut u, &mut du);
        let activation = self.architecture.activation;
        let new = || Tile::new(&self.architecture);
        let mut tiles = Vec::new();
        if T::OWNS_TAPE {
            tiles = self.tiles.take(jobs.len(), new);
            let work = tiles.par_iter_mut().zip(&mut jobs).with_max_len(1);
            work.for_each(|(tile, job)| tile.forward(&net, activation, job));
        } else {
            let work = jobs.par_iter_mut();
            work.for_each(|job| {
                self.tiles.lend(new, |tile| tile.forward(&net, activation, job));
            });
        }

        let u = self.device.try_tensor_from_vec(u, (rows, data))?;
        let du = (directions > 0)
            .then(|| self.device.try_tensor_from_vec(du, (directions, data)))
            .transpose()?;
        let output = u.ghost();
        let (pool, sum_pool) = (self.tiles.clone(), self.sums.clone());
        tape.add_backward_op(move |gradients| {
            let seed = gradients.get_or_alloc_mut(&output)?.to_vec();
            let theta_gradient = gradients.get_or_alloc_mut(&theta)?;
            let share = tiles.len().div_ceil(SHARES).max(1);
            let zeros = || vec![0.0; net.gradient_len()];
            let mut sums = sum_pool.take(tiles.len().div_ceil(share), zeros);
            backward(&net, share, &mut tiles, &mut sums, &input, &seed);
            if let Some(sum) = sums.first() {
                net.unpack(sum, 1.0, theta_gradient);
            }
            pool.give(tiles);
            sum_pool.give(sums);
            Ok::<(), CpuError>(())
        });
        Ok((u.put_tape(tape), du))
    }

    /// The loss that [`Regression`] defines.
    ///
    /// # Errors
    /// If memory is out.
    pub fn loss<T: Tape<f32, Cpu>>(
        &self,
        theta: Vector<Cpu, T>,
        regression: &Regression,
    ) -> DeviceResult<Losses<T>, Cpu> {
        let (theta, mut tape) = theta.split_tape();
        let net = Packed::new(&self.architecture, &download(&theta));
        let rows = regression.input.len();
        let count = rows.div_ceil(ROWS);
        let share = count.div_ceil(SHARES).max(1);
        let mut shares = self.shares.take(count.div_ceil(share), || Share::new(&net));
        let Self { architecture, tiles, .. } = self;
        Descent { architecture, net: &net, regression, tiles, share }.run(0, &mut shares);

        let scalar = |x: f64| self.device.try_tensor_from_vec(vec![x as f32], ());
        let (weighted, raw) = shares.first().map_or((0.0, 0.0), |sum| (sum.weighted, sum.raw));
        let loss = scalar(weighted / rows as f64)?;
        let raw = (regression.weighting.p != 0.0).then(|| scalar(raw)).transpose()?;
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
}

impl Fused {
    /// The batch cut into tiles.
    fn jobs<'a>(
        &self,
        input: &'a [f32],
        tangent: &'a [f32],
        u: &'a mut [f32],
        du: &'a mut [f32],
    ) -> Vec<Job<'a>> {
        let (inputs, data) = (ROWS * self.architecture.inputs(), ROWS * self.architecture.data);
        // Tiles behind the last tangent have none.
        let mut tangents = tangent.chunks(inputs);
        let mut du = du.chunks_mut(data);
        let rows = input.chunks(inputs).zip(u.chunks_mut(data));
        rows.map(|(input, u)| Job {
            input,
            tangent: tangents.next().unwrap_or_default(),
            u,
            du: du.next().unwrap_or_default(),
        })
        .collect()
    }
}

/// Leaves in the first of `sums` the gradient of all tiles: each sum takes the next `share` tiles one
/// after the other, then they are added along a fixed tree.
fn backward(
    net: &Packed,
    share: usize,
    tiles: &mut [Tile],
    sums: &mut [Vec<f32>],
    input: &[f32],
    seed: &[f32],
) {
    match sums {
        [] => {}
        [sum] => {
            sum.fill(0.0);
            let inputs = input.chunks(ROWS * net.inputs());
            let seeds = seed.chunks(ROWS * net.outputs());
            for ((tile, input), seed) in tiles.iter_mut().zip(inputs).zip(seeds) {
                tile.backward(net, input, seed, sum);
            }
        }
        _ => {
            let middle = sums.len() / 2;
            let (left, right) = sums.split_at_mut(middle);
            let (left_tiles, right_tiles) = tiles.split_at_mut(middle * share);
            let rows = middle * share * ROWS;
            let (left_input, right_input) = input.split_at(rows * net.inputs());
            let (left_seed, right_seed) = seed.split_at(rows * net.outputs());
            rayon::join(
                || backward(net, share, left_tiles, left, left_input, left_seed),
                || backward(net, share, right_tiles, right, right_input, right_seed),
            );
            kernels::add(&mut left[0], &right[0]);
        }
    }
}
