//! Converts trained `f32` parameters to 8-bit weights and 16-bit activations (`fm_nostd::net::q8`).
//!
//! The layers are fitted in order, on the inputs that a sampler evaluates the network at (`inputs`).
//! Each layer receives the actual outputs of the integer layers before it, and its targets are the
//! pre-activations of the `f32` network, so that it compensates earlier errors. Its weights are a
//! lattice point near the least-squares solution with little error on these inputs (`rounding`), at
//! scales that leave room for every sum and activation (`formats`). Everything is computed in closed
//! form, without training or random choices.

mod formats;
mod inputs;
mod integer;
mod loss;
mod network;
mod rounding;

use fm_nostd::net::q8;
use nalgebra::DMatrix;

pub use integer::{QuantisedLayer, QuantisedRescale};
pub use loss::{Difference, difference};

use self::inputs::{Use, inputs};
use self::integer::Table;
use self::network::ReferenceNetwork;
use self::rounding::Fit;
use crate::coupling::Examples;
use crate::train::RunConfig;
use crate::{Error, Result};

/// Returns the integer layers of a trained network.
///
/// Shape: `parameters` is `[P]`, in the order of [`Architecture`](crate::net::Architecture); `examples` are
/// the training rows.
///
/// # Errors
/// If the network's outputs are not finite.
pub fn quantise(
    config: &RunConfig,
    parameters: &[f32],
    examples: &Examples,
) -> Result<Vec<QuantisedLayer>> {
    let network = ReferenceNetwork::new(&config.architecture, parameters);
    fit(&network, &inputs(config, &network, examples, Use::Calibration))
}

/// Fits the integer layers that are nearest to `network` on `inputs`.
///
/// Shape: `inputs` is `[n, inputs]`.
fn fit(network: &ReferenceNetwork, inputs: &DMatrix<f64>) -> Result<Vec<QuantisedLayer>> {
    let targets = network.forward(inputs);
    if targets.iter().flatten().any(|z| !z.is_finite()) {
        let problem = "the network's outputs are not finite, because the training diverged; train again \
                       with a smaller `--lr`";
        return Err(Error::usage("--dtype", problem));
    }
    let table = Table::new(network.activation);
    let mut values = integer::begin(inputs);
    let mut fraction = q8::INPUT_FRACTION as u8;
    let mut layers = Vec::new();
    for (affine, target) in network.layers.iter().zip(&targets) {
        let unit = formats::unit(fraction);
        let fit = Fit::new(&values.map(|q| unit * f64::from(q)), target, affine);
        let (scales, rescale) = if layers.len() + 1 < network.layers.len() {
            formats::hidden(unit, &fit.ideal, formats::reach(network.activation, target))
        } else {
            formats::output(unit, &fit.ideal)
        };
        let (weights, bias) = fit.round(unit, &scales);
        let layer = QuantisedLayer { weights, bias, rescale };
        if let QuantisedRescale::Hidden { fraction: next, .. } = layer.rescale {
            fraction = next;
            values = layer.through(&values, &table);
        }
        layers.push(layer);
    }
    Ok(layers)
}

#[cfg(test)]
mod tests;
