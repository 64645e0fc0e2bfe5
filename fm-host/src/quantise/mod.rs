//! From trained `f32` parameters to 8-bit weights and 16-bit activations (`fm_nostd::net::q8`).
//!
//! Layer after layer, on the inputs that the sampler gives the network (`inputs`): each layer gets as
//! its inputs what the integer layers before it really put out, and as its target the pre-activations
//! of the `f32` network, so that it makes good what those lost. Its weights are the lattice point near
//! the least-squares solution that loses least on these inputs (`rounding`), on scales that leave
//! every sum and activation room (`formats`). All in closed form: no training, no random choice.

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
use crate::data::Rows;
use crate::train::RunConfig;
use crate::{Error, Result};

/// The integer layers of a trained network.
///
/// Shape: `parameters` is `[P]`, in the order of [`Architecture`](crate::net::Architecture);
/// `conditions` are the training rows' condition inputs, `[n, condition]`.
///
/// # Errors
/// If the network's outputs are not finite.
pub fn quantise(
    config: &RunConfig,
    parameters: &[f32],
    conditions: &Rows,
) -> Result<Vec<QuantisedLayer>> {
    let network = ReferenceNetwork::new(&config.architecture, parameters);
    fit(&network, &inputs(config, &network, conditions, Use::Calibration))
}

/// The integer layers that come nearest to `network` on `inputs`.
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
