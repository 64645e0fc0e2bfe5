//! The whole network as one operation on dfdx's tape: forward, derivative and way back on the CPU.
//!
//! A batch is cut into tiles of [`tile::ROWS`] rows, which rayon's threads take. The gradients of
//! the tiles are summed along a tree that depends on the batch alone: the same bits on any number
//! of threads.

mod kernels;
mod packed;
mod tile;

use std::sync::{Arc, Mutex, PoisonError};

use dfdx::shapes::HasShape;
use dfdx::tensor::{Cpu, CpuError, PutTape, SplitTape, Tape, TensorFromVec};
use rayon::prelude::*;

use super::Architecture;
use super::compute::{DeviceResult, Matrix, Vector, download};
use packed::Packed;
use tile::{Job, ROWS, Tile};

/// A network computed on the CPU.
#[derive(Debug)]
pub struct Fused {
    architecture: Architecture,
    device: Cpu,
    pool: Pool,
}

impl Fused {
    /// A network of this architecture.
    pub fn new(architecture: &Architecture) -> Self {
        Self { architecture: architecture.clone(), device: Cpu::default(), pool: Pool::default() }
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
        let pool = &self.pool;
        let mut tiles = Vec::new();
        if T::OWNS_TAPE {
            tiles = pool.take(jobs.len(), &self.architecture);
            let work = tiles.par_iter_mut().zip(&mut jobs).with_max_len(1);
            work.for_each(|(tile, job)| tile.forward(&net, activation, job));
        } else {
            let tile = || Borrowed { tiles: pool.take(1, &self.architecture), pool };
            let work = jobs.par_iter_mut();
            work.for_each_init(tile, |tile, job| tile.tiles[0].forward(&net, activation, job));
        }

        let u = self.device.try_tensor_from_vec(u, (rows, data))?;
        let du = (directions > 0)
            .then(|| self.device.try_tensor_from_vec(du, (directions, data)))
            .transpose()?;
        let output = u.ghost();
        let pool = self.pool.clone();
        tape.add_backward_op(move |gradients| {
            let seed = gradients.get_or_alloc_mut(&output)?.to_vec();
            let theta_gradient = gradients.get_or_alloc_mut(&theta)?;
            let share = tiles.len().div_ceil(SHARES).max(1);
            let mut sums = pool.take_sums(tiles.len().div_ceil(share), net.gradient_len());
            backward(&net, share, &mut tiles, &mut sums, &input, &seed);
            if let Some(sum) = sums.first() {
                net.unpack(sum, theta_gradient);
            }
            pool.give(tiles);
            pool.give_sums(sums);
            Ok::<(), CpuError>(())
        });
        Ok((u.put_tape(tape), du))
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

/// How many sums of the tiles' gradients there are at most, and so how many threads go the way back.
/// A sum for every tile would be more to add and to keep in the cache than the work itself.
const SHARES: usize = 8;

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

/// Work space between two uses: a step allocates none.
#[derive(Clone, Debug, Default)]
struct Pool {
    tiles: Arc<Mutex<Vec<Tile>>>,
    sums: Arc<Mutex<Vec<Vec<f32>>>>,
}

impl Pool {
    fn take(&self, count: usize, architecture: &Architecture) -> Vec<Tile> {
        take(&self.tiles, count, || Tile::new(architecture))
    }

    fn give(&self, tiles: Vec<Tile>) {
        give(&self.tiles, tiles);
    }

    /// Vectors of `len` numbers, of any value.
    fn take_sums(&self, count: usize, len: usize) -> Vec<Vec<f32>> {
        take(&self.sums, count, || vec![0.0; len])
    }

    fn give_sums(&self, sums: Vec<Vec<f32>>) {
        give(&self.sums, sums);
    }
}

fn take<T>(free: &Mutex<Vec<T>>, count: usize, new: impl FnMut() -> T) -> Vec<T> {
    let mut free = free.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = free.len().saturating_sub(count);
    let mut taken = free.split_off(kept);
    drop(free);
    taken.resize_with(count, new);
    taken
}

fn give<T>(free: &Mutex<Vec<T>>, back: Vec<T>) {
    free.lock().unwrap_or_else(PoisonError::into_inner).extend(back);
}

/// Tiles that go back to the pool by themselves.
struct Borrowed<'a> {
    tiles: Vec<Tile>,
    pool: &'a Pool,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        self.pool.give(std::mem::take(&mut self.tiles));
    }
}
