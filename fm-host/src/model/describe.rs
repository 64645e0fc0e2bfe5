//! Describes a model and its costs, for `fm inspect`.

use std::fmt;

use fm_nostd::Prediction;
use fm_nostd::blob::{Conditioning, Contrast, Pairing};
use fm_nostd::net::{Weights, q8};
use fm_nostd::prediction::Reach;
use fm_nostd::{Activation, Form, Model};
use serde::Serialize;

use super::{cycles, kinds};
use crate::counted::counted;
use crate::data::transform::Transform;

/// A model's sizes and costs, for people and as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// The model's name.
    pub name: String,
    /// Its fingerprint, in hexadecimal.
    pub id: String,
    /// What the network predicts.
    pub prediction: &'static str,
    /// The path that the model was trained on.
    pub path: &'static str,
    /// The coupling that the model was trained with.
    pub coupling: &'static str,
    /// Whether samples start at rows of a source instead of noise.
    pub source: bool,
    /// Whether a part of a sample can be known, so that only the rest is drawn.
    pub known: bool,
    /// How many first columns were always known in training, and no others, if there are any.
    pub known_prefix: Option<usize>,
    /// The contrast that the field contains (ΔFM).
    pub contrast: Contrast,
    /// The scale of the guidance that was trained in, if any.
    pub trained_guidance: Option<f32>,
    /// Whether training weighted rows by their error.
    pub reweighted: bool,
    /// The names of a sample's columns, if the model has names.
    pub columns: Vec<String>,
    /// The transform of each column, in words; empty if the network's numbers are the data's.
    pub transforms: Vec<String>,
    /// The names of the classes, then of the condition vector's values, if the model has names.
    pub condition_names: Vec<String>,
    /// Each class's share of the training rows, if the model has the shares.
    pub class_shares: Vec<f32>,
    /// The number of values per sample.
    pub dim: usize,
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// The activation after each hidden layer.
    pub activation: Activation,
    /// The number of classes, if it has any.
    pub classes: Option<usize>,
    /// The number of values in its condition vector, if it has one.
    pub condition: Option<usize>,
    /// Whether it was trained with label dropout, which guidance needs.
    pub guidance: bool,
    /// Whether columns without a transform are clamped to a range.
    pub clamped: bool,
    /// The number format of the weights.
    pub dtype: &'static str,
    /// The number of weights and biases.
    pub parameters: usize,
    /// Multiply-accumulates per evaluation; times and condition are folded into a bias and not counted, but known
    /// parts are.
    pub macs_per_evaluation: usize,
    /// Bytes of the blob in flash.
    pub flash_bytes: usize,
    /// Bytes of the blob's weights.
    pub weights_bytes: usize,
    /// Bytes of work memory in RAM for one sample, with the solver that needs the least.
    pub ram_bytes: usize,
    /// Cycles of one evaluation on a Cortex-M4F, estimated from counted instructions, without flash
    /// wait states. A MeanFlow sample is one evaluation, and an Euler step is one.
    pub m4f_cycles_estimate: u64,
    /// The type that samples the model on the device.
    pub rust_type: String,
}

impl Description {
    /// Describes a checked model.
    pub fn of(model: &Model<'_>) -> Self {
        let shape = model.network().shape();
        let (dtype, weights_bytes) = match model.network().weights() {
            Weights::F32(weights) => ("f32", size_of_val(weights)),
            Weights::Q8(words) => ("q8", size_of_val(words)),
        };
        let network = match model.network().weights() {
            Weights::F32(_) => shape.parameters(),
            Weights::Q8(_) => q8::packed_len(shape, model.network().activation()),
        };
        let gains = weights_bytes / size_of::<f32>() - network.unwrap_or_default();
        let Conditioning { classes, vector } = model.conditioning();
        // A flag and a value of each number enter the first layer and the gains.
        let known_rows = if model.has_known() { 2 * shape.dim } else { 0 };
        let of_gains = if gains == 0 { 0 } else { (known_rows + 1) * shape.dim };
        let further = known_rows * shape.hidden + of_gains;
        let prediction = match model.prediction() {
            Prediction::Velocity => "velocity",
            Prediction::AverageVelocity => "average velocity",
            Prediction::Score => "score",
            Prediction::Noise => "noise",
            Prediction::Jump => "one jump",
        };
        let skin = match model.prediction().reach() {
            Reach::Velocity => "Mlp",
            Reach::AnyJump | Reach::OneJump => "OneStep",
        };
        let (known, memory) = match model.has_known() {
            true => ("Known", model.known_memory()),
            false => ("", vector),
        };
        Self {
            name: model.name().to_owned(),
            id: format!("{:016x}", model.id()),
            prediction,
            path: model.path().name(),
            coupling: coupling_name(model.coupling()),
            source: model.has_source(),
            known: model.has_known(),
            known_prefix: Some(model.known_prefix()).filter(|prefix| *prefix > 0),
            contrast: model.contrast(),
            trained_guidance: (model.guidance() != 0.0).then(|| model.guidance()),
            reweighted: model.reweighted(),
            columns: model.columns().map(str::to_owned).collect(),
            transforms: model
                .transforms()
                .zip(kinds::kinds(model))
                .map(|(column, kind)| kinds::words(&Transform::of(column), &kind))
                .collect(),
            condition_names: model.condition_names().map(str::to_owned).collect(),
            class_shares: model.shares().collect(),
            dim: shape.dim,
            hidden: vec![shape.hidden; shape.layers],
            activation: model.network().activation(),
            classes: (classes > 0).then_some(classes),
            condition: (vector > 0).then_some(vector),
            guidance: model.unconditional(),
            clamped: model
                .transforms()
                .any(|column| column.form == Form::Plain && column.is_limited()),
            dtype,
            parameters: shape.parameters().unwrap_or_default() + gains,
            macs_per_evaluation: shape.macs().unwrap_or_default() + further,
            flash_bytes: model.len(),
            weights_bytes,
            // The hidden layers twice, the condition with known parts, the slope and the sample.
            ram_bytes: size_of::<f32>() * (2 * shape.hidden + memory + 2 * shape.dim),
            m4f_cycles_estimate: cycles::m4f(model.network(), model.conditioning(), further),
            rust_type: format!("{known}{skin}<{}, {memory}, {}>", shape.dim, shape.hidden),
        }
    }
}

/// The name of the coupling of a model that was trained without pairs, by maximum likelihood.
const LIKELIHOOD: &str = "likelihood";

/// The name of a model's coupling.
pub(crate) fn coupling_name(coupling: Pairing) -> &'static str {
    match coupling {
        Pairing::Independent => "independent",
        Pairing::OptimalTransport => "ot",
        Pairing::Reflow => "reflow",
        Pairing::Likelihood => LIKELIHOOD,
    }
}

impl Description {
    /// What the field was trained on, in words.
    fn training(&self) -> String {
        match self.coupling {
            LIKELIHOOD => "trained by maximum likelihood".to_owned(),
            coupling => format!("{} path, {coupling} coupling", self.path),
        }
    }

    /// How the field differs from a plain one, in words after a comma.
    fn departures(&self) -> String {
        let contrast = match self.contrast {
            Contrast::None => String::new(),
            Contrast::Everywhere(lambda) => format!(", contrast {lambda}"),
            Contrast::Conditional(lambda) => format!(", contrast {lambda} under a condition"),
            Contrast::Irreversible => ", a contrast that cannot be undone".to_owned(),
        };
        let guidance =
            self.trained_guidance.map(|scale| format!(", trained with guidance {scale}"));
        let reweighted = if self.reweighted { ", rows weighted by their error" } else { "" };
        format!("{contrast}{}{reweighted}", guidance.unwrap_or_default())
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<String> = self.hidden.iter().map(usize::to_string).collect();
        let classes = self.classes.map(|count| format!("one of {count} classes"));
        let numbers = self.condition.map(|count| counted(count, "number"));
        let parts: Vec<String> = classes.into_iter().chain(numbers).collect();
        let condition = if parts.is_empty() { "none".to_owned() } else { parts.join(" and ") };
        let rows = [
            ("model", format!("{} ({})", self.name, self.id)),
            ("predicts", format!("{}, {}{}", self.prediction, self.training(), self.departures())),
            (
                "sample",
                format!(
                    "{}{}{}{}",
                    counted(self.dim, "number"),
                    if self.source { ", from a row of a source" } else { "" },
                    match (self.known, self.known_prefix) {
                        (true, None) =>
                            ", of which any can be known (--known, fm impute)".to_owned(),
                        (true, Some(1)) =>
                            ", of which the first must be known (--known, fm impute)".to_owned(),
                        (true, Some(prefix)) => {
                            format!(
                                ", of which the first {prefix} must be known (--known, fm impute)"
                            )
                        }
                        (false, _) => String::new(),
                    },
                    if self.clamped { ", clamped" } else { "" }
                ),
            ),
            ("condition", condition + if self.guidance { ", can be guided" } else { "" }),
            ("network", format!("{} {}", widths.join("-"), self.activation.name())),
            ("parameters", format!("{} ({})", self.parameters, self.dtype)),
            (
                "flash",
                format!("{} bytes, {} of them weights", self.flash_bytes, self.weights_bytes),
            ),
            ("ram", format!("{} bytes of work memory", self.ram_bytes)),
            ("work", format!("{} multiply-accumulates per evaluation", self.macs_per_evaluation)),
            (
                "Cortex-M4F",
                format!(
                    "about {:.0} thousand cycles per evaluation (estimated)",
                    self.m4f_cycles_estimate as f64 / 1e3
                ),
            ),
            ("in Rust", format!("fm_nostd::{}", self.rust_type)),
        ];
        let names = self.columns.iter().zip(&self.transforms);
        let columns = names.map(|(name, transform)| ("", format!("{name}: {transform}")));
        let (before, after) = rows.split_at(3);
        let rows: Vec<(&str, String)> =
            before.iter().cloned().chain(columns).chain(after.iter().cloned()).collect();
        for (i, (name, value)) in rows.iter().enumerate() {
            let end = if i + 1 < rows.len() { "\n" } else { "" };
            write!(f, "{name:<11}{value}{end}")?;
        }
        Ok(())
    }
}
