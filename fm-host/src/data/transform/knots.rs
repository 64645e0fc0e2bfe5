//! A monotone function of straight lines through the quantiles of a column, with an interval for each value
//! that occurs often.

use statrs::distribution::{ContinuousCDF, Normal};

/// The rows that a line needs where a range has fewer lines than [`FEW_LINES`].
const ROWS_PER_LINE: f64 = 20.0;
const FEW_LINES: f64 = 12.0;

/// A part of a column's numbers, in ascending order.
pub(super) enum Part<'v> {
    /// One value with this number of rows.
    Value(f32, f64),
    /// Values that differ, sorted.
    Range(&'v [f32]),
}

/// The knots of a column from its parts in order, with at most about `lines` lines over all ranges.
///
/// `y` is the quantile of the normal distribution that has the share of rows below.
pub(super) fn knots(parts: &[Part<'_>], lines: usize) -> Vec<[f32; 4]> {
    let rows = |part: &Part<'_>| match part {
        Part::Value(_, rows) => *rows,
        Part::Range(values) => values.len() as f64,
    };
    let total: f64 = parts.iter().map(rows).sum();
    let mut below = 0.0;
    let mut knots: Vec<[f32; 4]> = Vec::new();
    for part in parts {
        let count = rows(part);
        match part {
            Part::Value(value, _) => {
                let (low, middle) = (quantile(below / total), (below + 0.5 * count) / total);
                knots.push([low, *value, 0.0, quantile(middle)]);
            }
            Part::Range(values) => {
                let share = count / total;
                // The tail of a column whose rows are mostly one value has a shape of its own.
                let own = (count / ROWS_PER_LINE).min(FEW_LINES);
                let lines =
                    ((lines as f64 * share).max(own).round() as usize).clamp(2, lines.max(2));
                range(values, [below / total, share], total, lines, &mut knots);
            }
        }
        below += count;
    }
    knots
}

/// Adds the knots of `values`, which own the shares `[start, start + share]` of `total` rows.
fn range(
    values: &[f32],
    [start, share]: [f64; 2],
    total: f64,
    lines: usize,
    knots: &mut Vec<[f32; 4]>,
) {
    /// Rows beyond the outermost inner knots: fewer would fit lines to chance.
    const OUTER: f64 = 8.0;
    let end = |p: f64| p.clamp(0.5 / total, 1.0 - 0.5 / total);
    let outer = (OUTER / total).min(0.25 * share);
    let [first, low, high, last] =
        [end(start), start + outer, start + share - outer, end(start + share)].map(quantile64);
    let inner = (0..lines - 1).map(|i| {
        let along = i as f64 / (lines - 2).max(1) as f64;
        if lines == 2 { 0.5 * (low + high) } else { low + along * (high - low) }
    });
    let normal = Normal::standard();
    let value = |y: f64| {
        let place = ((normal.cdf(y) - start) / share).clamp(0.0, 1.0) * (values.len() - 1) as f64;
        let (below, rest) = (place.floor() as usize, place.fract());
        let next = values[(below + 1).min(values.len() - 1)];
        f64::from(values[below]) * (1.0 - rest) + f64::from(next) * rest
    };
    let mut points: Vec<(f64, f64)> = vec![(first, values[0].into())];
    let ends = std::iter::once((last, values[values.len() - 1].into()));
    for (y, x) in inner.map(|y| (y, value(y))).chain(ends) {
        let (last_y, last_x) = points[points.len() - 1];
        // Single precision must tell the values apart.
        if y > last_y + 1e-4 && x - last_x > 1e-6 * x.abs().max(last_x.abs()) {
            points.push((y, x));
        }
    }
    if points.len() == 1 {
        let middle = start + 0.5 * share;
        knots.push([points[0].0 as f32, values[0], 0.0, quantile(middle)]);
    }
    for pair in points.windows(2) {
        let [(y, x), (next_y, next_x)] = [pair[0], pair[1]];
        let slope = (next_x - x) / (next_y - y);
        knots.push([y as f32, x as f32, slope as f32, y as f32]);
    }
}

/// The quantile of the standard normal distribution, within ±8.
fn quantile64(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p.clamp(1e-15, 1.0 - 1e-15))
}

fn quantile(p: f64) -> f32 {
    quantile64(p) as f32
}
