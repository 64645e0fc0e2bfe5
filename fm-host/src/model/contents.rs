//! The contents of a model's blob, to write another blob from.

use fm_nostd::Model;
use fm_nostd::blob::{EmitError, Spec, emit, emitted_len};

/// The parts of a blob that a [`Spec`] borrows and a [`Model`] does not provide as slices.
pub(crate) struct Contents<'m> {
    model: &'m Model<'m>,
    mean: Vec<f32>,
    std: Vec<f32>,
    clamp: Vec<f32>,
    condition_mean: Vec<f32>,
    condition_scale: Vec<f32>,
    negatives: Vec<f32>,
    shares: Vec<f32>,
    columns: String,
    conditions: String,
}

impl<'m> Contents<'m> {
    /// Collects the contents of a checked model.
    pub fn of(model: &'m Model<'m>) -> Self {
        let (low, high): (Vec<f32>, Vec<f32>) = model.clamp().unzip();
        let (source_mean, source_scale): (Vec<f32>, Vec<f32>) = model.source().unzip();
        let terminated = |names: &mut dyn Iterator<Item = &str>| -> String {
            names.flat_map(|name| [name, "\0"]).collect()
        };
        let conditioning = model.conditioning();
        let mut names = model.condition_names().peekable();
        let column = names.peek().filter(|_| conditioning.classes > 0);
        let column = column.map(|_| model.class_column());
        Self {
            model,
            mean: model.mean().chain(source_mean).collect(),
            std: model.std().chain(source_scale).collect(),
            clamp: [low, high].concat(),
            condition_mean: model.condition_mean().collect(),
            condition_scale: model.condition_scale().collect(),
            negatives: (0..conditioning.classes).flat_map(|k| model.negatives(k)).collect(),
            shares: model.shares().collect(),
            columns: terminated(&mut model.columns()),
            conditions: terminated(&mut column.into_iter().chain(names)),
        }
    }

    /// Removes the names: devices that do not need them save their bytes.
    fn without_names(mut self) -> Self {
        self.columns.clear();
        self.conditions.clear();
        self
    }

    /// Removes the clamp.
    fn without_clamp(mut self) -> Self {
        self.clamp.clear();
        self
    }

    /// The spec of the unchanged model.
    pub fn spec(&self) -> Spec<'_> {
        let model = self.model;
        let shape = model.network().shape();
        Spec {
            prediction: model.prediction(),
            activation: model.network().activation(),
            path: model.path(),
            coupling: model.coupling(),
            conditioning: model.conditioning(),
            unconditional: model.unconditional(),
            dim: shape.dim,
            hidden: shape.hidden,
            layers: shape.layers,
            id: model.id(),
            start: model.start(),
            contrast: model.contrast(),
            guidance: model.guidance(),
            reweighted: model.reweighted(),
            name: model.name(),
            mean: &self.mean,
            std: &self.std,
            clamp: &self.clamp,
            condition_mean: &self.condition_mean,
            condition_scale: &self.condition_scale,
            negatives: &self.negatives,
            shares: &self.shares,
            columns: &self.columns,
            conditions: &self.conditions,
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

/// Returns a model's blob without its clamp, which would also move points on their way from noise to data.
///
/// # Errors
/// Does not fail for a checked model.
pub fn without_clamp(model: &Model<'_>) -> Result<Vec<u8>, EmitError> {
    emitted(&Contents::of(model).without_clamp().spec())
}

/// Returns the blob of a spec.
pub(crate) fn emitted(spec: &Spec<'_>) -> Result<Vec<u8>, EmitError> {
    let mut out = vec![0; emitted_len(spec)?];
    emit(spec, &mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use fm_nostd::blob::{Conditioning, Contrast};
    use fm_nostd::net::Weights;

    use super::*;
    use crate::model::AlignedBytes;

    #[test]
    fn a_blob_written_from_a_model_is_the_models() {
        let weights = [0.25; 1 + 4 + 2];
        let spec = Spec {
            conditioning: Conditioning::classes(2),
            contrast: Contrast::Conditional(0.25),
            guidance: 1.5,
            reweighted: true,
            dim: 1,
            hidden: 1,
            layers: 1,
            id: 77,
            start: 0.125,
            name: "all",
            mean: &[1.0, 3.0],
            std: &[2.0, 0.25],
            clamp: &[-1.0, 1.0],
            negatives: &[0.5, -0.5],
            shares: &[0.75, 0.25],
            columns: "x\0",
            conditions: "kind\0a\0b\0",
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
