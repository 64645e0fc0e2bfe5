//! A model's numbers as arrays of C.

use std::fmt::{Display, Write};

use fm_nostd::Model;
use fm_nostd::net::{Weights, f32, q8};

use super::golden;
use super::integers::Integers;
use crate::blob::words;
use crate::{Error, Result};

/// Outputs per block of weights in the fragments `dense_f32.c` and `network_q8.c`.
const BLOCKS: (usize, usize) = (8, 4);

// The weights of the blob are copied as they are.
const _: () = assert!(f32::BLOCK == BLOCKS.0);

/// The arrays of a model.
pub(super) struct Tables {
    pub text: String,
    /// The bytes of all arrays but those of the self-test, and of the largest.
    pub bytes: usize,
    pub largest: usize,
    prefix: String,
    finite: bool,
}

impl Tables {
    /// Writes the arrays, whose names begin with `prefix`.
    ///
    /// # Errors
    /// If a number is not finite, or the model cannot be sampled as C99 would.
    pub fn of(model: &Model<'_>, prefix: &str) -> Result<Self> {
        let (text, prefix) = (String::new(), prefix.to_owned());
        let mut tables = Self { text, bytes: 0, largest: 0, prefix, finite: true };
        tables.text.push_str("/* The model's numbers. */\n\n");
        tables.statistics(model);
        let network = model.network();
        match network.weights() {
            Weights::F32(weights) => tables.floats_network(network.shape(), weights),
            Weights::Q8(words) => {
                let integers = Integers::of(network.shape(), network.activation(), words);
                tables.integer_network(&integers, network.shape());
            }
        }
        if !tables.finite {
            let problem =
                "the model has a number that is not finite, which C99 cannot write; train it again";
            return Err(Error::usage("--out", problem));
        }
        let (bytes, largest) = (tables.bytes, tables.largest);
        let golden: Vec<u32> = golden::samples(model)?.into_iter().map(f32::to_bits).collect();
        tables.words("golden", &golden);
        Ok(Self { bytes, largest, ..tables })
    }

    fn statistics(&mut self, model: &Model<'_>) {
        self.floats("mean", &model.mean().collect::<Vec<_>>());
        self.floats("std", &model.std().collect::<Vec<_>>());
        let (mean, scale): (Vec<f32>, Vec<f32>) = model.source().unzip();
        if !mean.is_empty() {
            self.floats("source_mean", &mean);
            self.floats("source_scale", &scale);
        }
        let mean: Vec<f32> = model.condition_mean().collect();
        if !mean.is_empty() {
            self.floats("condition_mean", &mean);
            self.floats("condition_scale", &model.condition_scale().collect::<Vec<_>>());
        }
        let columns: Vec<u32> = model.transforms().flat_map(words).collect();
        if !columns.is_empty() {
            self.words("columns", &columns);
        }
    }

    fn floats_network(&mut self, shape: fm_nostd::net::Shape, weights: &[f32]) {
        let mut rest = weights;
        let mut take = |count: usize| {
            let (taken, after) = rest.split_at(count.min(rest.len()));
            rest = after;
            taken
        };
        for i in 0..=shape.layers {
            let (inputs, outputs) = shape.layer(i).unwrap_or_default();
            self.floats(&format!("bias_{i}"), take(outputs));
            self.floats(&format!("weights_{i}"), take(inputs * outputs));
        }
        self.layers(0..=shape.layers, |prefix, i| {
            format!("{prefix}_bias_{i}, {prefix}_weights_{i}")
        });
        self.gains(rest, shape.dim);
    }

    fn integer_network(&mut self, network: &Integers, shape: fm_nostd::net::Shape) {
        if !network.table.is_empty() {
            self.array("uint16_t", 2, "table", network.table.iter());
        }
        for (i, layer) in network.layers.iter().enumerate() {
            self.array(
                "int32_t",
                4,
                &format!("bias_{i}"),
                layer.bias.iter().map(|bias| whole(*bias)),
            );
            if !layer.multipliers.is_empty() {
                self.array("uint16_t", 2, &format!("multipliers_{i}"), layer.multipliers.iter());
            }
            let outputs = layer.bias.len();
            let blocks = (0..outputs).step_by(BLOCKS.1).flat_map(|first| {
                let columns = first..outputs.min(first + BLOCKS.1);
                layer.weights.chunks(outputs).flat_map(move |row| &row[columns.clone()])
            });
            self.array("int8_t", 1, &format!("weights_{i}"), blocks);
        }
        if let Some(last) = network.layers.last() {
            self.floats("scale", &last.scale);
        }
        self.layers(network.layers.iter().enumerate(), |prefix, (i, layer)| {
            let multipliers = match layer.multipliers.is_empty() {
                true => "NULL".to_owned(),
                false => format!("{prefix}_multipliers_{i}"),
            };
            let (shift, fraction) = (layer.shift, layer.fraction);
            format!("{prefix}_bias_{i}, {multipliers}, {prefix}_weights_{i}, {shift}, {fraction}")
        });
        self.gains(&network.gains, shape.dim);
    }

    /// The list of the layers, of which `members` writes one.
    fn layers<L>(
        &mut self,
        layers: impl IntoIterator<Item = L>,
        members: impl Fn(&str, L) -> String,
    ) {
        let prefix = self.prefix.clone();
        let rows: String = layers
            .into_iter()
            .map(|layer| format!("    {{{}}},\n", members(&prefix, layer)))
            .collect();
        self.text += &format!("static const {prefix}_layer {prefix}_layers[] = {{\n{rows}}};\n\n");
    }

    fn gains(&mut self, gains: &[f32], dim: usize) {
        if let Some((bias, weights)) = gains.split_at_checked(dim).filter(|_| !gains.is_empty()) {
            self.floats("gains_bias", bias);
            self.floats("gains_weights", weights);
        }
    }

    fn floats(&mut self, name: &str, values: &[f32]) {
        self.finite &= values.iter().all(|value| value.is_finite());
        self.array("float", 4, name, values.iter().map(|value| float(*value)));
    }

    fn words(&mut self, name: &str, words: &[u32]) {
        let words = words.iter().map(|word| format!("UINT32_C({word:#010x})"));
        self.array("uint32_t", 4, name, words);
    }

    fn array<T: Display>(
        &mut self,
        kind: &str,
        size: usize,
        name: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        let (mut rows, mut row, mut count) = (String::new(), String::from("   "), 0);
        for value in values {
            let value = format!(" {value},");
            if row.len() + value.len() > 100 {
                let _ = writeln!(rows, "{row}");
                row = String::from("   ");
            }
            row += &value;
            count += 1;
        }
        let prefix = &self.prefix;
        let head = format!("static const {kind} {prefix}_{name}[{count}] {prefix}_flash");
        self.text += &format!("{head} = {{\n{rows}{row}\n}};\n\n");
        self.bytes += count * size;
        self.largest = self.largest.max(count * size);
    }
}

/// Whether the network has gains.
pub(super) fn has_gains(model: &Model<'_>) -> bool {
    let network = model.network();
    let shape = network.shape();
    match network.weights() {
        Weights::F32(weights) => Some(weights.len()) != shape.parameters(),
        Weights::Q8(words) => Some(words.len()) != q8::packed_len(shape, network.activation()),
    }
}

/// A number with nine digits, which determine its bits.
fn float(value: f32) -> String {
    format!("{value:.8e}f")
}

/// An `i32` as a constant: the least has no literal of its type.
fn whole(value: i32) -> String {
    if value == i32::MIN { "INT32_MIN".to_owned() } else { format!("INT32_C({value})") }
}
