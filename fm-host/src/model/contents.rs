//! The contents of a model's blob, to write another blob from.

use fm_nostd::blob::{EmitError, Spec, emit, emitted_len};
use fm_nostd::{Column, Form, Model};

use crate::blob::words;

/// The parts of a blob that a [`Spec`] borrows and a [`Model`] does not provide as slices.
pub(crate) struct Contents<'m> {
    model: &'m Model<'m>,
    mean: Vec<f32>,
    std: Vec<f32>,
    transforms: Vec<u32>,
    widths: Vec<u16>,
    condition_mean: Vec<f32>,
    condition_scale: Vec<f32>,
    negatives: Vec<f32>,
    shares: Vec<f32>,
    names: String,
}

impl<'m> Contents<'m> {
    /// Collects the contents of a checked model.
    pub fn of(model: &'m Model<'m>) -> Self {
        let (source_mean, source_scale): (Vec<f32>, Vec<f32>) = model.source().unzip();
        let (conditioning, shape) = (model.conditioning(), model.network().shape());
        Self {
            model,
            mean: model.mean().chain(source_mean).collect(),
            std: model.std().chain(source_scale).collect(),
            transforms: model.transforms().flat_map(words).collect(),
            widths: vec![shape.hidden as u16; shape.layers],
            condition_mean: model.condition_mean().collect(),
            condition_scale: model.condition_scale().collect(),
            negatives: (0..conditioning.classes).flat_map(|k| model.negatives(k)).collect(),
            shares: model.shares().collect(),
            names: model.names().flat_map(|name| [name, "\0"]).collect(),
        }
    }

    /// Removes the names: devices that do not need them save their bytes.
    fn without_names(mut self) -> Self {
        self.names.clear();
        self
    }

    /// Removes the limits and steps of the columns, except where they are values with intervals.
    fn without_limits(mut self) -> Self {
        let free = |column: Column<'m>| match column.form {
            Form::Knots => column,
            _ => Column { low: f32::NEG_INFINITY, high: f32::INFINITY, per: 0.0, ..column },
        };
        self.transforms = self.model.transforms().map(free).flat_map(words).collect();
        self
    }

    /// The spec of the unchanged model.
    pub fn spec(&self) -> Spec<'_> {
        let model = self.model;
        Spec {
            prediction: model.prediction(),
            activation: model.network().activation(),
            path: model.path(),
            coupling: model.coupling(),
            conditioning: model.conditioning(),
            unconditional: model.unconditional(),
            known: model.known_inputs(),
            known_prefix: model.known_prefix(),
            dim: model.dim(),
            widths: &self.widths,
            id: model.id(),
            start: model.start(),
            contrast: model.contrast(),
            guidance: model.guidance(),
            reweighted: model.reweighted(),
            name: model.name(),
            mean: &self.mean,
            std: &self.std,
            transforms: &self.transforms,
            condition_mean: &self.condition_mean,
            condition_scale: &self.condition_scale,
            negatives: &self.negatives,
            shares: &self.shares,
            names: &self.names,
            weights: model.network().weights(),
        }
    }
}

/// Returns a model's blob without the names of its columns and conditions.
///
/// # Errors
/// Does not fail for a checked model.
pub fn without_names(model: &Model<'_>) -> Result<Vec<u8>, EmitError> {
    emitted(&Contents::of(model).without_names().spec())
}

/// Returns a model's blob without the limits and steps of its columns, which would also move points on their
/// way from noise to data.
///
/// # Errors
/// Does not fail for a checked model.
pub fn without_limits(model: &Model<'_>) -> Result<Vec<u8>, EmitError> {
    emitted(&Contents::of(model).without_limits().spec())
}

/// Returns a model's blob without the transforms of its columns: its samples are the transformed numbers.
///
/// # Errors
/// Does not fail for a checked model.
pub(crate) fn without_transforms(model: &Model<'_>) -> Result<Vec<u8>, EmitError> {
    let mut contents = Contents::of(model).without_names();
    contents.transforms.clear();
    emitted(&contents.spec())
}

/// Returns the blob of a spec.
pub(crate) fn emitted(spec: &Spec<'_>) -> Result<Vec<u8>, EmitError> {
    let mut out = vec![0; emitted_len(spec)?];
    emit(spec, &mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use fm_nostd::Meaning;
    use fm_nostd::blob::{Conditioning, Contrast};
    use fm_nostd::net::Weights;

    use super::*;
    use crate::model::AlignedBytes;

    #[test]
    fn a_blob_written_from_a_model_is_the_models() {
        let weights = [0.25; 1 + 4 + 2];
        let column =
            Column { meaning: Meaning::Date, form: Form::Log, scale: 2.0, ..Column::PLAIN };
        let transforms: Vec<u32> = words(column).collect();
        let spec = Spec {
            conditioning: Conditioning::classes(2),
            contrast: Contrast::Conditional(0.25),
            guidance: 1.5,
            reweighted: true,
            dim: 1,
            widths: &[1],
            id: 77,
            start: 0.125,
            name: "all",
            mean: &[1.0, 3.0],
            std: &[2.0, 0.25],
            transforms: &transforms,
            negatives: &[0.5, -0.5],
            shares: &[0.75, 0.25],
            names: "x\0kind\0a\0b\x002026-11-27\0",
            weights: Weights::F32(&weights),
            ..Spec::PLAIN
        };
        let bytes = AlignedBytes::new(&emitted(&spec).expect("sizes agree"));
        let model = Model::new(bytes.bytes()).expect("valid");
        let contents = Contents::of(&model);
        assert_eq!(emitted(&contents.spec()).expect("sizes agree"), bytes.bytes()[..model.len()]);
        let bare = emitted(&contents.without_names().spec()).expect("sizes agree");
        let bytes = AlignedBytes::new(&bare);
        let model = Model::new(bytes.bytes()).expect("valid");
        assert_eq!((model.columns().count(), model.condition_names().count()), (0, 0));
        assert_eq!(model.shares().collect::<Vec<_>>(), [0.75, 0.25]);
    }
}
