//! Couplings: which noise is paired with which data point, `x1 -> (x0, x1)`.
//!
//! Rows of a source may take the place of noise ([`SourceRows`]). Every coupling keeps the two marginals,
//! so every coupling trains a transport of noise, or of the source, to data. With
//! optimal transport the lines between pairs cross less, which improves one-step samples (Tong et al.,
//! 2023, arXiv:2302.00482; measured by `examples/defaults`).

mod examples;
mod fresh;
mod pool;
mod source;
mod transport;

pub use examples::Examples;
pub(crate) use pool::{NONE, VECTOR};
pub use pool::{Optimal, Pool, PoolSettings};
pub use source::SourceRows;
pub use transport::{Transport, TransportOptions};

use clap::ValueEnum;
use std::sync::atomic::AtomicBool;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::data::Rows;
use crate::random::fill_normal;

/// How noise and data are paired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Coupling {
    /// Independent noise for every row of every batch.
    #[default]
    Independent,
    /// Optimal transport within blocks of rows, separately for each class.
    Ot,
    /// Conditional optimal transport: pairs of noise and data with different conditions cost more; with both
    /// a class and a vector, separately for each class.
    C2ot,
}

/// The pairs of one training step.
///
/// Shape: `x0` and `x1` are `[n, dim]`, `condition` is `[n, inputs]` (width 0 without a condition),
/// `labels` is `[n]` (empty without classes), `known` is `[n, dim]` (without rows unless the pairs decide it).
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The noise of each pair, or its row of the source.
    pub x0: Rows,
    /// The data of each pair; missing cells are NaN.
    pub x1: Rows,
    /// The condition inputs of each `x1`.
    pub condition: Rows,
    /// The class of each `x1`.
    pub labels: Vec<u32>,
    /// 1 for each column that was known to the teacher that made the pair, else 0.
    pub known: Rows,
}

/// The source that a step's pairs are drawn from.
#[derive(Clone, Debug)]
pub struct Pairs {
    examples: Examples,
    meeting: Meeting,
}

/// When and how noise, or a source, is paired with data.
#[derive(Clone, Debug)]
enum Meeting {
    /// In every batch, independently.
    Chance,
    /// In every batch, by optimal transport.
    Fresh(PoolSettings),
    /// In advance, from a pool.
    Pool(Pool),
}

impl Pairs {
    /// Pairs `examples` with independent noise.
    pub fn independent(examples: Examples) -> Self {
        Self { examples, meeting: Meeting::Chance }
    }

    /// Pairs `examples` with noise by minibatch optimal transport: all pairs are made now, or with a
    /// pool of 0 rows separately in every batch.
    ///
    /// # Errors
    /// If the cost does not fit the condition, or the settings do not fit the data.
    pub fn ot(examples: Examples, settings: &PoolSettings, seed: u64) -> Result<Self> {
        Self::ot_until(examples, settings, seed, &AtomicBool::new(false))
    }

    /// Like [`Pairs::ot`], but stops when `stop` is set.
    ///
    /// # Errors
    /// Those of [`Pairs::ot`], and if `stop` is set before the pairs are made.
    pub fn ot_until(
        examples: Examples,
        settings: &PoolSettings,
        seed: u64,
        stop: &AtomicBool,
    ) -> Result<Self> {
        settings.check(&examples)?;
        let meeting = match settings.rows {
            0 => Meeting::Fresh(*settings),
            _ => Meeting::Pool(Pool::ot(&examples, settings, seed, stop)?),
        };
        Ok(Self { examples, meeting })
    }

    /// Takes pairs that were made elsewhere: row `i` of `x0` is paired with example `i`.
    ///
    /// # Panics
    /// If the number of noise rows is not the number of examples.
    pub fn made(examples: Examples, x0: Rows) -> Self {
        assert_eq!(x0.len(), examples.x1().len(), "one row of noise an example");
        let index = (0..x0.len() as u32).collect();
        let known = Rows::new(x0.dim());
        Self { examples, meeting: Meeting::Pool(Pool { x0, index, known }) }
    }

    /// Like [`Pairs::made`], by a teacher who knew the columns with the flag 1.
    ///
    /// Shape: `known` is `[n, dim]`.
    ///
    /// # Panics
    /// If the numbers of rows differ.
    pub fn made_knowing(examples: Examples, x0: Rows, known: Rows) -> Self {
        assert_eq!(x0.len(), examples.x1().len(), "one row of noise an example");
        assert_eq!((known.len(), known.dim()), (x0.len(), x0.dim()), "a flag for every column");
        let index = (0..x0.len() as u32).collect();
        Self { examples, meeting: Meeting::Pool(Pool { x0, index, known }) }
    }

    /// Whether every batch is paired separately by optimal transport.
    pub fn are_made_anew(&self) -> bool {
        matches!(self.meeting, Meeting::Fresh(_))
    }

    /// The data that noise is paired with.
    pub fn examples(&self) -> &Examples {
        &self.examples
    }

    /// Draws `n` pairs with replacement.
    pub fn draw(&self, n: usize, rng: &mut ChaCha8Rng) -> Batch {
        let Examples { x1, condition, labels, source, .. } = &self.examples;
        let mut drawn = Vec::new();
        let mut batch = Batch {
            x0: Rows::from_vec(x1.dim(), vec![0.0; n * x1.dim()]),
            x1: Rows::new(x1.dim()),
            condition: Rows::new(condition.dim()),
            labels: Vec::new(),
            known: Rows::new(x1.dim()),
        };
        for i in 0..n {
            let index = match &self.meeting {
                Meeting::Chance | Meeting::Fresh(_) => match source {
                    None => {
                        fill_normal(rng, batch.x0.row_mut(i));
                        rng.random_range(0..x1.len())
                    }
                    Some(source) => {
                        let index = rng.random_range(0..x1.len());
                        let class = labels.as_ref().map(|labels| labels[index]);
                        let start = source.draw(class, rng);
                        batch.x0.row_mut(i).copy_from_slice(source.rows().x1.row(start));
                        drawn.push(start);
                        index
                    }
                },
                Meeting::Pool(pool) => {
                    let pair = rng.random_range(0..pool.index.len());
                    batch.x0.row_mut(i).copy_from_slice(pool.x0.row(pair));
                    if !pool.known.is_empty() {
                        batch.known.push(pool.known.row(pair));
                    }
                    pool.index[pair] as usize
                }
            };
            batch.x1.push(x1.row(index));
            batch.condition.push(condition.row(index));
            batch.labels.extend(labels.as_ref().map(|labels| labels[index]));
        }
        if let Meeting::Fresh(settings) = &self.meeting {
            let of_source = source
                .as_ref()
                .map(|source| settings.cost.conditions(&source.rows().condition, &drawn));
            let by_class = self.examples.by_class(settings.cost);
            fresh::pair(&mut batch, of_source.as_ref(), settings, by_class);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    /// Examples whose row `i` is `(i, -i)`, of class `i % 3`.
    fn numbered(n: usize) -> Examples {
        let values = (0..n).flat_map(|i| [i as f32, -(i as f32)]).collect();
        let labels = (0..n as u32).map(|i| i % 3).collect();
        Examples::with_classes(Rows::from_vec(2, values), labels, 3, false)
    }

    #[test]
    fn a_condition_travels_with_its_row() {
        let conditional = Optimal::Conditional { weight: 10.0 };
        let by = |rows, cost| {
            let settings = PoolSettings { batch: 16, rows, cost };
            Pairs::ot(numbered(100), &settings, 5).expect("valid settings")
        };
        for pairs in [
            Pairs::independent(numbered(100)),
            by(600, Optimal::Plain),
            by(0, Optimal::Plain),
            by(600, conditional),
            by(0, conditional),
        ] {
            let batch = pairs.draw(200, &mut stream(1, Purpose::Batch, 0));
            assert_eq!((batch.x0.len(), batch.x1.len(), batch.condition.len()), (200, 200, 200));
            for (i, x1) in batch.x1.iter().enumerate() {
                let class = x1[0] as usize % 3;
                let mut expected = [0.0; 3];
                expected[class] = 1.0;
                assert_eq!(
                    (batch.condition.row(i), batch.labels[i]),
                    (&expected[..], class as u32)
                );
            }
        }
    }

    #[test]
    fn independent_noise_ignores_the_data() {
        let pairs = Pairs::independent(numbered(2));
        let batch = pairs.draw(40_000, &mut stream(1, Purpose::Batch, 0));
        for class in 0..2 {
            let noise: Vec<f32> = (0..batch.x0.len())
                .filter(|&i| batch.x1.row(i)[0] as usize == class)
                .map(|i| batch.x0.row(i)[0])
                .collect();
            let mean = noise.iter().sum::<f32>() / noise.len() as f32;
            // Five standard errors of 20,000 normals.
            assert!(mean.abs() < 5.0 / 141.0, "{mean}");
        }
    }

    fn normal(n: usize, dim: usize) -> Rows {
        let mut values = vec![0.0; n * dim];
        fill_normal(&mut stream(11, Purpose::Block, 0), &mut values);
        Rows::from_vec(dim, values)
    }

    fn way(batch: &Batch) -> f32 {
        let squares = batch.x0.as_slice().iter().zip(batch.x1.as_slice());
        squares.map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / batch.x0.len() as f32
    }

    #[test]
    fn fresh_pairs_are_the_batchs_own_noise_and_near() {
        let labels = (0..500).map(|i| i % 2).collect();
        let classes = Examples::with_classes(normal(500, 2), labels, 2, false);
        for examples in [Examples::plain(normal(500, 2)), classes] {
            let settings = PoolSettings { batch: 128, rows: 0, cost: Optimal::Plain };
            let fresh = Pairs::ot(examples.clone(), &settings, 0).expect("valid");
            let chance = Pairs::independent(examples);
            let draw = |pairs: &Pairs| pairs.draw(256, &mut stream(1, Purpose::Batch, 0));
            let (fresh, chance) = (draw(&fresh), draw(&chance));
            assert_eq!((&fresh.x1, &fresh.labels), (&chance.x1, &chance.labels));
            // Two independent standard normals in 2-D have a mean squared distance of 4.
            assert!(way(&chance) > 3.0 && way(&fresh) < 0.5, "{} {}", way(&chance), way(&fresh));
            // Each block and class keeps its own noise.
            for block in 0..2 {
                for class in 0..2 {
                    let of = |batch: &Batch| {
                        let own = |i: &usize| batch.labels.get(*i).is_none_or(|&l| l == class);
                        let rows: Vec<usize> =
                            (block * 128..(block + 1) * 128).filter(own).collect();
                        let mut x = batch.x0.select(&rows).into_vec();
                        x.sort_by(f32::total_cmp);
                        x
                    };
                    assert_eq!(of(&fresh), of(&chance));
                }
            }
        }
    }

    /// Data that equals its condition.
    fn conditioned(n: usize) -> Examples {
        Examples::with_vectors(normal(n, 1), &normal(n, 1), false)
    }

    /// The correlation of the noise with the condition.
    fn leak(batch: &Batch) -> f32 {
        let pairs = batch.x0.iter().zip(batch.condition.iter());
        pairs.map(|(x0, c)| x0[0] * c[0]).sum::<f32>() / batch.x0.len() as f32
    }

    #[test]
    fn the_conditional_cost_keeps_the_noise_free_of_the_condition() {
        for rows in [0, 8192] {
            let measured: Vec<[f32; 2]> = [0.0, 10.0, 1e6]
                .map(|weight| {
                    let cost = Optimal::Conditional { weight };
                    let settings = PoolSettings { batch: 256, rows, cost };
                    let pairs = Pairs::ot(conditioned(4096), &settings, 0).expect("valid");
                    let batch = pairs.draw(8192, &mut stream(1, Purpose::Batch, 0));
                    [leak(&batch), way(&batch)]
                })
                .to_vec();
            // With weight 0 it is plain transport: the noise nearly equals the condition. With a huge
            // weight every row keeps its noise: independent, 2 apart.
            assert!(measured[0][0] > 0.9 && measured[0][1] < 0.1, "{measured:?}");
            assert!(measured[2][0].abs() < 0.06 && measured[2][1] > 1.8, "{measured:?}");
            // In between, most of the dependence is gone and part of the distance is saved.
            assert!(measured[1][0] < 0.5, "{measured:?}");
            assert!(measured[1][1] < measured[2][1], "{measured:?}");
        }
    }

    /// With classes beside the vector, the conditional cost pairs within each class: else the noise would
    /// be sorted by class, since a small weight makes distances between the classes count.
    #[test]
    fn the_conditional_cost_pairs_within_each_class() {
        let labels: Vec<u32> = (0..1000).map(|i| i % 2).collect();
        let values = labels.iter().map(|&label| if label == 0 { -5.0 } else { 5.0 }).collect();
        let x1 = Rows::from_vec(1, values);
        let examples = Examples::new(x1, Some((labels, 2)), Some(&normal(1000, 1)), true);
        for rows in [0, 2000] {
            let cost = Optimal::Conditional { weight: 0.01 };
            let settings = PoolSettings { batch: 100, rows, cost };
            let pairs = Pairs::ot(examples.clone(), &settings, 0).expect("valid");
            let batch = pairs.draw(2000, &mut stream(1, Purpose::Batch, 0));
            let low = (0..2000).filter(|&i| batch.labels[i] == 0);
            let noise: Vec<f32> = low.map(|i| batch.x0.row(i)[0]).collect();
            let mean = noise.iter().sum::<f32>() / noise.len() as f32;
            // Sorted by class it would be -0.8; five standard errors of 1,000 normals, some repeated.
            assert!(mean.abs() < 5.0 * 1.4 / 1000_f32.sqrt(), "{rows}: {mean}");
        }
    }

    #[test]
    fn costs_that_do_not_suit_the_condition_are_refused() {
        let refused = |examples: Examples, cost| {
            let settings = PoolSettings { batch: 4, rows: 0, cost };
            Pairs::ot(examples, &settings, 0).map(|_| ()).expect_err("refused").to_string()
        };
        let plain = refused(conditioned(8), Optimal::Plain);
        assert!(plain.starts_with("--coupling: `ot`") && plain.contains("c2ot"), "{plain}");
        let both = Examples::new(normal(8, 1), Some((vec![0; 8], 1)), Some(&normal(8, 1)), false);
        let within = refused(both, Optimal::Plain);
        assert!(within.starts_with("--coupling: `ot`") && within.contains("c2ot"), "{within}");
        let without = Examples::plain(normal(8, 1));
        let conditional = refused(without, Optimal::Conditional { weight: 1.0 });
        assert!(conditional.starts_with("--coupling: `c2ot`"), "{conditional}");
    }

    #[test]
    fn rows_without_a_condition_draw_too() {
        let examples = Examples::plain(Rows::from_vec(1, vec![3.0, 4.0]));
        let batch = Pairs::independent(examples).draw(5, &mut stream(1, Purpose::Batch, 0));
        assert_eq!((batch.x1.len(), batch.condition.dim()), (5, 0));
    }
}
