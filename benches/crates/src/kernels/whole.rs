//! A step's loss and gradient of the whole batch at once, as one would write it for a parallel matrix
//! product.

use rayon::prelude::*;

use super::ours::kernels::activate;
use crate::net::{Architecture, Regression};

/// `out = a b` or `out += a b`, as [`super::by_gemm::product`].
pub type Product = fn([usize; 3], &[f32], [usize; 2], &[f32], &mut [f32], bool, usize);

/// A network with its working memory.
pub struct Whole {
    architecture: Architecture,
    product: Product,
    threads: usize,
    /// A layer's outputs. Shape: `[layers + 1][rows, outputs]`.
    values: Vec<Vec<f32>>,
    /// The activation's derivatives at these outputs.
    slopes: Vec<Vec<f32>>,
    /// The gradient with respect to a layer's sums.
    gradients: Vec<Vec<f32>>,
    transposed: Vec<f32>,
}

impl Whole {
    /// A network of this architecture for batches of `rows`.
    pub fn new(architecture: &Architecture, rows: usize, product: Product, threads: usize) -> Self {
        let layers = architecture.layers();
        let tables: Vec<_> = layers.iter().map(|layer| vec![0.0; rows * layer.outputs]).collect();
        let largest = layers.iter().map(|layer| layer.weights.len()).max().unwrap_or(0);
        Self {
            architecture: architecture.clone(),
            product,
            threads,
            values: tables.clone(),
            slopes: tables.clone(),
            gradients: tables,
            transposed: vec![0.0; largest],
        }
    }

    /// Returns the sum of the rows' losses, and adds its gradient in `theta` to `gradient`.
    pub fn run(&mut self, theta: &[f32], regression: &Regression, gradient: &mut [f32]) -> f64 {
        let Self { product, threads, .. } = *self;
        let rows = regression.input.len();
        let layers = self.architecture.layers();
        let last = layers.len() - 1;
        for (l, layer) in layers.iter().enumerate() {
            let (before, here) = self.values.split_at_mut(l);
            let input = before.last().map_or(regression.input.as_slice(), |values| values);
            let (bias, weights) = (&theta[layer.bias.clone()], &theta[layer.weights.clone()]);
            let z = &mut here[0][..];
            z.chunks_exact_mut(layer.outputs).for_each(|row| row.copy_from_slice(bias));
            let shape = [rows, layer.inputs, layer.outputs];
            product(shape, input, [layer.inputs, 1], weights, z, true, threads);
            if l < last {
                let piece = z.len().div_ceil(threads);
                let pieces = z.par_chunks_mut(piece).zip(self.slopes[l].par_chunks_mut(piece));
                let activation = self.architecture.activation;
                pieces.for_each(|(z, slopes)| activate(activation, z, slopes));
            }
        }
        let mut loss = 0.0;
        let ends = self.values[last].iter().zip(regression.velocity.as_slice());
        for (dz, (u, velocity)) in self.gradients[last].iter_mut().zip(ends) {
            let error = u - velocity;
            loss += f64::from(error * error);
            *dz = 2.0 * error / rows as f32;
        }
        for (l, layer) in layers.iter().enumerate().rev() {
            let (inputs, outputs) = (layer.inputs, layer.outputs);
            let (below, here) = self.gradients.split_at_mut(l);
            let dz = &here[0];
            let input = match l {
                0 => regression.input.as_slice(),
                _ => &self.values[l - 1],
            };
            let into = &mut gradient[layer.weights.clone()];
            product([inputs, rows, outputs], input, [1, inputs], dz, into, true, threads);
            let bias = &mut gradient[layer.bias.clone()];
            for row in dz.chunks_exact(outputs) {
                bias.iter_mut().zip(row).for_each(|(bias, dz)| *bias += dz);
            }
            let Some(below) = below.last_mut() else { break };
            for (i, row) in theta[layer.weights.clone()].chunks_exact(outputs).enumerate() {
                let column = self.transposed[i..].iter_mut().step_by(inputs);
                column.zip(row).for_each(|(to, weight)| *to = *weight);
            }
            let shape = [rows, outputs, inputs];
            product(shape, dz, [outputs, 1], &self.transposed, below, false, threads);
            below.iter_mut().zip(&self.slopes[l - 1]).for_each(|(dz, slope)| *dz *= slope);
        }
        loss
    }
}
