//! Optimal transport inside each batch as it is drawn: nothing is made beforehand, no pair comes
//! twice.

use super::pool::{Optimal, partners};
use super::{Batch, PoolSettings};
use crate::assignment::Assigner;
use crate::data::Rows;

/// Hands the batch's noise around so that blocks of its rows are paired at least cost. What belongs
/// to a data point stays with it.
///
/// # Panics
/// If a number is not finite.
pub(super) fn pair(batch: &mut Batch, settings: &PoolSettings) {
    let mut assigner = Assigner::default();
    let rows: Vec<usize> = (0..batch.x1.len()).collect();
    for block in rows.chunks(settings.batch) {
        for group in groups(batch, block, settings.cost) {
            let noise = batch.x0.select(&group);
            let x1 = batch.x1.select(&group);
            let condition = match settings.cost {
                Optimal::Plain => Rows::new(0),
                Optimal::Conditional { .. } => batch.condition.select(&group),
            };
            let partners = partners(&mut assigner, &noise, &x1, &condition, settings.cost);
            for (noise, j) in noise.iter().zip(partners.expect("finite numbers")) {
                batch.x0.row_mut(group[j]).copy_from_slice(noise);
            }
        }
    }
}

/// The block's rows by class, or all together where there are none or the cost minds them.
fn groups(batch: &Batch, block: &[usize], cost: Optimal) -> Vec<Vec<usize>> {
    if batch.labels.is_empty() || cost != Optimal::Plain {
        return vec![block.to_vec()];
    }
    let mut sorted = block.to_vec();
    sorted.sort_by_key(|&i| batch.labels[i]);
    sorted.chunk_by(|&a, &b| batch.labels[a] == batch.labels[b]).map(<[usize]>::to_vec).collect()
}
