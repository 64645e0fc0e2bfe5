//! The statistics in a blob that standardise data and conditions.

use super::message::{Classes, ConditionUnits, DataUnits, Layers};
use super::view::Model;
use crate::column::{Column, columns};

impl<'a> Model<'a> {
    /// The means of the data, dimension by dimension, in the data's units.
    pub fn mean(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.data().mean).take(self.dim())
    }

    /// The standard deviations that the data was divided by, in the data's units.
    pub fn std(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.data().std).take(self.dim())
    }

    /// How the numbers of each column become the data's after [`Model::std`] and [`Model::mean`] are applied;
    /// empty if they are the data's as they are.
    pub fn transforms(&self) -> impl Iterator<Item = Column<'a>> {
        columns(self.data().columns)
    }

    /// The mean of each column of the source, in its own units, and the factor that standardises the
    /// column after the mean is subtracted; empty if samples start at noise.
    pub fn source(&self) -> impl Iterator<Item = (f32, f32)> + 'a {
        let DataUnits { mean, std, .. } = self.data();
        floats(mean).zip(floats(std)).skip(self.dim())
    }

    /// The means of the condition vector, in its own units; empty for a model without one.
    pub fn condition_mean(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.condition().mean)
    }

    /// The factors that standardise the condition vector after its means are subtracted; empty for a
    /// model without one.
    pub fn condition_scale(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.condition().scale)
    }

    /// The standardised mean of the negatives that rows of `class` were contrasted with; empty if it is
    /// 0.
    pub fn negatives(&self, class: usize) -> impl Iterator<Item = f32> + 'a {
        let row = 4 * self.dim();
        let start = class.saturating_mul(row);
        let bytes = self.classes().negatives.get(start..start.saturating_add(row));
        floats(bytes.unwrap_or_default())
    }

    /// Each class's share of the training rows; empty if it is not known.
    pub fn shares(&self) -> impl Iterator<Item = f32> + 'a {
        floats(self.classes().shares)
    }

    /// Converts a standardised sample to the data's units, in place: `x std + mean`, then the transform of
    /// each column.
    ///
    /// A number whose column has limits is within them for any input: a NaN becomes the lower one.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn destandardise(&self, x: &mut [f32]) {
        let DataUnits { mean, std, columns: transforms } = self.data();
        for ((value, std), mean) in x.iter_mut().zip(floats(std)).zip(floats(mean)) {
            *value = *value * std + mean;
        }
        if cfg!(feature = "columns") {
            for (value, column) in x.iter_mut().zip(columns(transforms)) {
                *value = column.invert(*value);
            }
        }
    }

    /// Standardises a row of the data, in place: the opposite of [`Model::destandardise`].
    /// A value that stands for an interval, such as a category, becomes a point inside it.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn standardise(&self, x: &mut [f32]) {
        if cfg!(feature = "columns") {
            for (value, column) in x.iter_mut().zip(self.transforms()) {
                *value = column.apply(*value);
            }
        }
        for (value, (mean, std)) in x.iter_mut().zip(self.mean().zip(self.std())) {
            *value = (*value - mean) / std;
        }
    }

    /// Whether the columns can [have](Column::has) the numbers of a row in the data's units. Shape: `x` is `[dim]`.
    pub(crate) fn has(&self, x: &[f32]) -> bool {
        let columns = if cfg!(feature = "columns") { Some(self.transforms()) } else { None };
        columns.is_none_or(|mut columns| {
            x.iter().all(|x| columns.next().is_none_or(|column| column.has(*x)))
        })
    }

    /// For each number of a row in the data's units, whether it means something in its column, and the number as
    /// [`Model::standardise`] leaves it; if `known`, of the nearest number that the model read in training.
    pub(crate) fn columns_of(&self, row: &[f32], known: bool) -> impl Iterator<Item = (bool, f32)> {
        let mut transforms = columns(self.data().columns);
        row.iter().zip(self.mean().zip(self.std())).map(move |(&value, (mean, std))| {
            let column = if cfg!(feature = "columns") { transforms.next() } else { None };
            let (possible, y) = match column {
                Some(column) => {
                    let near = if known { column.nearest(value) } else { value };
                    (column.accepts(value), column.apply(near))
                }
                None => (true, value),
            };
            (possible, (y - mean) / std)
        })
    }

    /// Converts a row of the source to the units in which it is moved, in place: `(x - mean) scale`.
    /// Noise stays as it is.
    ///
    /// Shape: `x` is `[dim]`.
    pub fn standardise_source(&self, x: &mut [f32]) {
        for (value, (mean, scale)) in x.iter_mut().zip(self.source()) {
            *value = (*value - mean) * scale;
        }
    }

    /// Standardises a condition vector as in training: `(c - mean) / std`, by multiplication.
    ///
    /// Shape: `condition` is `[c]`.
    pub fn standardise_condition<'c>(
        &self,
        condition: &'c [f32],
    ) -> impl Iterator<Item = f32> + Clone + use<'a, 'c> {
        let ConditionUnits { mean, scale } = self.condition();
        let statistics = floats(mean).zip(floats(scale));
        condition.iter().zip(statistics).map(|(value, (mean, scale))| (value - mean) * scale)
    }

    fn data(&self) -> DataUnits<'a> {
        self.body()
    }

    fn condition(&self) -> ConditionUnits<'a> {
        let (DataUnits { .. }, condition) = self.body();
        condition
    }

    fn classes(&self) -> Classes<'a> {
        let (DataUnits { .. }, ConditionUnits { .. }, Layers { .. }, classes) = self.body();
        classes
    }
}

/// Little-endian numbers that need no alignment.
pub(crate) fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + Clone {
    bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk))
}
