//! Writes a trained network as a `.fm` blob, the model file that `fm-nostd` reads.

use fm_nostd::blob::{Spec, emit, emitted_len};
use fm_nostd::net::f32::{pack, pack_gains};
use fm_nostd::net::{Shape, Weights, q8};
use fm_nostd::{Column, Form};

use crate::data::transform::Transform;
use crate::data::{ColumnKind, Standardisation};
use crate::quantise::QuantisedLayer;
use crate::train::{ConditionFacts, DataFacts, RunConfig};
use crate::{Error, Result};

/// The CRC that identifies a model: CRC-64/XZ of its weights.
const FINGERPRINT: crc::Crc<u64> = crc::Crc::<u64>::new(&crc::CRC_64_XZ);

/// Returns the fingerprint of weights in any order and number format.
pub(crate) fn fingerprint<T: bytemuck::NoUninit>(weights: &[T]) -> u64 {
    FINGERPRINT.checksum(bytemuck::cast_slice(weights))
}

/// Returns a network's blob; `clamp` keeps samples inside the range of the training data.
///
/// Shape: `parameters` is `[P]`, in the order of [`Architecture`](crate::net::Architecture).
///
/// # Errors
/// If the network is larger than the blob format allows.
pub fn blob(config: &RunConfig, parameters: &[f32], clamp: bool) -> Result<Vec<u8>> {
    let (network, gains) = parts(config, parameters)?;
    let mut weights = vec![0.0; network.len()];
    pack(shape(config), network, &mut weights).map_err(refused)?;
    weights.extend(packed_gains(config, gains)?);
    emitted(config, fingerprint(parameters), Weights::F32(&weights), clamp)
}

/// Returns the blob of a network that was [quantised](crate::quantise::quantise), with the gains of the original
/// `parameters`; `clamp` keeps samples inside the range of the training data.
///
/// # Errors
/// If the network is larger than the blob format allows, or the layers do not fit the network.
pub fn blob_q8(
    config: &RunConfig,
    parameters: &[f32],
    layers: &[QuantisedLayer],
    clamp: bool,
) -> Result<Vec<u8>> {
    let (shape, activation) = (shape(config), config.architecture.activation);
    let mut words = vec![0; q8::packed_len(shape, activation).unwrap_or_default()];
    q8::pack(shape, activation, layers.iter().map(QuantisedLayer::view), &mut words)
        .map_err(refused)?;
    let (_, gains) = parts(config, parameters)?;
    words.extend(packed_gains(config, gains)?.iter().map(|gain| gain.to_bits()));
    emitted(config, fingerprint(&words), Weights::Q8(&words), clamp)
}

/// Returns the parameters of the network, and the gains.
fn parts<'p>(config: &RunConfig, parameters: &'p [f32]) -> Result<(&'p [f32], &'p [f32])> {
    let count = shape(config).parameters();
    let parts = count.and_then(|count| parameters.split_at_checked(count));
    parts.ok_or_else(|| refused("the network has more parameters than its checkpoint"))
}

/// Returns the gains in the blob's order.
fn packed_gains(config: &RunConfig, gains: &[f32]) -> Result<Vec<f32>> {
    let mut packed = vec![0.0; gains.len()];
    if !gains.is_empty() {
        pack_gains(shape(config), gains, &mut packed).map_err(refused)?;
    }
    Ok(packed)
}

fn shape(config: &RunConfig) -> Shape {
    let architecture = &config.architecture;
    Shape {
        dim: architecture.data,
        times: 1 + usize::from(architecture.average),
        condition: architecture.condition,
        hidden: architecture.hidden,
        layers: architecture.layers,
    }
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::usage("--hidden", error.to_string())
}

fn emitted(config: &RunConfig, id: u64, weights: Weights<'_>, clamp: bool) -> Result<Vec<u8>> {
    let (architecture, facts, field) = (&config.architecture, &config.facts, &config.field);
    let ConditionFacts { classes, vector } = &facts.condition;
    let class_names =
        classes.iter().flat_map(|facts| [&facts.column].into_iter().chain(&facts.names));
    let conditions = class_names.chain(facts.condition.vector_columns());
    let values = facts.kinds.iter().flat_map(ColumnKind::names);
    let names = terminated(facts.columns.iter().chain(conditions).chain(values));
    let condition = vector.as_ref().map(|vector| &vector.standardisation);
    let rows = facts.rows as f32;
    let counts = classes.iter().flat_map(|facts| &facts.counts);
    let shares: Vec<f32> = counts.map(|&count| count as f32 / rows).collect();
    let condition_scale: Vec<f32> = condition
        .iter()
        .flat_map(|standardisation| &standardisation.std)
        .map(|std| 1.0 / std)
        .collect();
    // Known values beyond the training rows are read as the ends of their range.
    let transforms: Vec<u32> = transforms(facts, clamp, architecture.known.is_masked());
    let Standardisation { mut mean, mut std, .. } = facts.standardisation.clone();
    if let Some(source) = &config.source {
        mean.extend_from_slice(&source.standardisation.mean);
        std.extend(source.standardisation.std.iter().map(|std| 1.0 / std));
    }
    let width = u16::try_from(architecture.hidden).map_err(refused)?;
    let widths = vec![width; architecture.layers];
    let output = config.train.output();
    let spec = Spec {
        prediction: output.prediction,
        activation: architecture.activation,
        path: output.path,
        coupling: field.coupling,
        conditioning: facts.condition.conditioning(),
        unconditional: config.has_none_row(),
        known: architecture.known,
        known_prefix: config.train.masks.known_prefix.unwrap_or(0),
        dim: architecture.data,
        widths: &widths,
        id,
        start: config.train.objective.facts().start,
        contrast: field.contrast,
        guidance: field.guidance,
        reweighted: field.reweighted,
        name: &config.facts.name,
        mean: &mean,
        std: &std,
        transforms: &transforms,
        condition_mean: condition.map_or(&[], |standardisation| &*standardisation.mean),
        condition_scale: &condition_scale,
        negatives: &field.negatives,
        shares: &shares,
        names: &names,
        weights,
    };
    let mut out = vec![0; emitted_len(&spec).map_err(refused)?];
    emit(&spec, &mut out).map_err(refused)?;
    Ok(out)
}

/// Returns the words of the columns' transforms; `clamp` limits all to the range of the training data, and `ranges`
/// adds that range.
fn transforms(facts: &DataFacts, clamp: bool, ranges: bool) -> Vec<u32> {
    let plain = vec![Transform::plain(""); facts.columns.len()];
    let transforms = match &*facts.standardisation.transforms {
        [] if !clamp && !ranges => return Vec::new(),
        [] => &plain,
        transforms => transforms,
    };
    let range = facts.min.iter().zip(&facts.max);
    let column = |(transform, (&low, &high)): (&Transform, (&f32, &f32))| {
        let column = transform.column();
        let column = if clamp { Column { low, high, ..column } } else { column };
        // Knots have these limits anyway, and a column without values has no range.
        let ranged = ranges && column.form != Form::Knots && low <= high;
        let range: &[f32] = if ranged { &[low, high] } else { &[] };
        let parameters = [column.parameters, bytemuck::cast_slice(range)].concat();
        words(Column { parameters: &parameters, ..column }).collect::<Vec<u32>>()
    };
    transforms.iter().zip(range).flat_map(column).collect()
}

/// Returns the words of a column as a blob stores them.
pub(crate) fn words(column: Column<'_>) -> impl Iterator<Item = u32> {
    let (parameters, _) = column.parameters.as_chunks();
    column.words().into_iter().chain(parameters.iter().map(|bytes| u32::from_le_bytes(*bytes)))
}

/// Joins names as the blob stores them: each is followed by a zero byte.
fn terminated<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    // A zero byte inside a name would end it early.
    names.into_iter().map(|name| name.replace('\0', "\u{fffd}") + "\0").collect()
}
