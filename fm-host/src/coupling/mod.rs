//! Which noise meets which data point: `x1 -> (x0, x1)`.
//!
//! Both couplings keep the two marginals, so both train the same transport of noise to data; optimal
//! transport makes the pairs' lines cross less, which is what one-step sampling lives on
//! (reference/quality.md, finding 3).

mod examples;
mod pool;

pub use examples::Examples;
pub use pool::{Pool, PoolSettings};

use clap::ValueEnum;
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
    /// Fresh noise for every row of every batch.
    #[default]
    Independent,
    /// A pool of pairs by optimal transport inside minibatches.
    Ot,
}

/// The pairs of one training step.
///
/// Shape: `x0` and `x1` are `[n, dim]`, `condition` is `[n, inputs]` (no numbers where there is no
/// condition).
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The noise ends.
    pub x0: Rows,
    /// The data ends.
    pub x1: Rows,
    /// The condition inputs of each `x1`.
    pub condition: Rows,
}

/// Where a step's pairs are drawn from.
#[derive(Clone, Debug)]
pub struct Pairs {
    examples: Examples,
    /// The pairs made beforehand; `None` draws the noise when asked.
    pool: Option<Pool>,
}

impl Pairs {
    /// Pairs of `examples` with fresh noise.
    pub fn independent(examples: Examples) -> Self {
        Self { examples, pool: None }
    }

    /// Pairs of `examples` with noise by minibatch optimal transport, all made now.
    ///
    /// # Errors
    /// If the condition is a vector, or the settings do not fit the data.
    pub fn ot(examples: Examples, settings: &PoolSettings, seed: u64) -> Result<Self> {
        let pool = Pool::ot(&examples, settings, seed)?;
        Ok(Self { examples, pool: Some(pool) })
    }

    /// `n` pairs, each drawn from all with replacement.
    pub fn draw(&self, n: usize, rng: &mut ChaCha8Rng) -> Batch {
        let Examples { x1, condition, .. } = &self.examples;
        let mut batch = Batch {
            x0: Rows::from_vec(x1.dim(), vec![0.0; n * x1.dim()]),
            x1: Rows::new(x1.dim()),
            condition: Rows::new(condition.dim()),
        };
        for i in 0..n {
            let index = match &self.pool {
                None => {
                    fill_normal(rng, batch.x0.row_mut(i));
                    rng.random_range(0..x1.len())
                }
                Some(pool) => {
                    let pair = rng.random_range(0..pool.index.len());
                    batch.x0.row_mut(i).copy_from_slice(pool.x0.row(pair));
                    pool.index[pair] as usize
                }
            };
            batch.x1.push(x1.row(index));
            batch.condition.push(condition.row(index));
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    /// Row `i` is `(i, -i)`, of class `i % 3`.
    fn numbered(n: usize) -> Examples {
        let values = (0..n).flat_map(|i| [i as f32, -(i as f32)]).collect();
        let labels = (0..n as u32).map(|i| i % 3).collect();
        Examples::with_classes(Rows::from_vec(2, values), labels, 3, false)
    }

    #[test]
    fn a_condition_travels_with_its_row() {
        let settings = PoolSettings { batch: 16, rows: 600 };
        for pairs in [
            Pairs::independent(numbered(100)),
            Pairs::ot(numbered(100), &settings, 5).expect("valid settings"),
        ] {
            let batch = pairs.draw(200, &mut stream(1, Purpose::Batch, 0));
            assert_eq!((batch.x0.len(), batch.x1.len(), batch.condition.len()), (200, 200, 200));
            for (x1, condition) in batch.x1.iter().zip(batch.condition.iter()) {
                let mut expected = [0.0; 3];
                expected[x1[0] as usize % 3] = 1.0;
                assert_eq!(condition, expected);
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

    #[test]
    fn rows_without_a_condition_draw_too() {
        let examples = Examples::plain(Rows::from_vec(1, vec![3.0, 4.0]));
        let batch = Pairs::independent(examples).draw(5, &mut stream(1, Purpose::Batch, 0));
        assert_eq!((batch.x1.len(), batch.condition.dim()), (5, 0));
    }
}
