//! Options and settings of the network's hidden layers.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use fm_nostd::Activation;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::options::need;

/// Options of the hidden layers.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Network")]
pub struct HiddenOptions {
    /// Widths of the hidden layers, which must be equal
    #[arg(long, value_delimiter = ',', value_name = "H,H,..")]
    pub hidden: Option<Vec<usize>>,
    /// Activation function of the hidden layers
    #[arg(long, value_parser = by_name())]
    pub activation: Option<Activation>,
}

/// Settings of a network's hidden layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenLayers {
    /// The widths, all equal.
    #[serde(rename = "hidden")]
    pub widths: Vec<usize>,
    /// The function after each layer.
    pub activation: Activation,
}

impl Default for HiddenLayers {
    fn default() -> Self {
        Self { widths: vec![64; 3], activation: Activation::Silu }
    }
}

impl HiddenOptions {
    /// Returns `base` with the given options replaced.
    pub(crate) fn over(&self, base: HiddenLayers) -> HiddenLayers {
        HiddenLayers {
            widths: self.hidden.clone().unwrap_or(base.widths),
            activation: self.activation.unwrap_or(base.activation),
        }
    }
}

impl HiddenLayers {
    /// `layers` hidden layers of one width, with the default activation.
    pub fn new(width: usize, layers: usize) -> Self {
        Self { widths: vec![width; layers], ..Self::default() }
    }

    /// Checks the widths.
    ///
    /// # Errors
    /// If there are no layers, a layer has width 0, or the widths differ.
    pub(crate) fn validate(&self) -> Result<()> {
        let width = self.widths.first().copied().unwrap_or(0);
        let problem = "there must be at least one layer of at least one unit, for example 64,64,64";
        need(width > 0, "--hidden", problem)?;
        let equal = self.widths.iter().all(|&other| other == width);
        need(equal, "--hidden", "all hidden layers must have the same width, for example 64,64,64")
    }
}

/// Returns a parser that reads an activation by its name.
fn by_name() -> impl TypedValueParser<Value = Activation> {
    PossibleValuesParser::new(Activation::ALL.map(Activation::name))
        .try_map(|name| Activation::from_name(&name).ok_or("no such activation"))
}
