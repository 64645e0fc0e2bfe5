//! The source: rows of another data set that paths start at instead of noise.
//!
//! Flow matching moves any law to any other law (Albergo and Vanden-Eijnden, 2022, arXiv:2209.15571; Tong et
//! al., 2023, arXiv:2302.00482); noise is the law that needs no data. Rows are drawn from the source's part
//! with the same class, so that every class is moved to itself.

use rand::RngExt;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::Examples;
use crate::data;

/// The rows of a source, standardised by their own statistics, with their conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRows {
    rows: Examples,
    /// The rows of each class; one group without classes.
    groups: Vec<Vec<usize>>,
}

impl SourceRows {
    /// Groups the rows by class.
    pub fn new(rows: Examples) -> Self {
        let groups = data::groups(rows.x1.len(), rows.labels());
        Self { rows, groups }
    }

    /// The rows, and their conditions as the network receives them.
    pub fn rows(&self) -> &Examples {
        &self.rows
    }

    /// Draws a row of a class, or any row.
    ///
    /// # Panics
    /// If the class has no rows.
    pub fn draw(&self, class: Option<u32>, rng: &mut ChaCha8Rng) -> usize {
        match class {
            Some(class) => {
                let group = &self.groups[class as usize];
                group[rng.random_range(0..group.len())]
            }
            None => rng.random_range(0..self.rows.x1.len()),
        }
    }

    /// Draws `n` rows of a class, or any rows: different ones if there are enough.
    ///
    /// # Panics
    /// If the class has no rows.
    pub(super) fn block(&self, class: Option<u32>, n: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let all = class.map(|class| &self.groups[class as usize]);
        let count = all.map_or(self.rows.x1.len(), Vec::len);
        if count < n {
            return (0..n).map(|_| self.draw(class, rng)).collect();
        }
        let chosen = index::sample(rng, count, n).into_iter();
        chosen.map(|i| all.map_or(i, |group| group[i])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rows;
    use crate::random::{Purpose, stream};

    fn numbered(n: usize) -> SourceRows {
        let x = Rows::from_vec(1, (0..n).map(|i| i as f32).collect());
        SourceRows::new(Examples::with_classes(x, (0..n as u32).map(|i| i % 3).collect(), 3, false))
    }

    #[test]
    fn rows_are_of_the_class_and_differ_within_a_block() {
        let (source, mut rng) = (numbered(90), stream(1, Purpose::Block, 0));
        for n in [1, 30, 45] {
            let mut rows = source.block(Some(2), n, &mut rng);
            assert!(rows.len() == n && rows.iter().all(|row| row % 3 == 2));
            rows.sort_unstable();
            rows.dedup();
            // 45 of 30 rows repeat some.
            assert!(if n <= 30 { rows.len() == n } else { rows.len() < n });
        }
        let all = source.block(None, 90, &mut rng);
        assert_eq!(all.iter().sum::<usize>(), 89 * 90 / 2);
        assert!((0..50).all(|_| source.draw(Some(1), &mut rng) % 3 == 1));
    }
}
