//! The network's architecture: its sizes, the layout of its parameters, and their initial values.

use std::ops::Range;

use fm_nostd::Activation;
use fm_nostd::blob::KnownInputs;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// Every gain of a new network. Between 0, where the network has to remove all noise, and -1, where it has to
/// carry all of it to the sample; of 0, -1/4, -1/2 and -1, this one kept the noise of windows of 64 samples
/// nearest to the data's in every class.
const INITIAL_GAIN: f32 = -0.25;

/// A multilayer perceptron on `[t, (h), condition, x]`.
///
/// `h = r - t` is an input if `average` is set. The `condition` inputs are a one-hot class, then a
/// standardised vector; for a model trained with label dropout, the next one means "no condition". The last of
/// them tell which columns are known.
/// `layers` hidden layers of width `hidden` are each followed by `activation`; the output is linear,
/// with `data` values. Without hidden layers the network is linear. With `gain`, the output is `N + g x`, where
/// `N` is the network's and `g` an affine map of `[t, (h), condition]`.
///
/// The parameters are in one vector `theta`: for each layer the weights, input-major
/// (`[in][out]`, row-major), then the bias `[out]`; [`Architecture::layers`] returns where they are. The gains
/// follow in the same form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// The number of values in a data point.
    pub data: usize,
    /// Whether the network is an average velocity `u(t, r, x)`, with `h = r - t` as an input.
    pub average: bool,
    /// The number of inputs between times and `x`: the condition's, and those that tell which columns are known.
    pub condition: usize,
    /// Which of the condition inputs tell which columns are known.
    pub known: KnownInputs,
    /// The width of every hidden layer.
    pub hidden: usize,
    /// The number of hidden layers.
    pub layers: usize,
    /// The activation after every hidden layer.
    pub activation: Activation,
    /// Whether the output is `N + g x`, with a gain `g` of each column that is an affine function of times and
    /// condition, instead of the network's `N` alone.
    pub gain: bool,
}

/// Where the parameters of one affine map are in `theta`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRanges {
    /// The number of inputs.
    pub inputs: usize,
    /// The number of outputs.
    pub outputs: usize,
    /// The range of the weights. Shape: `[inputs, outputs]`.
    pub weights: Range<usize>,
    /// The range of the bias. Shape: `[outputs]`.
    pub bias: Range<usize>,
}

impl Architecture {
    /// The number of inputs in a row.
    pub fn inputs(&self) -> usize {
        1 + usize::from(self.average) + self.condition + self.data
    }

    /// Every affine map, starting at the input.
    ///
    /// Shape: `[layers + 1]`.
    pub fn layers(&self) -> Vec<LayerRanges> {
        let mut at = 0;
        (0..=self.layers)
            .map(|l| {
                let inputs = if l == 0 { self.inputs() } else { self.hidden };
                let outputs = if l == self.layers { self.data } else { self.hidden };
                let weights = at..at + inputs * outputs;
                let bias = weights.end..weights.end + outputs;
                at = bias.end;
                LayerRanges { inputs, outputs, weights, bias }
            })
            .collect()
    }

    /// The affine map from the inputs before `x` to the gains, if there are any.
    pub fn gains(&self) -> Option<LayerRanges> {
        let (inputs, outputs) = (self.inputs() - self.data, self.data);
        let start = self.network_parameters();
        let weights = start..start + inputs * outputs;
        let bias = weights.end..weights.end + outputs;
        self.gain.then_some(LayerRanges { inputs, outputs, weights, bias })
    }

    /// The number of parameters in the layers, which come first in `theta`.
    pub fn network_parameters(&self) -> usize {
        self.layers().last().map_or(0, |layer| layer.bias.end)
    }

    /// The length of `theta`.
    pub fn parameters(&self) -> usize {
        self.gains().map_or(self.network_parameters(), |gains| gains.bias.end)
    }

    /// Returns initial parameters: He-normal hidden weights (He et al., 2015, arXiv:1502.01852, equation
    /// 10), a small output layer (normal, times `0.1 / sqrt(fan_in)`) and zero biases. Equal seeds give
    /// equal parameters.
    ///
    /// Shape: `[parameters]`.
    pub fn init(&self, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut theta = vec![0.0; self.parameters()];
        for (l, layer) in self.layers().into_iter().enumerate() {
            let fan_in = layer.inputs as f32;
            let scale = if l == self.layers { 0.1 / fan_in.sqrt() } else { (2.0 / fan_in).sqrt() };
            for weight in &mut theta[layer.weights] {
                let normal: f32 = StandardNormal.sample(&mut rng);
                *weight = scale * normal;
            }
        }
        if let Some(gains) = self.gains() {
            theta[gains.bias].fill(INITIAL_GAIN);
        }
        theta
    }

    /// The multiplications of one evaluation in the sampler. Times and condition are folded into the first
    /// layer's bias, so that layer only counts its data rows, and the gains likewise.
    pub fn macs(&self) -> usize {
        let first = self.inputs() - self.data;
        let all: usize = self.layers().iter().map(|layer| layer.weights.len()).sum();
        all - first * self.layers()[0].outputs + self.gains().map_or(0, |gains| gains.outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn architecture() -> Architecture {
        Architecture {
            data: 2,
            average: true,
            condition: 3,
            known: KnownInputs::None,
            hidden: 64,
            layers: 3,
            activation: Activation::Silu,
            gain: false,
        }
    }

    #[test]
    fn layers_tile_the_parameters() {
        let architecture = architecture();
        assert_eq!(architecture.inputs(), 1 + 1 + 3 + 2);
        let mut at = 0;
        for layer in architecture.layers() {
            assert_eq!(layer.weights, at..at + layer.inputs * layer.outputs);
            assert_eq!(layer.bias, layer.weights.end..layer.weights.end + layer.outputs);
            at = layer.bias.end;
        }
        assert_eq!(at, 7 * 64 + 64 + 2 * (64 * 64 + 64) + 64 * 2 + 2);
        assert_eq!(architecture.parameters(), at);
        assert_eq!(architecture.macs(), 2 * 64 + 2 * 64 * 64 + 64 * 2);
    }

    #[test]
    fn a_linear_network_has_one_layer() {
        let architecture = Architecture { layers: 0, ..architecture() };
        assert_eq!(architecture.layers().len(), 1);
        assert_eq!(architecture.parameters(), 7 * 2 + 2);
        assert_eq!(architecture.macs(), 2 * 2);
    }

    #[test]
    fn init_has_the_spread_it_promises() {
        let architecture = Architecture { hidden: 256, ..architecture() };
        let theta = architecture.init(5);
        assert_eq!(theta, architecture.init(5));
        assert_ne!(theta, architecture.init(6));
        for (l, layer) in architecture.layers().into_iter().enumerate() {
            assert!(theta[layer.bias.clone()].iter().all(|&b| b == 0.0));
            let weights = &theta[layer.weights.clone()];
            let square = weights.iter().map(|w| w * w).sum::<f32>() / weights.len() as f32;
            let fan_in = layer.inputs as f32;
            let variance = if l == 3 { 0.01 / fan_in } else { 2.0 / fan_in };
            // The mean of the squares of n normals deviates by sqrt(2/n): five of those.
            let tolerance = 5.0 * (2.0 / weights.len() as f32).sqrt();
            assert!((square / variance - 1.0).abs() < tolerance, "layer {l}");
        }
    }
}
