//! The nearest row of a table, by comparing with every row.

use rayon::prelude::*;

use super::Rows;

/// The nearest row of a table to a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// The row's index; the first of several equally near ones.
    pub row: usize,
    /// The Euclidean distance to it.
    pub distance: f64,
}

/// Finds the nearest row of a table for each point. Shape: `[points]`.
///
/// # Panics
/// If the table is empty or has another width.
pub(crate) fn nearest_rows(points: &Rows, table: &Rows) -> Vec<Nearest> {
    assert!(!table.is_empty() && points.dim() == table.dim(), "a table of the points' width");
    let squared =
        |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum() };
    let nearest = |i: usize| {
        let distances = table.iter().map(|row| squared(points.row(i), row)).enumerate();
        let least = (0, f32::INFINITY);
        let least = distances.fold(least, |least, one| if one.1 < least.1 { one } else { least });
        Nearest { row: least.0, distance: f64::from(least.1.sqrt()) }
    };
    (0..points.len()).into_par_iter().map(nearest).collect()
}
