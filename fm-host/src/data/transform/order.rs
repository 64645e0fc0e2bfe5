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

/// The columns among which categories find their neighbours.
pub(super) struct Neighbours<'d> {
    kinds: &'d [ColumnKind],
    /// The numbers of each column in the rows that are looked at.
    columns: Vec<Vec<f32>>,
    /// The normal scores of each column of numbers; none where no order is open.
    scores: Vec<Vec<f64>>,
}

impl<'d> Neighbours<'d> {
    /// The columns of a data set.
    pub fn of(data: &'d Dataset) -> Self {
        let open = data.kinds.iter().any(is_open);
        let every = data.values.len().div_ceil(LOOKED_AT).max(1);
        let column = |d: usize| data.values.iter().step_by(every).map(|row| row[d]).collect();
        let dim = if open { data.values.dim() } else { 0 };
        let columns: Vec<Vec<f32>> = (0..dim).map(column).collect();
        let scored = columns.iter().zip(&data.kinds).map(|(column, kind)| match kind {
            ColumnKind::Category(_) => Vec::new(),
            _ => scores(column),
        });
        let scores = scored.collect();
        Self { kinds: &data.kinds, columns, scores }
    }

    /// The categories of column `own`, in the order in which they lie on the line.
    pub fn order(&self, own: usize) -> Vec<usize> {
        let names = self.kinds[own].names().len();
        let mut order: Vec<usize> = (0..names).collect();
        let others: Vec<usize> = (0..self.kinds.len()).filter(|&other| other != own).collect();
        if !is_open(&self.kinds[own]) || others.is_empty() {
            return order;
        }
        let labels: Vec<Option<usize>> = self.columns[own].iter().map(|x| index(*x)).collect();
        let mut shares = DVector::<f64>::zeros(names);
        labels.iter().flatten().for_each(|&label| shares[label] += 1.0);
        // Half a row more, so that a category without rows has a place.
        shares.add_scalar_mut(0.5);
        shares /= shares.sum();
        let mut likeness = DMatrix::zeros(names, names);
        for other in others {
            let mut means = self.sums(&labels, names, other);
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

    /// The sums, over the rows of each category, of the features of another column: its normal scores, or one
    /// feature per category that it has. Features have mean 0 and variance 1; a missing cell is 0. Shape:
    /// `[names, features]`.
    fn sums(&self, labels: &[Option<usize>], names: usize, other: usize) -> DMatrix<f64> {
        let ColumnKind::Category(others) = &self.kinds[other] else {
            let mut sums = DMatrix::zeros(names, 1);
            for (label, score) in labels.iter().zip(&self.scores[other]) {
                label.iter().for_each(|&label| sums[label] += score);
            }
            return sums;
        };
        let mut counts = DMatrix::<f64>::zeros(names, others.len());
        for (label, x) in labels.iter().zip(&self.columns[other]) {
            label.zip(index(*x)).into_iter().for_each(|cell| counts[cell] += 1.0);
        }
        let (own, total) = (counts.column_sum(), counts.sum().max(1.0));
        for mut feature in counts.column_iter_mut() {
            let share = feature.sum() / total;
            let unit = (share * (1.0 - share)).sqrt();
            feature.axpy(-share, &own, 1.0);
            feature *= if unit > 0.0 { unit.recip() } else { 0.0 };
        }
        counts
    }
}

/// Whether a column has categories of which more than one order is possible; the direction does not count.
fn is_open(kind: &ColumnKind) -> bool {
    matches!(kind, ColumnKind::Category(names) if names.len() > 2)
}

/// The index of a category; `None` for a missing cell.
fn index(x: f32) -> Option<usize> {
    (!x.is_nan()).then_some(x as usize)
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
        assert_eq!(Neighbours::of(&grows).order(0), [2, 1, 0, 3]);
        let others = ColumnKind::Category(["a", "b"].map(str::to_owned).to_vec());
        let mixed = sizes(|size| f32::from(u8::from(size >= 2)), others);
        let found = Neighbours::of(&mixed).order(0);
        let ends: Vec<bool> = found.iter().map(|i| [0, 3].contains(i)).collect();
        assert!(
            ends == [true, true, false, false] || ends == [false, false, true, true],
            "{found:?}"
        );
    }

    #[test]
    fn categories_that_go_with_nothing_keep_the_order_of_their_names() {
        assert_eq!(Neighbours::of(&sizes(|_| 1.0, ColumnKind::Number)).order(0), [0, 1, 2, 3]);
        let gaps = sizes(|_| f32::NAN, ColumnKind::Number);
        assert_eq!(Neighbours::of(&gaps).order(0), [0, 1, 2, 3]);
    }
}
