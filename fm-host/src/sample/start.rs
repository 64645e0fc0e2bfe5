//! Where samples start: at noise, or at rows of the source that a model was trained on.

use std::sync::Arc;

use fm_nostd::Model;
use rand::seq::SliceRandom;

use crate::counted::counted;
use crate::data::{self, Dataset, Rows, Standardisation, nearest_rows};
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

    /// One row of `source` per row of `data`, which it is to be moved to: in the order of `seed`, of the same
    /// class where there are classes, and with the nearest condition vector where there are vectors.
    ///
    /// # Errors
    /// If a class has no row in the source.
    pub fn matched(source: &Dataset, data: &Dataset, seed: u64) -> Result<Self> {
        let mut order: Vec<usize> = (0..source.len()).collect();
        order.shuffle(&mut stream(seed, Purpose::Starts, 0));
        let mut chosen = vec![0; data.len()];
        for (starts, ends) in groups(source, data, order)? {
            let rows = match (&source.condition.vector, &data.condition.vector) {
                (Some(known), Some(wanted)) => {
                    let units = Standardisation::fit(&wanted.values);
                    let [wanted, known] = [(&wanted.values, &ends), (&known.values, &starts)]
                        .map(|(values, rows)| units.apply(&values.select(rows)));
                    nearest_rows(&wanted, &known).iter().map(|near| starts[near.row]).collect()
                }
                _ => starts.iter().copied().cycle().take(ends.len()).collect::<Vec<_>>(),
            };
            ends.into_iter().zip(rows).for_each(|(end, row)| chosen[end] = row);
        }
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
                "the source has {}, but the model has {}; name them with --source-columns",
                counted(rows.dim(), "column"),
                model.dim()
            ),
            _ => return Ok(()),
        };
        Err(Error::usage("--source", problem))
    }
}

/// Returns rows of `data` that samples from `source` can be compared with: all, or in every class as many as
/// the source has rows, because repeated starts would give repeated samples.
///
/// # Errors
/// If a class has no row in the source.
pub fn comparable(source: &Dataset, data: &Dataset) -> Result<Dataset> {
    let order = (0..source.len()).collect();
    let mut chosen = Vec::new();
    for (starts, mut ends) in groups(source, data, order)? {
        if starts.len() < ends.len() {
            ends.shuffle(&mut stream(0, Purpose::Starts, 1));
            ends.truncate(starts.len());
        }
        chosen.extend(ends);
    }
    chosen.sort_unstable();
    Ok(data.select(&chosen))
}

/// The rows of the source, in `order`, and those of the data in `table`, of every class of the data; one group
/// without classes.
fn groups(
    source: &Dataset,
    table: &Dataset,
    order: Vec<usize>,
) -> Result<Vec<(Vec<usize>, Vec<usize>)>> {
    let (Some(known), Some(wanted)) = (&source.condition.classes, &table.condition.classes) else {
        return Ok(vec![(order, (0..table.len()).collect())]);
    };
    // The two sets may number their classes differently.
    let number = |name| wanted.names.iter().position(|other| other == name);
    let numbers: Vec<Option<usize>> = known.names.iter().map(number).collect();
    let mut starts = vec![Vec::new(); wanted.names.len()];
    for row in order {
        if let Some(class) = numbers[known.labels[row] as usize] {
            starts[class].push(row);
        }
    }
    let ends = data::groups(table.len(), Some(&wanted.labels));
    let checked = starts.into_iter().zip(ends).zip(&wanted.names).map(|((starts, ends), name)| {
        if starts.is_empty() && !ends.is_empty() {
            let problem = format!(
                "the source has no row of class `{name}` to compare held-out data with; add such rows (a \
                 fifth of a file is held out)"
            );
            return Err(Error::cell(&*source.name, None, Some(&wanted.column), problem));
        }
        Ok((starts, ends))
    });
    checked.collect()
}
