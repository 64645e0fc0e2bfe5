//! A model in a picture, with the request for its samples.

use std::path::Path;

use crate::data::Rows;
use crate::model::{StoredModel, without_limits};
use crate::sample::{self, Request};
use crate::{Error, Result};

/// A model in a picture.
pub struct Subject {
    /// Its name in the picture.
    pub name: String,
    /// The model.
    pub stored: StoredModel,
    /// Its samples.
    pub request: Request,
    /// The model without limits and steps of columns, which would move the noise.
    free: StoredModel,
}

impl Subject {
    /// A model, and its samples by `request`.
    ///
    /// # Errors
    /// Does not fail for a checked model.
    pub fn new(name: String, stored: StoredModel, request: Request) -> Result<Self> {
        let path = Path::new(&name);
        let bytes = without_limits(&stored.view());
        let bytes = bytes.map_err(|error| Error::model(path, error.to_string()))?;
        let free = StoredModel::new(&bytes, None, path)?;
        Ok(Self { name, stored, request, free })
    }

    /// Where the samples of `request` are at `times`: [`sample::states`], with limits only at time 1.
    pub(super) fn states(&self, request: &Request, times: &[f32]) -> Result<Vec<Rows>> {
        let at = |&t: &f32| {
            let model = if t == 1.0 { &self.stored } else { &self.free };
            sample::states(&model.view(), request, &[t])
        };
        Ok(times.iter().map(at).collect::<Result<Vec<_>>>()?.concat())
    }

    /// The velocities at `states`, which are those at time `t`.
    pub(super) fn velocities(&self, t: f32, states: &Rows) -> Result<Rows> {
        sample::velocities(&self.free.view(), &self.request, t, states)
    }

    /// The class of each sample.
    pub(super) fn classes(&self) -> impl Iterator<Item = Option<usize>> {
        (0..self.request.count).map(|i| self.request.conditions.class(i))
    }

    /// The name of a class in the legend.
    pub(super) fn class_name(&self, class: Option<usize>) -> String {
        let Some(class) = class else { return "sample".to_owned() };
        let name = self.stored.class_names().get(class).cloned();
        format!("{} {}", self.stored.class_column(), name.unwrap_or(class.to_string()))
    }

    /// Where a row is drawn: its two columns, or its column over the time `t`.
    pub(super) fn place(columns: &[usize], t: f32, row: &[f32]) -> [f32; 2] {
        match *columns {
            [x, y] => [row[x], row[y]],
            [y] => [t, row[y]],
            _ => [0.0; 2],
        }
    }
}
