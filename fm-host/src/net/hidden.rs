//! The network's hidden layers, as a user chooses them.

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

/// The hidden layers of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenLayers {
    /// Their widths, all equal.
    #[serde(rename = "hidden")]
    pub widths: Vec<usize>,
    /// The function behind each.
    pub activation: Activation,
}

impl Default for HiddenLayers {
    fn default() -> Self {
        Self { widths: vec![64; 3], activation: Activation::Silu }
    }
}

impl HiddenOptions {
    /// `base` with what was given in its place.
    pub(crate) fn over(&self, base: HiddenLayers) -> HiddenLayers {
        HiddenLayers {
            widths: self.hidden.clone().unwrap_or(base.widths),
            activation: self.activation.unwrap_or(base.activation),
        }
    }
}

impl HiddenLayers {
    /// So many layers of one width, with the usual function behind each.
    pub fn new(width: usize, layers: usize) -> Self {
        Self { widths: vec![width; layers], ..Self::default() }
    }

    /// Checks the widths.
    ///
    /// # Errors
    /// If there is no layer, an empty one, or layers of different widths.
    pub(crate) fn validate(&self) -> Result<()> {
        let width = self.widths.first().copied().unwrap_or(0);
        let problem = "there must be at least one layer of at least one unit, for example 64,64,64";
        need(width > 0, "--hidden", problem)?;
        let equal = self.widths.iter().all(|&other| other == width);
        need(equal, "--hidden", "all hidden layers must have the same width, for example 64,64,64")
    }
}

/// Reads an activation by its name.
fn by_name() -> impl TypedValueParser<Value = Activation> {
    PossibleValuesParser::new(Activation::ALL.map(Activation::name))
        .try_map(|name| Activation::from_name(&name).ok_or("no such activation"))
}
