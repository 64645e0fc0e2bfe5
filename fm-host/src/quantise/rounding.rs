//! Rounds one layer's weights to integers with the least error on the layer's inputs.
//!
//! Over inputs `q` and targets `z`, the loss is `mean |q w + b - z|^2 + ridge |w - w0|^2` for each
//! output, with the trained weights `w0`. The bias is free, so all values are centred on their means.
//! The minimum over real `w` is ridge regression; around it the loss is `|R (w - ideal)|^2`, where
//! `R^T R` is the inputs' covariance plus the ridge. On the lattice of integers times the scale, Babai's
//! nearest plane (1986, doi:10.1007/BF02579403) finds a point near that minimum: it rounds the weights
//! of one input after another, and the weights that are not rounded yet compensate the effect on the
//! output. This is GPTQ (Frantar et al., 2022, arXiv:2210.17323; Chen et al., 2025, arXiv:2507.18553,
//! show that both are the same), here with the inputs of largest variance rounded first. The bias
//! absorbs the mean of the remaining error.

use std::ops::AddAssign;

use nalgebra::{DMatrix, DVector, RowDVector};

use super::formats::LARGEST;
use super::network::Affine;

/// The ridge, relative to the mean variance of an input: only decides what the inputs leave undetermined.
const RIDGE: f64 = 1e-6;

/// A layer's least-squares problem.
pub struct Fit {
    /// The real-valued solution.
    pub ideal: Affine,
    /// The mean input. Shape: `[inputs]`.
    mean: RowDVector<f64>,
    /// The mean target. Shape: `[outputs]`.
    target: RowDVector<f64>,
    /// The inputs, sorted by increasing variance.
    order: Vec<usize>,
    /// `R^T`, lower triangular, in the order of `order`.
    root: DMatrix<f64>,
}

impl Fit {
    /// Makes the problem of a layer with weights `trained`.
    ///
    /// Shape: `inputs` is `[n, inputs]`, `targets` `[n, outputs]`, all finite.
    pub fn new(inputs: &DMatrix<f64>, targets: &DMatrix<f64>, trained: &Affine) -> Self {
        let (mean, target) = (inputs.row_mean(), targets.row_mean());
        let x = centred(inputs);
        let missing = centred(&(targets - inputs * &trained.weights));
        let transposed = x.transpose() / inputs.nrows() as f64;
        let mut covariance = &transposed * &x;
        let ridge = RIDGE * covariance.diagonal().mean() + f64::from(f32::MIN_POSITIVE);
        for i in 0..covariance.nrows() {
            covariance[(i, i)] += ridge;
        }
        let mut order: Vec<usize> = (0..covariance.nrows()).collect();
        order.sort_by(|&a, &b| covariance[(a, a)].total_cmp(&covariance[(b, b)]));
        let sorted = covariance.select_rows(&order).select_columns(&order);
        let factor = sorted.cholesky().expect("a covariance with a ridge is positive definite");
        let step = factor.solve(&(transposed * missing).select_rows(&order));
        let mut weights = trained.weights.clone();
        for (i, &input) in order.iter().enumerate() {
            weights.row_mut(input).add_assign(step.row(i));
        }
        let bias = &target - &mean * &weights;
        let ideal = Affine { weights, bias };
        Self { ideal, mean, target, order, root: factor.unpack() }
    }

    /// Returns weights on the lattice of each channel's scale, and biases in units of the sums, for
    /// inputs with this unit.
    ///
    /// Shape: `scales` is `[outputs]`; the results are `[inputs][outputs]` and `[outputs]`.
    pub fn round(&self, unit: f64, scales: &[f64]) -> (Vec<i8>, Vec<i32>) {
        let mut weights = vec![0; self.ideal.weights.len()];
        let mut biases = vec![0; scales.len()];
        for (channel, &scale) in scales.iter().enumerate() {
            let rounded = self.nearest_plane(&(self.ideal.weights.column(channel) / scale));
            let explained = scale * (&self.mean * &rounded)[0];
            biases[channel] = ((self.target[channel] - explained) / (unit * scale)).round() as i32;
            for (slot, w) in weights[channel..].iter_mut().step_by(scales.len()).zip(&rounded) {
                *slot = *w as i8;
            }
        }
        (weights, biases)
    }

    /// Returns integers near `ideal`.
    ///
    /// Shape: both are `[inputs]`.
    fn nearest_plane(&self, ideal: &DVector<f64>) -> DVector<f64> {
        let mut rounded = DVector::zeros(ideal.len());
        // In the order of `order`; 0 for what is not rounded yet.
        let mut errors = DVector::<f64>::zeros(ideal.len());
        for (i, &input) in self.order.iter().enumerate().rev() {
            let pull = self.root.column(i).dot(&errors) / self.root[(i, i)];
            let nearest = (ideal[input] - pull).round().clamp(-LARGEST, LARGEST);
            errors[i] = nearest - ideal[input];
            rounded[input] = nearest;
        }
        rounded
    }
}

/// Subtracts the mean row from a table.
fn centred(table: &DMatrix<f64>) -> DMatrix<f64> {
    let mean = table.row_mean();
    DMatrix::from_fn(table.nrows(), table.ncols(), |i, j| table[(i, j)] - mean[j])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, fill_normal, stream};

    /// Inputs that depend on one another, as a network's do: few directions with a little noise.
    fn inputs(n: usize, width: usize) -> DMatrix<f64> {
        let normal = |rows, columns, index| {
            let mut values = vec![0.0; rows * columns];
            fill_normal(&mut stream(1, Purpose::Block, index), &mut values);
            DMatrix::from_iterator(rows, columns, values.into_iter().map(f64::from))
        };
        let mixed = normal(n, 5, 0) * normal(5, width, 1) + 0.1 * normal(n, width, 2);
        mixed.add_scalar(0.7)
    }

    fn trained(inputs: usize, outputs: usize) -> Affine {
        let mut values = vec![0.0; (inputs + 1) * outputs];
        fill_normal(&mut stream(2, Purpose::Block, 0), &mut values);
        let all = DMatrix::from_iterator(inputs + 1, outputs, values.into_iter().map(f64::from));
        Affine { weights: all.rows(0, inputs).into_owned(), bias: all.row(inputs).into_owned() }
    }

    /// The affine map that the integers represent.
    fn meant(layer: &Affine, unit: f64, scales: &[f64], rounded: &(Vec<i8>, Vec<i32>)) -> Affine {
        let (inputs, outputs) = layer.weights.shape();
        let weights = DMatrix::from_fn(inputs, outputs, |i, o| {
            scales[o] * f64::from(rounded.0[i * outputs + o])
        });
        let bias = RowDVector::from_fn(outputs, |_, o| unit * scales[o] * f64::from(rounded.1[o]));
        Affine { weights, bias }
    }

    fn error(layer: &Affine, x: &DMatrix<f64>, targets: &DMatrix<f64>) -> f64 {
        (layer.apply(x) - targets).norm_squared() / targets.len() as f64
    }

    const SCALES: [f64; 3] = [0.05; 3];
    const UNIT: f64 = 1e-5;

    #[test]
    fn weights_on_the_lattice_stay() {
        let x = inputs(500, 16);
        let mut layer = trained(16, 3);
        layer.weights.apply(|w| *w = 0.05 * (*w / 0.05).round());
        let fit = Fit::new(&x, &layer.apply(&x), &layer);
        let rounded = meant(&layer, UNIT, &SCALES, &fit.round(UNIT, &SCALES));
        assert!((rounded.weights - &layer.weights).amax() < 1e-12);
        // The biases are multiples of 5e-7.
        assert!((rounded.bias - &layer.bias).amax() < 3e-7);
    }

    #[test]
    fn the_inputs_errors_are_made_good() {
        let x = inputs(2000, 16);
        let layer = trained(16, 3);
        let targets = layer.apply(&x);
        // Coarse inputs, as an integer layer before this one would output them, and shifted ones.
        let coarse = x.map(|x| 0.5 * (x / 0.5).floor());
        let fit = Fit::new(&coarse, &targets, &layer);
        let (before, after) =
            (error(&layer, &coarse, &targets), error(&fit.ideal, &coarse, &targets));
        // The shift alone is 1/4 per weight: its square is gone, and some of the noise.
        assert!(after < 0.2 * before, "{before} to {after}");
    }

    #[test]
    fn rounding_loses_much_less_than_to_nearest() {
        let x = inputs(2000, 32);
        let layer = trained(32, 3);
        let targets = layer.apply(&x);
        let plain =
            Affine { weights: layer.weights.map(|w| 0.05 * (w / 0.05).round()), ..layer.clone() };
        let fit = Fit::new(&x, &targets, &layer);
        let rounded = meant(&layer, UNIT, &SCALES, &fit.round(UNIT, &SCALES));
        let (plain, rounded) = (error(&plain, &x, &targets), error(&rounded, &x, &targets));
        // 5 of 32 directions carry nearly all of the variance: the other 27 can compensate rounding.
        assert!(rounded < 0.1 * plain, "{plain} to {rounded}");
    }

    #[test]
    fn constant_and_dead_inputs_are_no_trouble() {
        let x = DMatrix::from_fn(50, 4, |_, j| [0.0, 1.0, 0.0, -2.0][j]);
        let layer = trained(4, 3);
        let targets = layer.apply(&x);
        let fit = Fit::new(&x, &targets, &layer);
        let rounded = meant(&layer, UNIT, &SCALES, &fit.round(UNIT, &SCALES));
        // The bias absorbs all of it, except for its own rounding.
        assert!((rounded.apply(&x) - targets).amax() < 3e-7);
    }
}
