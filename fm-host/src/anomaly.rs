//! How strange rows are to a model, computed by `fm-nostd` on all cores: bit for bit what the device computes.

use fm_nostd::{AnomalyScore, Field, Model, ScoreError};
use rayon::prelude::*;

use crate::data::{EvaluationRows, Rows};
use crate::sample::{Conditions, field_error};
use crate::{Error, Result};

/// The scores of rows, and what each column adds to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// The score of every row: the higher, the stranger.
    pub totals: Vec<f32>,
    /// The share of every cell. Shape: as the rows.
    pub shares: Rows,
}

/// Scores every row under its condition with one evaluation of the model's field ([`fm_nostd::score`]).
///
/// # Errors
/// If the model has no velocity, moves rows of a source or does not support these conditions, or if a cell is
/// missing, too large or no category of its column.
///
/// # Panics
/// If the rows do not have the width of the model's samples.
pub fn scores(model: &Model<'_>, data: &EvaluationRows, conditions: &Conditions) -> Result<Scores> {
    let rows = &data.rows.values;
    let dim = model.dim();
    assert_eq!(rows.dim(), dim, "rows of another width");
    // Large enough that building a field costs little, small enough to keep every core busy.
    const CHUNK: usize = 256;
    let mut shares = vec![0.0; rows.len() * dim];
    let chunk = |(number, shares): (usize, &mut [f32])| {
        let hidden = || vec![0.0; model.network().shape().hidden];
        let condition = vec![0.0; model.conditioning().size()];
        let field = Field::new(model, [hidden(), hidden()], condition).map_err(field_error)?;
        let mut score = AnomalyScore::new(model, field, vec![0.0; dim]).map_err(field_error)?;
        let scored = |(i, shares): (usize, &mut [f32])| {
            let row = number * CHUNK + i;
            conditions.of(row).set(model, &mut score)?;
            score.score(rows.row(row), shares).map_err(|error| cell_error(data, row, error))
        };
        shares.chunks_mut(dim).enumerate().map(scored).collect::<Result<Vec<f32>>>()
    };
    let chunks = shares.par_chunks_mut(CHUNK * dim).enumerate().map(chunk);
    let totals = chunks.collect::<Result<Vec<_>>>()?.concat();
    Ok(Scores { totals, shares: Rows::from_vec(dim, shares) })
}

fn cell_error(data: &EvaluationRows, row: usize, error: ScoreError) -> Error {
    let (column, problem) = match error {
        ScoreError::NotFinite { column } => (
            Some(column),
            "the value is missing, or too large for the model's units; correct it, or leave out the row",
        ),
        ScoreError::Impossible { column } => {
            (Some(column), "the model has no such category; correct it, or leave out the row")
        }
        _ => (None, "the row cannot be scored"),
    };
    let number = data.numbers.as_ref().map_or(row, |numbers| numbers[row]);
    let column = column.and_then(|column| data.rows.columns.get(column));
    Error::cell(&*data.rows.name, Some(number), column.map(String::as_str), problem)
}

/// The p-value of every score: the share of the scores that are at least as high, among those of `reference` and
/// the score itself. Rows like those of the reference have values spread evenly over (0, 1]; a strange row has a
/// small one, never 0 (Bates et al., 2023, doi:10.1214/22-AOS2244).
pub fn p_values(scores: &[f32], reference: &[f32]) -> Vec<f64> {
    let mut sorted = reference.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let value = |score: &f32| {
        let above = sorted.len() - sorted.partition_point(|other| other < score);
        (1 + above) as f64 / (1 + sorted.len()) as f64
    };
    scores.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_p_value_counts_the_scores_that_are_as_high() {
        let reference = [3.0, 1.0, f32::INFINITY, 2.0];
        let values = p_values(&[0.5, 2.0, 2.5, 9.0, f32::INFINITY], &reference);
        assert_eq!(values, [1.0, 0.8, 0.6, 0.4, 0.4]);
        assert_eq!(p_values(&[1.0], &[]), [1.0]);
    }
}
