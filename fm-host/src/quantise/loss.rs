//! The error of the integer network's outputs relative to the trained network's.

use nalgebra::DMatrix;
use serde::Serialize;

use super::inputs::{Use, inputs};
use super::integer::{self, QuantisedLayer};
use super::network::ReferenceNetwork;
use crate::coupling::Examples;
use crate::train::RunConfig;

/// The error of outputs, in standardised units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The root mean square error.
    pub rms: f64,
    /// The largest error.
    pub max: f64,
    /// The root mean square of the outputs themselves.
    pub size: f64,
}

/// Measures the error on a sampler's inputs that nothing was fitted to.
///
/// Shape: as for [`quantise`](super::quantise()), whose result is `layers`.
pub fn difference(
    config: &RunConfig,
    parameters: &[f32],
    layers: &[QuantisedLayer],
    examples: &Examples,
) -> Difference {
    let network = ReferenceNetwork::new(&config.architecture, parameters);
    on(&network, layers, &inputs(config, &network, examples, Use::Test))
}

/// Measures the error on the given inputs. Shape: `inputs` is `[n, inputs]`.
pub(super) fn on(
    network: &ReferenceNetwork,
    layers: &[QuantisedLayer],
    inputs: &DMatrix<f64>,
) -> Difference {
    let real = network.output(inputs);
    let apart = integer::output(layers, network.activation, inputs) - &real;
    let rms = |table: &DMatrix<f64>| table.norm() / (table.len() as f64).sqrt();
    Difference { rms: rms(&apart), max: apart.amax(), size: rms(&real) }
}
