//! The loops of bulk sampling, compiled once for each instruction set and chosen at run time.
//!
//! Lanes run across samples, so each lane performs the operations of a device in the same order: a sum
//! starts with its bias and adds its inputs in turn, with one rounding per operation. No version uses
//! fused multiply-adds, so all versions return the same bits.

use fm_nostd::Activation;
use fm_nostd::activation::{gelu, relu, silu, tanh};
use fm_nostd::net::f32::{BLOCK, Dense};
use fm_nostd::noise::{normal_pair, philox};
use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Samples per tile, few enough that its hidden layers stay in the fastest caches.
pub const LANES: usize = 64;

/// One number of every sample of a tile.
pub type Lanes = [f32; LANES];

/// A layer's weights in blocks of outputs; the last block is padded with zeros.
#[derive(Debug)]
pub struct TiledLayer {
    /// Shape: `[outputs]`.
    pub bias: Vec<f32>,
    /// Shape: `[blocks][inputs]`, each a row of `BLOCK` outputs.
    pub rows: Vec<[f32; BLOCK]>,
    /// Rows per block.
    pub inputs: usize,
}

/// Evaluates the network after the first layer's times and condition: `hidden[0]` contains the sums so far,
/// the first layer continues at input `first`, and `out` receives the network's output. If it is `started`,
/// the last layer's sums start at what is in `out` instead of their biases.
///
/// Shape: `x` and `out` are `[dim]`, each of `hidden` `[hidden]`.
#[multiversion(targets("x86_64+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn evaluate(
    layers: &[TiledLayer],
    activation: Activation,
    first: usize,
    x: &[Lanes],
    hidden: [&mut [Lanes]; 2],
    (out, started): (&mut [Lanes], bool),
) {
    let wide = target_cfg_f!(target_feature = "avx512f");
    let middle = target_cfg_f!(any(target_feature = "avx2", target_arch = "aarch64"));
    let lanes = lanes(wide, middle);
    let [mut from, mut to] = hidden;
    let [begin, rest @ .., end] = layers else { return };
    begin.affine(lanes, first, x, from);
    activate(activation, from.as_flattened_mut());
    for layer in rest {
        layer.begin(to);
        layer.affine(lanes, 0, from, to);
        activate(activation, to.as_flattened_mut());
        (from, to) = (to, from);
    }
    if !started {
        end.begin(out);
    }
    end.affine(lanes, 0, from, out);
}

/// The number of lanes with which a block's sums fit the registers.
#[inline(always)]
fn lanes(wide: bool, middle: bool) -> usize {
    match (wide, middle) {
        (true, _) => 32,
        (false, true) => 8,
        (false, false) => 4,
    }
}

impl From<Dense<'_>> for TiledLayer {
    fn from(layer: Dense<'_>) -> Self {
        let (bias, inputs) = (layer.bias().to_vec(), layer.inputs());
        let blocks = (0..bias.len()).step_by(BLOCK);
        let rows = blocks.flat_map(|block| {
            let weight = move |input, o| layer.weight(input, block + o).unwrap_or_default();
            (0..inputs).map(move |input| std::array::from_fn(|o| weight(input, o)))
        });
        Self { rows: rows.collect(), bias, inputs }
    }
}

impl TiledLayer {
    /// Starts every sum with its bias.
    #[inline(always)]
    fn begin(&self, out: &mut [Lanes]) {
        for (out, bias) in out.iter_mut().zip(&self.bias) {
            out.fill(*bias);
        }
    }

    /// `out += weights · inputs`, in the order of the inputs, starting at input `first`. The number of lanes
    /// at a time is a constant in each version.
    #[inline(always)]
    fn affine(&self, lanes: usize, first: usize, inputs: &[Lanes], out: &mut [Lanes]) {
        match lanes {
            32 => self.blocks::<32>(first, inputs, out),
            8 => self.blocks::<8>(first, inputs, out),
            _ => self.blocks::<4>(first, inputs, out),
        }
    }

    #[inline(always)]
    fn blocks<const L: usize>(&self, first: usize, inputs: &[Lanes], out: &mut [Lanes]) {
        let blocks = self.rows.chunks_exact(self.inputs);
        for (rows, out) in blocks.zip(out.chunks_mut(BLOCK)) {
            for lane in (0..LANES).step_by(L) {
                let mut sums = [[0.0; L]; BLOCK];
                for (sums, out) in sums.iter_mut().zip(&*out) {
                    sums.copy_from_slice(&out[lane..lane + L]);
                }
                for (row, input) in rows[first..].iter().zip(inputs) {
                    let input = &input[lane..lane + L];
                    // A copy, because through the reference the compiler would load it again for every sum.
                    let input: [f32; L] = std::array::from_fn(|l| input[l]);
                    for (sums, weight) in sums.iter_mut().zip(row) {
                        for (sum, value) in sums.iter_mut().zip(input) {
                            *sum += weight * value;
                        }
                    }
                }
                for (sums, out) in sums.iter().zip(&mut *out) {
                    out[lane..lane + L].copy_from_slice(sums);
                }
            }
        }
    }
}

/// As [`Activation::apply`], but inlined, and so compiled for each instruction set.
#[inline(always)]
fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Relu => values.iter_mut().for_each(|x| *x = relu(*x)),
        Activation::Silu => values.iter_mut().for_each(|x| *x = silu(*x)),
        Activation::Gelu => values.iter_mut().for_each(|x| *x = gelu(*x)),
        Activation::Tanh => values.iter_mut().for_each(|x| *x = tanh(*x)),
    }
}

/// The initial noise of the samples, starting at sample `first`: [`fm_nostd::Draw::fill`] for each lane.
///
/// Shape: `out` is `[dim]`.
#[multiversion(targets("x86_64+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn noise(seed: u64, first: u64, out: &mut [Lanes]) {
    let key = [seed as u32, (seed >> 32) as u32];
    for (block, rows) in (0u32..).zip(out.chunks_mut(4)) {
        let mut words = [[0u32; LANES]; 4];
        let [a, b, c, d] = &mut words;
        for (sample, (((a, b), c), d)) in (first..).zip(a.iter_mut().zip(b).zip(c).zip(d)) {
            [*a, *b, *c, *d] = philox([sample as u32, (sample >> 32) as u32, block, 0], key);
        }
        for (rows, [radii, angles]) in rows.chunks_mut(2).zip(words.as_chunks().0) {
            let mut normals = [[0.0; LANES]; 2];
            let [left, right] = &mut normals;
            let words = radii.iter().zip(angles);
            for ((left, right), (radius, angle)) in left.iter_mut().zip(right).zip(words) {
                (*left, *right) = normal_pair(*radius, *angle);
            }
            rows.copy_from_slice(&normals[..rows.len()]);
        }
    }
}
