//! Where samples start: at noise, or at rows of the source that a model was trained on.

use std::sync::Arc;

use fm_nostd::Model;
use rand::seq::SliceRandom;

use crate::data::{ConditionData, Dataset, Rows, Standardisation, nearest_rows};
use crate::random::{Purpose, stream};
use crate::{Error, Result};

/// Where samples start.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Start {
    /// At standard normal noise.
    #[default]
    Noise,
    /// At rows of a source, in its own units: sample `i` starts at row `i` modulo their number.
    Rows(Arc<Rows>),
}

impl Start {
    /// Starts at these rows, in order.
    pub fn at(rows: Rows) -> Self {
        Self::Rows(Arc::new(rows))
    }

    /// One row of `source` per row of `data`, which it is to be moved to: in the order of `seed`, and of the
    /// same class where there are classes. With a condition vector, the row with the nearest condition.
    ///
    /// # Errors
    /// If a class has no row in the source.
    pub fn matched(source: &Dataset, data: &Dataset, seed: u64) -> Result<Self> {
        let mut order: Vec<usize> = (0..source.len()).collect();
        order.shuffle(&mut stream(seed, Purpose::Starts, 0));
        let chosen: Vec<usize> = match (&source.condition, &data.condition) {
            (
                ConditionData::Classes { names: known, labels, .. },
                ConditionData::Classes { column, names, labels: wanted },
            ) => {
                let mut groups = vec![Vec::new(); names.len()];
                for row in order {
                    // The two sets may number their classes differently.
                    let name = &known[labels[row] as usize];
                    if let Some(class) = names.iter().position(|class| class == name) {
                        groups[class].push(row);
                    }
                }
                let mut used = vec![0; names.len()];
                let next = |&class: &u32| {
                    let class = class as usize;
                    let turn = used[class];
                    used[class] += 1;
                    let found = groups[class].get(turn % groups[class].len().max(1)).copied();
                    found.ok_or_else(|| {
                        let problem = format!(
                            "the source has no held-out row of class `{}`; name more rows with --source",
                            names[class]
                        );
                        Error::cell(&*source.name, None, Some(column), problem)
                    })
                };
                wanted.iter().map(next).collect::<Result<_>>()?
            }
            (
                ConditionData::Vector { values, .. },
                ConditionData::Vector { values: wanted, .. },
            ) => {
                let units = Standardisation::fit(wanted);
                let nearest = nearest_rows(&units.apply(wanted), &units.apply(values));
                nearest.into_iter().map(|nearest| nearest.row).collect()
            }
            _ => (0..data.len()).map(|i| order[i % order.len()]).collect(),
        };
        Ok(Self::at(source.values.select(&chosen)))
    }

    /// The row that sample `sample` starts at; `None` for noise.
    pub(super) fn row(&self, sample: usize) -> Option<&[f32]> {
        match self {
            Self::Noise => None,
            Self::Rows(rows) => Some(rows.row(sample % rows.len())),
        }
    }

    /// Refuses a start that the model was not trained on.
    pub(super) fn check(&self, model: &Model<'_>) -> Result<()> {
        let problem = match (model.has_source(), self) {
            (true, Self::Noise) => {
                "the model moves rows of a source, not noise, and a .fm file does not name them; name a file or a \
                 built-in set"
                    .to_owned()
            }
            (false, Self::Rows(_)) => {
                "the model moves noise; omit this option, or train a model with `fm train --source`"
                    .to_owned()
            }
            (true, Self::Rows(rows)) if rows.is_empty() => {
                "there are no rows to start at".to_owned()
            }
            (true, Self::Rows(rows)) if rows.dim() != model.dim() => format!(
                "the source has {} columns, but the model has {}; name them with --source-columns",
                rows.dim(),
                model.dim()
            ),
            _ => return Ok(()),
        };
        Err(Error::usage("--source", problem))
    }
}
