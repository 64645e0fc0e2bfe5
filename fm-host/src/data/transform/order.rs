//! The order in which the categories of a column lie on the line.
//!
//! Names say nothing about neighbours. Where categories that go with the same values of the other columns lie
//! side by side, the network has fewer edges to learn. The order is that of the first axis of a correspondence
//! analysis (Hill, 1973, doi:10.2307/2258931): the line along which the means of the other columns differ most
//! from category to category.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::data::{ColumnKind, Dataset};

/// The most rows that are looked at.
const LOOKED_AT: usize = 20_000;

/// The categories of column `own`, in the order in which they lie on the line.
pub(super) fn order(data: &Dataset, own: usize) -> Vec<usize> {
    let names = data.kinds[own].names().len();
    let mut order: Vec<usize> = (0..names).collect();
    let others: Vec<usize> = (0..data.values.dim()).filter(|&other| other != own).collect();
    if names < 3 || others.is_empty() {
        return order;
    }
    let every = data.values.len().div_ceil(LOOKED_AT).max(1);
    let column =
        |d: usize| data.values.iter().step_by(every).map(|row| row[d]).collect::<Vec<f32>>();
    let labels: Vec<Option<usize>> = column(own).iter().map(|x| index(*x)).collect();
    let mut shares = DVector::<f64>::zeros(names);
    labels.iter().flatten().for_each(|&label| shares[label] += 1.0);
    // Half a row more, so that a category without rows has a place.
    shares.add_scalar_mut(0.5);
    shares /= shares.sum();
    let mut likeness = DMatrix::zeros(names, names);
    for other in others {
        let mut means = sums(&labels, names, &column(other), &data.kinds[other]);
        // A category's mean counts by its share.
        for (mut row, share) in means.row_iter_mut().zip(&shares) {
            row /= share.sqrt();
        }
        likeness += &means * means.transpose();
    }
    let eigen = likeness.symmetric_eigen();
    if eigen.eigenvalues.max() <= 0.0 {
        return order;
    }
    let axis = eigen.eigenvectors.column(eigen.eigenvalues.imax());
    let place = |i: usize| axis[i] / shares[i].sqrt();
    order.sort_by(|&a, &b| place(a).total_cmp(&place(b)));
    // An axis has no direction of its own.
    let at = |name: usize| order.iter().position(|&i| i == name);
    if at(0) > at(names - 1) {
        order.reverse();
    }
    order
}

/// The index of a category; `None` for a missing cell.
fn index(x: f32) -> Option<usize> {
    (!x.is_nan()).then_some(x as usize)
}

/// The sums, over the rows of each category, of the features of another column: its normal scores, or one feature
/// per category that it has. Features have mean 0 and variance 1; a missing cell is 0. Shape: `[names, features]`.
fn sums(labels: &[Option<usize>], names: usize, column: &[f32], kind: &ColumnKind) -> DMatrix<f64> {
    let rows = labels.iter().zip(column).filter_map(|(label, x)| Some((*label)?).zip(index(*x)));
    let ColumnKind::Category(others) = kind else {
        let mut sums = DMatrix::zeros(names, 1);
        let scored = labels.iter().zip(scores(column));
        scored.for_each(|(label, score)| label.iter().for_each(|&label| sums[label] += score));
        return sums;
    };
    let mut counts = DMatrix::<f64>::zeros(names, others.len());
    rows.for_each(|(label, other)| counts[(label, other)] += 1.0);
    let (own, total) = (counts.column_sum(), counts.sum().max(1.0));
    for mut feature in counts.column_iter_mut() {
        let share = feature.sum() / total;
        let unit = (share * (1.0 - share)).sqrt();
        feature.axpy(-share, &own, 1.0);
        feature *= if unit > 0.0 { unit.recip() } else { 0.0 };
    }
    counts
}

/// The normal scores of a column's numbers; equal numbers have equal scores, missing cells 0.
fn scores(column: &[f32]) -> Vec<f64> {
    let mut places: Vec<usize> = (0..column.len()).filter(|&i| !column[i].is_nan()).collect();
    places.sort_unstable_by(|&a, &b| column[a].total_cmp(&column[b]));
    let normal = Normal::standard();
    let mut scores = vec![0.0; column.len()];
    let mut below = 0;
    for tied in places.chunk_by(|&a, &b| column[a] == column[b]) {
        let middle = (below as f64 + 0.5 * tied.len() as f64) / places.len() as f64;
        tied.iter().for_each(|&i| scores[i] = normal.inverse_cdf(middle));
        below += tied.len();
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ConditionData, Rows};

    /// A column of four sizes, whose names hide their order, beside `other` of each row's size.
    fn sizes(other: impl Fn(usize) -> f32, kind: ColumnKind) -> Dataset {
        // By name: l, m, s, xl.
        const SIZES: [f32; 4] = [2.0, 1.0, 0.0, 3.0];
        let names = ["l", "m", "s", "xl"].map(str::to_owned).to_vec();
        let rows = (0..400).flat_map(|i| [SIZES[i % 4], other(i % 4)]).collect();
        Dataset {
            name: "sizes".into(),
            columns: ["size", "other"].map(str::to_owned).to_vec(),
            kinds: vec![ColumnKind::Category(names), kind],
            values: Rows::from_vec(2, rows),
            condition: ConditionData::default(),
        }
    }

    #[test]
    fn categories_lie_in_the_order_of_what_they_go_with() {
        let grows = sizes(|size| [0.1, 3.0, 5.0, 60.0][size], ColumnKind::Number);
        // From s to xl: `l` comes before `xl`.
        assert_eq!(order(&grows, 0), [2, 1, 0, 3]);
        let others = ColumnKind::Category(["a", "b"].map(str::to_owned).to_vec());
        let mixed = sizes(|size| f32::from(u8::from(size >= 2)), others);
        let found = order(&mixed, 0);
        let ends: Vec<bool> = found.iter().map(|i| [0, 3].contains(i)).collect();
        assert!(
            ends == [true, true, false, false] || ends == [false, false, true, true],
            "{found:?}"
        );
    }

    #[test]
    fn categories_that_go_with_nothing_keep_the_order_of_their_names() {
        assert_eq!(order(&sizes(|_| 1.0, ColumnKind::Number), 0), [0, 1, 2, 3]);
        let gaps = sizes(|_| f32::NAN, ColumnKind::Number);
        assert_eq!(order(&gaps, 0), [0, 1, 2, 3]);
    }
}
