//! Exports weights for PyTorch, NumPy and others, with the metadata needed to rebuild the network.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;

use crate::train::RunConfig;
use crate::{Error, Result};

/// Returns a network as safetensors.
///
/// Tensors: `layers.{i}.weight` (`[outputs, inputs]`, as in `torch.nn.Linear`), `layers.{i}.bias`,
/// with gains `gains.weight` and `gains.bias`, a layer on the inputs before `x`,
/// `data.mean`, `data.std`, with a condition vector `condition.mean`, `condition.std`, and with a source
/// `source.mean`, `source.std`. Metadata:
/// `inputs`, the names of the first layer's inputs in order, and `config`, the run's whole
/// configuration; both are JSON.
///
/// Shape: `parameters` is `[P]`, in the order of [`Architecture`](crate::net::Architecture).
///
/// # Errors
/// If the format cannot represent the network.
pub fn safetensors(config: &RunConfig, parameters: &[f32]) -> Result<Vec<u8>> {
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    let layers = config.architecture.layers().into_iter().enumerate();
    let layers = layers.map(|(i, layer)| (format!("layers.{i}"), layer));
    let gains = config.architecture.gains().map(|gains| ("gains".to_owned(), gains));
    for (name, layer) in layers.chain(gains) {
        let weights = &parameters[layer.weights.clone()];
        let transposed = (0..layer.outputs)
            .flat_map(|output| weights[output..].iter().step_by(layer.outputs).copied())
            .collect();
        tensors.push((format!("{name}.weight"), vec![layer.outputs, layer.inputs], transposed));
        let bias = parameters[layer.bias.clone()].to_vec();
        tensors.push((format!("{name}.bias"), vec![layer.outputs], bias));
    }
    let mut statistics = |name: &str, of: &crate::data::Standardisation| {
        for (part, values) in [("mean", &of.mean), ("std", &of.std)] {
            tensors.push((format!("{name}.{part}"), vec![values.len()], values.clone()));
        }
    };
    statistics("data", &config.facts.standardisation);
    if let Some(vector) = &config.facts.condition.vector {
        statistics("condition", &vector.standardisation);
    }
    if let Some(source) = &config.source {
        statistics("source", &source.standardisation);
    }
    let views = tensors.iter().map(|(name, shape, values)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values));
        view.map(|view| (name, view)).map_err(refused)
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    in_order(serialize(views, Some(metadata(config)?)).map_err(refused)?)
}

/// Sorts the keys of the file's header: the crate writes metadata in a different order each time, and a run
/// must always give the same file.
fn in_order(mut file: Vec<u8>) -> Result<Vec<u8>> {
    let malformed = || Error::usage("--out", "safetensors: the header is missing");
    let (length, rest) = file.split_first_chunk_mut().ok_or_else(malformed)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    let header = length.and_then(|length| rest.get_mut(..length)).ok_or_else(malformed)?;
    let sorted: Value = serde_json::from_slice(header).map_err(unwritable)?;
    let sorted = sorted.to_string();
    // The sorted header has its former length, without the spaces at its end.
    header.get_mut(..sorted.len()).ok_or_else(malformed)?.copy_from_slice(sorted.as_bytes());
    Ok(file)
}

fn metadata(config: &RunConfig) -> Result<HashMap<String, String>> {
    let text = |value: serde_json::Result<String>| value.map_err(unwritable);
    let condition = &config.facts.condition;
    let classes = condition.classes.iter().flat_map(|classes| &classes.names);
    let times: &[&str] = if config.architecture.average { &["t", "h"] } else { &["t"] };
    let mut inputs: Vec<String> = times.iter().map(|&time| time.to_owned()).collect();
    inputs.extend(classes.map(|name| format!("class:{name}")));
    inputs.extend(condition.vector_columns().iter().map(|column| format!("condition:{column}")));
    if config.has_none_row() {
        inputs.push("no_condition".to_owned());
    }
    inputs.extend(config.facts.columns.iter().map(|column| format!("x:{column}")));
    Ok(HashMap::from([
        ("format".to_owned(), "pt".to_owned()),
        ("inputs".to_owned(), text(serde_json::to_string(&inputs))?),
        ("config".to_owned(), text(serde_json::to_string(config))?),
    ]))
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::usage("--out", error.to_string())
}

fn refused(error: safetensors::SafeTensorError) -> Error {
    Error::usage("--out", format!("safetensors: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::fixtures;

    #[test]
    fn a_run_gives_one_file() {
        let checkpoint = fixtures::checkpoint(3);
        let write = || safetensors(&checkpoint.config, checkpoint.weights()).expect("a file");
        let first = write();
        // Three keys have six orders.
        assert!((0..40).all(|_| write() == first));
        let (_, header) = ::safetensors::SafeTensors::read_metadata(&first).expect("readable");
        let metadata = header.metadata().as_ref().expect("metadata");
        let config = serde_json::to_string(&checkpoint.config).expect("JSON");
        assert_eq!((metadata.len(), &metadata["config"]), (3, &config));
    }
}
