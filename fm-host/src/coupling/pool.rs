//! A pool of pairs by exact optimal transport inside minibatches (OT-CFM; Tong et al., 2023,
//! arXiv:2302.00482).
//!
//! Each block of data rows is assigned to as many fresh noise rows, or rows of the source, at the least sum
//! of squared distances.
//!
//! Distances are between standardised rows, each side by its own statistics. An assignment depends only on
//! the inner products of the two sides, so this is the optimal transport between the two sets measured in one
//! scale: each column in units of the geometric mean of its two standard deviations.
//!
//! With classes, a block contains one class only: otherwise noise would be sorted by class, and sampling
//! one class would require that class's part of the noise. Vector conditions cannot be split into such
//! blocks: they need a cost that includes the condition ([`Optimal::Conditional`]; C²OT, Cheng and Schwing,
//! 2025, arXiv:2503.10636), with both a class and a vector within each class.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::Examples;
use crate::assignment::Assigner;
use crate::data::{self, Rows};
use crate::random::{Purpose, fill_normal, stream};
use crate::{Error, Result};

/// The sizes and the cost of a pool of pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolSettings {
    /// Rows per block; a class with fewer rows forms blocks of all its rows.
    pub batch: usize,
    /// The total number of pairs; 0 pairs every batch separately.
    pub rows: usize,
    /// The cost that assignments minimise.
    pub cost: Optimal,
}

/// The cost that an assignment minimises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimal {
    /// `|x0 - x1|^2`, within each class.
    Plain,
    /// `|x0 - x1|^2 + weight |c0 - c1|^2` over the condition's inputs. Rows of a source have their own
    /// condition. Each noise row gets the condition of a random row of its block, so a large weight leaves
    /// the noise independent of the condition.
    Conditional {
        /// The cost of a squared unit of the condition.
        weight: f32,
    },
}

impl Optimal {
    /// The conditions of the rows at `index` that the cost includes: none with a plain cost.
    pub(super) fn conditions(self, conditions: &Rows, index: &[usize]) -> Rows {
        match self {
            Self::Plain => Rows::new(0),
            Self::Conditional { .. } => conditions.select(index),
        }
    }
}

impl PoolSettings {
    /// Refuses sizes and costs that do not fit the data.
    pub(super) fn check(&self, examples: &Examples) -> Result<()> {
        if self.batch < 2 {
            return Err(Error::usage("--ot-batch", "must be at least 2"));
        }
        let condition = examples.condition.dim() > 0;
        match self.cost {
            Optimal::Plain if examples.vectors => Err(Error::usage("--coupling", VECTOR)),
            Optimal::Conditional { .. } if !condition => Err(Error::usage("--coupling", NONE)),
            _ => Ok(()),
        }
    }
}

/// Why plain transport is refused.
pub(crate) const VECTOR: &str = "`ot` ignores a condition vector, so the noise would depend on the condition; use `c2ot` or \
     `independent`";
/// Why conditional transport is refused.
pub(crate) const NONE: &str = "`c2ot` needs a condition, and the model has none; use `ot`, or name one with `--class` or \
     `--condition`";

/// Pairs made in advance: noise, and the index of the example that each noise row is paired with.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Shape: `[pairs, dim]`.
    pub(super) x0: Rows,
    /// Shape: `[pairs]`.
    pub(super) index: Vec<u32>,
    /// 1 for each column that was known to the teacher that made the pair, else 0; without rows if there was none
    /// who knew any. Shape: `[pairs, dim]` or `[0, dim]`.
    pub(super) known: Rows,
}

/// One block to assign: its examples, and how many of its pairs the pool keeps.
struct Block {
    examples: Vec<usize>,
    take: usize,
}

impl Pool {
    /// Makes the pairs, with blocks in parallel; the result does not depend on the number of threads.
    ///
    /// # Errors
    /// If the cost does not fit the condition, a size is 0, or `stop` is set before all pairs are made.
    pub fn ot(
        examples: &Examples,
        settings: &PoolSettings,
        seed: u64,
        stop: &AtomicBool,
    ) -> Result<Self> {
        settings.check(examples)?;
        if settings.rows == 0 {
            return Err(Error::usage("--ot-pool", "must be at least 1 for a pool of pairs"));
        }
        let blocks = plan(examples, settings, seed);
        let pairs: Vec<(Rows, Vec<u32>)> = blocks
            .par_iter()
            .enumerate()
            .map_init(Assigner::default, |assigner, (i, block)| {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::stopped("some pairs were not made"));
                }
                pair(assigner, examples, block, settings.cost, seed, i as u64)
            })
            .collect::<Result<_>>()?;
        let none = || Rows::new(examples.x1().dim());
        let mut pool = Self { x0: none(), index: Vec::new(), known: none() };
        for (x0, index) in pairs {
            for row in x0.iter() {
                pool.x0.push(row);
            }
            pool.index.extend(index);
        }
        Ok(pool)
    }
}

/// Cuts shuffled passes over each class into blocks until every class has its share of the pool.
fn plan(examples: &Examples, settings: &PoolSettings, seed: u64) -> Vec<Block> {
    let total = examples.x1().len();
    let mut blocks = Vec::new();
    let mut passes = 0;
    let mut before = 0;
    for mut members in groups(examples, settings.cost) {
        // Rounding the running sum keeps the shares and their total; a rare class keeps at least one pair.
        let share = |rows: usize| (rows as u128 * settings.rows as u128 / total as u128) as usize;
        let wanted = (share(before + members.len()) - share(before)).max(1);
        before += members.len();
        let size = settings.batch.min(members.len());
        let mut made = 0;
        while made < wanted {
            members.shuffle(&mut stream(seed, Purpose::Pass, passes));
            passes += 1;
            // The remainder of a pass is left to later passes, so that a block contains no row twice.
            for block in members.chunks_exact(size) {
                let take = size.min(wanted - made);
                if take > 0 {
                    blocks.push(Block { examples: block.to_vec(), take });
                }
                made += take;
            }
        }
    }
    blocks
}

/// Groups the examples by class; one group if there are no classes, or the cost includes them and nothing else.
fn groups(examples: &Examples, cost: Optimal) -> Vec<Vec<usize>> {
    let labels = examples.labels().filter(|_| examples.by_class(cost));
    let mut groups = data::groups(examples.x1().len(), labels);
    groups.retain(|group| !group.is_empty());
    groups
}

/// Draws a block's noise and assigns the block's rows to it.
fn pair(
    assigner: &mut Assigner,
    examples: &Examples,
    block: &Block,
    cost: Optimal,
    seed: u64,
    index: u64,
) -> Result<(Rows, Vec<u32>)> {
    let (x1, n) = (examples.x1().select(&block.examples), block.examples.len());
    let mut rng = stream(seed, Purpose::Block, index);
    let of_data = cost.conditions(&examples.condition, &block.examples);
    let (x0, of_start) = match &examples.source {
        None => {
            let mut x0 = vec![0.0; n * x1.dim()];
            fill_normal(&mut rng, &mut x0);
            (Rows::from_vec(x1.dim(), x0), of_data.clone())
        }
        Some(source) => {
            // With a source, a block contains one class only.
            let class = examples.labels().map(|labels| labels[block.examples[0]]);
            let rows = source.block(class, n, &mut rng);
            (source.rows().x1.select(&rows), cost.conditions(&source.rows().condition, &rows))
        }
    };
    let partners = partners(assigner, [&x0, &x1], &[of_start, of_data], cost)?;
    let kept: Vec<usize> = (0..block.take).collect();
    let index = partners[..block.take].iter().map(|&j| block.examples[j] as u32).collect();
    Ok((x0.select(&kept), index))
}

/// Returns the data row that each noise row is assigned to.
///
/// Shape: `x0` and `x1` are `[n, dim]`, their conditions `[n, inputs]` (ignored by the plain cost); the
/// result is `[n]`.
pub(super) fn partners(
    assigner: &mut Assigner,
    [x0, x1]: [&Rows; 2],
    [c0, c1]: &[Rows; 2],
    cost: Optimal,
) -> Result<Vec<usize>> {
    let Optimal::Conditional { weight } = cost else {
        return Ok(assigner.assign(x0, x1)?.partners);
    };
    // The condition as additional coordinates. The block is in random order, so a noise row gets a random
    // row's condition by using the condition at its own index.
    let beside = |x: &Rows, condition: &Rows| {
        let mut wide = Rows::new(x.dim() + condition.dim());
        for (x, c) in x.iter().zip(condition.iter()) {
            let scaled: Vec<f32> = c.iter().map(|c| weight.sqrt() * c).collect();
            wide.push(&[x, &scaled].concat());
        }
        wide
    };
    Ok(assigner.assign(&beside(x0, c0), &beside(x1, c1))?.partners)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings of plain transport.
    fn plain(batch: usize, rows: usize) -> PoolSettings {
        PoolSettings { batch, rows, cost: Optimal::Plain }
    }

    fn normal(n: usize, dim: usize) -> Rows {
        let mut values = vec![0.0; n * dim];
        fill_normal(&mut stream(11, Purpose::Block, 0), &mut values);
        Rows::from_vec(dim, values)
    }

    fn squared(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    }

    #[test]
    fn a_block_uses_every_row_once_and_noise_once() {
        let examples = Examples::plain(normal(96, 2));
        // Three blocks of 32 rows are exactly one pass: every example occurs once.
        let pool = Pool::ot(&examples, &plain(32, 96), 1, &AtomicBool::new(false)).expect("valid");
        let mut seen = pool.index.clone();
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(0..96));
        for block in 0..3 {
            let mut drawn = vec![0.0; 64];
            fill_normal(&mut stream(1, Purpose::Block, block), &mut drawn);
            let block = block as usize;
            assert_eq!(pool.x0.as_slice()[block * 64..(block + 1) * 64], drawn);
        }
    }

    #[test]
    fn no_block_repeats_a_row_whatever_the_sizes() {
        for (rows, batch, wanted) in [(50, 32, 200), (10, 256, 77), (33, 8, 1)] {
            let blocks = plan(&Examples::plain(normal(rows, 1)), &plain(batch, wanted), 4);
            assert_eq!(blocks.iter().map(|b| b.take).sum::<usize>(), wanted);
            for block in blocks {
                let mut sorted = block.examples.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), batch.min(rows));
            }
        }
    }

    #[test]
    fn classes_keep_to_themselves_and_to_their_shares() {
        // Class 0 has 20 rows at -5 and class 2 has 60 at +5; class 1 has none.
        let labels: Vec<u32> = (0..80).map(|i| if i % 4 == 0 { 0 } else { 2 }).collect();
        let values = labels.iter().map(|&l| if l == 0 { -5.0 } else { 5.0 }).collect();
        let examples = Examples::with_classes(Rows::from_vec(1, values), labels.clone(), 3, false);
        let pool =
            Pool::ot(&examples, &plain(32, 1000), 2, &AtomicBool::new(false)).expect("valid");
        let of_first: Vec<usize> =
            (0..1000).filter(|&i| labels[pool.index[i] as usize] == 0).collect();
        assert_eq!(of_first.len(), 250);
        let mean = of_first.iter().map(|&i| pool.x0.row(i)[0]).sum::<f32>() / 250.0;
        // If classes were mixed, the low class would get the low quarter of the noise: mean -1.27.
        assert!(mean.abs() < 5.0 / 250_f32.sqrt(), "{mean}");
    }

    #[test]
    fn pairs_are_nearer_than_by_chance() {
        let examples = Examples::plain(normal(512, 2));
        let pool =
            Pool::ot(&examples, &plain(256, 512), 3, &AtomicBool::new(false)).expect("valid");
        let mean = |shift: usize| {
            (0..512)
                .map(|i| {
                    squared(
                        pool.x0.row(i),
                        examples.x1().row(pool.index[(i + shift) % 512] as usize),
                    )
                })
                .sum::<f32>()
                / 512.0
        };
        // Two independent standard normals in 2-D have a mean squared distance of 4; assigned ones a few
        // hundredths.
        assert!(mean(0) < 0.3 && mean(1) > 3.0, "{} {}", mean(0), mean(1));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let examples = Examples::plain(normal(300, 2));
        let settings = plain(64, 1000);
        let with = |threads| {
            let workers = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            workers
                .expect("threads")
                .install(|| Pool::ot(&examples, &settings, 9, &AtomicBool::new(false)))
                .expect("valid")
        };
        assert_eq!(with(1), with(3));
    }
}
