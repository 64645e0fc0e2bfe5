//! Optimal transport inside each batch as it is drawn: no pool of pairs is made in advance, and no pair
//! is repeated.

use super::pool::partners;
use super::{Batch, PoolSettings};
use crate::assignment::Assigner;
use crate::data::Rows;

/// Rearranges the batch's noise so that blocks of its rows are paired at least cost. Data points keep
/// their conditions and labels, and pairs stay within a class if they are made `by_class`.
///
/// Shape: `of_source` is `[n, inputs]`, the conditions of the rows of a source; `None` for noise, which has no
/// condition of its own.
///
/// # Panics
/// If a value is not finite.
pub(super) fn pair(
    batch: &mut Batch,
    of_source: Option<&Rows>,
    settings: &PoolSettings,
    by_class: bool,
) {
    let mut assigner = Assigner::default();
    let rows: Vec<usize> = (0..batch.x1.len()).collect();
    for block in rows.chunks(settings.batch) {
        for group in groups(batch, block, by_class) {
            let noise = batch.x0.select(&group);
            let x1 = batch.x1.select(&group);
            let of_start = of_source.unwrap_or(&batch.condition);
            let condition = [of_start, &batch.condition]
                .map(|conditions| settings.cost.conditions(conditions, &group));
            let partners = partners(&mut assigner, [&noise, &x1], &condition, settings.cost);
            for (noise, j) in noise.iter().zip(partners.expect("finite numbers")) {
                batch.x0.row_mut(group[j]).copy_from_slice(noise);
            }
        }
    }
}

/// Groups the block's rows `by_class`, if there are classes; else one group.
fn groups(batch: &Batch, block: &[usize], by_class: bool) -> Vec<Vec<usize>> {
    if batch.labels.is_empty() || !by_class {
        return vec![block.to_vec()];
    }
    let mut sorted = block.to_vec();
    sorted.sort_by_key(|&i| batch.labels[i]);
    sorted.chunk_by(|&a, &b| batch.labels[a] == batch.labels[b]).map(<[usize]>::to_vec).collect()
}
